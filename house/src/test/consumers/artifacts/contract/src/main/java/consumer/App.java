// SPDX-License-Identifier: Apache-2.0
package consumer;

import dev.openlines.contract.ContractSuite;

/** Reads the catalogue. */
public final class App {

    private App() {}

    public static void main(String[] args) {
        System.out.println("found=" + ContractSuite.find("OSF-C-101").isPresent());
    }
}
