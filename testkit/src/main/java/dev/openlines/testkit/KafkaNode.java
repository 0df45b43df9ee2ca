// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

/**
 * The program of a broker's process. It formats the log directory if it is new, starts, prints {@code ready} and runs
 * until it is killed. It uses reflection to keep Kafka off the class path of other users of the testkit.
 */
final class KafkaNode {

    private KafkaNode() {}

    public static void main(String[] arguments) throws Exception {
        String file = arguments[0];
        Class.forName("kafka.tools.StorageTool")
                .getMethod("execute", String[].class, PrintStream.class)
                .invoke(
                        null,
                        new String[] {"format", "-t", "b3BlbmxpbmVzLXRlc3RzLQ", "-c", file, "--ignore-formatted"},
                        System.err);
        Properties settings = new Properties();
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            settings.load(in);
        }
        Class<?> config = Class.forName("kafka.server.KafkaConfig");
        Class<?> time = Class.forName("org.apache.kafka.common.utils.Time");
        Object server = Class.forName("kafka.server.KafkaRaftServer")
                .getConstructor(config, time)
                .newInstance(
                        config.getConstructor(Map.class).newInstance(settings),
                        time.getField("SYSTEM").get(null));
        server.getClass().getMethod("startup").invoke(server);
        System.out.println("ready");
        server.getClass().getMethod("awaitShutdown").invoke(server);
    }
}
