// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.cli.PortalOptions.PortalAccess;
import dev.openlines.cli.Probe.Call;
import dev.openlines.cli.Probe.Form;
import dev.openlines.cli.Probe.Need;
import dev.openlines.cli.Probe.Right;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.portal.Closing;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalCall;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.Provenance;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.Minting;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/** A simulated portal on this machine that is set up like the one that is compared. */
final class TwinPortal implements AutoCloseable {

    private static final long ADMINISTRATOR = 1;
    private static final long OPERATOR = 5;

    private final PortalServer server = PortalServer.start();
    private final Portal portal;
    private final ComparedPortal calls;

    TwinPortal(PortalFacts facts, PortalAccess like) throws IOException, InterruptedException {
        boolean administrator = facts.has().contains(Need.ADMINISTRATOR);
        Secret token = Secret.of(Minting.hex(70));
        JsonArrayBuilder scope = PhpJson.PROVIDER.createArrayBuilder();
        facts.scope().forEach(scope::add);
        server.seed(EventBodies.object()
                .add(
                        "portals",
                        PhpJson.PROVIDER
                                .createArrayBuilder()
                                .add(EventBodies.object()
                                        .add("label", "twin")
                                        .add("scope", scope)
                                        .add(
                                                "lines",
                                                PhpJson.PROVIDER
                                                        .createArrayBuilder()
                                                        .add(EventBodies.object()
                                                                .add("name", "Line")))
                                        .add(
                                                "reports",
                                                EventBodies.object()
                                                        .add(
                                                                "known",
                                                                !facts.reports().equals("version"))
                                                        .add(
                                                                "included",
                                                                facts.reports().equals("yes")))
                                        .add(
                                                "tokens",
                                                PhpJson.PROVIDER
                                                        .createArrayBuilder()
                                                        .add(EventBodies.object()
                                                                .add("access_token", token.reveal())
                                                                .add(
                                                                        "user_id",
                                                                        administrator ? ADMINISTRATOR : OPERATOR)))))
                .build()
                .toString()
                .getBytes(UTF_8));
        portal = server.portals().get(0);
        portal.extendedOfflineEvents(facts.extendedOffline());
        if (facts.operating()) {
            portal.limits().operatingTime(Duration.ofMinutes(8));
        }
        // There are two sessions, so that there is a second page. One of them is open.
        portal.lines().get(0).openChat().close(Closing.AGENT);
        portal.lines().get(0).openChat();
        calls = new ComparedPortal(
                like.webhook()
                        ? new PortalAccess(
                                portal.restUri(),
                                Secret.of(portal.restUri() + "1/"
                                        + portal.webhookCode().reveal() + "/"),
                                true)
                        : new PortalAccess(portal.restUri(), token, false));
        // The list of subscriptions gets rows of both kinds.
        portal.subscribe(OnSessionFinish.CODE, URI.create("https://handler.openlines.invalid/"));
        if (!like.webhook() && administrator && facts.has().contains(Need.OPEN_LINES)) {
            calls.ask(new Call(
                    "event.bind",
                    Right.GOOD,
                    Form.JSON,
                    EventBodies.object()
                            .add("event", OnSessionFinish.CODE)
                            .add("event_type", "offline")
                            .build()));
        }
    }

    ComparedPortal calls() {
        return calls;
    }

    long line() {
        return portal.lines().get(0).id();
    }

    long chat() {
        return portal.chats().get(0).id();
    }

    long session() {
        return portal.chats().get(0).session().id();
    }

    /** Switches on the limit that the question about too many calls needs. */
    void limitCalls() {
        portal.limits().leakyBucket(2, 50);
    }

    /** Returns the origin of the newest answer. */
    Provenance provenance() {
        List<PortalCall> made = portal.calls();
        return made.get(made.size() - 1).provenance();
    }

    @Override
    public void close() {
        server.close();
    }
}
