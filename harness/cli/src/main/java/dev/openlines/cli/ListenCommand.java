// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.cli.PortalOptions.PortalAccess;
import dev.openlines.client.ClientException;
import dev.openlines.client.ErrorCode;
import dev.openlines.client.NoAnswerException;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RetriableRestException;
import dev.openlines.client.Subscription;
import dev.openlines.model.AppStatus;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Printed;
import dev.openlines.model.Secret;
import dev.openlines.parser.Dialect;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.EventSender;
import dev.openlines.portal.wire.Exchange;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.IDN;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code openlines listen}: the events of a real portal, posted to a handler on this machine. */
@Command(
        name = "listen",
        mixinStandardHelpOptions = true,
        description = {
            "Delivers the events of a real portal to a handler on this machine, without a tunnel: they wait in an",
            "offline queue of their own, and are posted from here in the shape of a direct delivery, once each.",
            "Needs a local application that is used for nothing else, and an administrator's access token of it, in the"
                    + " variable OPENLINES_ACCESS_TOKEN or in a file. Ends with Ctrl-C, and unbinds what it bound; after a"
                    + " crash the next run does."
        })
final class ListenCommand implements Callable<Integer> {

    private static final Map<ErrorCode, String> REMEDIES = Map.of(
            ErrorCode.WRONG_AUTH_TYPE, "an incoming webhook has no events: use a local application's token",
            ErrorCode.ACCESS_DENIED, "the token's user must be an administrator",
            ErrorCode.INSUFFICIENT_SCOPE, "the application needs the scopes of the events",
            ErrorCode.ERROR_EVENT_NOT_FOUND, "the event is unknown, or the application lacks its scope",
            ErrorCode.EXPIRED_TOKEN, "take a new token; the next run unbinds what this one bound");

    /** Stands for the portal in records. */
    private static final String RECORDED = "portal.bitrix24.test";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private PortalOptions portal = new PortalOptions();

    @Option(names = "--forward-to", required = true, paramLabel = "URL", description = "The handler.")
    private URI handler = URI.create("");

    @Option(
            names = "--member-id",
            required = true,
            paramLabel = "M",
            description = "The portal's id that the deliveries name: the one your handler trusts.")
    private String memberId = "";

    @Option(
            names = "--application-token",
            required = true,
            paramLabel = "T",
            description = "The token that your handler trusts, for tests only: queued events carry none.")
    private String applicationToken = "";

    @Option(
            names = "--event",
            paramLabel = "CODE",
            description = "An event to listen to; may be given several times. " + OnSessionFinish.CODE + " by default.")
    private List<String> events = List.of(OnSessionFinish.CODE);

    @Option(names = "--every", paramLabel = "D", description = "How often to look, such as PT2S, the default.")
    private Duration every = Duration.ofSeconds(2);

    @Option(names = "--count", paramLabel = "N", description = "End after this many events.")
    private @Nullable Integer count;

    @Option(
            names = "--record",
            paramLabel = "FOLDER",
            description = "Keep each event there as JSON without tokens and addresses at the portal's own host, for"
                    + " send --body, the portal's page and replay in a test. What customers wrote stays in it.")
    private @Nullable Path folder;

    private int seen;

    private ListenCommand() {}

    @Override
    public Integer call() throws IOException {
        PortalAccess access = portal.access();
        check(access);
        PortalClient client = access.client(Duration.ofSeconds(30));
        OwnApplication application = OwnApplication.of("listen", portal.portal());
        FileChannel lock = application.lock();
        try {
            application.require(client);
            try (CtrlC ctrlC = CtrlC.watch()) {
                listen(client, application, access, ctrlC);
            }
            return 0;
        } catch (ClientException e) {
            throw CommandFailure.of(e, REMEDIES);
        } finally {
            lock.close();
        }
    }

    private void check(PortalAccess access) {
        String host = String.valueOf(handler.getHost());
        try {
            if (!String.valueOf(handler.getScheme()).matches("https?")
                    || handler.getHost() == null
                    || !EventSender.isPrivate(InetAddress.getByName(host))) {
                throw wrong("expected an http or https address on this machine or its network for --forward-to");
            }
        } catch (UnknownHostException e) {
            throw wrong("--forward-to: the host is unknown");
        }
        if (every.compareTo(Duration.ofMillis(500)) < 0 && !access.isLoopback()) {
            throw wrong("expected at least PT0.5S for --every, for the sake of the portal's rate limit");
        }
        if (count != null && count < 1) {
            throw wrong("expected 1 or more for --count but found " + count);
        }
    }

    private void listen(PortalClient client, OwnApplication application, PortalAccess access, CtrlC ctrlC)
            throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try {
            for (String event : events) {
                client.subscriptions().ensure(Subscription.offline(event).withConnector(application.key()));
            }
            out.println("listening to " + String.join(", ", events) + " of "
                    + access.rest().getHost()
                    + ", forwarding to "
                    + handler + ", until Ctrl-C");
            EventSender sender = new EventSender(EventSender.Settings.defaults().insecure());
            while (!ctrlC.pressed() && (count == null || seen < count)) {
                if (!look(client, application.key(), sender, access)) {
                    Thread.sleep(every.toMillis());
                }
            }
        } catch (InterruptedException e) {
            // Asked to end.
        } catch (ClientException e) {
            // A call that was interrupted fails in its own way.
            if (!ctrlC.pressed()) {
                throw e;
            }
        } finally {
            ctrlC.cleanUp();
            unbind(client, application);
        }
    }

    /** Unbinds all that this key has bound, also in a run that crashed, and forgets what still waits. */
    private void unbind(PortalClient client, OwnApplication application) {
        application.unbind(client);
        String key = application.key();
        int left = 0;
        for (JsonArray waiting = take(client, key); !waiting.isEmpty(); waiting = take(client, key)) {
            left += waiting.size();
        }
        spec.commandLine()
                .getOut()
                .println("unbound after " + seen + " events" + (left == 0 ? "" : ", " + left + " more were dropped"));
    }

    /** Takes at most 50 waiting events off the queue. Like a portal's own delivery, each is sent only once. */
    private static JsonArray take(PortalClient client, String key) {
        JsonValue result = client.call("event.offline.get", Map.of("auth_connector", key, "clear", 1, "limit", 50))
                .result();
        return result instanceof JsonObject object && object.get("events") instanceof JsonArray waiting
                ? waiting
                : JsonValue.EMPTY_JSON_ARRAY;
    }

    /** Returns whether an event waited. */
    private boolean look(PortalClient client, String key, EventSender sender, PortalAccess access) throws IOException {
        JsonArray waiting;
        try {
            waiting = take(client, key);
        } catch (RetriableRestException | NoAnswerException e) {
            spec.commandLine().getErr().println("openlines: " + e.getMessage() + "; trying again");
            return false;
        }
        for (JsonObject row : waiting.getValuesAs(JsonObject.class)) {
            forward(row, sender, access);
        }
        return !waiting.isEmpty();
    }

    private void forward(JsonObject row, EventSender sender, PortalAccess access) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        String event = row.getString("EVENT_NAME", "").toUpperCase(Locale.ROOT);
        Instant queued = time(row.getString("TIMESTAMP_X", ""));
        JsonObject payload = payload(row, event, queued, access);
        seen++;
        out.println(queued + "  --> " + Printed.line(event) + " " + Printed.line(row.getString("MESSAGE_ID", "")));
        if (folder != null) {
            record(folder, payload, event, String.valueOf(access.rest().getHost()));
        }
        byte[] body = EventBodies.form(payload);
        byte[] head = EventSender.head(handler, body.length, "application/x-www-form-urlencoded");
        Exchange exchange = sender.send(handler, EventSender.join(head, body));
        String answer = exchange.status() == 0 ? String.valueOf(exchange.failure()) : "[" + exchange.status() + "]";
        out.println(queued + "  <-- " + answer + " " + exchange.total().toMillis() + " ms");
    }

    private static Instant time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            return Instant.now();
        }
    }

    private JsonObject payload(JsonObject row, String event, Instant queued, PortalAccess access) {
        JsonObject data = row.get("EVENT_DATA") instanceof JsonObject object ? object : null;
        EventBodies.AuthFacts auth = new EventBodies.AuthFacts(
                access.secret(),
                Instant.now().plus(EventBodies.ACCESS_LIFETIME),
                "imopenlines",
                String.valueOf(access.rest().getHost()),
                "https://oauth.bitrix.info/rest/",
                AppStatus.LOCAL.code(),
                access.rest().toString(),
                memberId,
                user(row),
                null,
                Secret.of(applicationToken));
        return EventBodies.envelope(event, 1, data, queued, auth, Dialect.PLATFORM);
    }

    private static long user(JsonObject row) {
        String id = row.get("EVENT_ADDITIONAL") instanceof JsonObject additional
                ? String.valueOf(additional.get("user_id")).replace("\"", "")
                : "";
        return id.matches("\\d{1,18}") ? Long.parseLong(id) : 0;
    }

    private void record(Path into, JsonObject payload, String event, String host) throws IOException {
        Map<String, Object> auth = new HashMap<>(Map.of(
                "access_token",
                "***",
                "application_token",
                "***",
                "domain",
                RECORDED,
                "client_endpoint",
                "https://" + RECORDED + "/rest/",
                "server_endpoint",
                "https://oauth.bitrix24.test/rest/",
                "member_id",
                "0".repeat(32),
                "status",
                AppStatus.LOCAL.code()));
        JsonObject kept = EventBodies.object()
                .addAll(Json.createObjectBuilder(payload))
                .add("auth", Json.createObjectBuilder(auth))
                .build();
        Files.createDirectories(into);
        Path file =
                into.resolve(Instant.now().toEpochMilli() + "-" + seen + "-" + event.replaceAll("\\W", "_") + ".json");
        String masked =
                SecretMask.of(kept, text -> withoutAddresses(text, host)).toString();
        Files.writeString(file, masked + "\n", StandardOpenOption.CREATE_NEW);
    }

    /**
     * Replaces the portal's addresses in a text, which may be JSON itself. Such an address may open a file for anybody who
     * knows it. A text that begins with one is replaced as a whole, since the address may have spaces.
     */
    static String withoutAddresses(String text, String host) {
        String hosts = Pattern.quote(host) + "|" + Pattern.quote(IDN.toUnicode(host));
        String begin = "(?:https?:(?:\\\\*/){2}(?:[^\\s/@\"']*@)?|(?<![\\w.-]))";
        String address = "(?iu)" + begin + "(?:" + hosts + ")(?![\\w.-]*\\w)";
        String replacement = "https://" + RECORDED + "/***";
        return Pattern.compile(address).matcher(text.strip()).lookingAt()
                ? replacement
                : Pattern.compile(address + "[^\\s\"'<>\\[\\]]*").matcher(text).replaceAll(replacement);
    }

    private ParameterException wrong(String what) {
        return new ParameterException(spec.commandLine(), what);
    }
}
