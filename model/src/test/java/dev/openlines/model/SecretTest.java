// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SecretTest {

    @Test
    void itRevealsItsText() {
        assertThat(Secret.of("s3cret").reveal()).isEqualTo("s3cret");
        assertThat(Secret.of("").reveal()).isEmpty();
    }

    @Test
    void itPrintsAsThreeAsterisks() {
        assertThat(Secret.of("s3cret")).hasToString("***");
        assertThat(List.of(Secret.of("s3cret"))).hasToString("[***]");
        assertThat(String.format("%s", Secret.of("s3cret"))).isEqualTo("***");
    }

    @Test
    void secretsOfOneTextAreEqual() {
        assertThat(Secret.of("s3cret")).isEqualTo(Secret.of("s3cret"));
        assertThat(Secret.of("Grüße")).isEqualTo(Secret.of("Grüße"));
    }

    @Test
    void secretsOfOtherTextsAreNotEqual() {
        assertThat(Secret.of("s3cret")).isNotEqualTo(Secret.of("s3creT"));
        assertThat(Secret.of("s3cret")).isNotEqualTo(Secret.of("s3cre"));
        assertThat(Secret.of("s3cret")).isNotEqualTo(Secret.of(""));
        assertThat(Secret.of("s3cret")).isNotEqualTo("s3cret");
        assertThat(Secret.of("s3cret").equals(null)).isFalse();
    }

    @Test
    void itsHashTellsNothing() {
        assertThat(Secret.of("a")).hasSameHashCodeAs(Secret.of("b"));
        Set<Secret> set = new HashSet<>(List.of(Secret.of("a"), Secret.of("b")));
        assertThat(set).contains(Secret.of("a"), Secret.of("b")).hasSize(2);
    }

    @Test
    void itHasNoPropertyThatAFrameworkWouldRead() {
        assertThat(Arrays.stream(Secret.class.getMethods())
                        .filter(method -> method.getDeclaringClass() == Secret.class)
                        .map(Method::getName))
                .containsExactlyInAnyOrder("of", "reveal", "equals", "hashCode", "toString");
        assertThat(Arrays.stream(Secret.class.getDeclaredFields()).map(Member::getModifiers))
                .allMatch(Modifier::isPrivate);
        assertThat(Secret.class).isFinal();
        assertThat(java.io.Serializable.class.isAssignableFrom(Secret.class)).isFalse();
    }

    @Test
    void nullIsNoSecret() {
        assertThatNullPointerException().isThrownBy(() -> Secret.of(null)).withMessage("text");
    }
}
