// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** Checks what the packaged jar says of its contents to tools that look for known vulnerabilities. */
@DisabledIfSystemProperty(
        named = "maven.mode",
        matches = "offline=true",
        disabledReason = "Maven makes no bill offline")
class SupplyChainIT {

    /** Groups and artifacts whose classes are in the jar. */
    private static final List<String> INSIDE = List.of(
            "org.eclipse.jetty/jetty-server",
            "org.xerial/sqlite-jdbc",
            "org.postgresql/postgresql",
            "com.google.crypto.tink/tink",
            "dev.openlines/openlines-receiver");

    @Test
    void theJarHasItsBillOfMaterialsAndTheMetadataOfEachArtifact() throws Exception {
        try (JarFile jar = new JarFile(System.getProperty("quickstart.jar"))) {
            ZipEntry bill = jar.getEntry("META-INF/sbom/application.cdx.json");
            assertThat(bill).isNotNull();
            String text = new String(jar.getInputStream(bill).readAllBytes(), UTF_8);
            for (String artifact : INSIDE) {
                assertThat(text).contains("\"purl\" : \"pkg:maven/" + artifact + "@");
            }
            assertThat(jar.stream().map(ZipEntry::getName).filter(name -> name.startsWith("META-INF/maven/")))
                    .contains(
                            "META-INF/maven/org.xerial/sqlite-jdbc/pom.properties",
                            "META-INF/maven/org.eclipse.jetty/jetty-server/pom.properties",
                            "META-INF/maven/dev.openlines/openlines-receiver/pom.properties");
        }
    }
}
