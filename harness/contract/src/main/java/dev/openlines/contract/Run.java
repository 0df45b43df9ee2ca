// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.model.Secret;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The objects that all cases of a run share: the handler, the portals, the evidence, the secrets. Thread-safe. */
final class Run implements AutoCloseable {

    /** The longest wait for the end of a process that takes no connections any more. */
    private static final Duration ENDING = Duration.ofSeconds(5);

    private final Settings settings;
    private final long seed;
    private final Wire wire;
    private final EffectBook effects;
    private final Canaries canaries = new Canaries();
    private final Identity identity;
    private final @Nullable PortalServer server;
    private final @Nullable Portal portal;
    private final PortalFront front;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final Account account;
    private final Intermediary intermediary;
    private final @Nullable HandlerProcess process;
    private final @Nullable HandlerProcess secondInstance;
    private final HandlerLog log;
    private final Answers answers;
    private final Installations installations;
    private volatile Duration quiet = Probe.QUIET;
    private int tokens;

    private Run(Settings settings, boolean dry) {
        this.settings = settings;
        seed = settings.seed == null ? Instant.now().toEpochMilli() % 1_000_000_007 : settings.seed;
        account = new Account(seed);
        front = new PortalFront();
        URI handler = settings.handler;
        if (dry) {
            server = null;
            portal = null;
        } else {
            server = PortalServer.start(0, front.uri());
            portal = server.portal(PortalSetup.minted()
                    .memberId(settings.memberId)
                    .domain(settings.domain)
                    .applicationToken(settings.proof));
            front.portalAt(server.uri());
            handler = URI.create(filled(handler.toString()));
        }
        settings.handler = handler;
        intermediary = new Intermediary(settings.proxied, settings.queued);
        wire = dry ? Wire.dry(handler) : Wire.to(handler, settings.insecure);
        identity = new Identity(
                settings.memberId,
                settings.proof,
                settings.domain,
                portal == null
                        ? "http://127.0.0.1:1/portal/rest/"
                        : portal.restUri().toString(),
                portal == null
                        ? "http://127.0.0.1:1/portal/auth/rest/"
                        : portal.serverEndpoint().toString());
        effects = new EffectBook(dry ? null : settings.evidence, account::knows);
        process = dry ? null : process(settings.handlerCommand, settings.ready, wire);
        secondInstance = dry || settings.secondInstance == null
                ? null
                : process(
                        settings.secondCommand,
                        settings.secondReady,
                        Wire.to(settings.secondInstance, settings.insecure));
        log = new HandlerLog(
                Stream.of(Optional.ofNullable(process), Optional.ofNullable(secondInstance))
                        .flatMap(Optional::stream)
                        .toList(),
                settings.logs);
        installations = new Installations(settings.installing, portal, front);
        answers = new Answers(
                canaries,
                Request.target(handler).split("\\?", 2)[0],
                settings.ackMax.plusSeconds(1).plus(settings.silence));
        // The token may be in the command, which everybody can see, but it is still a secret.
        canaries.innocent((settings.memberId + " " + handler + " " + settings.domain + " " + settings.handlerCommand
                        + " " + settings.secondCommand)
                .replace(settings.proof.reveal(), " "));
        canaries.innocent("00000000000000000000000000000001 imopenlines,imconnector,im,user_brief");
        canaries.add("application_token", settings.proof.reveal());
        // A shell prints the command when its process was killed, and with -x.
        Stream.of(Optional.ofNullable(process), Optional.ofNullable(secondInstance))
                .flatMap(Optional::stream)
                .forEach(one -> canaries.excuseCommand(one.command()));
        if (portal != null) {
            canaries.add("client_secret", portal.clientSecret().reveal());
            canaries.add("webhook_code", portal.webhookCode().reveal());
        }
    }

    /** Returns the process of a command; null if there is no command. */
    private @Nullable HandlerProcess process(@Nullable String command, @Nullable String ready, Wire to) {
        return command == null
                ? null
                : new HandlerProcess(
                        filled(command),
                        ready == null ? null : filled(ready),
                        settings.stopSignal,
                        settings.readyWithin,
                        to,
                        intermediary::reaches);
    }

    /** Starts portal, evil portal and evidence; not yet the handler. */
    static Run start(Settings settings) {
        Settings own = settings.copy();
        if (own.handler.toString().contains("{PORT}")
                || String.valueOf(own.handlerCommand).contains("{PORT}")) {
            throw new IllegalArgumentException("the port must be filled in before");
        }
        return new Run(own, false);
    }

    /** Returns a run that only shows the bytes that would be sent. */
    static Run dry(Settings settings) {
        return new Run(settings.copy(), true);
    }

    private String filled(String text) {
        String places = text.replace("{PORTAL_URL}", front.uri().toString())
                .replace("{PORTAL_HOST}", front.uri().getAuthority());
        return portal == null
                ? places
                : places.replace("{CLIENT_ID}", portal.clientId())
                        .replace("{CLIENT_SECRET}", portal.clientSecret().reveal())
                        .replace(
                                "{WEBHOOK_URL}",
                                portal.restUri() + "1/" + portal.webhookCode().reveal() + "/");
    }

    /** Fills in a hook, which may ask for the process that was started, as {@code prlimit --pid {PID}} does. */
    private String hook(String command) {
        return filled(command).replace("{PID}", process == null ? "" : process.pid());
    }

    Settings settings() {
        return settings;
    }

    long seed() {
        return seed;
    }

    /** Returns the second that cases begin in, from the seed or from the machine's clock. */
    long seconds() {
        return settings.at == null ? Instant.now().getEpochSecond() : settings.at;
    }

    Wire wire() {
        return wire;
    }

    EffectBook effects() {
        return effects;
    }

    Canaries canaries() {
        return canaries;
    }

    Identity identity() {
        return identity;
    }

    /** Returns the simulated portal, or null if the run sends nothing. */
    @Nullable
    Portal portal() {
        return portal;
    }

    PortalFront front() {
        return front;
    }

    /** Returns a new listener, on an address that no other part of the portal uses. */
    Listener listener() {
        Listener listener =
                Listener.start(request -> Listener.json(200, "{\"result\":true}"), "127.0.0.2", "127.0.0.1");
        listeners.add(listener);
        return listener;
    }

    /** Returns the account of the permitted effects. */
    Account account() {
        return account;
    }

    /** Returns the server between the sender and the handler, if any. */
    Intermediary intermediary() {
        return intermediary;
    }

    @Nullable
    HandlerProcess process() {
        return process;
    }

    /** Returns the handler's second instance, which a case starts; null if the user has declared none. */
    @Nullable
    HandlerProcess secondInstance() {
        return secondInstance;
    }

    Duration ackMax() {
        return settings.ackMax;
    }

    /**
     * Returns how long a request waits for its answer, which is long enough to distinguish a late answer from a missing
     * one.
     */
    Duration patience() {
        return settings.ackMax.plusSeconds(1);
    }

    /** Returns another portal that the handler trusts, or one that it does not know. */
    Identity second(Mint mint) {
        return new Identity(
                settings.secondMemberId == null ? mint.hex(32) : settings.secondMemberId,
                settings.secondProof == null ? Secret.of(mint.hex(32)) : settings.secondProof,
                "second.bitrix24.test",
                identity.clientEndpoint(),
                identity.serverEndpoint());
    }

    boolean knowsSecond() {
        return settings.secondMemberId != null && settings.secondProof != null;
    }

    synchronized void knowAccessToken(String token) {
        canaries.add("access_token#" + ++tokens, token);
        if (server != null && portal != null) {
            server.acceptAccessToken(portal, Secret.of(token));
        }
    }

    synchronized void knowRefreshToken(String token) {
        canaries.add("refresh_token#" + ++tokens, token);
        if (server != null && portal != null) {
            server.acceptRefreshToken(portal, Secret.of(token));
        }
    }

    /** Adds a secret of the run that no portal has issued. */
    synchronized void secret(String name, String text) {
        canaries.add(name + "#" + ++tokens, text);
    }

    String masked(String text) {
        return canaries.masked(text);
    }

    /** Returns what is kept of every answer. */
    Answers answers() {
        return answers;
    }

    HandlerLog log() {
        return log;
    }

    Installations installations() {
        return installations;
    }

    /** Returns how long to wait for effects that must not come. */
    Duration quiet() {
        return quiet;
    }

    void quiet(Duration time) {
        quiet = time;
    }

    /** Waits for the effects that cases await, as long as effects may take. */
    void settle(List<CaseRun> of) throws InterruptedException {
        if (effects.exists() && !wire.isDry()) {
            effects.await(() -> of.stream().allMatch(CaseRun::settled), settings.settle);
        }
        of.forEach(CaseRun::look);
    }

    /** Runs a command of the user's in the shell. Returns false if it failed. */
    boolean shell(String command) throws InterruptedException {
        try {
            Process running = new ProcessBuilder("sh", "-c", hook(command))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return running.waitFor(30, TimeUnit.SECONDS) && running.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Starts the handler again if the suite started it and it has died. Returns false if it can no longer be reached.
     */
    boolean reachable() throws InterruptedException {
        return takesConnections() || (died() && process != null && process.start());
    }

    /**
     * Returns whether the suite started the handler and it has died. Its connections are closed a moment before the
     * system says that its process has ended.
     */
    boolean died() throws InterruptedException {
        return process != null && (!process.alive() || (!takesConnections() && process.endsWithin(ENDING)));
    }

    private boolean takesConnections() {
        return intermediary.reaches(wire);
    }

    @Override
    public void close() {
        if (secondInstance != null) {
            secondInstance.close();
        }
        if (process != null) {
            process.close();
        }
        if (server != null) {
            server.close();
        }
        front.close();
        listeners.forEach(Listener::close);
    }
}
