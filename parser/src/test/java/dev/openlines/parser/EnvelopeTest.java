// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys as a program of a few lines in another language makes them: they are kept in databases and may never change. */
class EnvelopeTest {

    private static final String KEY = "a049c4fa6070a3f39145e1660ef66cc7099c2f6adfb505aad4e3b5063e2e2b13";

    private static final String NAME = "\u041e\u0442\u043a\u0440\u044b\u0442\u0430\u044f";

    @Test
    void theKeyIsADigestOfPortalCodeTimeAndData() {
        assertThat(form("event=ONSESSIONFINISH&ts=1790000000&auth[member_id]=m"
                        + "&data[DATA][connector][line_id]=17&data[DATA][connector][chat_id]=5"
                        + "&data[DATA][connector][connector_id]=livechat&data[DATA][line][name]=" + NAME))
                .isEqualTo(KEY);
        assertThat(json("{\"data\":{\"DATA\":{\"line\":{\"name\":\"" + NAME + "\",\"x\":null},\"connector\":"
                        + "{\"chat_id\":5,\"line_id\":17,\"connector_id\":\"livechat\"},\"chat\":{}}},"
                        + "\"auth\":{\"member_id\":\"m\",\"application_token\":\"t\"},\"ts\":1790000000,"
                        + "\"event\":\"onSessionFinish\"}"))
                .isEqualTo(KEY);
    }

    @Test
    void anEmptyBodyHasAKeyToo() {
        String empty = "de47c9b27eb8d300dbb5f2c353e632c393262cf06340c4fa7f1b40c4cbd36f90";
        assertThat(form("")).isEqualTo(empty);
        assertThat(json("{\"data\":{\"a\":[null,{}]}}")).isEqualTo(empty);
    }

    @Test
    void manyFieldsAreSortedByTheirBytes() {
        String key = "41cc6e95b45c9cde0d6a60d849b12c07a366e4449396e939d2fd3b15e307c6d2";
        String many =
                IntStream.range(0, 40).mapToObj(i -> "&data[k" + i + "]=" + i).collect(Collectors.joining());
        assertThat(form("event=ONAPPTEST&ts=1&data[b]=" + many)).isEqualTo(key);
        assertThat(form("event=ONAPPTEST&ts=1" + many + "&data[b]=")).isEqualTo(key);
    }

    @Test
    void booleansAreWhatAFormMakesOfThem() {
        assertThat(json("{\"data\":{\"a\":true,\"b\":false}}")).isEqualTo(form("data[a]=1&data[b]=0"));
        assertThat(form("data[a]=1&data[b]=0")).isNotEqualTo(form("data[a]=0&data[b]=1"));
    }

    @Test
    void itSaysWhenItWasSentAsAFormAndAsJson() {
        Instant sent = Instant.ofEpochSecond(1_760_000_000);
        assertThat(sentAt("ts=1760000000", BodyFormat.FORM)).contains(sent);
        assertThat(sentAt("{\"ts\":\"1760000000\"}", BodyFormat.JSON)).contains(sent);
        assertThat(sentAt("{\"ts\":1760000000}", BodyFormat.JSON)).contains(sent);
        assertThat(sentAt("{\"ts\":1.76e9}", BodyFormat.JSON)).contains(sent);
        assertThat(sentAt("ts=9999999999", BodyFormat.FORM)).contains(Instant.ofEpochSecond(9_999_999_999L));
        assertThat(sentAt("ts=0", BodyFormat.FORM)).contains(Instant.EPOCH);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "event=A",
                "ts=",
                "ts=17600000000",
                "ts=-1",
                "ts=1760000000.5",
                "ts=+1",
                "ts=%D9%A1",
                "ts[]=1",
                "ts[a]=1",
                "ts=1+"
            })
    void whatIsNoNumberOfSecondsIsNoTime(String body) {
        assertThat(sentAt(body, BodyFormat.FORM)).isEmpty();
    }

    private static Optional<Instant> sentAt(String body, BodyFormat format) {
        return Envelope.parse(body.getBytes(UTF_8), format, Limits.DEFAULT).sentAt();
    }

    private static String form(String body) {
        return Envelope.parse(body.getBytes(UTF_8), BodyFormat.FORM, Limits.DEFAULT)
                .idempotencyKey();
    }

    private static String json(String body) {
        return Envelope.parse(body.getBytes(UTF_8), BodyFormat.JSON, Limits.DEFAULT)
                .idempotencyKey();
    }
}
