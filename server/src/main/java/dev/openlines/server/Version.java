// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** The version of this artifact, as Maven has noted it in the jar. */
final class Version {

    static final String TEXT = read();

    private Version() {}

    private static String read() {
        Properties properties = new Properties();
        try (InputStream in =
                Version.class.getResourceAsStream("/META-INF/maven/dev.openlines/openlines-server/pom.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            // It is treated like a missing file.
            return "unknown";
        }
        return properties.getProperty("version", "development");
    }
}
