// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** A JSON number as PHP writes it into a form, after {@code json_decode} has turned it into an int or a float. */
final class PhpNumber {

    /** PHP's default {@code precision}: significant digits of a float in text. */
    private static final int PRECISION = 14;

    private PhpNumber() {}

    static String text(String literal) {
        boolean integer = true;
        for (int i = 0; i < literal.length(); i++) {
            char c = literal.charAt(i);
            integer &= c == '-' || c >= '0' && c <= '9';
        }
        if (integer) {
            try {
                return Long.toString(Long.parseLong(literal));
            } catch (NumberFormatException tooLarge) {
                // json_decode turns it into a float.
                return text(Double.parseDouble(literal));
            }
        }
        return text(Double.parseDouble(literal));
    }

    private static String text(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "INF" : "-INF";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        BigDecimal rounded = new BigDecimal(value)
                .round(new MathContext(PRECISION, RoundingMode.HALF_EVEN))
                .stripTrailingZeros();
        String digits = rounded.unscaledValue().abs().toString();
        // The value is 0.digits times ten to this power.
        int point = digits.length() - rounded.scale();
        StringBuilder out = new StringBuilder(value < 0 ? "-" : "");
        if (point < -3 || point > PRECISION) {
            out.append(digits.charAt(0)).append('.').append(digits.length() == 1 ? "0" : digits.substring(1));
            int exponent = point - 1;
            return out.append('E')
                    .append(exponent < 0 ? '-' : '+')
                    .append(Math.abs(exponent))
                    .toString();
        }
        if (point <= 0) {
            return out.append("0.").append("0".repeat(-point)).append(digits).toString();
        }
        if (digits.length() <= point) {
            return out.append(digits)
                    .append("0".repeat(point - digits.length()))
                    .toString();
        }
        return out.append(digits, 0, point)
                .append('.')
                .append(digits, point, digits.length())
                .toString();
    }
}
