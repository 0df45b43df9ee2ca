// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Advice on how to fix a failure, in one or two sentences. */
final class Remedy {

    private static final Properties TEXTS = read();

    private Remedy() {}

    /** Returns the case's own remedy, or that of its group. */
    static String of(String id) {
        String number = id.substring(id.lastIndexOf('-') + 1);
        return TEXTS.getProperty(number, TEXTS.getProperty(number.charAt(0) + "xx", ""));
    }

    /** Returns whether the case has a remedy of its own. */
    static boolean isFor(String id) {
        return TEXTS.containsKey(id.substring(id.lastIndexOf('-') + 1));
    }

    private static Properties read() {
        Properties texts = new Properties();
        try (InputStream in = Remedy.class.getResourceAsStream("remedies.properties")) {
            if (in == null) {
                throw new IllegalStateException("remedies.properties is not beside its class");
            }
            try (Reader text = new InputStreamReader(in, StandardCharsets.UTF_8)) {
                texts.load(text);
            }
            return texts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
