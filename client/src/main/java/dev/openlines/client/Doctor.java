// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.Finding.Severity;
import dev.openlines.model.ConnectorCode;
import dev.openlines.model.OnAppTest;
import dev.openlines.model.Scope;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Answers the question "why do no events arrive?". It checks everything between a portal and a handler, in the order
 * that an event takes, and says what is wrong and what to do.
 *
 * <p>It changes nothing. It posts one request without a body to the handler, which a good receiver refuses. If you ask
 * for it, it also has the portal send one {@code OnAppTest}.
 */
public final class Doctor {

    /** The length of the platform's column for handlers. */
    private static final int LONGEST_HANDLER = 255;

    /**
     * The list of the addresses that the platform's queue servers post from; source: the vendor's page <a
     * href="https://apidocs.bitrix24.com/settings/cloud-and-on-premise/network-access.html">Required Network
     * Access</a>.
     */
    private static final String ADDRESSES = "https://dl.bitrix24.com/webhook/app-world.json";

    private static final String ROUND_TRIP = "round-trip";

    private static final Duration PROMPT = Duration.ofSeconds(5);

    private final PortalClient portal;
    private final String event;
    private final URI handler;
    private final List<Finding> findings = new ArrayList<>();

    private Doctor(PortalClient portal, String event, URI handler) {
        this.portal = portal;
        this.event = event.toUpperCase(Locale.ROOT);
        this.handler = handler;
    }

    /**
     * Examines the way of an event. Blocks for several calls.
     *
     * @param portal a client with the application's token
     * @param event such as {@code OnSessionFinish}
     * @param handler the address that the event should be posted to
     * @return findings in the order of the way, at least one; a call that fails is a finding too
     */
    public static List<Finding> examine(PortalClient portal, String event, URI handler) {
        Doctor doctor = new Doctor(portal, event, handler);
        if (doctor.application()) {
            doctor.scope();
            doctor.events();
            doctor.subscription();
        }
        if (doctor.address()) {
            doctor.answer();
        }
        doctor.notes();
        return List.copyOf(doctor.findings);
    }

    /**
     * Has the portal send an {@code OnAppTest} through its queue to every handler that is bound to it, and waits until
     * it arrives at the real receiver. Blocks for at most the given time.
     *
     * @param portal a client with the application's token
     * @param arrival returns, for a nonce, a future that completes when the receiver has handled an {@code OnAppTest}
     *     whose {@code QUERY} has that nonce as {@code NONCE}; called before the event is sent
     * @param atMost how long to wait
     * @return one finding
     */
    public static Finding roundTrip(
            PortalClient portal, Function<String, CompletableFuture<?>> arrival, Duration atMost) {
        try {
            if (portal.subscriptions().get().stream()
                    .noneMatch(bound -> bound.event().equals(OnAppTest.CODE))) {
                return new Finding(
                        Severity.ERROR,
                        ROUND_TRIP,
                        "ONAPPTEST is bound to no handler that this token sees, so a test event would go nowhere",
                        "Bind ONAPPTEST to the handler, beside the event you wait for.");
            }
        } catch (ClientException e) {
            return failed(ROUND_TRIP, e);
        }
        String nonce = OAuth.newState();
        CompletableFuture<?> arrived = arrival.apply(nonce);
        try {
            portal.call("event.test", Map.of("NONCE", nonce));
            arrived.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
            return new Finding(Severity.OK, ROUND_TRIP, "a test event came through", "");
        } catch (ClientException e) {
            return failed(ROUND_TRIP, e);
        } catch (TimeoutException e) {
            return new Finding(
                    Severity.ERROR,
                    ROUND_TRIP,
                    "the portal took the test event, and it did not arrive within " + atMost.toSeconds() + " s",
                    "See that ONAPPTEST is bound to this handler, look at the receiver's refusals (a 403 means another"
                            + " application token), and at what stands in front of it.");
        } catch (ExecutionException e) {
            return new Finding(
                    Severity.ERROR,
                    ROUND_TRIP,
                    "the test event arrived and its handler failed",
                    "See the handler's log.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Finding(Severity.WARNING, ROUND_TRIP, "the wait was interrupted", "Run it again.");
        } finally {
            arrived.cancel(true);
        }
    }

    /**
     * Compares the sessions that the portal closed in the last day, except in the last ten minutes, with the closes
     * that the application handled. Blocks for several calls. At most 10,000 sessions are read.
     *
     * @param portal a client whose user may see the reports on open lines; an incoming webhook's will do
     * @param handled returns, for a chat's id, how many closes of that chat the application has handled, also older
     *     ones; null if that is not known
     * @return an error if closes are missing; a note if it is not known what was handled, or if the portal does not
     *     list its sessions
     */
    public static Finding lastDay(PortalClient portal, @Nullable LongToIntFunction handled) {
        return LastDay.of(portal, handled);
    }

    /** Returns whether the token is good enough to go on. */
    private boolean application() {
        try {
            OpenLines.App app = portal.openLines().app();
            ok("token", "the portal accepts the access token");
            if (!app.installed()) {
                error(
                        "installed",
                        "the application is not installed to the end",
                        "An application with pages must call BX24.installFinish in its installer; one without a user"
                                + " interface is finished at once. Until then no event is sent.");
            } else if (app.paymentExpired()) {
                error("paid", "the application's paid time is over", "Renew it; until then no event is sent.");
            } else {
                ok("installed", "the application is installed");
            }
            return true;
        } catch (ClientException e) {
            findings.add(failed("token", e));
            return !(e instanceof NoAnswerException
                    || e instanceof ReinstallRequiredException
                    || e instanceof AddressRefusedException
                    || (e instanceof RestException refusal
                            && (refusal.is(ErrorCode.EXPIRED_TOKEN)
                                    || refusal.is(ErrorCode.INVALID_TOKEN)
                                    || refusal.is(ErrorCode.NO_AUTH_FOUND)
                                    || refusal.is(ErrorCode.PORTAL_DELETED))));
        }
    }

    private void scope() {
        attempt("scope", () -> {
            List<String> scope = texts("scope");
            String needed = Scope.IMOPENLINES.code();
            boolean lines =
                    event.startsWith("ONSESSION") || event.startsWith("ONOPENLINE") || event.startsWith("ONIMCONN");
            boolean has = scope.stream().anyMatch(needed::equalsIgnoreCase);
            // The documentation has named different scopes for events of connectors at different times, so the events
            // that the portal offers decide.
            boolean offeredAnyway = !has && event.startsWith("ONIMCONNECTOR") && offered();
            if (lines && !has && !offeredAnyway) {
                error(
                        "scope",
                        "the token does not have the scope " + needed,
                        "Add it to the application's permissions and install it again.");
            } else {
                ok("scope", "the token has the scope");
            }
        });
    }

    private boolean offered() {
        return texts("events").stream().anyMatch(event::equalsIgnoreCase);
    }

    private void events() {
        attempt("event", () -> {
            if (!offered()) {
                error(
                        "event",
                        "the portal does not offer " + event + " to this token",
                        "Check the spelling, the scope, and that open lines are switched on.");
            } else {
                ok("event", "the portal offers " + event);
            }
        });
    }

    private void subscription() {
        attempt("subscription", () -> {
            List<Subscription> bound = portal.subscriptions().get().stream()
                    .filter(subscription -> subscription.event().equals(event))
                    .toList();
            String wanted = SubscriptionPlanner.normalised(handler.toString());
            long here = bound.stream()
                    .map(Subscription::handler)
                    .filter(address -> address != null
                            && SubscriptionPlanner.normalised(address).equals(wanted))
                    .count();
            if (here > 1) {
                warning(
                        "subscription",
                        "the event is bound to this handler " + here + " times",
                        "Each subscription delivers for itself: prune all but one.");
            } else if (here == 1) {
                ok("subscription", "the event is bound to this handler");
            } else if (bound.isEmpty()) {
                error(
                        "subscription",
                        "the event is not bound, or by a user whose subscriptions this token does not see",
                        "Call ensure after each installation and update; both may end subscriptions.");
            } else if (bound.stream().allMatch(Subscription::offline)) {
                error("subscription", "the event is bound offline only", "Drain the offline queue, or bind a handler.");
            } else {
                error(
                        "subscription",
                        "the event is bound elsewhere: "
                                + bound.stream()
                                        .map(Subscription::handler)
                                        .filter(address -> address != null)
                                        .map(Doctor::withoutQuery)
                                        .toList(),
                        "Bind this handler, or correct the address: it is compared to the letter.");
            }
        });
    }

    /** Returns whether it is an address that can be tried. */
    private boolean address() {
        @Nullable String objection = portal.client.guard.objectionToForm(withoutQuery());
        String host = handler.getHost();
        if (handler.toString().length() > LONGEST_HANDLER) {
            error(
                    "address",
                    "the handler's address has " + handler.toString().length() + " characters, the portal keeps 255",
                    "Shorten it.");
        } else if (host == null || handler.getRawUserInfo() != null || handler.getRawFragment() != null) {
            error("address", "the handler's address is malformed", "Use https://HOST/PATH.");
            return false;
        } else if (!"https".equalsIgnoreCase(handler.getScheme()) && !"http".equalsIgnoreCase(handler.getScheme())) {
            error("address", "the portal posts to http and https only", "Use https://HOST/PATH.");
            return false;
        } else if (!host.contains(".") || host.startsWith(".")) {
            error(
                    "address",
                    "the portal refuses a host without a dot",
                    "Use a public host name; for development, a tunnel.");
        } else if (objection != null) {
            warning("address", "the handler's address is not https", "Events carry tokens: use https.");
        } else {
            ok("address", "the handler's address is well-formed");
        }
        return true;
    }

    private void answer() {
        long begun = System.nanoTime();
        try {
            int status = Async.await(
                            "handler",
                            portal.client.transport.post(
                                    "handler",
                                    handler,
                                    "application/x-www-form-urlencoded",
                                    new byte[0],
                                    Duration.ofSeconds(15)))
                    .status;
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            if (status / 100 == 3) {
                error(
                        "answer",
                        "the handler redirects with " + status,
                        "Bind the address it redirects to: the portal may not follow it.");
            } else if (status == 404 || status == 405) {
                error("answer", "nothing takes a POST there: " + status, "Check path and method.");
            } else if (status == 401) {
                error("answer", "something in front of the handler asks for a login", "Let the portal's POST through.");
            } else if (status >= 500) {
                error("answer", "the handler fails with " + status, "See its log and health.");
            } else if (took.compareTo(PROMPT) > 0) {
                warning(
                        "answer",
                        "the handler took " + took.toSeconds() + " s to answer",
                        "Answer first and work later: slow handlers are called less often.");
            } else {
                ok("answer", "the handler answers a POST with " + status);
            }
        } catch (AddressRefusedException e) {
            error(
                    "answer",
                    "the handler's host is not public",
                    "The portal calls from the internet: use a public host.");
        } catch (ClientException e) {
            boolean certificate = e.getCause() instanceof javax.net.ssl.SSLException;
            error(
                    "answer",
                    certificate ? "the handler's certificate is not trusted" : "the handler does not answer",
                    certificate
                            ? "Use a certificate of a public authority, with its whole chain."
                            : "Check that it runs, its DNS name, and its firewall. This was tried from here, not from the"
                                    + " portal.");
        }
    }

    private void notes() {
        note(
                "firewall",
                "the request to the handler came from here; the portal's queue servers have other addresses, which change",
                "Let a firewall pass what " + ADDRESSES + " lists; ask it every five to ten minutes.");
        note(
                "app-token",
                "the receiver's application token was not tried, since the doctor does not know it",
                "Send a test event to be sure: --round-trip on the command line, Doctor.roundTrip in code.");
        if (event.startsWith("ONIMCONNECTOR")) {
            note(
                    "connector",
                    event + " goes only to the application that registered the connector",
                    "For others' connectors, such as " + ConnectorCode.LIVECHAT + ", use ONSESSIONFINISH.");
        } else if (event.startsWith("ONSESSION")) {
            note(
                    "closing",
                    "not every session that ends sends this event: dismissing its operator and merging"
                            + " duplicates do not, and a line that asks for a rating sends it after the rating",
                    "Close a chat of a line without rating to try.");
        }
    }

    private List<String> texts(String method) {
        return portal.call(method, Map.of()).fields().elements().stream()
                .map(Fields::text)
                .toList();
    }

    private void attempt(String check, Runnable examination) {
        try {
            examination.run();
        } catch (ClientException e) {
            findings.add(failed(check, e));
        }
    }

    private static Finding failed(String check, ClientException e) {
        String remedy = "See the platform's description of the error.";
        if (e instanceof ReinstallRequiredException) {
            remedy = "Install the application again.";
        } else if (e instanceof NoAnswerException lost && !lost.mayHaveRun()) {
            remedy = "Check the portal's address, and that this machine reaches it.";
        } else if (e instanceof RetriableRestException) {
            remedy = "Try again later.";
        } else if (e instanceof NoAnswerException) {
            remedy = "Try again later. If what came is no JSON, check the portal's address and what stands before it.";
        } else if (e instanceof RestException refusal && refusal.is(ErrorCode.EXPIRED_TOKEN)) {
            remedy = "Refresh the token: use a client by member id, which does.";
        } else if (e instanceof RestException refusal && refusal.is(ErrorCode.WRONG_AUTH_TYPE)) {
            remedy = "Use the application's token; a webhook cannot subscribe.";
        }
        return new Finding(Severity.ERROR, check, String.valueOf(e.getMessage()), remedy);
    }

    private URI withoutQuery() {
        try {
            return URI.create(withoutQuery(handler.toString()));
        } catch (IllegalArgumentException e) {
            return handler;
        }
    }

    /** Removes the query, which may hold a key of the handler. */
    private static String withoutQuery(String address) {
        int query = address.indexOf('?');
        return query < 0 ? address : address.substring(0, query);
    }

    private void note(String check, String text, String remedy) {
        findings.add(new Finding(Severity.NOTE, check, text, remedy));
    }

    private void ok(String check, String text) {
        findings.add(new Finding(Severity.OK, check, text, ""));
    }

    private void warning(String check, String text, String remedy) {
        findings.add(new Finding(Severity.WARNING, check, text, remedy));
    }

    private void error(String check, String text, String remedy) {
        findings.add(new Finding(Severity.ERROR, check, text, remedy));
    }
}
