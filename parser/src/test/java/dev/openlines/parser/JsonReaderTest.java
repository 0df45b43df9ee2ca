// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 8259 and what we make of its open questions; {@link ErrorMessagesTest} has the messages. */
class JsonReaderTest {

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                              | {}
            []                              | {}
            {"a":{}}                        | {"a":[]}
            {"a":[]}                        | {"a":[]}
            [1,[2],{"b":3}]                 | {"0":1,"1":[2],"2":{"b":3}}
            {"a":{"0":1,"1":2}}             | {"a":[1,2]}
            {"a":{"1":1,"0":2}}             | {"a":{"1":1,"0":2}}
            {"a":[{},[],{"b":[]}]}          | {"a":[[],[],{"b":[]}]}
            {"a":true,"b":false,"c":null}   | {"a":true,"b":false,"c":null}
            {"a":0,"b":-0,"c":-1,"d":10}    | {"a":0,"b":-0,"c":-1,"d":10}
            {"a":0.5,"b":-1.50,"c":0.0}     | {"a":0.5,"b":-1.50,"c":0.0}
            {"a":1e5,"b":1E+5,"c":1.5e-05}  | {"a":1e5,"b":1E+5,"c":1.5e-05}
            {"a":1e999999999}               | {"a":1e999999999}
            {"a":123456789012345678901234}  | {"a":123456789012345678901234}
            {"a":1,"a":2}                   | {"a":2}
            {"a":1,"b":2,"a":3}             | {"a":3,"b":2}
            {"a":{"b":1},"a":{"c":2}}       | {"a":{"c":2}}
            {"a":[1],"a":[2]}               | {"a":[2]}
            {"a":[1],"a":2}                 | {"a":2}
            {"":1}                          | {"":1}
            {"a.b [c]":1}                   | {"a.b [c]":1}
            {"\\u0061":1,"a":2}             | {"a":2}
            {"a":"\\"\\\\\\/\\b\\f\\n\\r\\t"} | {"a":"\\"\\\\/\\u0008\\u000c\\n\\r\\t"}
            {"a":"\\u0000\\u001f\\u0020"}   | {"a":"\\u0000\\u001f "}
            {"a":"x\\u0041y\\u006a"}        | {"a":"xAyj"}
            {"a":"\\u00E9\\u00e9"}          | {"a":"\u00e9\u00e9"}
            {"a":"\\u07ff\\u0800"}          | {"a":"\u07ff\u0800"}
            {"a":"\\ud83d\\ude00"}          | {"a":"\ud83d\ude00"}
            {"a":"\\udbff\\udfff"}          | {"a":"\udbff\udfff"}
            {"a":"\\ud83d"}                 | {"a":"\ufffd"}
            {"a":"\\ude00"}                 | {"a":"\ufffd"}
            {"a":"\\ud83dx"}                | {"a":"\ufffdx"}
            {"a":"\\ud83d\\n"}              | {"a":"\ufffd\\n"}
            {"a":"\\ud83d\\u0041"}          | {"a":"\ufffdA"}
            {"a":"\\ud83d\\ud83d\\ude00"}   | {"a":"\ufffd\ud83d\ude00"}
            {"a":"\\ude00\\ud83d"}          | {"a":"\ufffd\ufffd"}
            """)
    void values(String json, String tree) {
        assertThat(read(json)).isEqualTo(tree);
    }

    @Test
    void whiteSpaceIsAllowedBetweenAllTokens() {
        assertThat(read(" \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n} \t\r\n"))
                .isEqualTo("{\"a\":[1,2]}");
    }

    @Test
    void aByteOrderMarkIsSkipped() {
        assertThat(read("\u00ef\u00bb\u00bf{\"a\":1}")).isEqualTo("{\"a\":1}");
    }

    @Test
    void rawBytesThatAreNotUtf8AreReplaced() {
        assertThat(read("{\"a\":\"\u00ff\u00d0\u00bf\u00d0\"}")).isEqualTo("{\"a\":\"\ufffd\u043f\ufffd\"}");
        assertThat(read("{\"a\":\"\\n\u00ff\u00d0\u00bf\u00d0\"}")).isEqualTo("{\"a\":\"\\n\ufffd\u043f\ufffd\"}");
    }

    @Test
    void deleteIsNoControlCharacterToJson() {
        assertThat(read("{\"a\":\"\u007f \"}")).isEqualTo("{\"a\":\"\u007f \"}");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "",
                " ",
                "1",
                "\"a\"",
                "null",
                "{",
                "}",
                "[",
                "]",
                "{]",
                "[}",
                "{\"a\"}",
                "{\"a\":}",
                "{:1}",
                "{1:1}",
                "{,}",
                "[,]",
                "[1,]",
                "[1 2]",
                "{\"a\":1 \"b\":2}",
                "{\"a\":1,}",
                "{'a':1}",
                "{a:1}",
                "[01]",
                "[-]",
                "[+1]",
                "[.5]",
                "[1.]",
                "[1e]",
                "[1e+]",
                "[1.e1]",
                "[- 1]",
                "[0x1]",
                "[NaN]",
                "[Infinity]",
                "[tru]",
                "[True]",
                "[nulll]",
                "[\"]",
                "[\"\\\"]",
                "[\"\\x\"]",
                "[\"\\u12\"]",
                "[\"\\u12g4\"]",
                "[\"\t\"]",
                "[\"\n\"]",
                "[\"\u0000\"]",
                "[1]x",
                "[1],",
                "{}{}",
                "[1]\u0000",
                "\u00ef\u00bb[]",
                "\u00ef\u00bb\u00bf",
                "// c\n[]",
                "[/**/1]",
                "\u00a0[]",
                "[1\u000b]",
                "[1\f]",
                "[\"a\\"
            })
    void aBodyThatIsNoJsonIsRefused(String body) {
        assertThatThrownBy(() -> read(body))
                .isInstanceOfSatisfying(
                        DecodeException.class, e -> assertThat(e.kind()).isEqualTo(DecodeException.Kind.MALFORMED));
    }

    @Test
    void aReaderReadsManyBodies() {
        Tree tree = new Tree(4, 4);
        JsonReader reader = new JsonReader(tree);
        for (int i = 0; i < 3; i++) {
            reader.read("{\"a\":[1,{\"b\":\"\\n\"}]}".getBytes(ISO_8859_1), Limits.DEFAULT);
            assertThat(TreeJson.text(tree, true)).isEqualTo("{\"a\":[1,{\"b\":\"\\n\"}]}");
            assertThatThrownBy(() -> reader.read("{\"a\":[1,{\"b".getBytes(ISO_8859_1), Limits.DEFAULT))
                    .isInstanceOf(DecodeException.class);
        }
    }

    private static String read(String body) {
        return TreeJson.text(Envelope.read(body.getBytes(ISO_8859_1), BodyFormat.JSON, Limits.DEFAULT), true);
    }
}
