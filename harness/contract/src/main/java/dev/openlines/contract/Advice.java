// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Why a case matters, and how to fix its failure, in one or two sentences each. */
final class Advice {

    private static final Properties TEXTS = read();

    private Advice() {}

    /** Returns the case's own remedy, or that of its group. */
    static String fix(String id) {
        return text("", id);
    }

    /** Returns what happens if the requirement is not met: the case's own text, or that of its group. */
    static String why(String id) {
        return text("why.", id);
    }

    private static String text(String kind, String id) {
        String number = id.substring(id.lastIndexOf('-') + 1);
        return TEXTS.getProperty(kind + number, TEXTS.getProperty(kind + number.charAt(0) + "xx", ""));
    }

    /** Returns all that is known of a failure, a line each. */
    static String told(CaseResult result) {
        ContractCase one = result.contractCase();
        return String.join("\n", result.failures()) + "\nsent: " + one.sent() + "\nrequired: " + one.requirement()
                + "\nwhy: " + why(one.id()) + "\nsource: " + one.provenance() + "\nfix: " + fix(one.id())
                + (result.reproduce().isEmpty() ? "" : "\nby hand: " + result.reproduce());
    }

    /** Returns whether the case has a remedy of its own. */
    static boolean isFor(String id) {
        return TEXTS.containsKey(id.substring(id.lastIndexOf('-') + 1));
    }

    private static Properties read() {
        Properties texts = new Properties();
        try (InputStream in = Advice.class.getResourceAsStream("advice.properties")) {
            if (in == null) {
                throw new IllegalStateException("advice.properties is not beside its class");
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
