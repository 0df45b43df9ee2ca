// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies made to cost as much as they can: the work is counted and the memory measured, not timed. */
class WorkTest {

    private static final int MANY = 100_000;

    /** Looks at nodes for each field; a table at most half full needs two to three. */
    private static final int STEPS_A_FIELD = 10;

    private static final Limits HUGE = Limits.DEFAULT
            .withBodyBytes(100_000_000)
            .withPairs(1_000_000)
            .withDepth(64)
            .withKeyBytes(10_000_000)
            .withValueBytes(10_000_000);

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    static Stream<Arguments> manyKeys() {
        return Stream.of(
                keys("different", i -> "k" + i),
                keys("numbers", Integer::toString),
                keys("numbers that fall into one slot of a table", i -> Long.toString(i * 65_536L)),
                keys("one String.hashCode", i -> bits(i, "Aa", "BB")),
                keys("one DJBX33A, which is PHP's", i -> bits(i, "Ez", "FY")),
                keys("one hash of ours", i -> String.format("12345678%08d87654321", i)),
                keys("one beginning", i -> "x".repeat(200) + i));
    }

    private static Arguments keys(String name, IntFunction<String> key) {
        return Arguments.of(name, key);
    }

    /** Returns seventeen pairs of letters that hash alike, chosen by the bits of a number. */
    private static String bits(int number, String zero, String one) {
        return IntStream.range(0, 17)
                .mapToObj(bit -> (number >> bit & 1) == 0 ? zero : one)
                .collect(Collectors.joining());
    }

    @Test
    void theKeysMadeToCollideDoCollide() {
        assertThat(bits(1, "Aa", "BB").hashCode())
                .isEqualTo(bits(70_000, "Aa", "BB").hashCode());
        assertThat(djbx33a(bits(1, "Ez", "FY"))).isEqualTo(djbx33a(bits(70_000, "Ez", "FY")));
        byte[] a = "123456780000000187654321".getBytes(US_ASCII);
        byte[] b = "123456780009999987654321".getBytes(US_ASCII);
        assertThat(Bytes.hash(a, 0, a.length)).isEqualTo(Bytes.hash(b, 0, b.length));
    }

    private static long djbx33a(String text) {
        long hash = 5381;
        for (int i = 0; i < text.length(); i++) {
            hash = hash * 33 + text.charAt(i);
        }
        return hash;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("manyKeys")
    void manyFieldsCostLinearWork(String name, IntFunction<String> key) {
        String top = join("&", i -> key.apply(i) + "=");
        assertThat(form(top).steps()).isLessThan((long) MANY * STEPS_A_FIELD);
        String nested = join("&", i -> "a[" + key.apply(i) + "]=");
        assertThat(form(nested).steps()).isLessThan(2L * MANY * STEPS_A_FIELD);
        String json = "{" + join(",", i -> "\"" + key.apply(i) + "\":1") + "}";
        Tree tree = json(json);
        assertThat(tree.steps()).isLessThan((long) MANY * STEPS_A_FIELD);
        assertThat(tree.root().size()).isEqualTo(MANY);
    }

    @Test
    void fieldsSentAgainAndAgainCostLinearWork() {
        Tree tree = form(join("&", i -> "k" + i % 100 + "=1"));
        assertThat(tree.steps()).isLessThan((long) MANY * STEPS_A_FIELD);
        assertThat(tree.nodes()).isEqualTo(101);
    }

    @Test
    void arraysReplacedAgainAndAgainCostLinearWork() {
        String body = join("&", i -> i % 20 == 19 ? "a=1" : "a[]=1");
        assertThat(form(body).steps()).isLessThan((long) MANY * 2 * STEPS_A_FIELD);
        String named = join("&", i -> i % 20 == 19 ? "a=1" : "a[k" + i % 20 + "]=1");
        assertThat(form(named).steps()).isLessThan((long) MANY * 2 * STEPS_A_FIELD);
    }

    @Test
    void arraysThatAllHaveTheSameKeysCostLinearWork() {
        String body = join("&", i -> "a[" + i / 20 + "][k" + i % 20 + "]=1");
        assertThat(form(body).steps()).isLessThan((long) MANY * 3 * STEPS_A_FIELD);
    }

    @Test
    void appendingCostsLinearWork() {
        assertThat(form(join("&", i -> "a[]=")).steps()).isLessThan((long) MANY * STEPS_A_FIELD);
        assertThat(json("[" + join(",", i -> "1") + "]").steps()).isLessThan((long) MANY * STEPS_A_FIELD);
    }

    @Test
    void aHundredThousandBracketsAreRefusedWithoutFollowingThem() {
        String deep = "a" + "[b]".repeat(MANY) + "=1";
        assertThatThrownBy(() -> form(deep))
                .isInstanceOf(DecodeException.class)
                .hasMessage("expected names at most 64 levels deep but found 100000 levels at $");
        assertThatThrownBy(() -> EventDecoder.lenient()
                        .withLimits(HUGE.withKeyBytes(256))
                        .decode(deep.getBytes(US_ASCII), BodyFormat.FORM))
                .isInstanceOf(DecodeException.class)
                .hasMessage("expected names of at most 256 bytes but found 300001 bytes at $");
        assertThatThrownBy(() -> json("[".repeat(MANY)))
                .isInstanceOf(DecodeException.class)
                .hasMessage("expected names at most 64 levels deep but found 65 levels at $");
        assertThat(form("a" + "[".repeat(MANY) + "=1").nodes()).isEqualTo(2);
        assertThat(form("]".repeat(MANY) + "=1").nodes()).isEqualTo(2);
    }

    @Test
    void nothingIsAllocatedBecauseAnIndexIsLarge() {
        long small = allocated("a[0]=1&a[]=2");
        assertThat(allocated("a[999999999]=1&a[]=2")).isLessThan(small + 1024);
        assertThat(allocated("a[9223372036854775806]=1&a[]=2&a[]=3")).isLessThan(small + 2048);
        assertThat(allocated("a[999999999][999999999][999999999]=1")).isLessThan(small + 2048);
        byte[] body = "a[999999999]=1".getBytes(US_ASCII);
        assertThat(PhpForm.decode(body, Limits.DEFAULT)).hasToString("{\"a\":{\"999999999\":\"1\"}}");
    }

    @Test
    void memoryGrowsWithTheBodyAlone() {
        // Each field of a form takes two bytes at least and each node some fifty, in arrays that double.
        assertThat(allocated("&".repeat(524_288))).isLessThan(20_000);
        assertThat(allocated("%41".repeat(20_000) + "=1")).isLessThan(200_000);
        assertThat(allocated("a=" + "%41".repeat(20_000))).isLessThan(200_000);
        assertThat(allocated(IntStream.range(0, 1000).mapToObj(i -> "k" + i).collect(Collectors.joining("&"))))
                .isLessThan(250_000);
        assertThat(allocated("a[" + "[".repeat(60_000))).isLessThan(200_000);
    }

    @Test
    void aNodeTakesTheMemoryThatIsCountedForIt() {
        Tree tree = new Tree(2, 2);
        Node[] nodes = new Node[1000];
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = new Node(tree);
        }
        long bytes = (THREADS.getCurrentThreadAllocatedBytes() - before) / nodes.length;
        assertThat(bytes).isBetween(Tree.NODE_BYTES / 2L, (long) Tree.NODE_BYTES);
    }

    private static long allocated(String body) {
        byte[] bytes = body.getBytes(US_ASCII);
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            try {
                Envelope.read(
                        bytes,
                        BodyFormat.FORM,
                        Limits.DEFAULT.withKeyBytes(100_000).withValueBytes(100_000));
            } catch (DecodeException e) {
                assertThat(e.kind()).isEqualTo(DecodeException.Kind.LIMIT);
            }
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    @Test
    void aLargeBodyLeavesNoScratchBehind() throws ReflectiveOperationException {
        byte[] large = ("event=ONX&" + join("&", i -> "k" + i + "=%20")).getBytes(US_ASCII);
        EventDecoder.lenient().withLimits(HUGE).decode(large, BodyFormat.FORM);
        byte[] small = "event=ONX&data=%41token".getBytes(US_ASCII);
        EventDecoder.lenient().decode(small, BodyFormat.FORM);
        EventDecoder.lenient()
                .decode("{\"event\":\"ONX\",\"data\":\"\\u0041token\"}".getBytes(US_ASCII), BodyFormat.JSON);
        assertThatThrownBy(() -> EventDecoder.lenient()
                        .decode("{\"event\":\"ONX\",\"data\":\"\\u0041token\\q".getBytes(US_ASCII), BodyFormat.JSON))
                .isInstanceOf(DecodeException.class);

        Field field = Scratch.class.getDeclaredField("SCRATCH");
        field.setAccessible(true);
        AtomicReferenceArray<?> scratch = (AtomicReferenceArray<?>) field.get(null);
        long kept = 0;
        for (int i = 0; i < scratch.length(); i++) {
            for (Object reached : reachable(scratch.get(i))) {
                if (reached instanceof byte[] bytes) {
                    kept += bytes.length;
                    assertThat(new String(bytes, US_ASCII)).as("kept bytes").doesNotContain("token");
                } else if (reached instanceof int[] ints) {
                    kept += ints.length * 4L;
                } else if (reached instanceof long[] longs) {
                    kept += longs.length * 8L;
                }
            }
        }
        assertThat(kept).isLessThan(scratch.length() * 300_000L);
    }

    /** Returns all arrays of primitives that an object leads to, through objects of this package. */
    private static Set<Object> reachable(Object from) throws ReflectiveOperationException {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> open = new ArrayDeque<>();
        if (from != null) {
            open.add(from);
        }
        while (!open.isEmpty()) {
            Object object = open.remove();
            if (!seen.add(object) || object.getClass().isArray()) {
                continue;
            }
            for (Field field : object.getClass().getDeclaredFields()) {
                boolean followed = field.getType().isArray()
                        || field.getType().getPackageName().equals("dev.openlines.parser");
                if (followed && !Modifier.isStatic(field.getModifiers())) {
                    field.setAccessible(true);
                    Object value = field.get(object);
                    if (value != null) {
                        open.add(value);
                    }
                }
            }
        }
        return seen;
    }

    private static String join(String separator, IntFunction<String> field) {
        return IntStream.range(0, MANY).mapToObj(field).collect(Collectors.joining(separator));
    }

    private static Tree form(String body) {
        return Envelope.read(body.getBytes(US_ASCII), BodyFormat.FORM, HUGE);
    }

    private static Tree json(String body) {
        return Envelope.read(body.getBytes(US_ASCII), BodyFormat.JSON, HUGE);
    }
}
