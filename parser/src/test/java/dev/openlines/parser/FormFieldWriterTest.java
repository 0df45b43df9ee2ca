// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code http_build_query}, byte for byte. */
class FormFieldWriterTest {

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                              | ``
            []                              | ``
            {"a":1}                         | a=1
            {"a":1,"b":"x"}                 | a=1&b=x
            [1,2]                           | 0=1&1=2
            {"a":[1,2]}                     | a%5B0%5D=1&a%5B1%5D=2
            {"a":[[1],[2]]}                 | a%5B0%5D%5B0%5D=1&a%5B1%5D%5B0%5D=2
            {"a":{"b":{"c":1},"d":2}}       | a%5Bb%5D%5Bc%5D=1&a%5Bd%5D=2
            {"a":{"b":{}},"c":[],"d":1}     | d=1
            {"a":null,"b":[null,1]}         | b%5B1%5D=1
            [null,[null],2]                 | 2=2
            {"a":true,"b":false}            | a=1&b=0
            {"a":""}                        | a=
            {"":1,"a":{"":2}}               | =1&a%5B%5D=2
            {"a b":{"c d":"e f"}}           | a+b%5Bc+d%5D=e+f
            {"a":"-_.~*!'()"}               | a=-_.%7E%2A%21%27%28%29
            {"a":"azAZ09@[{/:"}             | a=azAZ09%40%5B%7B%2F%3A
            {"a":"&=+%"}                    | a=%26%3D%2B%25
            {"a":"\\u0000\\u001f\\u007f"}   | a=%00%1F%7F
            {"a":"\u00e9\u043f\ud83d\ude00"} | a=%C3%A9%D0%BF%F0%9F%98%80
            {"[":{"]":1}}                   | %5B%5B%5D%5D=1
            {"a":1.50,"b":1e25,"c":-0.0}    | a=1.5&b=1.0E%2B25&c=-0
            """)
    void writesAsPhpDoes(String json, String form) {
        assertThat(written(json)).isEqualTo(form);
    }

    @Test
    void buffersGrow() {
        String names = IntStream.range(0, 60)
                .mapToObj(i -> "\"" + "n".repeat(40) + "\":{")
                .collect(Collectors.joining());
        String deep = "{" + names + "\"x\":\"" + "y".repeat(5000) + "\"" + "}".repeat(61);
        String form = "n".repeat(40) + ("%5B" + "n".repeat(40) + "%5D").repeat(59) + "%5Bx%5D=" + "y".repeat(5000);
        assertThat(written(deep)).isEqualTo(form);
        assertThat(written("{\"" + "é".repeat(300) + "\":{\"a\":\"" + "é".repeat(3000) + "\"}}"))
                .isEqualTo("%C3%A9".repeat(300) + "%5Ba%5D=" + "%C3%A9".repeat(3000));
    }

    @Test
    void numbersAndTextsOfAListTakeTheNextIndex() {
        FormFieldWriter out = new FormFieldWriter();
        out.open(null);
        out.openList("a");
        out.number(null, 5L);
        out.text(null, null);
        out.number(null, null);
        out.text(null, "x");
        out.open(null);
        out.text("b", "y");
        out.text("c", null);
        out.close();
        out.openList(null);
        out.text(null, "z");
        out.close();
        out.close();
        out.number("d", 6L);
        out.close();
        assertThat(new String(out.form(), US_ASCII))
                .isEqualTo("a%5B0%5D=5&a%5B3%5D=x&a%5B4%5D%5Bb%5D=y&a%5B5%5D%5B0%5D=z&d=6");
    }

    private static String written(String json) {
        return new String(PhpForm.encode(json.getBytes(UTF_8), Claims.WIDE), US_ASCII);
    }
}
