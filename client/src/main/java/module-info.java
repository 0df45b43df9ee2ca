// SPDX-License-Identifier: Apache-2.0
/**
 * The application's side of a Bitrix24 portal: REST calls and event subscriptions over the JDK's own
 * HTTP client.
 */
module dev.openlines.client {
    requires transitive dev.openlines.parser;
    requires transitive java.net.http;
    requires transitive java.sql;
    // Seals tokens at rest; without it only the stores in a database are out of reach.
    requires static com.google.crypto.tink;
    // Annotations only: the jar is not needed at run time.
    requires static org.jspecify;

    exports dev.openlines.client;
}
