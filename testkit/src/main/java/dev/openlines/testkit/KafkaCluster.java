// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Real Kafka brokers (KRaft, broker and controller in one), each a process of its own on free loopback ports: so
 * killing one is a real kill, and the broker's fifty jars are not on the class path of the tests.
 */
public final class KafkaCluster implements AutoCloseable {

    private final Path directory;
    private final List<Integer> ports;
    private final List<Integer> controllerPorts;
    private final @Nullable Process[] nodes;

    private KafkaCluster(Path directory, int size) {
        this.directory = directory;
        List<Integer> free = freePorts(size * 2);
        this.ports = free.subList(0, size);
        this.controllerPorts = free.subList(size, size * 2);
        this.nodes = new Process[size];
    }

    /**
     * Starts brokers and waits until each is ready.
     *
     * @param size how many
     * @return a running cluster, to be closed
     */
    public static KafkaCluster start(int size) {
        KafkaCluster cluster;
        try {
            cluster = new KafkaCluster(Files.createTempDirectory("openlines-kafka"), size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(cluster::close));
        cluster.startAll();
        return cluster;
    }

    /**
     * Returns where clients find the cluster.
     *
     * @return host and port of each broker, joined by commas
     */
    public String servers() {
        return ports.stream().map(port -> "localhost:" + port).collect(Collectors.joining(","));
    }

    /**
     * Ends a broker's process at once, as kill -9 does.
     *
     * @param node which, from 1
     */
    public void kill(int node) {
        Process process = Objects.requireNonNull(nodes[node - 1], "not running");
        process.destroyForcibly().onExit().join();
        nodes[node - 1] = null;
    }

    /**
     * Starts a broker again, with its data and address, and waits until it is ready.
     *
     * @param node which, from 1
     */
    public void restart(int node) {
        awaitReady(node, launch(node));
    }

    /**
     * Freezes a broker's process, as SIGSTOP does: its connections stay open, but it answers nothing.
     *
     * @param node which, from 1
     */
    public void freeze(int node) {
        signal("STOP", node);
    }

    /**
     * Lets a frozen broker go on.
     *
     * @param node which, from 1
     */
    public void thaw(int node) {
        signal("CONT", node);
    }

    private void signal(String name, int node) {
        long process = Objects.requireNonNull(nodes[node - 1], "not running").pid();
        try {
            int status = new ProcessBuilder("sh", "-c", "kill -" + name + ' ' + process)
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new IllegalStateException("kill -" + name + " of broker " + node + " said " + status);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Ends all brokers and deletes their data. Closing twice does nothing more. */
    @Override
    public synchronized void close() {
        for (int node = 1; node <= nodes.length; node++) {
            if (nodes[node - 1] != null) {
                kill(node);
            }
        }
        deleteAll();
    }

    private void startAll() {
        // All at once: a broker is ready when most of them are.
        List<Process> launched =
                IntStream.rangeClosed(1, nodes.length).mapToObj(this::launch).toList();
        for (int node = 1; node <= nodes.length; node++) {
            awaitReady(node, launched.get(node - 1));
        }
    }

    private Process launch(int node) {
        try {
            Path settings = Files.writeString(directory.resolve("node" + node + ".properties"), settings(node));
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx384m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=" + Integer.getInteger("kafka.compiler", 1),
                            "-cp",
                            Path.of(KafkaCluster.class
                                            .getProtectionDomain()
                                            .getCodeSource()
                                            .getLocation()
                                            .toURI())
                                    + System.getProperty("path.separator")
                                    + classPath(),
                            KafkaNode.class.getName(),
                            settings.toString())
                    .redirectError(ProcessBuilder.Redirect.appendTo(log(node).toFile()))
                    .start();
            nodes[node - 1] = process;
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (java.net.URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitReady(int node, Process process) {
        try {
            BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
            String line = output.readLine();
            while (line != null && !line.equals("ready")) {
                line = output.readLine();
            }
            if (line == null) {
                throw new IllegalStateException("broker " + node + " did not start:\n" + Files.readString(log(node)));
            }
            // Read further output, or it would fill the pipe.
            Thread reader = new Thread(() -> output.lines().forEach(ignored -> {}), "kafka-node-" + node);
            reader.setDaemon(true);
            reader.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String settings(int node) {
        String voters = IntStream.rangeClosed(1, nodes.length)
                .mapToObj(other -> other + "@localhost:" + controllerPorts.get(other - 1))
                .collect(Collectors.joining(","));
        int copies = Math.min(3, nodes.length);
        return String.join(
                "\n",
                "node.id=" + node,
                "process.roles=broker,controller",
                "controller.quorum.voters=" + voters,
                "controller.listener.names=CONTROLLER",
                "listeners=PLAINTEXT://localhost:" + ports.get(node - 1) + ",CONTROLLER://localhost:"
                        + controllerPorts.get(node - 1),
                "advertised.listeners=PLAINTEXT://localhost:" + ports.get(node - 1),
                "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "log.dirs=" + directory.resolve("data" + node),
                "auto.create.topics.enable=false",
                "offsets.topic.replication.factor=" + copies,
                "offsets.topic.num.partitions=4",
                "transaction.state.log.replication.factor=" + copies,
                "transaction.state.log.min.isr=" + Math.min(2, copies),
                "share.coordinator.state.topic.replication.factor=" + copies,
                "share.coordinator.state.topic.min.isr=" + Math.min(2, copies),
                "group.initial.rebalance.delay.ms=0",
                "group.min.session.timeout.ms=1000",
                "broker.session.timeout.ms=3000",
                "broker.heartbeat.interval.ms=500",
                "log.cleaner.dedupe.buffer.size=2097152",
                "log.cleaner.threads=1",
                "log.initial.task.delay.ms=500",
                "log.retention.check.interval.ms=500",
                "num.network.threads=2",
                "num.io.threads=2",
                "");
    }

    private Path log(int node) {
        return directory.resolve("node" + node + ".log");
    }

    private static String classPath() throws IOException {
        try (InputStream in = KafkaCluster.class.getResourceAsStream("broker.classpath")) {
            return new String(
                    Objects.requireNonNull(in, "build testkit with Maven first").readAllBytes(),
                    StandardCharsets.UTF_8);
        }
    }

    private static List<Integer> freePorts(int count) {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
            }
            List<Integer> ports =
                    sockets.stream().map(ServerSocket::getLocalPort).toList();
            for (ServerSocket socket : sockets) {
                socket.close();
            }
            return ports;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void deleteAll() {
        try {
            if (Files.exists(directory)) {
                Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
                            throws IOException {
                        Files.deleteIfExists(folder);
                        return FileVisitResult.CONTINUE;
                    }
                });
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
