// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds what makes a test depend on how fast a machine is: a clock that is read, an upper limit on a time that was
 * taken, and a wait too short for a slow machine. By the text of the source, so a wait whose length comes from a
 * variable is not seen; {@code dev.openlines.testkit.Await} waits long enough. A class that runs only with {@code
 * -Psoak}, and says so in the reason for skipping it, may measure. A test that expects something not to happen needs a
 * condition, not a time.
 *
 * <p>A limit that is given to the code under test, such as {@code ackMax(…)}, is a wait too: a right handler on a slow
 * machine must meet it. A limit that has to be exceeded, since what it limits takes longer or never comes, is a constant
 * with the name {@code TOO_SHORT}.
 */
final class WallTime {

    /** The shortest wait that a test may allow for another thread, process or connection. */
    static final Duration LEAST_WAIT = Duration.ofSeconds(30);

    /** The shortest time limit of a whole test. */
    static final Duration LEAST_TEST = Duration.ofMinutes(5);

    private static final Pattern TEXT_AND_COMMENTS = Pattern.compile("\"\"\"[\\s\\S]*?\"\"\""
            + "|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\])+'|//[^\\n]*|/\\*[\\s\\S]*?\\*/");

    private static final Pattern SOAK_ONLY = Pattern.compile("\\n@EnabledIfSystemProperty\\([^;{]*?-Psoak\"\\)");

    private static final String ARGUMENT_BEFORE = "\\((?:[^;]{0,200}?[,\\s])??";
    private static final String WHERE = "(?:java\\.(?:time|util\\.concurrent)\\.)?";

    private static final Pattern CLOCK = Pattern.compile(
            "\\b(?:nanoTime|currentTimeMillis)\\("
                    + "|::(?:nanoTime|currentTimeMillis)\\b|\\bStop[wW]atch\\b|\\bDuration\\.between\\(|\\bassertTimeout\\w*\\(");

    private static final Pattern UPPER_LIMIT =
            Pattern.compile("\\.is(?:LessThan|LessThanOrEqualTo|CloseTo|Before|BeforeOrEqualTo)\\(\\s*" + WHERE
                    + "(?:Duration\\.|Instant\\.now\\()");

    private static final Pattern COUNTED = Pattern.compile(
            "\\b(?:get|poll|await|waitFor|awaitTermination|orTimeout|invokeAll|tryAcquire|tryLock|offer|join)\\("
                    + "(?:[^,;()]*,\\s*)?(\\d[\\d_]*)L?,\\s*" + WHERE + "(?:TimeUnit\\.)?([A-Z]+)\\)");

    private static final Pattern OF_DURATION =
            Pattern.compile("\\b(?:await\\w*|failsWithin|succeedsWithin|timeout|connectTimeout|atMost|waitFor|join)"
                    + ARGUMENT_BEFORE + WHERE + "Duration\\.of([A-Z]\\w+)\\((\\d[\\d_]*)L?\\)\\)");

    private static final Pattern NAMED =
            Pattern.compile("\\bPATIENCE = " + WHERE + "Duration\\.of([A-Z]\\w+)\\((\\d[\\d_]*)L?\\)");

    private static final String LIMIT =
            "\\b(?:ackMax|settle|timeLimit|patience|callTimeout|oauthTimeout|readyWithin)(?:\\(| = )\\s*";

    private static final Pattern LIMITED =
            Pattern.compile(LIMIT + WHERE + "Duration\\.of([A-Z]\\w+)\\((\\d[\\d_]*)L?\\)");

    private static final Pattern LIMITED_BY_NAME = Pattern.compile(LIMIT + "(?!TOO_SHORT\\b)([A-Z][A-Z_]+)\\b");

    private static final Pattern SOCKET = Pattern.compile("\\bsetSoTimeout\\((\\d[\\d_]*)\\)");

    private static final Pattern JUNIT =
            Pattern.compile("@Timeout\\((?:value = )?(\\d[\\d_]*)(?:, unit = (?:TimeUnit\\.)?([A-Z]+))?\\)");

    private WallTime() {}

    /** Returns the number and the text of each line with a fault. */
    static List<String> faults(String source) {
        if (SOAK_ONLY.matcher(source).find()) {
            return List.of();
        }
        String code = TEXT_AND_COMMENTS
                .matcher(source)
                // Lines keep their numbers.
                .replaceAll(text -> "_" + text.group().replaceAll("[^\\n]", ""));
        List<String> faults = new ArrayList<>();
        for (Pattern never : List.of(CLOCK, UPPER_LIMIT)) {
            never.matcher(code).results().forEach(found -> faults.add(at(code, found.start())));
        }
        waits(code, COUNTED, 1, 2, LEAST_WAIT, faults);
        waits(code, OF_DURATION, 2, 1, LEAST_WAIT, faults);
        waits(code, NAMED, 2, 1, LEAST_WAIT, faults);
        waits(code, LIMITED, 2, 1, LEAST_WAIT, faults);
        LIMITED_BY_NAME
                .matcher(code)
                .results()
                .map(limit -> limit.group(1))
                .distinct()
                .forEach(name -> waits(code, constant(name), 2, 1, LEAST_WAIT, faults));
        waits(code, SOCKET, 1, 0, LEAST_WAIT, faults);
        waits(code, JUNIT, 1, 2, LEAST_TEST, faults);
        return faults.stream().distinct().toList();
    }

    private static void waits(String code, Pattern wait, int number, int unit, Duration least, List<String> faults) {
        Matcher found = wait.matcher(code);
        while (found.find()) {
            long count = Long.parseLong(found.group(number).replace("_", ""));
            Duration length = unit == 0 ? Duration.ofMillis(count) : of(count, found.group(unit));
            if (length.compareTo(least) < 0) {
                faults.add(at(code, found.start(number)));
            }
        }
    }

    private static Pattern constant(String name) {
        return Pattern.compile("\\b" + name + " = " + WHERE + "Duration\\.of([A-Z]\\w+)\\((\\d[\\d_]*)L?\\)");
    }

    private static Duration of(long count, String unit) {
        if (unit == null) {
            // JUnit's own.
            return Duration.ofSeconds(count);
        }
        // TimeUnit says MILLISECONDS, ChronoUnit MILLIS as Duration.ofMillis does.
        String name = unit.replaceFirst("(?<=[A-Z])SECONDS", "S");
        return Stream.of(ChronoUnit.values())
                .filter(one -> one.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow()
                .getDuration()
                .multipliedBy(count);
    }

    private static String at(String code, int index) {
        int line = (int) code.substring(0, index).chars().filter(c -> c == '\n').count();
        return line + 1 + ": " + code.lines().toList().get(line).strip();
    }
}
