// SPDX-License-Identifier: Apache-2.0

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Says how far the build is. Run as a source file, before anything is compiled, beside the build: with the jar that the
 * build makes, and the folders of its modules in their order.
 */
final class Progress {

    public static void main(String[] args) throws Exception {
        ProcessHandle maven = ProcessHandle.current().parent().orElseThrow();
        boolean built = Files.exists(Path.of(args[0]));
        System.out.println("building the portal and the application"
                + (built ? "" : "; the first time takes some minutes"));
        // A later build takes seconds. The last module is followed by the words of the demo itself.
        for (int i = 1; i < args.length && !built; i++) {
            System.out.println("  " + i + " of " + (args.length - 1) + ": " + Path.of(args[i]).getFileName());
            if (i < args.length - 1) {
                awaitJar(Path.of(args[i], "target"), maven);
            }
        }
    }

    /** Waits for the jar of a module. Ends this process when Maven has ended. */
    private static void awaitJar(Path target, ProcessHandle maven) throws Exception {
        while (!hasJar(target)) {
            if (!maven.isAlive()) {
                System.exit(0);
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private static boolean hasJar(Path target) throws Exception {
        if (!Files.isDirectory(target)) {
            return false;
        }
        try (Stream<Path> files = Files.list(target)) {
            return files.anyMatch(file -> file.toString().endsWith(".jar"));
        }
    }
}
