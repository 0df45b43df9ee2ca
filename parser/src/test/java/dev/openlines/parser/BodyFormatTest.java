// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyFormatTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/x-www-form-urlencoded",
                "application/x-www-form-urlencoded; charset=UTF-8",
                "application/x-www-form-urlencoded;charset=windows-1251",
                "Application/X-WWW-Form-UrlEncoded",
                "  application/x-www-form-urlencoded  ;"
            })
    void forms(String contentType) {
        assertThat(BodyFormat.ofContentType(contentType)).contains(BodyFormat.FORM);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "application/json; charset=utf-8",
                "APPLICATION/JSON",
                "application/cloudevents+json",
                "application/problem+JSON ; x=y"
            })
    void json(String contentType) {
        assertThat(BodyFormat.ofContentType(contentType)).contains(BodyFormat.JSON);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                "text/plain",
                "text/json",
                "application/jsonp",
                "application/xml",
                "multipart/form-data; boundary=x",
                "application/x-www-form-urlencoded2",
                "json",
                "x+json",
                "application/x-www-form-urlencoded, application/json"
            })
    void neither(String contentType) {
        assertThat(BodyFormat.ofContentType(contentType)).isEmpty();
    }

    @Test
    void noHeader() {
        assertThat(BodyFormat.ofContentType(null)).isEmpty();
    }
}
