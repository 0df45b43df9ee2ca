// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.AppStatus;
import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests of the fields that a portal posts to the page of an application. */
class InstallerPageFieldsTest {

    private static final String ACCESS = "a1".repeat(35);
    private static final String REFRESH = "b2".repeat(35);
    private static final String MEMBER = "5d41402abc4b2a76b9719d911017c592";
    private static final String TOKEN = "7b8b965ad4bca0e41ab51de7b31363a1";
    private static final String OLD = "AUTH_ID=" + ACCESS + "&AUTH_EXPIRES=3600&REFRESH_ID=" + REFRESH
            + "&SERVER_ENDPOINT=https%3A%2F%2Foauth.bitrix.info%2Frest%2F&member_id=" + MEMBER
            + "&status=L&PLACEMENT=DEFAULT&PLACEMENT_OPTIONS=%7B%22any%22%3A%227%2F%22%7D";
    private static final String NEW = OLD + "&APPLICATION_TOKEN=" + TOKEN + "&APPLICATION_SCOPE=imopenlines%2Cim";

    @Test
    void allFieldsAreRead() {
        InstallerPage page = parse(NEW);

        assertThat(page.auth().accessToken()).isEqualTo(Secret.of(ACCESS));
        assertThat(page.auth().refreshToken()).isEqualTo(Secret.of(REFRESH));
        assertThat(page.auth().applicationToken()).isEqualTo(Secret.of(TOKEN));
        assertThat(page.auth().expiresIn()).isEqualTo(Duration.ofHours(1));
        assertThat(page.auth().scope()).isEqualTo(List.of(Scope.IMOPENLINES, Scope.IM));
        assertThat(page.auth().serverEndpoint()).isEqualTo("https://oauth.bitrix.info/rest/");
        assertThat(page.auth().memberId()).isEqualTo(MEMBER);
        assertThat(page.auth().status()).isEqualTo(AppStatus.LOCAL);
        assertThat(page.placement()).isEqualTo("DEFAULT");
        assertThat(page.placementOptions()).isEqualTo("{\"any\":\"7/\"}");
    }

    @Test
    void anOlderPortalSendsNoApplicationToken() {
        assertThat(parse(OLD).auth().applicationToken()).isNull();
        assertThat(parse(OLD).auth().scope()).isEmpty();
        assertThat(parse("AUTH_ID=a&member_id=m").placement()).isEmpty();
    }

    @Test
    void noTokenIsPrinted() {
        assertThat(parse(NEW).toString()).doesNotContain(ACCESS, REFRESH, TOKEN, "any");
    }

    @Test
    void anotherRequestIsRefusedWithTheFieldThatIsMissing() {
        assertThatThrownBy(() -> parse("member_id=m"))
                .isInstanceOf(DecodeException.class)
                .hasMessage("expected text but found nothing at $.AUTH_ID");
        assertThatThrownBy(() -> parse("AUTH_ID=a&member_id="))
                .isInstanceOf(DecodeException.class)
                .hasMessage("expected text but found nothing at $.member_id");
        assertThatThrownBy(() -> parse("AUTH_ID[x]=a&member_id=m"))
                .isInstanceOf(DecodeException.class)
                .hasMessage("expected text but found a map of 1 at $.AUTH_ID");
    }

    private static InstallerPage parse(String form) {
        return InstallerPage.parse(form.getBytes(US_ASCII), Limits.DEFAULT);
    }
}
