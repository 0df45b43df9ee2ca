// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.client.OAuth;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RestClient;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.OfflineQueues;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.ReconcileSettings;
import dev.openlines.receiver.RetryPolicy;
import dev.openlines.receiver.Telemetry;
import dev.openlines.receiver.spi.OneLine;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Configures a {@link ReceiverServer}. It needs the handlers, and the trusted portals: by {@link #trust}, by {@link
 * #application}, or by both. Everything else has a default. Each method returns this builder; the last call counts. Not
 * safe for use by many threads.
 */
public final class ReceiverServerBuilder {

    final Handlers handlers;
    final List<Consumer<Portals>> trusted = new ArrayList<>();
    private final Map<String, PortalClient> webhooks = new HashMap<>();
    boolean named;
    Optional<String> host = Optional.empty();
    int port = 8080;
    String path = "/";
    Optional<String> installerPage = Optional.empty();
    Supplier<Store> store = () -> Store.open(name("inbox"), "openlines.db");
    String place = "openlines.db";
    /** An inbox that is open before the server starts. */
    Optional<LeasingInbox> own = Optional.empty();

    Optional<OAuth> oauth = Optional.empty();
    Optional<InstallationCheck> installations = Optional.empty();
    private Optional<ClosedSessions> sessions = Optional.empty();
    Optional<ReconcileSettings> reconcile = Optional.of(ReconcileSettings.DEFAULT);
    Optional<OfflineQueues> queues = Optional.empty();
    Optional<Duration> offline = Optional.empty();
    Limits limits = Limits.DEFAULT;
    HttpLimits httpLimits = HttpLimits.DEFAULT;
    TrustedProxies proxies = TrustedProxies.NONE;
    DispatchPolicy policy = DispatchPolicy.DEFAULT;
    boolean dispatching = true;
    Optional<PemKeys> keys = Optional.empty();
    Optional<InetSocketAddress> monitor = Optional.empty();
    Telemetry telemetry = Telemetry.none();
    InstantSource clock = InstantSource.system();
    Optional<Path> spool = Optional.empty();
    Optional<Path> evidence = Optional.empty();
    Optional<CaptureSettings> captures = Optional.empty();
    Optional<Duration> keepDone = Optional.empty();
    Optional<Duration> keepDead = Optional.empty();

    ReceiverServerBuilder(Handlers handlers) {
        this.handlers = Objects.requireNonNull(handlers, "handlers");
    }

    /**
     * Sets everything from an operator's settings, also the portals to trust. Call it first, because later calls
     * override it.
     *
     * @param settings such as {@link Settings#fromEnvironment}
     * @return this
     */
    public ReceiverServerBuilder settings(Settings settings) {
        named = true;
        settings.fill(this);
        return this;
    }

    /**
     * Sets the address to listen on; all addresses of this machine by default.
     *
     * @param newHost a host name or an IP address, such as {@code 127.0.0.1} behind a proxy
     * @return this
     * @throws IllegalArgumentException if it is blank
     */
    public ReceiverServerBuilder host(String newHost) {
        this.host = Optional.of(required(newHost));
        return this;
    }

    /**
     * Sets the TCP port to listen on; 8080 by default.
     *
     * @param newPort 0 for any free one
     * @return this
     */
    public ReceiverServerBuilder port(int newPort) {
        this.port = HttpPort.number("port", newPort);
        return this;
    }

    /**
     * Sets the path of the endpoint; {@code /} by default.
     *
     * @param newPath such as {@code /bitrix24}
     * @return this
     * @throws IllegalArgumentException if it does not begin with a slash
     */
    public ReceiverServerBuilder path(String newPath) {
        this.path = absolute(newPath);
        return this;
    }

    /**
     * Sets the inbox; the file {@code openlines.db} by default.
     *
     * @param inbox an open inbox, closed with the server, also if the server does not start
     * @return this
     */
    public ReceiverServerBuilder inbox(LeasingInbox inbox) {
        this.own = Optional.of(Objects.requireNonNull(inbox, "inbox"));
        this.store = () -> new Store.Leasing(inbox);
        this.place = "given";
        return this;
    }

    /**
     * Sets the inbox by its address. It is opened when the server starts.
     *
     * @param address a file, a {@code jdbc:postgresql:} URL, or one that begins with {@code kafka:} and needs {@code
     *     dev.openlines:openlines-kafka}
     * @return this
     */
    public ReceiverServerBuilder inbox(String address) {
        Objects.requireNonNull(address, "address");
        this.own = Optional.empty();
        this.store = () -> Store.open(name("inbox"), address);
        this.place = OneLine.of(Store.place(address), 200);
        return this;
    }

    /**
     * Trusts a portal from the start. May be called for several portals, and for several tokens of one while its token
     * is being changed.
     *
     * @param memberId the portal
     * @param applicationToken the token that it sends with its events
     * @return this
     */
    public ReceiverServerBuilder trust(String memberId, Secret applicationToken) {
        Objects.requireNonNull(memberId, "memberId");
        Objects.requireNonNull(applicationToken, "applicationToken");
        trusted.add(portals -> portals.trust(memberId, applicationToken));
        return this;
    }

    /**
     * Sets the application that portals install. Installations are verified and their tokens stored, and an
     * uninstallation removes them. Closes whose event never came are found, and {@link #offline} can drain offline
     * queues. This replaces calls of {@link #installations}, {@link #sessions} and {@link #queues}.
     *
     * @param client built with {@link RestClient.Builder#application}
     * @return this
     */
    public ReceiverServerBuilder application(RestClient client) {
        OAuth tokens = client.oauth();
        this.oauth = Optional.of(tokens);
        return installations(InstallationCheck.of(tokens::verify, tokens::verifyPage, tokens::refused, tokens.kept()))
                .sessions(new PortalSessions(client))
                .queues(new PortalQueues(client));
    }

    /**
     * Trusts portals that install the application, too.
     *
     * @param check verifies installations and uninstallations
     * @return this
     */
    public ReceiverServerBuilder installations(InstallationCheck check) {
        this.installations = Optional.of(Objects.requireNonNull(check, "check"));
        return this;
    }

    /**
     * Sets a path for the installer page of an application with pages; needs {@link #installations}. None by default.
     *
     * @param newPath such as {@code /install}, another than that of events; {@link Settings} checks its characters
     * @return this
     * @throws IllegalArgumentException if it does not begin with a slash
     */
    public ReceiverServerBuilder installerPage(String newPath) {
        this.installerPage = Optional.of(absolute(newPath));
        return this;
    }

    /**
     * Handles closes whose event never came, too, by comparing the portals' lists of sessions with the stored events.
     * Not available if the inbox is in Kafka.
     *
     * @param newSessions asks portals for their sessions, such as {@link PortalSessions}
     * @return this
     */
    public ReceiverServerBuilder sessions(ClosedSessions newSessions) {
        this.sessions = Optional.of(Objects.requireNonNull(newSessions, "sessions"));
        return this;
    }

    /**
     * Compares a portal by an incoming webhook. Use it for a portal that is trusted only by {@link #trust}, or whose
     * grant may not see the reports. {@link #sessions} must then be {@link PortalSessions} or not set.
     *
     * @param memberId the portal; that the webhook is this portal's is for you to say
     * @param address {@code https://HOST/rest/USER/CODE/}, of a user who may see the reports on open lines; a secret. A
     *     loopback address is a simulated portal's
     * @return this
     * @throws IllegalArgumentException if the address has another form; the message does not repeat it
     */
    public ReceiverServerBuilder webhook(String memberId, Secret address) {
        webhooks.put(Objects.requireNonNull(memberId, "memberId"), ClientSettings.byWebhook(address));
        return this;
    }

    /** Returns the object that asks portals for their sessions, or empty if there is none. */
    Optional<ClosedSessions> sessions() {
        return webhooks.isEmpty()
                ? sessions
                : Optional.of(PortalSessions.with(sessions.orElse(null), webhooks, name("webhook")));
    }

    /**
     * Sets how portals' lists of closed sessions are compared; {@link ReconcileSettings#DEFAULT} by default.
     *
     * @param settings the settings, or null to switch the comparison off although {@link #sessions} are set
     * @return this
     */
    public ReceiverServerBuilder reconcile(@Nullable ReconcileSettings settings) {
        this.reconcile = Optional.ofNullable(settings);
        return this;
    }

    /**
     * Sets the object that drains portals' offline queues, such as {@link PortalQueues}. They are drained only if
     * {@link #offline} or {@code OPENLINES_OFFLINE} sets an interval.
     *
     * @param newQueues drains portals
     * @return this
     */
    public ReceiverServerBuilder queues(OfflineQueues newQueues) {
        this.queues = Optional.of(Objects.requireNonNull(newQueues, "queues"));
        return this;
    }

    /**
     * Sets how often portals' offline queues are drained into the inbox; not at all by default. {@link #queues} must be
     * set too.
     *
     * @param interval at least a second, or null not to drain
     * @return this
     */
    public ReceiverServerBuilder offline(@Nullable Duration interval) {
        if (interval != null && interval.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("expected an interval of at least PT1S but found " + interval);
        }
        this.offline = Optional.ofNullable(interval);
        return this;
    }

    /**
     * Sets how large and how deep a body may be; {@link Limits#DEFAULT} by default.
     *
     * @param newLimits the limits of the parser
     * @return this
     */
    public ReceiverServerBuilder limits(Limits newLimits) {
        this.limits = Objects.requireNonNull(newLimits, "limits");
        return this;
    }

    /**
     * Sets the time and memory that senders may take; {@link HttpLimits#DEFAULT} by default.
     *
     * @param newLimits the limits of the endpoint and of the monitor
     * @return this
     */
    public ReceiverServerBuilder httpLimits(HttpLimits newLimits) {
        this.httpLimits = Objects.requireNonNull(newLimits, "limits");
        return this;
    }

    /**
     * Takes a sender's address from {@code X-Forwarded-For} if such a proxy has sent the request; from none by default.
     *
     * @param addresses such as {@code 127.0.0.1} or {@code 10.0.0.0/8}
     * @return this
     */
    public ReceiverServerBuilder trustedProxies(String... addresses) {
        this.proxies = TrustedProxies.of(List.of(addresses));
        return this;
    }

    /**
     * Sets when an event whose handler fails is handled again; {@link RetryPolicy#DEFAULT} by default.
     *
     * @param retry the policy
     * @return this
     */
    public ReceiverServerBuilder retry(RetryPolicy retry) {
        this.policy = policy.withRetry(retry);
        return this;
    }

    /**
     * Sets how many events are handled at the same time; 4 by default.
     *
     * @param workers 0 if other processes handle what this one receives
     * @return this
     */
    public ReceiverServerBuilder workers(int workers) {
        if (workers < 0) {
            throw new IllegalArgumentException("expected at least 0 workers but found " + workers);
        }
        this.dispatching = workers > 0;
        this.policy = dispatching ? policy.withWorkers(workers) : policy;
        return this;
    }

    /**
     * Sets whether the events of one chat are handled one after the other; not by default.
     *
     * @param ordered see {@link DispatchPolicy}
     * @return this
     */
    public ReceiverServerBuilder ordered(boolean ordered) {
        this.policy = policy.withOrdered(ordered);
        return this;
    }

    /**
     * Sets how long a handler may take; for ever by default.
     *
     * @param limit see {@link DispatchPolicy#limit()}; null for none
     * @return this
     */
    public ReceiverServerBuilder attemptLimit(@Nullable Duration limit) {
        this.policy = policy.withLimit(limit);
        return this;
    }

    /**
     * Serves HTTPS. A renewed certificate is used without a restart. By default the server uses plain HTTP, for a proxy
     * in front of it.
     *
     * @param certificate PEM file of the certificate and its chain
     * @param key PEM file of the certificate's key, PKCS #8 without a password
     * @return this
     */
    public ReceiverServerBuilder tls(Path certificate, Path key) {
        this.keys = Optional.of(new PemKeys(certificate, key));
        return this;
    }

    /**
     * Answers health checks and shows metrics on a port of their own; not by default.
     *
     * @param newHost the address to listen on, which should not be reachable from the internet
     * @param newPort the TCP port, 0 for any free one
     * @return this
     * @throws IllegalArgumentException if the address is blank
     */
    public ReceiverServerBuilder monitor(String newHost, int newPort) {
        this.monitor = Optional.of(
                InetSocketAddress.createUnresolved(required(newHost), HttpPort.number("monitor port", newPort)));
        return this;
    }

    /**
     * Adds an application's own meters to those of the monitor.
     *
     * @param newTelemetry receives each reply and each attempt
     * @return this
     */
    public ReceiverServerBuilder telemetry(Telemetry newTelemetry) {
        this.telemetry = Objects.requireNonNull(newTelemetry, "telemetry");
        return this;
    }

    /**
     * Sets the time of receipts, leases and retries; the system's by default.
     *
     * @param newClock the clock, for tests
     * @return this
     */
    public ReceiverServerBuilder clock(InstantSource newClock) {
        this.clock = Objects.requireNonNull(newClock, "clock");
        return this;
    }

    /**
     * Keeps events in a file while the inbox cannot store them; not by default.
     *
     * @param file the file, on another disk than the inbox
     * @return this
     */
    public ReceiverServerBuilder spool(Path file) {
        this.spool = Optional.of(file);
        return this;
    }

    /**
     * Writes a line for each closed chat that was handled, for tests of a receiver from outside; not by default.
     *
     * @param file gets the lines
     * @return this
     */
    public ReceiverServerBuilder evidence(Path file) {
        this.evidence = Optional.of(file);
        return this;
    }

    /**
     * Keeps the shapes of the first accepted requests of each event's code, without their values; not by default.
     *
     * @param folder gets a file for each shape; made if it does not exist
     * @param each the number for each code, 1 to 10
     * @return this
     */
    public ReceiverServerBuilder captures(Path folder, int each) {
        this.captures = Optional.of(new CaptureSettings(folder, each));
        return this;
    }

    /**
     * Sets how long an event that is done is remembered; for ever by default. After that a repeat of it is a new event.
     *
     * @param time the time, not for Kafka, which forgets by its topic's {@code retention.ms}
     * @return this
     */
    public ReceiverServerBuilder keepDone(Duration time) {
        this.keepDone = Optional.of(Objects.requireNonNull(time, "time"));
        return this;
    }

    /**
     * Sets how long a dead letter is kept; for ever by default.
     *
     * @param time after its last attempt
     * @return this
     */
    public ReceiverServerBuilder keepDead(Duration time) {
        this.keepDead = Optional.of(Objects.requireNonNull(time, "time"));
        return this;
    }

    /**
     * Starts the server. When this returns, the server accepts events, and handles those that wait in its inbox.
     *
     * @return a running server, to be closed by the caller
     * @throws ConfigurationException if it cannot start with this configuration; the message is one line and names the
     *     setting. Nothing is left open
     */
    public ReceiverServer start() {
        return ReceiverServer.start(this);
    }

    private static String required(String host) {
        if (host.isBlank()) {
            throw new IllegalArgumentException("expected a host name or an IP address but found none");
        }
        return host;
    }

    private static String absolute(String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("expected a path that begins with / but found " + path);
        }
        return path;
    }

    /** Returns the name of an option for a message: that of the setting, or that of the method. */
    String name(String option) {
        return named ? "OPENLINES_" + option.toUpperCase(Locale.ROOT).replace(' ', '_') : option;
    }
}
