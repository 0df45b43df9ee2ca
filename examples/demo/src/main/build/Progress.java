// SPDX-License-Identifier: Apache-2.0

import java.nio.file.Files;
import java.nio.file.Path;

/** Run as a source file, before anything is compiled, with the jar that the build makes. */
final class Progress {

    public static void main(String[] args) {
        boolean built = Files.exists(Path.of(args[0]));
        System.out.println("building the portal and the application"
                + (built ? "" : "; the first time takes some minutes"));
    }
}
