// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenEnumTest {

    @ParameterizedTest
    @ValueSource(classes = {AppStatus.class, ConnectorCode.class, Scope.class})
    void everyConstantIsKnown(Class<?> type) throws Exception {
        List<Field> constants = Arrays.stream(type.getFields())
                .filter(field -> Modifier.isStatic(field.getModifiers()))
                .toList();

        assertThat(constants).isNotEmpty();
        for (Field constant : constants) {
            Object value = constant.get(null);
            assertThat(type.getMethod("known").invoke(value))
                    .as(constant.getName())
                    .isEqualTo(true);
        }
    }

    @Test
    void aValueOfLaterTimesKeepsItsTextAndIsNotKnown() {
        assertThat(new AppStatus("Z").known()).isFalse();
        assertThat(new AppStatus("Z")).hasToString("Z");
        assertThat(new ConnectorCode("my_connector").known()).isFalse();
        assertThat(new ConnectorCode("my_connector")).hasToString("my_connector");
        assertThat(new ConnectorCode("").known()).isFalse();
        assertThat(new Scope("telepathy").known()).isFalse();
        assertThat(new Scope("telepathy")).hasToString("telepathy");
    }

    @Test
    void nothingThatSteersATerminalIsPrinted() {
        String evil = "a\u001b[2J\r\nb\u009b\u007f\u202e\u2028\ud800\0c d\u00e9\ud83d\ude00";
        String printed = "a [2J  b      c d\u00e9\ud83d\ude00";

        assertThat(new ConnectorCode(evil)).hasToString(printed);
        assertThat(new AppStatus(evil)).hasToString(printed);
        assertThat(new Scope(evil)).hasToString(printed);
        assertThat(new ConnectorCode(evil).code()).isEqualTo(evil);
    }

    @Test
    void aKnownCodeIsTheConstant() {
        assertThat(new AppStatus("L")).isEqualTo(AppStatus.LOCAL);
        assertThat(new ConnectorCode("livechat")).isEqualTo(ConnectorCode.LIVECHAT);
        assertThat(new Scope("imopenlines")).isEqualTo(Scope.IMOPENLINES);
        assertThat(new Scope("imopenlines").known()).isTrue();
    }

    @Test
    void caseIsKept() {
        assertThat(new ConnectorCode("LiveChat").known()).isFalse();
        assertThat(new AppStatus("l").known()).isFalse();
    }

    @Test
    void nullIsNoCode() {
        assertThatNullPointerException().isThrownBy(() -> new AppStatus(null)).withMessage("code");
        assertThatNullPointerException()
                .isThrownBy(() -> new ConnectorCode(null))
                .withMessage("code");
        assertThatNullPointerException().isThrownBy(() -> new Scope(null)).withMessage("code");
    }
}
