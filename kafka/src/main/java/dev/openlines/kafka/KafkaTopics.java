// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The address of a Kafka cluster and its topics: {@code PREFIX.events} with the received events, {@code PREFIX.retry}
 * with the events that wait for their next attempt, {@code PREFIX.dead} with the dead letters, {@code PREFIX.portals}
 * with the trusted portals. {@code docs/topics.yaml} describes them.
 *
 * @param servers the brokers to connect to first, {@code host:port} separated by commas
 * @param prefix the beginning of the names of topics and of the consumer group
 * @param partitions how many partitions the topic of events gets when it is made; a topic that exists stays as it is
 * @param window how many records back, in its partition, a second record of an event is recognized
 * @param properties further settings of all Kafka clients, such as {@code security.protocol}; may hold passwords
 */
public record KafkaTopics(String servers, String prefix, int partitions, int window, Map<String, String> properties) {

    /** The scheme of such an address. */
    static final String SCHEME = "kafka:";

    private static final int PARTITIONS = 12;
    private static final int WINDOW = 10_000;
    private static final String EXPECTED =
            "expected kafka:HOST:PORT[,HOST:PORT...][/PREFIX][?partitions=N][&window=N][&config=FILE]";
    private static final Pattern ADDRESS =
            Pattern.compile("kafka:([^/?,\\s]+:\\d{1,5}(?:,[^/?,\\s]+:\\d{1,5})*)(?:/([^?]*))?(?:\\?(.*))?");
    private static final int LONGEST_PREFIX = 200;
    private static final Pattern NOT_IN_PREFIX = Pattern.compile("[^A-Za-z0-9._-]");

    public KafkaTopics {
        properties = Map.copyOf(properties);
        if (prefix.isEmpty() || prefix.length() > LONGEST_PREFIX) {
            throw new IllegalArgumentException(
                    "expected a prefix of 1 to " + LONGEST_PREFIX + " characters but found one of " + prefix.length());
        }
        Matcher other = NOT_IN_PREFIX.matcher(prefix);
        if (other.find()) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "expected a prefix of the letters a to z and A to Z, digits, and . _ - but found U+%04X as character %d",
                    other.group().codePointAt(0),
                    prefix.codePointCount(0, other.start()) + 1));
        }
        if (partitions < 1 || window < 1) {
            throw new IllegalArgumentException("expected at least one partition and a window of one record but found "
                    + partitions + " and " + window);
        }
    }

    /**
     * Reads an address such as {@code kafka:broker1:9092,broker2:9092/openlines?partitions=24&config=kafka.properties}.
     * Without them the prefix is {@code openlines}, partitions 12, the window 10 000 records; {@code config} names a
     * properties file in UTF-8 for all Kafka clients.
     *
     * @param address the brokers, and settings that differ from the defaults
     * @return the address of the topics
     * @throws IllegalArgumentException if it is not such an address or the file cannot be read; names no value
     */
    public static KafkaTopics of(String address) {
        Matcher matcher = ADDRESS.matcher(address);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(EXPECTED + ", found no such list of brokers");
        }
        int partitions = PARTITIONS;
        int window = WINDOW;
        Map<String, String> properties = Map.of();
        for (String pair :
                matcher.group(3) == null ? new String[0] : matcher.group(3).split("&", -1)) {
            String value = pair.substring(pair.indexOf('=') + 1);
            if (pair.matches("partitions=[1-9]\\d{0,4}")) {
                partitions = Integer.parseInt(value);
            } else if (pair.matches("window=[1-9]\\d{0,7}")) {
                window = Integer.parseInt(value);
            } else if (pair.startsWith("config=") && !value.isEmpty()) {
                properties = file(value);
            } else {
                throw new IllegalArgumentException(EXPECTED + ", found " + other(pair));
            }
        }
        String prefix = matcher.group(2) == null ? "openlines" : matcher.group(2);
        return new KafkaTopics(matcher.group(1), prefix, partitions, window, properties);
    }

    /**
     * Returns the topic that receivers append to and workers read.
     *
     * @return its name
     */
    public String events() {
        return prefix + ".events";
    }

    /**
     * Returns the topic of events that failed and wait, with the same number of partitions as {@link #events()}.
     *
     * @return its name
     */
    public String retry() {
        return prefix + ".retry";
    }

    /**
     * Returns the topic of dead letters.
     *
     * @return its name
     */
    public String dead() {
        return prefix + ".dead";
    }

    /**
     * Returns the topic of trusted portals. It has digests of application tokens, never tokens.
     *
     * @return its name
     */
    public String portals() {
        return prefix + ".portals";
    }

    /**
     * Returns the consumer group of all workers.
     *
     * @return its name
     */
    public String group() {
        return prefix + ".handlers";
    }

    /**
     * Names the cluster and the topics, without the properties, which may hold passwords.
     *
     * @return an address
     */
    @Override
    public String toString() {
        return SCHEME + servers + '/' + prefix;
    }

    /** Says what is wrong about an option, without its value, which may be a secret. */
    private static String other(String pair) {
        return List.of("partitions", "window", "config").stream()
                .filter(name -> pair.startsWith(name + "="))
                .map(name -> "another value of " + name)
                .findFirst()
                .orElse("another option");
    }

    private static Map<String, String> file(String name) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(name), StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            // The cause is left out, because it may quote a line, and lines hold secrets.
            throw new IllegalArgumentException("cannot read config as properties in UTF-8");
        }
        Map<String, String> all = new HashMap<>();
        properties.stringPropertyNames().forEach(key -> all.put(key, properties.getProperty(key)));
        return all;
    }
}
