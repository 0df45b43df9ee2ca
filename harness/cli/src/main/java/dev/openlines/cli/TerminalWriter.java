// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.portal.wire.PhpJson;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;

/**
 * Writes the output of commands, with an escape instead of each character that controls a terminal. Line ends and tabs
 * stay. So a text from a portal, a handler or a file can neither move the cursor nor change the direction of writing.
 */
final class TerminalWriter extends FilterWriter {

    TerminalWriter(Writer out) {
        super(out);
    }

    @Override
    public void write(int c) throws IOException {
        write(new char[] {(char) c}, 0, 1);
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
        int done = from;
        for (int i = from; i < from + length; i++) {
            if (stays(text, i, from + length)) {
                continue;
            }
            out.write(text, done, i - done);
            out.write(PhpJson.escape(text[i]));
            done = i + 1;
        }
        out.write(text, done, from + length - done);
    }

    @Override
    public void write(String text, int from, int length) throws IOException {
        write(text.toCharArray(), from, length);
    }

    private static boolean stays(char[] text, int at, int end) {
        return switch (text[at]) {
            case '\n', '\t' -> true;
            case '\r' -> at + 1 < end && text[at + 1] == '\n';
            default -> !PhpJson.steersTerminal(text[at]);
        };
    }
}
