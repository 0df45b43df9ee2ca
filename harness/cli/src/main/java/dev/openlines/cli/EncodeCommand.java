// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Limits;
import dev.openlines.parser.PhpForm;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code openlines encode}: JSON to the form bodies that PHP writes. */
@Command(
        name = "encode",
        mixinStandardHelpOptions = true,
        description = "Prints JSON as the form body that PHP's http_build_query makes of it.")
final class EncodeCommand implements Callable<Integer> {

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "The JSON; - or nothing for standard input.")
    private @Nullable String file;

    @Option(names = "--batch", description = "Read one JSON text a line, print one Base64 body for each.")
    private boolean batch;

    private static final Limits WIDEST =
            new Limits(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);

    private EncodeCommand() {}

    @Override
    public Integer call() {
        try (CommandInput input = CommandInput.open(file)) {
            OutputStream out = new BufferedOutputStream(System.out, 1 << 16);
            if (batch) {
                for (byte[] line = input.line(); line != null; line = input.line()) {
                    out.write(encodedLine(line));
                    out.write('\n');
                }
            } else {
                out.write(form(input.all()));
            }
            out.flush();
            return 0;
        } catch (NotAStructure e) {
            throw CommandFailure.failed(e.kind + ": " + e.getMessage());
        } catch (IOException e) {
            throw CommandFailure.failed("the output cannot be written: " + e.getMessage());
        }
    }

    private static byte[] encodedLine(byte[] line) {
        try {
            return Base64.getEncoder().encode(form(line));
        } catch (NotAStructure e) {
            StringBuilder error = new StringBuilder();
            PhpJson.plain(
                    EventBodies.object()
                            .add(
                                    "error",
                                    EventBodies.object()
                                            .add("kind", e.kind)
                                            .add("path", e.path)
                                            .add("message", e.getMessage()))
                            .build(),
                    error);
            return error.toString().getBytes(StandardCharsets.UTF_8);
        }
    }

    private static final class NotAStructure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final String kind;
        private final String path;
        private final String message;

        NotAStructure(DecodeException.Kind kind, String path, String message) {
            super(message, null, false, false);
            this.kind = kind.label();
            this.path = path;
            this.message = message;
        }

        @Override
        public String getMessage() {
            return message;
        }
    }

    /**
     * Encodes the text itself, because a number of JSON-P loses the sign of -0.0 and does not tell a long float from an
     * integer.
     */
    private static byte[] form(byte[] json) {
        try {
            return PhpForm.encode(json, WIDEST);
        } catch (DecodeException e) {
            String text = new String(json, StandardCharsets.UTF_8).strip();
            if (text.startsWith("{") || text.startsWith("[")) {
                throw new NotAStructure(e.kind(), e.path(), String.valueOf(e.getMessage()));
            }
            throw isValue(text)
                    ? new NotAStructure(DecodeException.Kind.MISMATCH, "$", "expected an object or a list at $")
                    : new NotAStructure(DecodeException.Kind.MALFORMED, "$", "expected JSON at $");
        }
    }

    /** Returns whether a text that is neither an object nor a list is still JSON. */
    private static boolean isValue(String text) {
        try {
            PhpForm.encode(("[" + text + "]").getBytes(StandardCharsets.UTF_8), WIDEST);
            return !text.isEmpty();
        } catch (DecodeException e) {
            return false;
        }
    }
}
