// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventAuthTest {

    private static EventAuth full() {
        return new EventAuth(
                Secret.of("access"),
                Instant.ofEpochSecond(1784023162),
                Duration.ofHours(1),
                List.of(Scope.IMOPENLINES, Scope.IM),
                "example.bitrix24.com",
                "https://oauth.bitrix.info/rest/",
                AppStatus.LOCAL,
                "https://example.bitrix24.com/rest/",
                "3f9c1d6b2a8e4057b1c9d2e3f4a5b6c7",
                7L,
                Secret.of("refresh"),
                Secret.of("application"));
    }

    @Test
    void withoutCredentialsEverythingButTheTokensStays() {
        assertThat(full().withoutCredentials())
                .isEqualTo(new EventAuth(
                        null,
                        Instant.ofEpochSecond(1784023162),
                        Duration.ofHours(1),
                        List.of(Scope.IMOPENLINES, Scope.IM),
                        "example.bitrix24.com",
                        "https://oauth.bitrix.info/rest/",
                        AppStatus.LOCAL,
                        "https://example.bitrix24.com/rest/",
                        "3f9c1d6b2a8e4057b1c9d2e3f4a5b6c7",
                        7L,
                        null,
                        null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"access", "refresh", "application"})
    void anyTokenAloneIsTakenAway(String which) {
        Secret secret = Secret.of("s");
        EventAuth auth = new EventAuth(
                which.equals("access") ? secret : null,
                null,
                null,
                List.of(),
                "example.bitrix24.com",
                null,
                null,
                null,
                null,
                null,
                which.equals("refresh") ? secret : null,
                which.equals("application") ? secret : null);

        EventAuth stripped = auth.withoutCredentials();

        assertThat(stripped.accessToken()).isNull();
        assertThat(stripped.refreshToken()).isNull();
        assertThat(stripped.applicationToken()).isNull();
        assertThat(stripped.domain()).isEqualTo("example.bitrix24.com");
    }

    @Test
    void anAuthWithoutTokensStaysTheSame() {
        EventAuth stripped = full().withoutCredentials();

        assertThat(stripped.withoutCredentials()).isSameAs(stripped);
        assertThat(EventAuth.none().withoutCredentials()).isSameAs(EventAuth.none());
    }

    @Test
    void aHeaderWithoutCredentialsKeepsTheRest() {
        EventHeader header = new EventHeader("ONSESSIONFINISH", 12L, Instant.ofEpochSecond(5), full());

        assertThat(header.withoutCredentials())
                .isEqualTo(
                        new EventHeader("ONSESSIONFINISH", 12L, Instant.ofEpochSecond(5), full().withoutCredentials()));
    }

    @Test
    void tokensDoNotPrint() {
        EventHeader header = new EventHeader("ONSESSIONFINISH", 12L, null, full());

        assertThat(header.toString())
                .contains("accessToken=***", "refreshToken=***", "applicationToken=***", "memberId=3f9c")
                .doesNotContain("=access", "=refresh", "=application");
    }

    @Test
    void scopesAreCopied() {
        List<Scope> scopes = new ArrayList<>(List.of(Scope.IM));
        EventAuth auth = new EventAuth(null, null, null, scopes, null, null, null, null, null, null, null, null);

        scopes.add(Scope.CRM);

        assertThat(auth.scope()).containsExactly(Scope.IM).isUnmodifiable();
    }

    @Test
    void noneHasNothing() {
        assertThat(EventAuth.none().scope()).isEmpty();
        assertThat(EventAuth.none())
                .isEqualTo(new EventAuth(null, null, null, List.of(), null, null, null, null, null, null, null, null));
    }
}
