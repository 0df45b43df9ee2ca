// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.Closing;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.SimulatedPortal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code openlines sessions} against a simulated portal. */
@SimulatedPortal
@Timeout(300)
class SessionsCommandTest {

    @TempDir
    Path folder;

    @Test
    void theSessionsThatAPortalClosedAreListed(Portal portal) throws IOException {
        PortalLine line = portal.openLine("Support");
        portal.clock().advance(Duration.ofDays(-2));
        line.openChat().close();
        portal.clock().freezeAt(Instant.now().minusSeconds(60));
        PortalChat chat = line.openChat("viber");
        chat.close(Closing.SPAM);
        line.openChat();
        String closed = String.valueOf(chat.session().closedAt().orElseThrow());

        Ran day = sessions(portal);
        assertThat(day.err()).isEmpty();
        assertThat(day.exit()).isZero();
        assertThat(day.out().lines())
                .singleElement()
                .asString()
                .matches(closed.replaceAll(":00Z$", "(:00)?Z") + " +session 2 +chat 18 +line 1 +viber +spam, spam");

        Ran all = sessions(portal, "--since", "P3D", "--json");
        assertThat(all.out().lines()).hasSize(2);
        assertThat(all.out().lines().toList().get(1))
                .startsWith("{\"session\":2,\"chat\":18,\"line\":1,\"source\":\"viber\",\"user\":11,\"created\":\"")
                .endsWith("\"status\":\"spam\",\"close_reason\":\"spam\"}");
        assertThat(sessions(portal, "--since", "2020-01-01T00:00:00Z").err())
                .startsWith("openlines: --since: expected at most 366 days");
        assertThat(sessions(portal, "--since", "last week"))
                .isEqualTo(new Ran(
                        3,
                        "",
                        "openlines: --since: expected a time such as 2026-11-28T10:00:00Z, a date such as 2026-11-28 or a"
                                + " duration such as PT6H, found \"last week\"\n"));
    }

    @Test
    void theReasonWhySessionsCannotBeListedIsPrinted(Portal portal) throws IOException {
        portal.reports().included(false);
        assertThat(sessions(portal))
                .isEqualTo(new Ran(
                        1,
                        "",
                        "openlines: imopenlines.v2.Session.list: HTTP 400 TARIFF_RESTRICTION: Statistics reports are not"
                                + " available on the current tariff plan: the portal's plan has no reports on open"
                                + " lines\n"));
        portal.reports().included(true);
        portal.reports().known(false);
        assertThat(sessions(portal).err()).endsWith(": the portal's version cannot list sessions\n");
    }

    @Test
    void theTokenIsNeverOnTheCommandLine(Portal portal) throws IOException {
        assertThat(Ran.of(List.of("sessions", "--portal", portal.restUri().toString(), "--access-token", "x"))
                        .exit())
                .isEqualTo(3);
        Files.writeString(folder.resolve("empty"), "\n");
        assertThat(Ran.of(List.of(
                        "sessions",
                        "--portal",
                        portal.restUri().toString(),
                        "--access-token-file",
                        folder.resolve("empty").toString())))
                .isEqualTo(new Ran(
                        3,
                        "",
                        "openlines: expected --access-token-file or the variable OPENLINES_ACCESS_TOKEN but found"
                                + " neither\n"));
    }

    @Test
    void anIncomingWebhookListsThem(Portal portal) throws IOException {
        portal.clock().freezeAt(Instant.now().minusSeconds(60));
        portal.openLine("Support").openChat().close();
        String code = portal.webhookCode().reveal();
        Path webhook = folder.resolve("webhook");
        Files.writeString(webhook, portal.restUri() + "1/" + code + "/\n");

        Ran listed = Ran.of(List.of("sessions", "--webhook-file", webhook.toString(), "--json"));

        assertThat(listed.err()).isEmpty();
        assertThat(listed.out().lines()).hasSize(1);
        Files.writeString(webhook, portal.restUri() + "1/wr0ngc0de/");
        assertThat(Ran.of(List.of("sessions", "--webhook-file", webhook.toString())))
                .isEqualTo(new Ran(
                        1,
                        "",
                        "openlines: imopenlines.v2.Session.list: HTTP 401 INVALID_CREDENTIALS: Invalid request credentials:"
                                + " the portal does not know this webhook\n"));
        Files.writeString(webhook, "https://h.example/rest/1/" + code + "/profile");
        assertThat(Ran.of(List.of("sessions", "--webhook-file", webhook.toString())))
                .isEqualTo(new Ran(
                        3,
                        "",
                        "openlines: --webhook-file: expected https://HOST/rest/USER/CODE/ but found another text\n"));
        assertThat(Ran.of(List.of("sessions", "--portal", portal.restUri() + "1/" + code + "/"))
                        .err())
                .startsWith("openlines: --portal: a webhook's address is a secret")
                .doesNotContain(code);
        assertThat(Ran.of(List.of("sessions")).err())
                .isEqualTo(
                        "openlines: expected --portal, or --webhook-file or the variable OPENLINES_WEBHOOK, but found"
                                + " none\n");
    }

    private Ran sessions(Portal portal, String... more) throws IOException {
        Path token = folder.resolve("token");
        Files.writeString(token, portal.accessToken().reveal() + "\n");
        List<String> arguments = new ArrayList<>(
                List.of("sessions", "--portal", portal.restUri().toString(), "--access-token-file", token.toString()));
        arguments.addAll(List.of(more));
        return Ran.of(arguments);
    }
}
