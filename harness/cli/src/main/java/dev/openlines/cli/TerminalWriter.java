// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.Printed;
import dev.openlines.portal.wire.PhpJson;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;

/**
 * Writes the output of commands, with an escape instead of each character that controls a terminal. Line ends and tabs
 * stay. So a text from a portal, a handler or a file can neither move the cursor nor change the direction of writing.
 */
final class TerminalWriter extends FilterWriter {

    /** The first half of a character whose other half has not come yet, or 0. */
    private char half;

    TerminalWriter(Writer out) {
        super(out);
    }

    @Override
    public void write(int c) throws IOException {
        write(new char[] {(char) c}, 0, 1);
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
        StringBuilder shown = new StringBuilder(length + 16);
        for (int i = from; i < from + length; i++) {
            char c = text[i];
            if (half != 0 && Character.isLowSurrogate(c)) {
                append(Character.toCodePoint(half, c), shown);
                half = 0;
                continue;
            }
            endHalf(shown);
            if (Character.isHighSurrogate(c)) {
                half = c;
            } else if (c == '\n' || c == '\t' || (c == '\r' && i + 1 < from + length && text[i + 1] == '\n')) {
                shown.append(c);
            } else {
                append(c, shown);
            }
        }
        out.append(shown);
    }

    @Override
    public void write(String text, int from, int length) throws IOException {
        write(text.toCharArray(), from, length);
    }

    @Override
    public void flush() throws IOException {
        StringBuilder shown = new StringBuilder();
        endHalf(shown);
        out.append(shown);
        super.flush();
    }

    @Override
    public void close() throws IOException {
        flush();
        super.close();
    }

    private void endHalf(StringBuilder shown) {
        if (half != 0) {
            append(half, shown);
            half = 0;
        }
    }

    private static void append(int codePoint, StringBuilder shown) {
        if (Printed.steers(codePoint)) {
            shown.append(PhpJson.escaped(codePoint));
        } else {
            shown.appendCodePoint(codePoint);
        }
    }
}
