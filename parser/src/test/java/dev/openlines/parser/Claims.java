// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Event;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Claims that hold for any bytes. Random tests, the kept corpus and the fuzzer all check them; anything but a quiet
 * return is a finding.
 */
final class Claims {

    static final Limits WIDE = Limits.DEFAULT
            .withBodyBytes(4_000_000)
            .withPairs(1_000_000)
            .withDepth(64)
            .withKeyBytes(1_000_000)
            .withValueBytes(1_000_000);

    private Claims() {}

    /** Checks that a form gives a tree, the same by each way, or a limit. */
    static void ofForms(byte[] body) {
        Tree tree = read(body, BodyFormat.FORM, WIDE);
        if (tree == null) {
            return;
        }
        String tagged = Tagged.of(tree);
        Tree longWay = Envelope.read(RandomForm.escaped(body), BodyFormat.FORM, WIDE);
        assertThat(Tagged.of(longWay)).isEqualTo(tagged);
        assertThat(longWay.repeated()).isEqualTo(tree.repeated());

        Tree used = new Tree(2, 1);
        FormReader reader = new FormReader(used);
        reader.read("a[b]=%20&a[c][]=1&a[b]=2".getBytes(StandardCharsets.US_ASCII), WIDE);
        used.wipe();
        reader.read(body, WIDE);
        assertThat(Tagged.of(used)).isEqualTo(tagged);
        textAgrees(tree);
        read(body, BodyFormat.FORM, Limits.DEFAULT);
    }

    /** Checks that JSON gives a tree or an error, and that the tree's text gives that tree again. */
    static void ofJson(byte[] body) {
        Tree tree = read(body, BodyFormat.JSON, WIDE);
        if (tree == null) {
            return;
        }
        Tree used = new Tree(2, 1);
        JsonReader reader = new JsonReader(used);
        reader.read("{\"a\":[\"\\n\",{\"b\":1,\"b\":2}]}".getBytes(StandardCharsets.US_ASCII), WIDE);
        used.wipe();
        reader.read(body, WIDE);
        assertThat(Tagged.of(used)).isEqualTo(Tagged.of(tree));
        textAgrees(tree);
        PhpForm.encode(body, WIDE);
        read(body, BodyFormat.JSON, Limits.DEFAULT);
    }

    private static void textAgrees(Tree tree) {
        String text = TreeJson.text(tree, true);
        Tree again = Envelope.read(text.getBytes(StandardCharsets.UTF_8), BodyFormat.JSON, WIDE);
        if (!text.contains("\ufffd")) {
            // Broken keys may become one key as text. Then the last one counts, as in PHP.
            assertThat(TreeJson.text(again, true)).isEqualTo(text);
        }
        assertThat(TreeJson.structure(tree, false, true)).isEqualTo(TreeJson.structure(again, false, true));
    }

    /** Checks a body. The first byte of the input chooses the format of the rest. */
    static void ofEvents(byte[] input) {
        if (input.length == 0) {
            return;
        }
        BodyFormat format = (input[0] & 1) == 0 ? BodyFormat.FORM : BodyFormat.JSON;
        ofEvents(Arrays.copyOfRange(input, 1, input.length), format);
    }

    /** Checks that a body gives an event that can be written and read again, or an error that names a place. */
    static void ofEvents(byte[] body, BodyFormat format) {
        Decoded<Event> lenient = null;
        DecodeException refused = null;
        try {
            lenient = EventDecoder.lenient().decode(body, format);
        } catch (DecodeException e) {
            refused = e;
            checked(e);
        }
        Decoded<Event> strict = null;
        try {
            strict = EventDecoder.strict().decode(body, format);
        } catch (DecodeException e) {
            checked(e);
        }
        if (lenient == null) {
            assertThat(strict).as("strict takes what lenient refuses").isNull();
        } else {
            assertThat(strict != null)
                    .as("strict takes what has no notes")
                    .isEqualTo(lenient.notes().isEmpty());
            eventAgrees(lenient);
        }
        envelope(body, format, lenient, refused);
    }

    private static void eventAgrees(Decoded<Event> decoded) {
        Event event = decoded.event();
        byte[] json = EventJson.toJson(event).getBytes(StandardCharsets.UTF_8);
        Decoded<Event> again = EventDecoder.lenient().withLimits(WIDE).decode(json, BodyFormat.JSON);
        assertThat(again.event()).isEqualTo(event);
        EventJson.toForm(event);
        decoded.raw();
    }

    private static void envelope(
            byte[] body, BodyFormat format, @Nullable Decoded<Event> lenient, @Nullable DecodeException refused) {
        Envelope envelope;
        try {
            envelope = Envelope.parse(body, format, Limits.DEFAULT);
        } catch (DecodeException e) {
            assertThat(e).hasMessage(refused == null ? "none" : refused.getMessage());
            return;
        }
        for (Runnable asked : List.<Runnable>of(
                envelope::event, envelope::memberId, envelope::applicationToken, envelope::idempotencyKey)) {
            try {
                asked.run();
            } catch (DecodeException e) {
                checked(e);
            }
        }
        if (lenient != null) {
            byte[] json = envelope.toJson().getBytes(StandardCharsets.UTF_8);
            Decoded<Event> stored = EventDecoder.lenient().withLimits(WIDE).decode(json, BodyFormat.JSON);
            assertThat(stored.event()).isEqualTo(lenient.event());
            assertThat(stored.dialect()).isEqualTo(lenient.dialect());
            Event stripped =
                    EventDecoder.lenient().decode(envelope.withoutCredentials()).event();
            assertThat(stripped.header()).isEqualTo(lenient.event().header().withoutCredentials());
        }
    }

    private static @Nullable Tree read(byte[] body, BodyFormat format, Limits limits) {
        try {
            return Envelope.read(body, format, limits);
        } catch (DecodeException e) {
            checked(e);
            if (format == BodyFormat.FORM) {
                assertThat(e.kind()).isEqualTo(DecodeException.Kind.LIMIT);
            }
            return null;
        }
    }

    private static void checked(DecodeException e) {
        assertThat(e.getMessage()).matches("(?s)(\\d+ problems: )?.+ at \\$.*");
        assertThat(e.path()).startsWith("$");
        assertThat(e.problems()).isNotEmpty();
    }
}
