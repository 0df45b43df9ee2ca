// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The Maven on the {@code PATH}, with the plugins that it has by default and a new local repository. Commands run in a
 * shell, as a reader of a page would give them.
 *
 * <p>This project's artifacts get into the repository only by a command that is run in a copy of its sources. Maven
 * copies the artifacts of others from the repository of this build if that has them, and otherwise downloads them as on
 * any machine. The file {@code .mvn/maven.config} in each folder says so to Maven and changes nothing else.
 */
final class StockMaven {

    private static final Set<String> NOT_COPIED = Set.of(".git", "target", "node_modules");

    private static final String SETTINGS = """
            <settings>
              <profiles>
                <profile>
                  <id>others</id>
                  <repositories>
                    <repository>
                      <id>others</id>
                      <url>%1$s</url>
                      <snapshots><enabled>false</enabled></snapshots>
                    </repository>
                  </repositories>
                  <pluginRepositories>
                    <pluginRepository>
                      <id>others</id>
                      <url>%1$s</url>
                      <snapshots><enabled>false</enabled></snapshots>
                    </pluginRepository>
                  </pluginRepositories>
                </profile>
              </profiles>
              <activeProfiles>
                <activeProfile>others</activeProfile>
              </activeProfiles>
            </settings>
            """;

    private final Path folder;

    /**
     * Prepares the repository.
     *
     * @param folder an empty folder for everything
     */
    StockMaven(Path folder) {
        this.folder = folder;
    }

    /** Copies this project's sources into a folder {@code openlines}, ready for commands, and returns it. */
    Path checkout() throws IOException {
        Path checkout = Files.createDirectory(folder.resolve("openlines"));
        copy(Documents.ROOT, checkout);
        configure(checkout);
        return checkout;
    }

    /** Tells Maven in a folder which local repository to use. */
    void configure(Path project) throws IOException {
        Path settings = folder.resolve("settings.xml");
        Path others = Path.of(System.getProperty("localRepository"));
        Files.writeString(settings, SETTINGS.formatted(others.toUri()));
        Files.createDirectories(project.resolve(".mvn"));
        // The global settings: the user's own, which may name a mirror or a proxy, still hold.
        Files.writeString(
                project.resolve(".mvn/maven.config"),
                "-gs\n" + settings + "\n-Dmaven.repo.local=" + folder.resolve("repository") + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    /** Returns the local repository. */
    Path repository() {
        return folder.resolve("repository");
    }

    /** Runs a command to its end, and fails if it fails. */
    void finish(String command, Path where) throws Exception {
        Path output = folder.resolve("output.txt");
        Process process = shell(command, where).redirectOutput(output.toFile()).start();
        try {
            assertThat(process.waitFor(30, TimeUnit.MINUTES))
                    .as("still running: %s", command)
                    .isTrue();
        } finally {
            process.destroy();
        }
        assertThat(process.exitValue())
                .as("%s%s", command, Files.readString(output))
                .isZero();
    }

    /** Returns what the last finished command printed. */
    String output() throws IOException {
        return Files.readString(folder.resolve("output.txt"));
    }

    /** Returns a shell that would run a command. */
    static ProcessBuilder shell(String command, Path where) {
        ProcessBuilder shell = new ProcessBuilder("sh", "-e", "-c", command);
        // The Java of this build, for Maven and for the commands.
        Path java = Path.of(System.getProperty("java.home"));
        shell.environment().put("JAVA_HOME", java.toString());
        shell.environment().merge("PATH", java.resolve("bin") + File.pathSeparator, (old, ours) -> ours + old);
        // Maven itself runs for a minute: its JVM need not optimize.
        shell.environment().merge("MAVEN_OPTS", "-XX:TieredStopAtLevel=1", (old, ours) -> old + " " + ours);
        return shell.directory(where.toFile()).redirectErrorStream(true);
    }

    /** Copies a folder, without what a build or Git leaves there. */
    static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path source, BasicFileAttributes attributes) throws IOException {
                if (NOT_COPIED.contains(source.getFileName().toString())) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(to.resolve(from.relativize(source)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path source, BasicFileAttributes attributes) throws IOException {
                // A checkout made with git worktree has a file of this name.
                if (!NOT_COPIED.contains(source.getFileName().toString())) {
                    Files.copy(source, to.resolve(from.relativize(source)));
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
