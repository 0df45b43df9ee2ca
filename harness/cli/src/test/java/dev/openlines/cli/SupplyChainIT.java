// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.HeldArtifacts;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** Checks what the packaged jar says of its contents to tools that look for known vulnerabilities. */
@DisabledIfSystemProperty(
        named = "maven.mode",
        matches = "offline=true",
        disabledReason = "Maven makes no bill offline")
class SupplyChainIT {

    @Test
    void theJarHasItsBillOfMaterialsAndTheMetadataOfEachArtifactThatItHolds() {
        HeldArtifacts held = HeldArtifacts.of(Path.of(System.getProperty("openlines.jar")));

        assertThat(held.unsaid()).isEmpty();
        assertThat(held.names())
                .contains("picocli", "wiremock-standalone", "preact", "openlines-portal", "openlines-client");
    }
}
