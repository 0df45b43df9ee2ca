// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.model.Secret;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The objects that all cases of a run share: the handler, the portals, the evidence, the secrets. Thread-safe. */
final class Run implements AutoCloseable {

    private static final int SILENCES = 24;

    /** One event on its way, by its chat. */
    static final class Entry {
        final String chatId;
        final String caseId;
        final Instant first;
        int sent;
        int acknowledged;

        Entry(String chatId, String caseId, Instant first) {
            this.chatId = chatId;
            this.caseId = caseId;
            this.first = first;
        }
    }

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
    private final Account account = new Account();
    private final @Nullable HandlerProcess process;
    private final @Nullable HandlerProcess secondInstance;
    private final Wire secondWire;
    private final Map<String, Entry> ledger = new LinkedHashMap<>();
    private final Set<String> leaks = new LinkedHashSet<>();
    private final Set<String> telling = new LinkedHashSet<>();
    private long answers;
    private int unanswered;
    private long answeredAt = System.nanoTime();
    private volatile boolean silent;
    private volatile boolean installing;
    private volatile Duration quiet = Probe.QUIET;
    private int tokens;

    private Run(Settings settings, boolean dry) {
        this.settings = settings;
        seed = settings.seed == null ? Instant.now().toEpochMilli() % 1_000_000_007 : settings.seed;
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
        effects = new EffectBook(dry ? null : settings.evidence);
        process = dry ? null : process(settings.handlerCommand, settings.ready, wire);
        secondWire =
                dry || settings.secondInstance == null ? wire : Wire.to(settings.secondInstance, settings.insecure);
        secondInstance = dry ? null : process(settings.secondCommand, settings.secondReady, secondWire);
        // The token may be in the command, which everybody can see, but it is still a secret.
        canaries.innocent((settings.memberId + " " + handler + " " + settings.domain + " " + settings.handlerCommand
                        + " " + settings.secondCommand)
                .replace(settings.proof.reveal(), " "));
        canaries.innocent("00000000000000000000000000000001 imopenlines,imconnector,im,user_brief");
        canaries.add("application_token", settings.proof.reveal());
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
                        to);
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

    @Nullable
    HandlerProcess process() {
        return process;
    }

    /** Returns the handler's second instance, which a case starts; null if the user has declared none. */
    @Nullable
    HandlerProcess secondInstance() {
        return secondInstance;
    }

    /** Returns the wire to the second instance; in a run that sends nothing, that to the first. */
    Wire secondWire() {
        return secondWire;
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

    /** Records that the handler accepted a token that only an event of the application's life contained. */
    void tookNewToken() {
        installing = true;
    }

    /** Returns whether the handler is declared to record installations, or was observed to do so. */
    boolean recordsInstallations() {
        return installing
                || Boolean.TRUE.equals(settings.installing)
                || front.seen().stream().anyMatch(call -> call.line().contains("/oauth/"));
    }

    /** Ends the application's tokens on the simulated portal, whose OAuth host refuses them from now on. */
    void uninstall() {
        if (portal != null) {
            var unused = portal.uninstall(true);
        }
    }

    /** Adds a secret of the run that no portal has issued. */
    synchronized void secret(String name, String text) {
        canaries.add(name + "#" + ++tokens, text);
    }

    String masked(String text) {
        return canaries.masked(text);
    }

    // The parts of every answer that are kept.

    void answered(CaseRun from, Reply reply) {
        if (wire.isDry()) {
            return;
        }
        String answer = reply.head() + reply.text();
        // The handler's public path is no secret, and many error pages repeat it.
        String path = Request.target(wire.target()).split("\\?", 2)[0];
        Set<String> found = canaries.in(answer);
        Set<String> telltale = reply.status() >= 400 ? Telltale.in(reply.text().replace(path, "/")) : Set.of();
        List<String> chats = Exchanges.chats(reply.sent());
        synchronized (this) {
            answers++;
            listen(reply);
            for (String name : found) {
                leaks.add(from.contractCase().id() + " answered with <" + name + ">, " + reply.outcome());
            }
            for (String what : telltale) {
                telling.add(what + " in the answer with status " + reply.status() + " of "
                        + from.contractCase().id());
            }
            for (String chat : chats) {
                Entry entry = ledger.computeIfAbsent(
                        chat, id -> new Entry(id, from.contractCase().id(), reply.at()));
                entry.sent++;
                entry.acknowledged += reply.is2xx() ? 1 : 0;
            }
        }
    }

    /** Watches for silence. If nothing else has come for a long time, waiting longer is useless. */
    private void listen(Reply reply) {
        boolean nothing = reply.failure() != null && reply.failure().startsWith(Reply.NO_ANSWER + " in");
        unanswered = nothing ? unanswered + 1 : 0;
        if (!nothing) {
            answeredAt = System.nanoTime();
        }
        long quiet = System.nanoTime() - answeredAt;
        silent |= unanswered >= SILENCES
                && quiet > patience().plus(settings.silence).toNanos();
    }

    /** Returns whether the handler takes connections and never answers any more. */
    boolean silent() {
        return silent;
    }

    /** Returns how long to wait for effects that must not come. */
    Duration quiet() {
        return quiet;
    }

    void quiet(Duration time) {
        quiet = time;
    }

    synchronized long answers() {
        return answers;
    }

    /** Secrets that came back in answers. */
    synchronized Set<String> leaks() {
        return new LinkedHashSet<>(leaks);
    }

    /** Returns the internals of the handler that its answers to errors revealed. */
    synchronized Set<String> telling() {
        return new LinkedHashSet<>(telling);
    }

    synchronized List<Entry> ledger() {
        return new ArrayList<>(ledger.values());
    }

    /** Returns all output and logs of the handler, or null if the suite cannot see them. */
    @Nullable
    String log() {
        if (process == null && settings.logs.isEmpty()) {
            return null;
        }
        StringBuilder text = new StringBuilder(process == null ? "" : process.output());
        text.append(secondInstance == null ? "" : secondInstance.output());
        for (Path log : settings.logs) {
            try (var files = Files.walk(log)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    text.append('\n').append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
                }
            } catch (IOException e) {
                text.append('\n');
            }
        }
        return text.toString();
    }

    /** Returns the length of all output and logs of the handler in bytes; 0 if the suite cannot see them. */
    long logLength() {
        long length = Stream.of(Optional.ofNullable(process), Optional.ofNullable(secondInstance))
                .flatMap(Optional::stream)
                .mapToLong(HandlerProcess::printedBytes)
                .sum();
        for (Path log : settings.logs) {
            try (var files = Files.walk(log)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    length += Files.size(file);
                }
            } catch (IOException e) {
                // A log that is rotated at this moment counts as empty.
            }
        }
        return length;
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
        try (Connection connection = wire.open()) {
            if (connection.isOpen()) {
                return true;
            }
        }
        return process != null && !process.alive() && process.start();
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
