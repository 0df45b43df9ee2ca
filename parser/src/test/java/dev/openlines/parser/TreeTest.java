// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TreeTest {

    @Test
    void pathsFollowADocument() {
        Tree tree = json(
                "{\"event\":1,\"data\":{\"DATA\":[{\"connector\":{\"chat_id\":2}},{\"x\":{\"id\":3}}]},\"\":4,\"12\":5}");
        List<String> paths = new ArrayList<>();
        for (Node node = tree.root(); node != null; node = node.following()) {
            paths.add(node.path());
        }
        assertThat(paths)
                .containsExactly(
                        "$",
                        "$.event",
                        "$.data",
                        "$.data.DATA",
                        "$.data.DATA[0]",
                        "$.data.DATA[0].connector",
                        "$.data.DATA[0].connector.chat_id",
                        "$.data.DATA[1]",
                        "$.data.DATA[1].*",
                        "$.data.DATA[1].*.id",
                        "$.*",
                        "$[12]");
    }

    @Test
    void aTreeCanBeWalked() {
        Tree tree = form("a[x]=1&a[y]=2&b=3");
        Node a = tree.root().firstChild();
        Node x = a.firstChild();
        Node y = x.nextSibling();
        Node b = a.nextSibling();
        assertThat(a.key()).isEqualTo("a");
        assertThat(y.key()).isEqualTo("y");
        assertThat(y.text()).isEqualTo("2");
        assertThat(y.parent()).isEqualTo(a);
        assertThat(a.parent()).isEqualTo(tree.root());
        assertThat(tree.root().parent()).isEqualTo(tree.root());
        assertThat(y.nextSibling()).isNull();
        assertThat(b.nextSibling()).isNull();
        assertThat(a.size()).isEqualTo(2);
        assertThat(tree.root().size()).isEqualTo(2);
        assertThat(tree.nodes()).isEqualTo(5);
        assertThat(b.kind()).isEqualTo(Node.TEXT);
        assertThat(b.length()).isEqualTo(1);
        assertThat(b.end() - b.start()).isEqualTo(1);
        assertThat(Tagged.keyOf(b)).containsExactly('b');
        assertThat(a.compareKeys(b)).isNegative();
        assertThat(b.compareKeys(a)).isPositive();
        assertThat(a.compareKeys(a)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 14, 15, 16, 17, 18, 31, 32, 33, 63, 64, 65, 127, 128, 200, 1000})
    void aFieldIsFoundAmongHoweverMany(int others) {
        String body =
                IntStream.range(0, others).mapToObj(i -> "k" + i + "=" + i).collect(Collectors.joining("&"));
        for (String whole : List.of("ts=x&" + body, body + "&ts=x")) {
            Tree tree = form(whole);
            assertThat(tree.find(Name.TS).text()).isEqualTo("x");
            assertThat(tree.find(Name.AUTH)).isNull();
            assertThat(tree.root().size()).isEqualTo(others + 1);
            assertThat(tree.repeated()).isZero();
        }
        Tree again = form(body + "&" + body);
        assertThat(again.root().size()).isEqualTo(others);
        assertThat(again.repeated()).isEqualTo(others);
        assertThat(Tagged.of(again)).isEqualTo(Tagged.of(form(body)));
    }

    @Test
    void nothingIsFoundInALeaf() {
        Tree tree = form("auth=ts");
        assertThat(tree.find(Name.AUTH).find(Name.TS)).isNull();
    }

    @Test
    void arraysOfManyChildrenDoNotMix() {
        String body = IntStream.range(0, 900)
                .mapToObj(i -> "a" + i % 3 + "[k" + i / 3 + "]=" + i)
                .collect(Collectors.joining("&"));
        Tree tree = form(body);
        Node at = tree.root().firstChild();
        for (int array = 0; array < 3; array++, at = at.nextSibling()) {
            assertThat(at.size()).isEqualTo(300);
            int number = array;
            for (Node child = at.firstChild(); child != null; child = child.nextSibling(), number += 3) {
                assertThat(child.text()).isEqualTo(Integer.toString(number));
            }
        }
    }

    @Test
    void aReplacedArrayOfManyChildrenIsForgotten() {
        String many = IntStream.range(0, 40).mapToObj(i -> "auth[k" + i + "]=").collect(Collectors.joining("&"));
        Tree tree = form(many + "&auth[ts]=1&auth=x&" + many);
        Node auth = tree.find(Name.AUTH);
        assertThat(auth.size()).isEqualTo(40);
        assertThat(auth.find(Name.TS)).isNull();
        int reachable = 0;
        for (Node node = tree.root(); node != null; node = node.following()) {
            reachable++;
        }
        assertThat(reachable).isEqualTo(42);
        assertThat(tree.nodes()).isEqualTo(83);
    }

    @Test
    void aReplacedArrayIsNotWalked() {
        Tree tree = form("data[a][b]=1&data=2");
        Node data = tree.root().following();
        assertThat(data.key()).isEqualTo("data");
        assertThat(data.text()).isEqualTo("2");
        assertThat(data.firstChild()).isNull();
        assertThat(data.size()).isZero();
        assertThat(data.following()).isNull();
        assertThat(tree.nodes()).isEqualTo(4);
    }

    @Test
    void aNodeKeepsNothingOfTheBodyBefore() {
        Tree tree = new Tree(2, 2);
        FormReader reader = new FormReader(tree);
        String many = IntStream.range(0, 40).mapToObj(i -> "ts[k" + i + "]=").collect(Collectors.joining("&"));
        reader.read(("ts=1&ts=2&" + many).getBytes(ISO_8859_1), Claims.WIDE);
        reader.read("ts[9]=3".getBytes(ISO_8859_1), Claims.WIDE);
        Node ts = tree.find(Name.TS);
        assertThat(ts.isRepeated()).isFalse();
        assertThat(ts.nextSibling()).isNull();
        assertThat(ts.size()).isEqualTo(1);
        assertThat(ts.isList()).isFalse();
        assertThat(ts.nextChild().key()).isEqualTo("10");
        reader.read("ts=4".getBytes(ISO_8859_1), Claims.WIDE);
        assertThat(tree.find(Name.TS).size()).isZero();
        assertThat(tree.find(Name.TS).find(Name.ID)).isNull();
    }

    @Test
    void repetitionIsRememberedOncePerField() {
        Tree tree = form("ts=1&ts=2&ts=3&auth=4&data[a]=1&data[b]=2&event[]=1&event[]=2&line=1&line[id]=2");
        assertThat(tree.repeated()).isEqualTo(2);
        assertThat(tree.find(Name.TS).isRepeated()).isTrue();
        assertThat(tree.find(Name.LINE).isRepeated()).isTrue();
        assertThat(tree.find(Name.AUTH).isRepeated()).isFalse();
        assertThat(tree.find(Name.DATA_LOWER).isRepeated()).isFalse();
        Tree twice = json("{\"ts\":{},\"ts\":{},\"auth\":[1],\"event\":1}");
        assertThat(twice.repeated()).isEqualTo(1);
        assertThat(twice.find(Name.TS).isRepeated()).isTrue();
        assertThat(twice.find(Name.AUTH).isRepeated()).isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "0, 0",
        "7, 7",
        "10, 10",
        "-1, -1",
        "1234567890123456789, 1234567890123456789",
        "9223372036854775807, 9223372036854775807",
        "-9223372036854775807, -9223372036854775807",
        "9223372036854775808,",
        "9999999999999999999,",
        "12345678901234567890,",
        "-9223372036854775809,",
        "00,",
        "01,",
        "-0,",
        "-01,",
        "-,",
        "--1,",
        "+1,",
        "1a,",
        "a,",
        "1.0,",
        "' 1',",
        "/,",
        ":,"
    })
    void anIndexIsACanonicalInteger(String key, Long index) {
        byte[] padded = ("1" + key + "1").getBytes(ISO_8859_1);
        assertThat(Node.index(padded, 1, key.length())).isEqualTo(index == null ? Long.MIN_VALUE : index);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "access_token",
                "refresh_token",
                "application_token",
                "client_secret",
                "AUTH_ID",
                "REFRESH_ID",
                "Access_Token",
                "auth_id",
                "TOKEN"
            })
    void credentialsAreKnownByName(String name) {
        Tree tree = form("x[" + name + "]=1&x[" + name + "1]=2");
        Node first = tree.root().firstChild().firstChild();
        assertThat(first.isCredential()).isTrue();
        assertThat(first.nextSibling().isCredential()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tokem",
                "member_i",
                "member_idx",
                "auth_i_",
                "a",
                "connector_id",
                "access_tokens",
                "xxxxxxxxxxxxxxxxx"
            })
    void otherNamesAreNoCredentials(String name) {
        Tree tree = form(name + "=1");
        assertThat(tree.root().firstChild().isCredential()).isFalse();
    }

    @Test
    void textInEveryPlaceIsRead() {
        Tree tree = form("a=x&b=%41&c=\u00d0\u00bf&d=%D0%BF&%D0%BF=e");
        StringBuilder all = new StringBuilder();
        for (Node node = tree.root().following(); node != null; node = node.following()) {
            all.append(node.key()).append(node.text());
        }
        assertThat(all).hasToString("axbAcпdппe");
    }

    @Test
    void aWipedTreeHoldsNothing() {
        Tree tree = new Tree(2, 2);
        FormReader reader = new FormReader(tree);
        reader.read("a=%41%42&b[c]=1".getBytes(ISO_8859_1), Limits.DEFAULT);
        tree.wipe();
        assertThat(tree.bytes(true)).isEmpty();
        assertThat(tree.nodes()).isEqualTo(1);
        assertThat(tree.root().size()).isZero();
        assertThat(tree.bufferEnd()).isZero();
        assertThat(tree.roomFor(0)).containsOnly(0);
        assertThat(tree.repeated()).isZero();
        assertThat(tree.steps()).isZero();
    }

    @Test
    void theMemoryThatATreeKeepsIsCounted() {
        assertThat(new Tree(64, 2048).retainedBytes()).isEqualTo(2048 + 64 * Tree.NODE_BYTES);
        Tree tree = form(IntStream.range(0, 100).mapToObj(i -> "k" + i).collect(Collectors.joining("&")));
        // Forty nodes doubled twice.
        assertThat(tree.retainedBytes()).isEqualTo(1024 + 160 * Tree.NODE_BYTES);
    }

    @Test
    void anEmptyKeyIsNotTakenForTheRoot() {
        String other = IntStream.range(0, 1000)
                .mapToObj(i -> "k" + i)
                .filter(key -> (Bytes.hash(key.getBytes(UTF_8), 0, key.length()) & 63) == 0)
                .findFirst()
                .orElseThrow();
        Tree tree = json("{\"" + other + "\":1,\"\":2}");
        assertThat(tree.root().size()).isEqualTo(2);
        assertThat(tree.root().kind()).isEqualTo(Node.ARRAY);
    }

    @Test
    void theHashReadsEndsAndLengthOfAKey() {
        assertThat(hash("abcdefgh")).isEqualTo(hash("abcdefgh"));
        assertThat(List.of("", "a", "b", "ab", "ba", "aa", "aaaaaaaa", "aaaaaaaaa", "baaaaaaaa", "aaaaaaaab").stream()
                        .map(TreeTest::hash))
                .doesNotHaveDuplicates();
    }

    private static int hash(String key) {
        byte[] bytes = ("x" + key + "x").getBytes(ISO_8859_1);
        return Bytes.hash(bytes, 1, key.length());
    }

    private static Tree form(String body) {
        return Envelope.read(body.getBytes(ISO_8859_1), BodyFormat.FORM, Claims.WIDE);
    }

    private static Tree json(String body) {
        return Envelope.read(body.getBytes(ISO_8859_1), BodyFormat.JSON, Claims.WIDE);
    }
}
