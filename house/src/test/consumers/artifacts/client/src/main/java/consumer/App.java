// SPDX-License-Identifier: Apache-2.0
package consumer;

import dev.openlines.client.RestClient;
import dev.openlines.client.Subscription;
import java.net.URI;

/** Prepares a subscription, and a client that would make it. */
public final class App {

    private App() {}

    public static void main(String[] args) {
        RestClient.create();
        System.out.println(
                Subscription.online("ONSESSIONFINISH", URI.create("https://app.example/bitrix24")).event());
    }
}
