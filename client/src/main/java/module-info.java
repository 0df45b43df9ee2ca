// SPDX-License-Identifier: Apache-2.0
/**
 * The application's side of a Bitrix24 portal: REST calls and event subscriptions over the JDK's own
 * HTTP client.
 */
module dev.openlines.client {
    requires transitive dev.openlines.parser;
    requires transitive java.net.http;
    // Annotations only: nobody needs the jar.
    requires static org.jspecify;

    exports dev.openlines.client;
}
