// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operators search and alert by these words: {@code docs/operations.md} names each, and none that is not. */
class DocumentedCodesTest {

    private static final Pattern IN_CODE = Pattern.compile("reason=([a-z][a-z-]*)");
    private static final Pattern IN_TABLE = Pattern.compile("`([a-z][a-z-]*)`");

    @TempDir
    Path directory;

    @Test
    void everyReasonOfALogRecordIsInTheTablesAndNoOther() throws Exception {
        Set<String> inCode = new TreeSet<>(Set.of("conflict", "too-few-replicas"));
        replies().forEach(reply -> inCode.add(reply.reason()));
        for (String module : List.of("receiver", "kafka", "server")) {
            try (Stream<Path> sources = Files.walk(Path.of("..", module, "src", "main", "java"))) {
                for (Path source : sources.filter(path -> path.toString().endsWith(".java"))
                        .toList()) {
                    words(IN_CODE, Files.readString(source)).forEach(inCode::add);
                }
            }
        }
        Set<String> inDocument = new TreeSet<>();
        firstCells("Log records").forEach(cell -> words(IN_TABLE, cell).forEach(inDocument::add));
        secondCells("Answers").forEach(cell -> words(IN_TABLE, cell).forEach(inDocument::add));

        assertThat(inCode).hasSizeGreaterThan(40);
        assertThat(inDocument).isEqualTo(inCode);
    }

    @Test
    void everyAnswerHasItsStatusInTheTable() throws Exception {
        List<String> rows = rows("Answers");
        for (Reply reply : replies()) {
            String row = rows.stream()
                    .filter(line -> line.contains('`' + reply.reason() + '`'))
                    .findFirst()
                    .orElseThrow();
            // The runnable receiver closes the connection of who is too slow.
            assertThat(row)
                    .startsWith(reply instanceof Reply.TooSlow ? "| none |" : "| ")
                    .containsPattern(reply instanceof Reply.TooSlow ? "closed" : "\\b" + reply.status() + "\\b");
        }
    }

    @Test
    void everyMeterAndOutcomeIsInTheTableAndNoOther() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (LeasingInbox inbox = Inbox.sqlite(directory.resolve("inbox.db"));
                InboxMonitor monitor = new InboxMonitor(inbox, Duration.ofHours(1))) {
            MicrometerTelemetry telemetry = new MicrometerTelemetry(registry).watch(monitor, () -> Deliveries.T0);
            replies().forEach(reply -> telemetry.replied(reply, Duration.ZERO));
            telemetry.reconciled(
                    new Reconciler.Report(
                            "m", false, 1, 1, 0, 0, 1, false, false, null, List.of(), Instant.EPOCH, Instant.EPOCH),
                    1);
            telemetry.drained(new OfflineFeed.Drained("m", 1, 1, 1));
            telemetry.slow();
            settlements().forEach(settlement -> telemetry.attempted(Attempts.outcome(settlement), Duration.ZERO));
        }
        Set<String> meters = registry.getMeters().stream()
                .map(DocumentedCodesTest::nameInPrometheus)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> inDocument = new TreeSet<>();
        firstCells("Health and meters")
                .forEach(cell ->
                        words(Pattern.compile("`(openlines_[^`]+)`"), cell).forEach(inDocument::add));

        assertThat(meters).hasSize(15);
        assertThat(inDocument).isEqualTo(meters);
        String handled = rows("Health and meters").stream()
                .filter(row -> row.contains("openlines_handled_seconds"))
                .findFirst()
                .orElseThrow();
        assertThat(settlements().map(Attempts::outcome)).allMatch(outcome -> handled.contains('`' + outcome + '`'));
    }

    private static String nameInPrometheus(Meter meter) {
        String name = meter.getId().getName().replace('.', '_');
        String portal = meter.getId().getTag("portal") == null ? "" : "{portal}";
        String outcome = meter.getId().getTag("outcome") == null ? portal : "{portal,outcome}";
        return switch (meter.getId().getType()) {
            case TIMER -> name + "_seconds{outcome}";
            case COUNTER -> name + "_total" + outcome;
            default -> name + portal;
        };
    }

    private static List<Reply> replies() {
        List<Reply> replies = new ArrayList<>();
        for (Class<?> kind : Reply.class.getPermittedSubclasses()) {
            try {
                if (kind == Reply.Malformed.class) {
                    Stream.of(NotAnEvent.values()).forEach(one -> replies.add(new Reply.Malformed(one, "")));
                } else {
                    Constructor<?> made = kind.getDeclaredConstructors()[0];
                    replies.add((Reply) made.newInstance(filled(made.getParameterTypes())));
                }
            } catch (ReflectiveOperationException e) {
                throw new LinkageError(kind.getName(), e);
            }
        }
        return replies;
    }

    private static Object[] filled(Class<?>... types) {
        return Arrays.stream(types)
                .map(type -> type == String.class ? "" : URI.create("https://portal.example/"))
                .toArray();
    }

    private static Stream<Settlement> settlements() {
        return Stream.of(
                new Settlement.Done(),
                new Settlement.Dead(""),
                new Settlement.Retry(Instant.EPOCH, ""),
                new Settlement.Release());
    }

    private static Stream<String> words(Pattern pattern, String text) {
        return pattern.matcher(text).results().map((MatchResult found) -> found.group(1));
    }

    private static Stream<String> firstCells(String heading) throws IOException {
        return rows(heading).stream().map(row -> row.split(" \\| ")[0]);
    }

    private static Stream<String> secondCells(String heading) throws IOException {
        return rows(heading).stream().map(row -> row.split(" \\| ")[1]);
    }

    /** Returns the rows of the tables below a heading of the second level. */
    private static List<String> rows(String heading) throws IOException {
        String page = Files.readString(Path.of("../docs/operations.md"));
        String section = page.substring(page.indexOf("\n## " + heading + "\n") + 4);
        List<String> lines = Arrays.stream(section.split("\n## ")[0].split("\n"))
                .filter(line -> line.startsWith("| ") && !line.startsWith("| ---") && line.contains("`"))
                .toList();
        assertThat(lines).as("rows below %s", heading).isNotEmpty();
        return lines;
    }
}
