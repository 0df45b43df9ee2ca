// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;

/** PHP's own {@code parse_str} over the same bodies, if a {@code php} is installed. */
final class PhpPeer {

    private static final String SCRIPT = """
            <?php
            $bodies = array_map('base64_decode', file($argv[1], FILE_IGNORE_NEW_LINES));
            for ($round = 0; $round <= (int) $argv[2]; $round++) {
                $count = 0;
                $start = hrtime(true);
                while (hrtime(true) - $start < 1e9) {
                    foreach ($bodies as $body) { parse_str($body, $tree); $count++; }
                }
                if ($round > 0) { echo (hrtime(true) - $start) / $count, "\\n"; }
            }
            """;

    private PhpPeer() {}

    static Optional<double[]> measure(byte[][] forms, int rounds) {
        try {
            Path folder = Files.createTempDirectory("php-peer");
            StringBuilder lines = new StringBuilder();
            for (byte[] form : forms) {
                lines.append(Base64.getEncoder().encodeToString(form)).append('\n');
            }
            Path bodies = Files.writeString(folder.resolve("bodies"), lines);
            Path script = Files.writeString(folder.resolve("peer.php"), SCRIPT);
            Process php = new ProcessBuilder("php", script.toString(), bodies.toString(), String.valueOf(rounds))
                    .redirectErrorStream(true)
                    .start();
            String printed = new String(php.getInputStream().readAllBytes(), UTF_8);
            return Optional.of(printed.lines().mapToDouble(Double::parseDouble).toArray());
        } catch (IOException noPhp) {
            System.out.println("no php here: its row is left out");
            return Optional.empty();
        }
    }
}
