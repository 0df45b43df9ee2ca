// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares numbers with PHP's text for a JSON number, as {@code http_build_query(json_decode(…))} shows it. */
class PhpNumberTest {

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "0, 0",
        "-0, 0",
        "0.0, 0",
        "-0.0, -0",
        "-0e5, -0",
        "7, 7",
        "-7, -7",
        "1.0, 1",
        "-1.0, -1",
        "1.50, 1.5",
        "0.1, 0.1",
        "0.30000000000000004, 0.3",
        "100.0, 100",
        "123456789012345, 123456789012345",
        "123456789012345.0, 1.2345678901234E+14",
        "12345678901234.5, 12345678901234",
        "12345678901235.5, 12345678901236",
        "-12345678901235.5, -12345678901236",
        "99999999999999.5, 1.0E+14",
        "99999999999999.0, 99999999999999",
        "1e2, 100",
        "1E+2, 100",
        "1e13, 10000000000000",
        "1e14, 1.0E+14",
        "1.5e14, 1.5E+14",
        "1e15, 1.0E+15",
        "1.932706916487512E15, 1.9327069164875E+15",
        "0.001, 0.001",
        "0.0001, 0.0001",
        "0.00012345678901234567, 0.00012345678901235",
        "0.00001, 1.0E-5",
        "0.000012, 1.2E-5",
        "-0.00001, -1.0E-5",
        "9223372036854775807, 9223372036854775807",
        "9223372036854775808, 9.2233720368548E+18",
        "-9223372036854775808, -9223372036854775808",
        "-9223372036854775809, -9.2233720368548E+18",
        "100000000000000000000, 1.0E+20",
        "1e25, 1.0E+25",
        "5e-324, 4.9406564584125E-324",
        "1.7976931348623157e308, 1.7976931348623E+308",
        "1e400, INF",
        "-1e400, -INF",
        "1e-400, 0",
        "-1e-400, -0"
    })
    void isWrittenAsPhpDoes(String literal, String text) {
        assertThat(PhpNumber.text(literal)).isEqualTo(text);
    }
}
