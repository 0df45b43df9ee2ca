// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.ClientException;
import dev.openlines.client.Grant;
import dev.openlines.client.RestClient;
import dev.openlines.client.TokenStore;
import dev.openlines.model.Secret;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Any user of a portal may bring a code: which of them may replace the portal's grant. */
@SimulatedPortal
class CodeExchangeTest {

    private final TokenStore tokens = TokenStore.memory();

    private RestClient client(Portal portal) {
        return RestClient.builder()
                .application(portal.clientId(), portal.clientSecret(), tokens)
                .oauthHosts(portal.serverEndpoint().getAuthority())
                .patience(Duration.ZERO)
                .allowLoopback()
                .build();
    }

    @Test
    void theCodeOfAUserWithoutRightsReplacesNoAdministratorsGrant(Portal portal) {
        RestClient client = client(portal);
        String server = portal.serverEndpoint().toString();
        Grant first = client.oauth().exchange(code(portal, Portal.OPERATOR_ID), server);
        assertThat(tokens.find(portal.memberId())).as("there was none").contains(first);

        Grant administrators = client.oauth().exchange(code(portal, Portal.ADMIN_ID), server);
        assertThat(tokens.find(portal.memberId())).contains(administrators);

        Grant operators = client.oauth().exchange(code(portal, Portal.OPERATOR_ID), server);
        assertThat(operators.accessToken()).isNotEqualTo(administrators.accessToken());
        assertThat(tokens.find(portal.memberId())).contains(administrators);
        assertThat(client.portal(portal.memberId())
                        .openLines()
                        .profile()
                        .orElseThrow()
                        .administrator())
                .isTrue();

        Grant next = client.oauth().exchange(code(portal, Portal.ADMIN_ID), server);
        assertThat(tokens.find(portal.memberId())).contains(next);
    }

    @Test
    void aCodeIsNotTakenWhileThePortalCannotSayWhoseItIs(Portal portal) {
        RestClient client = client(portal);
        String server = portal.serverEndpoint().toString();
        Grant administrators = client.oauth().exchange(code(portal, Portal.ADMIN_ID), server);
        portal.faults().add(Fault.gateway(502).on("profile"));
        Secret other = code(portal, Portal.OPERATOR_ID);

        assertThatThrownBy(() -> client.oauth().exchange(other, server)).isInstanceOf(ClientException.class);
        assertThat(tokens.find(portal.memberId())).contains(administrators);
    }

    private static Secret code(Portal portal, long userId) {
        synchronized (portal) {
            return portal.tokens().issueCode(userId, portal.clock().instant());
        }
    }
}
