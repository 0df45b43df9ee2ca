// SPDX-License-Identifier: Apache-2.0
package consumer;

import dev.openlines.model.Secret;

/** Holds a token. */
public final class App {

    private App() {}

    public static void main(String[] args) {
        System.out.println(Secret.of("51856fefc120afa4b628cc82d3935cce").toString().contains("51856"));
    }
}
