// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.Event;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Decoded;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.EventJson;
import dev.openlines.parser.Limits;
import dev.openlines.parser.PhpForm;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code openlines decode}: request bodies to JSON. */
@Command(
        name = "decode",
        mixinStandardHelpOptions = true,
        description = {
            "Prints a request body as JSON: the event, its dialect and what was odd about it.",
            "Finds the body in a captured file, whose kind is recognized by its content: a raw HTTP request, output of"
                    + " print_r, var_export or var_dump, a relay's JSON, a line of an access log with the body."
        })
final class DecodeCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "The body; - or nothing for standard input.")
    private @Nullable String file;

    @Option(
            names = "--content-type",
            paramLabel = "T",
            description = "The Content-Type of FILE, which is then the body itself. Without it the content decides.")
    private @Nullable String contentType;

    @Option(names = "--strict", description = "Refuse what the lenient decoder only notes.")
    private boolean strict;

    @Option(
            names = "--tree",
            description = "Print the tree of the fields only, as PHP's parse_str makes it, tokens masked.")
    private boolean tree;

    @Option(names = "--batch", description = "Read one Base64 body a line, print one line of JSON for each.")
    private boolean batch;

    @Option(names = "--max-bytes", paramLabel = "N", description = "Largest body, key and value, in bytes.")
    private @Nullable Integer maxBytes;

    @Option(names = "--max-pairs", paramLabel = "N", description = "Most fields.")
    private @Nullable Integer maxPairs;

    @Option(names = "--max-depth", paramLabel = "N", description = "Deepest nesting; more than 64 counts as 64.")
    private @Nullable Integer maxDepth;

    private DecodeCommand() {}

    @Override
    public Integer call() {
        Limits limits = limits();
        EventDecoder decoder = (strict ? EventDecoder.strict() : EventDecoder.lenient()).withLimits(limits);
        try (CommandInput input = CommandInput.open(file)) {
            if (batch) {
                batch(input, decoder, limits);
            } else {
                single(input.all(), decoder, limits);
            }
        } catch (DecodeException e) {
            throw CommandFailure.failed(e.kind().label() + ": " + e.getMessage());
        } catch (NoEvent e) {
            throw CommandFailure.failed("mismatch: " + e.getMessage());
        } catch (IOException e) {
            throw CommandFailure.failed("the output cannot be written: " + e.getMessage());
        }
        return 0;
    }

    private Limits limits() {
        Limits limits = Limits.DEFAULT;
        int bytes = positive("--max-bytes", maxBytes, limits.bodyBytes());
        return new Limits(
                bytes,
                positive("--max-pairs", maxPairs, limits.pairs()),
                Math.min(64, positive("--max-depth", maxDepth, limits.depth())),
                maxBytes == null ? limits.keyBytes() : bytes,
                maxBytes == null ? limits.valueBytes() : bytes);
    }

    private int positive(String name, @Nullable Integer given, int otherwise) {
        if (given == null) {
            return otherwise;
        }
        if (given < 1) {
            throw new ParameterException(spec.commandLine(), "expected 1 or more for " + name + " but found " + given);
        }
        return given;
    }

    private BodyFormat format(byte[] body) {
        if (contentType != null) {
            return BodyFormat.ofContentType(contentType)
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(), "expected the content type of a form or of JSON for --content-type"));
        }
        return !tree && !batch && beginsWithBrace(body) ? BodyFormat.JSON : BodyFormat.FORM;
    }

    private static boolean beginsWithBrace(byte[] body) {
        for (byte b : body) {
            if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                return b == '{';
            }
        }
        return false;
    }

    private void single(byte[] file, EventDecoder decoder, Limits limits) throws IOException {
        StringBuilder out = new StringBuilder(file.length * 2);
        if (contentType != null || tree && beginsWithBrace(file)) {
            print(file, format(file), decoder, limits, out);
        } else {
            Capture capture = captured(file);
            print(capture.body(), capture.format(), decoder, limits, out);
        }
        write(out, System.out);
        System.out.flush();
    }

    private Capture captured(byte[] file) {
        try {
            Capture capture = Capture.of(file);
            if (capture.kind() != null) {
                spec.commandLine().getErr().println("openlines: read as " + capture.kind());
            }
            return capture;
        } catch (Capture.Unreadable e) {
            throw CommandFailure.badInput("cannot read " + e.getMessage());
        }
    }

    private void batch(CommandInput input, EventDecoder decoder, Limits limits) throws IOException {
        BodyFormat format = format(new byte[0]);
        OutputStream out = new BufferedOutputStream(System.out, 1 << 16);
        StringBuilder line = new StringBuilder(2048);
        for (byte[] base64 = input.line(); base64 != null; base64 = input.line()) {
            line.setLength(0);
            try {
                print(body(base64), format, decoder, limits, line);
            } catch (DecodeException e) {
                line.setLength(0);
                error(e.kind().label(), e.path(), e.getMessage(), line);
            } catch (NoEvent e) {
                error("mismatch", "$.event", e.getMessage(), line);
            } catch (NotBase64 e) {
                error("malformed", "$", "expected a line of Base64", line);
            }
            write(line, out);
        }
        out.flush();
    }

    /** The decoder treats a body without an event's name as an unknown event. This command refuses it. */
    private static final class NoEvent extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoEvent() {
            super("expected an event code but found nothing at $.event", null, false, false);
        }
    }

    private static final class NotBase64 extends Exception {
        private static final long serialVersionUID = 1L;

        NotBase64(Throwable cause) {
            super(cause);
        }
    }

    private static byte[] body(byte[] line) throws NotBase64 {
        int end = line.length;
        while (end > 0 && (line[end - 1] == '\r' || line[end - 1] == ' ')) {
            end--;
        }
        try {
            return Base64.getDecoder().decode(end == line.length ? line : java.util.Arrays.copyOf(line, end));
        } catch (IllegalArgumentException e) {
            throw new NotBase64(e);
        }
    }

    private void print(byte[] body, BodyFormat format, EventDecoder decoder, Limits limits, StringBuilder out) {
        if (tree) {
            out.append("{\"tree\":");
            PhpJson.plain(
                    SecretMask.of(
                            format == BodyFormat.FORM
                                    ? PhpForm.decode(body, limits)
                                    : Envelope.parse(body, format, limits).raw()),
                    out);
            out.append("}\n");
            return;
        }
        Decoded<Event> decoded = decoder.decode(body, format);
        if (decoded.event().code().isEmpty()) {
            throw new NoEvent();
        }
        JsonArrayBuilder notes = PhpJson.PROVIDER.createArrayBuilder();
        EventNames.note(decoded.event())
                .ifPresent(note ->
                        notes.add(EventBodies.object().add("path", "$.event").add("message", note)));
        decoded.notes()
                .forEach(note ->
                        notes.add(EventBodies.object().add("path", note.path()).add("message", note.message())));
        PhpJson.plain(
                EventBodies.object()
                        .add(
                                "event",
                                SecretMask.of(PhpJson.parse(
                                        EventJson.toJson(decoded.event()).getBytes(StandardCharsets.UTF_8))))
                        .add("type", EventNames.type(decoded.event()))
                        .add("dialect", decoded.dialect().label())
                        .add("notes", notes)
                        .build(),
                out);
        out.append('\n');
    }

    private static void error(String kind, String path, @Nullable String message, StringBuilder out) {
        PhpJson.plain(
                EventBodies.object()
                        .add(
                                "error",
                                EventBodies.object()
                                        .add("kind", kind)
                                        .add("path", path)
                                        .add("message", String.valueOf(message)))
                        .build(),
                out);
        out.append('\n');
    }

    private static void write(StringBuilder text, OutputStream out) throws IOException {
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
