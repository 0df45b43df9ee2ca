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
        for (int node = Tree.ROOT; node != Tree.NONE; node = tree.nextNode(node)) {
            paths.add(tree.path(node));
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
        int a = tree.firstChild(Tree.ROOT);
        int x = tree.firstChild(a);
        int y = tree.nextSibling(x);
        int b = tree.nextSibling(a);
        assertThat(tree.key(a)).isEqualTo("a");
        assertThat(tree.key(y)).isEqualTo("y");
        assertThat(tree.text(y)).isEqualTo("2");
        assertThat(tree.parent(y)).isEqualTo(a);
        assertThat(tree.parent(a)).isEqualTo(Tree.ROOT);
        assertThat(tree.parent(Tree.ROOT)).isEqualTo(Tree.NONE);
        assertThat(tree.nextSibling(y)).isEqualTo(Tree.NONE);
        assertThat(tree.nextSibling(b)).isEqualTo(Tree.NONE);
        assertThat(tree.size(a)).isEqualTo(2);
        assertThat(tree.size(Tree.ROOT)).isEqualTo(2);
        assertThat(tree.nodes()).isEqualTo(5);
        assertThat(tree.kind(b)).isEqualTo(Tree.TEXT);
        assertThat(tree.length(b)).isEqualTo(1);
        assertThat(tree.end(b) - tree.start(b)).isEqualTo(1);
        assertThat(tree.keyBytes(b)).containsExactly('b');
        assertThat(tree.compareKeys(a, b)).isNegative();
        assertThat(tree.compareKeys(b, a)).isPositive();
        assertThat(tree.compareKeys(a, a)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 14, 15, 16, 17, 18, 31, 32, 33, 63, 64, 65, 127, 128, 200, 1000})
    void aFieldIsFoundAmongHoweverMany(int others) {
        String body =
                IntStream.range(0, others).mapToObj(i -> "k" + i + "=" + i).collect(Collectors.joining("&"));
        for (String whole : List.of("ts=x&" + body, body + "&ts=x")) {
            Tree tree = form(whole);
            assertThat(tree.text(tree.find(Tree.ROOT, Name.TS))).isEqualTo("x");
            assertThat(tree.find(Tree.ROOT, Name.AUTH)).isEqualTo(Tree.NONE);
            assertThat(tree.size(Tree.ROOT)).isEqualTo(others + 1);
            assertThat(tree.repeated()).isZero();
        }
        Tree again = form(body + "&" + body);
        assertThat(again.size(Tree.ROOT)).isEqualTo(others);
        assertThat(again.repeated()).isEqualTo(others);
        assertThat(Tagged.of(again)).isEqualTo(Tagged.of(form(body)));
    }

    @Test
    void nothingIsFoundInALeaf() {
        Tree tree = form("auth=ts");
        assertThat(tree.find(tree.find(Tree.ROOT, Name.AUTH), Name.TS)).isEqualTo(Tree.NONE);
    }

    @Test
    void arraysOfManyChildrenDoNotMix() {
        String body = IntStream.range(0, 900)
                .mapToObj(i -> "a" + i % 3 + "[k" + i / 3 + "]=" + i)
                .collect(Collectors.joining("&"));
        Tree tree = form(body);
        int at = tree.firstChild(Tree.ROOT);
        for (int array = 0; array < 3; array++, at = tree.nextSibling(at)) {
            assertThat(tree.size(at)).isEqualTo(300);
            int number = array;
            for (int child = tree.firstChild(at); child != Tree.NONE; child = tree.nextSibling(child), number += 3) {
                assertThat(tree.text(child)).isEqualTo(Integer.toString(number));
            }
        }
    }

    @Test
    void aReplacedArrayOfManyChildrenIsForgotten() {
        String many = IntStream.range(0, 40).mapToObj(i -> "auth[k" + i + "]=").collect(Collectors.joining("&"));
        Tree tree = form(many + "&auth[ts]=1&auth=x&" + many);
        int auth = tree.find(Tree.ROOT, Name.AUTH);
        assertThat(tree.size(auth)).isEqualTo(40);
        assertThat(tree.find(auth, Name.TS)).isEqualTo(Tree.NONE);
        int reachable = 0;
        for (int node = Tree.ROOT; node != Tree.NONE; node = tree.nextNode(node)) {
            reachable += tree.isReachable(node) ? 1 : 0;
        }
        assertThat(reachable).isEqualTo(42);
        assertThat(tree.nodes()).isEqualTo(83);
    }

    @Test
    void whatIsUnderAReplacedArrayIsOutOfReach() {
        Tree tree = form("data[a][b]=1&data=2");
        assertThat(tree.isReachable(tree.find(Tree.ROOT, Name.DATA_LOWER))).isTrue();
        int a = tree.nextNode(tree.find(Tree.ROOT, Name.DATA_LOWER));
        assertThat(tree.key(a)).isEqualTo("a");
        assertThat(tree.isReachable(a)).isFalse();
        assertThat(tree.isReachable(tree.nextNode(a))).isFalse();
        assertThat(tree.isReachable(Tree.ROOT)).isTrue();
    }

    @Test
    void repetitionIsRememberedOncePerField() {
        Tree tree = form("ts=1&ts=2&ts=3&auth=4&data[a]=1&data[b]=2&event[]=1&event[]=2&line=1&line[id]=2");
        assertThat(tree.repeated()).isEqualTo(2);
        assertThat(tree.isRepeated(tree.find(Tree.ROOT, Name.TS))).isTrue();
        assertThat(tree.isRepeated(tree.find(Tree.ROOT, Name.LINE))).isTrue();
        assertThat(tree.isRepeated(tree.find(Tree.ROOT, Name.AUTH))).isFalse();
        assertThat(tree.isRepeated(tree.find(Tree.ROOT, Name.DATA_LOWER))).isFalse();
        Tree twice = json("{\"ts\":{},\"ts\":{},\"auth\":[1],\"event\":1}");
        assertThat(twice.repeated()).isEqualTo(1);
        assertThat(twice.isRepeated(twice.find(Tree.ROOT, Name.TS))).isTrue();
        assertThat(twice.isRepeated(twice.find(Tree.ROOT, Name.AUTH))).isFalse();
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
        assertThat(Tree.index(padded, 1, key.length())).isEqualTo(index == null ? Long.MIN_VALUE : index);
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
        int first = tree.firstChild(tree.firstChild(Tree.ROOT));
        assertThat(tree.isCredential(first)).isTrue();
        assertThat(tree.isCredential(tree.nextSibling(first))).isFalse();
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
        assertThat(tree.isCredential(tree.firstChild(Tree.ROOT))).isFalse();
    }

    @Test
    void textInEveryPlaceIsRead() {
        Tree tree = form("a=x&b=%41&c=\u00d0\u00bf&d=%D0%BF&%D0%BF=e");
        StringBuilder all = new StringBuilder();
        for (int node = tree.nextNode(Tree.ROOT); node != Tree.NONE; node = tree.nextNode(node)) {
            all.append(tree.key(node)).append(tree.text(node));
        }
        assertThat(all).hasToString("axbAcпdппe");
    }

    @Test
    void aWipedTreeHoldsNothing() {
        Tree tree = new Tree(2, 2);
        FormReader reader = new FormReader(tree);
        reader.read("a=%41%42&b[c]=1".getBytes(ISO_8859_1), Limits.DEFAULT);
        tree.wipe();
        assertThat(tree.body()).isEmpty();
        assertThat(tree.nodes()).isEqualTo(1);
        assertThat(tree.size(Tree.ROOT)).isZero();
        assertThat(tree.bufferEnd()).isZero();
        assertThat(tree.roomFor(0)).containsOnly(0);
        assertThat(tree.repeated()).isZero();
        assertThat(tree.steps()).isZero();
    }

    @Test
    void whatATreeKeepsIsCounted() {
        assertThat(new Tree(64, 2048).retainedBytes()).isEqualTo(2048 + 64 * 48 + 256 * 4 + 32 * 16);
        Tree tree = form(IntStream.range(0, 100).mapToObj(i -> "k" + i).collect(Collectors.joining("&")));
        // Forty nodes doubled twice, hints, twenty arrays, room for a hundred entries and as many gaps.
        assertThat(tree.retainedBytes()).isEqualTo(1024 + 160 * 48 + 128 * 4 + 20 * 16 + 256 * 4);
    }

    @Test
    void anEmptyKeyIsNotTakenForTheRoot() {
        String other = IntStream.range(0, 1000)
                .mapToObj(i -> "k" + i)
                .filter(key -> (Bytes.hash(key.getBytes(UTF_8), 0, key.length()) & 63) == 0)
                .findFirst()
                .orElseThrow();
        Tree tree = json("{\"" + other + "\":1,\"\":2}");
        assertThat(tree.size(Tree.ROOT)).isEqualTo(2);
        assertThat(tree.kind(Tree.ROOT)).isEqualTo(Tree.ARRAY);
    }

    @ParameterizedTest
    @CsvSource({
        "0,   '',                     79291c7a4c691902",
        "1,   a,                      bc231e6834961cbf",
        "7,   abcdefg,                7f010792e3f05fc5",
        "7,   abcdefgh,               f75ff031e8b79be3",
        "300, \u00f0\u00f1\u00f2\u00f3\u00f4\u00f5\u00f6\u00f7\u00f8\u00f9\u00fa\u00fb\u00fc\u00fd\u00fe\u00ffxyz, 6d29858daf04c3e4"
    })
    void theKeyedHashIsSipHash(int array, String key, String expected) {
        byte[] bytes = ("." + key).getBytes(ISO_8859_1);
        long hash = Tree.keyedHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L, array, bytes, 1, bytes.length - 1);
        assertThat(Long.toHexString(hash)).isEqualTo(expected);
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
