// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.Secret;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Dialect;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import dev.openlines.portal.DeliveryPlan;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.EventSender;
import dev.openlines.portal.wire.Exchange;
import dev.openlines.portal.wire.Minting;
import dev.openlines.portal.wire.PathEdit;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code openlines send}: events to a handler, as the platform sends them. */
@Command(
        name = "send",
        mixinStandardHelpOptions = true,
        description = "Sends events to a handler, at most once each, one connection for each.")
final class SendCommand implements Callable<Integer> {

    static final Limits OWN_BODY = new Limits(64 << 20, 1_000_000, 64, 64 << 20, 64 << 20);

    private static final Duration REFRESH_LIFETIME = Duration.ofDays(30);

    enum Format {
        TEXT,
        JSONL
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--to", required = true, paramLabel = "URL", description = "The handler.")
    private String to = "";

    @Option(names = "--member-id", paramLabel = "M", description = "The portal the events claim to come from.")
    private @Nullable String memberId;

    @Option(names = "--application-token", paramLabel = "T", description = "The token that proves it.")
    private @Nullable String applicationToken;

    @Option(
            names = "--event",
            paramLabel = "CODE",
            description = "The event's code in any case, such as OnImConnectorMessageAdd; OnSessionFinish by default.")
    private String event = "ONSESSIONFINISH";

    @Option(
            names = "--dialect",
            paramLabel = "D",
            description = "platform (default), docs-2024, docs-2024-table or docs-2026.")
    private String dialect = "platform";

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many events, each of its own chat.")
    private int count = 1;

    @Option(names = "--concurrency", paramLabel = "C", description = "How many at a time.")
    private int concurrency = 1;

    @Option(names = "--rate", paramLabel = "R", description = "Send at most this many each second.")
    private @Nullable Double rate;

    @Option(
            names = "--set",
            paramLabel = "path=value",
            description = "Change a field, such as data.DATA.line.name=Support. May be given several times.")
    private List<String> sets = List.of();

    @Option(
            names = "--body",
            paramLabel = "FILE",
            description = "Send this body with a fresh ts and the given portal and tokens: a form, JSON, or any file"
                    + " that decode reads.")
    private @Nullable String body;

    @Option(names = "--verbatim", description = "Send the body of --body byte for byte.")
    private boolean verbatim;

    @Option(names = "--json", description = "Send JSON instead of a form.")
    private boolean json;

    @Option(names = "--tokenless", description = "Send no access token, as after a timer.")
    private boolean tokenless;

    @Mixin
    private PlanOptions planOptions = new PlanOptions();

    @Option(names = "--insecure", description = "Accept any certificate of an https target.")
    private boolean insecure;

    @Option(names = "--allow-public", description = "Permit a target that is not loopback or private.")
    private boolean allowPublic;

    @Option(names = "--format", paramLabel = "F", description = "text (default) or jsonl.")
    private Format format = Format.TEXT;

    private SendCommand() {}

    /** One event that is sent: its number, its time, and its result. */
    private record Sent(int number, Instant at, int bytes, Exchange exchange) {}

    @Override
    public Integer call() throws InterruptedException {
        URI target = target();
        check();
        Dialect shape = shape();
        List<Map.Entry<List<String>, String>> edits =
                sets.stream().map(this::edit).toList();
        Capture capture = capture();
        JsonObject template = capture == null || verbatim ? null : template(capture);
        DeliveryPlan plan = plan();
        EventSender.Settings settings = new EventSender.Settings(
                EventSender.Settings.defaults().connectTimeout(),
                EventSender.Settings.defaults().answerTimeout(),
                allowPublic);
        EventSender sender = new EventSender(insecure ? settings.insecure() : settings);
        long firstChat = Instant.now().getEpochSecond() % 1_000_000 * 1_000_000L + 1;
        Body bodies = number -> {
            if (capture != null && verbatim) {
                return capture.body();
            }
            JsonObject payload = template == null ? event(shape, firstChat + number) : stamped(template, shape);
            for (Map.Entry<List<String>, String> edit : edits) {
                payload = PathEdit.set(payload, edit.getKey(), PhpJson.PROVIDER.createValue(edit.getValue()));
            }
            payload = plan.changed(payload);
            return json ? payload.toString().getBytes(StandardCharsets.UTF_8) : EventBodies.form(payload);
        };
        long begun = System.nanoTime();
        List<Sent> sent = send(target, sender, bodies, plan);
        return report(sent, Duration.ofNanos(System.nanoTime() - begun), plan);
    }

    private DeliveryPlan plan() {
        try {
            return planOptions.plan();
        } catch (IllegalArgumentException e) {
            throw bad(String.valueOf(e.getMessage()));
        }
    }

    /** Makes the body of the event with a number from 0. */
    private interface Body {
        byte[] of(int number);
    }

    private URI target() {
        try {
            URI uri = VerifyCommand.address(to, "--to");
            if (uri.getPort() == 0 || uri.getPort() > 65535) {
                throw bad("expected a port from 1 to 65535 for --to but found " + uri.getPort());
            }
            if (!allowPublic && !EventSender.isPrivate(InetAddress.getByName(uri.getHost()))) {
                throw bad("the target is not on a loopback or private address; --allow-public permits it");
            }
            return uri;
        } catch (IllegalArgumentException e) {
            throw bad(String.valueOf(e.getMessage()));
        } catch (UnknownHostException e) {
            throw CommandFailure.failed("the host of --to is unknown");
        }
    }

    private void check() {
        event = event.toUpperCase(Locale.ROOT);
        if (!SampleEvents.codes().contains(event)) {
            throw bad("expected one of " + String.join(", ", SampleEvents.codes())
                    + " for --event; --body sends any other");
        }
        if (count < 1) {
            throw bad("expected 1 or more for --count but found " + count);
        }
        if (concurrency < 1 || concurrency > 4096) {
            throw bad("expected 1 to 4096 for --concurrency but found " + concurrency);
        }
        if (rate != null && !(rate > 0)) {
            throw bad("expected more than 0 for --rate");
        }
        if (verbatim && (body == null || !sets.isEmpty())) {
            throw bad("--verbatim goes with --body and without --set");
        }
        if (body == null && (memberId == null || applicationToken == null)) {
            throw bad("expected --member-id and --application-token, or --body");
        }
    }

    private Dialect shape() {
        try {
            return Dialect.of(dialect);
        } catch (IllegalArgumentException e) {
            throw bad(e.getMessage() + ", for --dialect");
        }
    }

    private Map.Entry<List<String>, String> edit(String text) {
        int equals = text.indexOf('=');
        try {
            if (equals > 0) {
                return Map.entry(PathEdit.segments(text.substring(0, equals)), text.substring(equals + 1));
            }
        } catch (IllegalArgumentException e) {
            throw bad(e.getMessage() + ", for --set");
        }
        throw bad("expected path=value for --set");
    }

    private @Nullable Capture capture() {
        if (body == null) {
            return null;
        }
        try (CommandInput input = CommandInput.open(body)) {
            Capture capture = Capture.of(input.all());
            if (verbatim && !capture.exact()) {
                throw bad("--verbatim needs the bytes that were sent, and --body is " + capture.kind());
            }
            if (capture.kind() != null) {
                spec.commandLine().getErr().println("openlines: read as " + capture.kind());
            }
            return capture;
        } catch (Capture.Unreadable e) {
            throw CommandFailure.badInput("the body of --body cannot be read as " + e.getMessage());
        }
    }

    private static JsonObject template(Capture capture) {
        try {
            return Envelope.parse(capture.body(), capture.format(), OWN_BODY).raw();
        } catch (DecodeException e) {
            throw CommandFailure.badInput("the body of --body cannot be read: " + e.getMessage());
        }
    }

    /** Returns an event that no portal sent. Its tokens and addresses are made up. */
    private JsonObject event(Dialect shape, long chatId) {
        // So the token need not be random in a secure way. A secure source would take 20 ms to begin.
        Instant now = Instant.now();
        boolean tokens = !tokenless && SampleEvents.hasTokens(event);
        EventBodies.AuthFacts auth = new EventBodies.AuthFacts(
                tokens ? token(now.plus(EventBodies.ACCESS_LIFETIME)) : null,
                now.plus(EventBodies.ACCESS_LIFETIME),
                "imopenlines",
                "portal.bitrix24.test",
                "https://oauth.bitrix24.test/rest/",
                "L",
                "https://portal.bitrix24.test/rest/",
                memberId,
                1,
                tokens && SampleEvents.hasRefreshToken(event) ? token(now.plus(REFRESH_LIFETIME)) : null,
                applicationToken == null ? null : Secret.of(applicationToken));
        return EventBodies.envelope(event, 12, SampleEvents.data(event, chatId, shape), now, auth, shape);
    }

    private static Secret token(Instant expires) {
        return Minting.token(expires, 1, ThreadLocalRandom.current());
    }

    private JsonObject stamped(JsonObject template, Dialect shape) {
        long now = Instant.now().getEpochSecond();
        JsonObject payload = PathEdit.set(
                template,
                List.of("ts"),
                shape == Dialect.PLATFORM
                        ? PhpJson.PROVIDER.createValue(Long.toString(now))
                        : PhpJson.PROVIDER.createValue(now));
        if (memberId != null) {
            payload = PathEdit.set(payload, List.of("auth", "member_id"), PhpJson.PROVIDER.createValue(memberId));
        }
        if (applicationToken != null) {
            payload = PathEdit.set(
                    payload, List.of("auth", "application_token"), PhpJson.PROVIDER.createValue(applicationToken));
        }
        return payload;
    }

    private List<Sent> send(URI target, EventSender sender, Body bodies, DeliveryPlan plan)
            throws InterruptedException {
        String type = json ? "application/json" : "application/x-www-form-urlencoded";
        AtomicInteger next = new AtomicInteger();
        List<Integer> order = plan.ordered(IntStream.range(0, count).boxed().toList());
        Map<Integer, byte[]> made = new ConcurrentHashMap<>();
        List<Sent> sent = new ArrayList<>(order.size());
        Queue<Throwable> faults = new ConcurrentLinkedQueue<>();
        long begun = System.nanoTime();
        Runnable worker = () -> {
            for (int i = next.getAndIncrement(); i < order.size(); i = next.getAndIncrement()) {
                waitFor(begun + plan.delay().toNanos(), i);
                // Copies must have equal bytes. Without copies, no body needs to be kept.
                byte[] bytes = order.size() == count
                        ? bodies.of(order.get(i))
                        : made.computeIfAbsent(order.get(i), bodies::of);
                Instant at = Instant.now();
                Exchange exchange =
                        sender.send(target, EventSender.head(target, bytes.length, type), bytes, plan.framing());
                Sent done = new Sent(order.get(i) + 1, at, bytes.length, exchange);
                synchronized (sent) {
                    sent.add(done);
                    if (format == Format.JSONL) {
                        line(done);
                    }
                }
            }
        };
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < Math.min(concurrency, order.size()); i++) {
            Thread thread = new Thread(worker, "send-" + i);
            thread.setUncaughtExceptionHandler((broken, fault) -> faults.add(fault));
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (!faults.isEmpty()) {
            throw new IllegalStateException("sending broke off", faults.element());
        }
        return sent;
    }

    private void waitFor(long begun, int number) {
        long due = rate == null ? begun : begun + (long) (number / rate * 1e9);
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private void line(Sent sent) {
        Exchange exchange = sent.exchange();
        JsonObjectBuilder out = EventBodies.object()
                .add("number", sent.number())
                .add("sent_at", sent.at().toString())
                .add("bytes", sent.bytes())
                .add("status", exchange.status())
                .add("acknowledged", exchange.acknowledged())
                .add("connect_ms", millis(exchange.connect()))
                .add("first_byte_ms", millis(exchange.firstByte()))
                .add("total_ms", millis(exchange.total()))
                .add("backlog_suspected", exchange.backlogSuspected());
        if (exchange.failure() != null) {
            out.add("failure", exchange.failure());
        }
        StringBuilder text = new StringBuilder();
        PhpJson.plain(out.build(), text);
        spec.commandLine().getOut().println(text);
    }

    private static double millis(Duration time) {
        return Math.round(time.toNanos() / 1e3) / 1e3;
    }

    private int report(List<Sent> sent, Duration took, DeliveryPlan plan) {
        List<Exchange> acknowledged =
                sent.stream().map(Sent::exchange).filter(Exchange::acknowledged).toList();
        if (format == Format.TEXT) {
            if (!plan.isPlatform()) {
                spec.commandLine().getOut().println("plan: " + plan);
            }
            text(sent, acknowledged, took);
        }
        return acknowledged.size() == sent.size() ? 0 : OpenlinesCommand.FAILED;
    }

    private void text(List<Sent> sent, List<Exchange> acknowledged, Duration took) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                Locale.ROOT,
                "sent %d, acknowledged %d, in %.3f s (%.0f per second)%n",
                sent.size(),
                acknowledged.size(),
                took.toNanos() / 1e9,
                sent.size() / (took.toNanos() / 1e9));
        out.println("connect: " + new Percentiles(times(sent, Exchange::connect)));
        if (!acknowledged.isEmpty()) {
            out.println("ack:     "
                    + new Percentiles(
                            acknowledged.stream().map(Exchange::firstByte).toList()));
        }
        long backlog =
                sent.stream().filter(one -> one.exchange().backlogSuspected()).count();
        if (backlog > 0) {
            out.println(
                    "backlog: " + backlog + " connections waited for a full queue of connections, not for the handler");
        }
        Map<String, Long> others = sent.stream()
                .map(Sent::exchange)
                .filter(exchange -> !exchange.acknowledged())
                .collect(Collectors.groupingBy(SendCommand::outcome, TreeMap::new, Collectors.counting()));
        others.forEach((outcome, number) -> out.println("not acknowledged: " + number + " x " + outcome));
    }

    private static List<Duration> times(List<Sent> sent, java.util.function.Function<Exchange, Duration> time) {
        return sent.stream().map(one -> time.apply(one.exchange())).toList();
    }

    private static String outcome(Exchange exchange) {
        return exchange.failure() != null ? exchange.failure() : "status " + exchange.status();
    }

    private ParameterException bad(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
