// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.RecordingHandler;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.yaml.snakeyaml.Yaml;

/** Compares what the control API takes and answers with what {@code docs/portal-control.yaml} says. */
@Timeout(300)
class ControlSchemaTest {

    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final String ONLY = "expected only ";
    private static final String OTHER = " but found \"another member\" at $";

    private final JsonObject document = read();
    private final RestCaller caller = new RestCaller();
    private final TreeSet<String> called = new TreeSet<>();
    private PortalServer server;
    private RecordingHandler handler;

    private static JsonObject read() {
        try {
            Map<String, Object> root =
                    new Yaml().load(Files.readString(Path.of("..", "..", "docs", "portal-control.yaml")));
            return PhpJson.PROVIDER.createObjectBuilder(root).build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void start() {
        server = PortalServer.start();
        handler = RecordingHandler.start();
    }

    @AfterEach
    void stop() {
        server.close();
        handler.close();
    }

    @Test
    void everyOperationTakesAndAnswersWhatIsDescribed() {
        post("portals", """
                {"label": "all", "domain": "all.test", "member_id": "m", "application_token": "t", "client_id": "c",
                 "client_secret": "s", "webhook_code": "w", "scope": ["imopenlines", "crm"], "dialect": "platform",
                 "installed": true, "client_endpoint": "%1$sall/rest/", "server_endpoint": "%1$sauth/rest/",
                 "redirect_uri": "https://app.example.com/", "lines": [{"id": 1, "name": "Sales"}],
                 "crm": [{"type": "deal", "id": 7, "title": "Big order"}],
                 "chats": [{"line_id": 1, "connector": "viber", "group": true, "customers": ["Anna", "Boris"],
                   "bots": ["Robo"], "crm": [{"type": "deal", "id": 7}],
                   "messages": [{"by": "Anna", "text": "Hi", "files": [{"name": "a.txt", "text": "x"}]}]}],
                 "subscriptions": [{"handler": "%2$s", "event": "ONSESSIONFINISH", "auth_type": 0}],
                 "tokens": [{"access_token": "a", "user_id": 1, "expires_in": 86400}], "time_zone": "UTC",
                 "reports": {"known": true, "denied_users": [5], "allowed_users": [5]}}
                """.formatted(server.uri(), handler.uri()));
        Portal portal = server.portal("all").orElseThrow();
        get("portals");
        get("portals/all");
        linesAndChats(portal);
        ends();
        deliveries();
        connectors(portal);
        settings();
        theApplication();
        delete("portals/all/lines/1");
        delete("portals/all");

        TreeSet<String> described = new TreeSet<>();
        operations((id, operation) -> {
            if (!operation.toString().contains("#/components/responses/Stream")) {
                described.add(id);
            }
        });
        assertThat(called).isEqualTo(described);
    }

    private void linesAndChats(Portal portal) {
        post("portals/all/lines", "{\"name\":\"Support\"}");
        get("portals/all/lines");
        post("portals/all/chats", "{\"line_id\":1}");
        get("portals/all/chats");
        get("portals/all/chats/17");
        post("portals/all/chats/17/people", "{\"customer\":\"Carla\"}");
        post("portals/all/chats/17/people", "{\"bot\":\"Beep\"}");
        post("portals/all/chats/17/transfer", "{\"line_id\":2}");
        post(
                "portals/all/chats/17/messages",
                "{\"by\":\"Carla\",\"files\":[{\"name\":\"b.bin\",\"base64\":\"AQI=\"}]}");
        String message =
                "portals/all/chats/17/messages/" + portal.chats().get(0).lastMessageId();
        post(message, "{\"text\":\"changed\"}");
        post(message, "{}");
        post("portals/all/crm", "{\"type\":\"lead\",\"id\":3,\"title\":\"New\"}");
        get("portals/all/crm");
        post(
                "portals/all/chats/17/session",
                "{\"source\":\"viber\",\"vote\":\"like\",\"stars\":5,\"comment\":\"good\",\"crm_type\":\"lead\",\"crm_id\":3}");
        get("portals/all/sessions");
    }

    private void ends() {
        post("portals/all/chats/17/close", "{\"by\":\"operator\"}");
        post("portals/all/chats/17/resume", null);
        post("portals/all/chats/17/break-off", null);
        post("portals/all/chats/17/repair", null);
        post("portals/all/chats/17/return", null);
        post("portals/all/chats/17/duplicate", null);
        get("portals/all/clock");
        post("portals/all/clock", "{\"freeze\":true,\"advance_seconds\":7200,\"time_zone\":\"Europe/Berlin\"}");
        post("portals/all/chats/18/dismiss", null);
        post("portals/all/clock", "{\"at\":\"2027-01-01T00:00:00Z\"}");
        post("portals/all/clock", "{\"run\":true}");
        get("portals/all/sessions");
        refused("portals/all/chats/18/close", "{}", 409);
        refused("portals/all/chats/99/close", "{}", 404);
    }

    private void deliveries() {
        get("portals/all/deliveries");
        get("portals/all/deliveries/1");
        get("portals/all/deliveries/1/view");
        get("portals/all/deliveries/1/curl");
        get("portals/all/deliveries/1/junit");
        post("portals/all/deliveries/1/again", "{\"body\":\"a=1\"}");
        post("portals/all/deliveries/1/again", "{}");
        post(
                "portals/all/subscriptions",
                "{\"event\":\"OnAppUpdate\",\"handler\":\"" + handler.uri() + "\",\"dialect\":\"docs-2026\"}");
        get("portals/all/subscriptions");
        post("portals/all/subscriptions/2/dialect", "{\"dialect\":\"docs-2024\"}");
        delete("portals/all/subscriptions/2");
        String record = new String(
                server.portal("all").orElseThrow().deliveries().get(0).requestBody(), StandardCharsets.UTF_8);
        post("portals/all/replay", "{\"body\":\"" + record + "\",\"verbatim\":false}");
        post("portals/all/plan", """
                {"seed": 3, "copies": 1, "order": "shuffled", "delay_ms": 0, "concurrency": 2, "rate": 1000,
                 "chunked": [5], "expect_continue": false, "wrong_token": false, "set": {"data.x": 1}}""");
        get("portals/all/plan");
        post("portals/all/hold", null);
        post("portals/all/chats/17/close", "{}");
        post("portals/all/release", "{}");
        post("portals/all/plan", "{}");
    }

    private void connectors(Portal portal) {
        post("portals/all/connectors", "{\"code\":\"my_connector\"}");
        post("portals/all/connectors/delivered", "{\"message_id\":1,\"external_id\":\"x\"}");
        post("portals/all/connectors/switch-off", "{\"code\":\"my_connector\",\"line_id\":1}");
        URI bind = portal.restUri().resolve("event.bind");
        assertThat(caller.post(bind, "auth=a&event=ONSESSIONSTART&event_type=offline")
                        .body())
                .contains("\"result\":true");
        post("portals/all/chats", "{}");
        assertThat(get("portals/all/offline")).contains("\"message_id\":");
    }

    private void settings() {
        post("portals/all/reports", "{\"included\":false,\"first_answer_seconds\":60,\"hidden_lines\":[1]}");
        post(
                "portals/all/faults",
                "{\"fault\":\"error\",\"status\":418,\"code\":\"TEA\",\"description\":\"x\",\"on\":\"scope\",\"first\":1}");
        get("portals/all/faults");
        caller.get(server.uri().resolve("all/rest/scope?auth=a"));
        caller.get(server.uri().resolve("all/rest/profile?auth=no"));
        assertThat(get("portals/all/calls")).contains("\"fault\":", "\"error\":");
        get("portals/all/deliveries/1/view");
        delete("portals/all/faults");
        post(
                "portals/all/limits",
                "{\"bucket\":50,\"leak_per_second\":2,\"operating_seconds\":480,\"costs\":{\"scope\":0.5}}");
        post("portals/all/limits", "{}");
        post("portals/all/answers", "{\"method\":\"x.y\",\"result\":{\"a\":[1]}}");
        post("portals/all/tokens", "{\"user_id\":1,\"expires_in\":60}");
        post("portals/all/tokens", "{\"refresh\":true,\"expired\":true}");
    }

    private void theApplication() {
        post("portals/all/pay", "{\"days\":30}");
        post("portals/all/renew-subscription", null);
        post("portals/all/confirm", "{\"method\":\"voximplant.user.get\",\"allowed\":false}");
        post("portals/all/installer", "{\"page\":\"" + handler.uri() + "\"}");
        post("portals/all/install", null);
        post("portals/all/update", "{\"new_token\":true}");
        post("portals/all/paid", "{\"paid\":true}");
        post("portals/all/uninstall", "{\"clean\":true}");
    }

    /** Sends each operation a member that is not described: the refusal lists those that are. */
    @Test
    void theMembersOfEveryBodyAreTheDescribedOnes() {
        Portal portal = server.portal(PortalSetup.minted().label("all"));
        portal.subscribe("ONSESSIONFINISH", handler.uri());
        portal.openLine("Support").openChat().close();

        operations((id, operation) -> {
            if (!operation.containsKey("requestBody")) {
                return;
            }
            String path = id.substring("POST /".length())
                    .replace("{label}", "all")
                    .replace("{message}", "1")
                    .replace("chats/{id}", "chats/17")
                    .replace("{id}", "1");
            String another = "{\"another member\":1}";
            String said = refused(path, another, 400);

            assertThat(said).as(id).startsWith(ONLY).endsWith(OTHER);
            List<String> taken = List.of(said.substring(ONLY.length(), said.length() - OTHER.length())
                    .split(", "));
            JsonObject schema = resolved(taken(operation));
            assertThat(schema.getJsonObject("properties").keySet()).as(id).containsExactlyInAnyOrderElementsOf(taken);
            assertThat(misfits(schema, another)).as(id).isNotEmpty();
        });
    }

    // ---- calls

    private String get(String path) {
        return answered("GET", path, caller.get(uri(path)));
    }

    private void delete(String path) {
        answered("DELETE", path, caller.delete(uri(path)));
    }

    private void post(String path, @Nullable String body) {
        JsonObject operation = operation("POST", path);
        if (body != null) {
            assertThat(misfits(taken(operation), body)).as("%s %s", path, body).isEmpty();
        }
        answered("POST", path, sent(path, body == null ? "" : body));
    }

    private String refused(String path, String body, int status) {
        HttpResponse<String> answer = sent(path, body);
        assertThat(answer.statusCode()).as("%s: %s", path, answer.body()).isEqualTo(status);
        JsonObject operation = operation("POST", path);
        JsonObject described = resolved(operation.getJsonObject("responses").getJsonObject("default"));
        assertThat(misfits(schema(described, "application/json"), answer.body()))
                .as(path)
                .isEmpty();
        return PhpJson.parse(answer.body().getBytes(StandardCharsets.UTF_8))
                .asJsonObject()
                .getString("error");
    }

    private HttpResponse<String> sent(String path, String body) {
        return caller.post(uri(path), body, "Content-Type", "application/json");
    }

    private URI uri(String path) {
        return server.uri().resolve("control/" + path);
    }

    private String answered(String method, String path, HttpResponse<String> answer) {
        JsonObject operation = operation(method, path);
        JsonObject responses = operation.getJsonObject("responses");
        String status = responses.keySet().stream()
                .filter(key -> !key.equals("default"))
                .findFirst()
                .orElseThrow();
        assertThat(answer.statusCode())
                .as("%s %s: %s", method, path, answer.body())
                .hasToString(status);
        JsonObject described = resolved(responses.getJsonObject(status));
        String type = described.getJsonObject("content").keySet().iterator().next();
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith(type);
        if (type.equals("application/json")) {
            assertThat(misfits(schema(described, type), answer.body()))
                    .as("%s %s: %s", method, path, answer.body())
                    .isEmpty();
        }
        called.add(method + " " + template(path));
        return answer.body();
    }

    // ---- the document

    private void operations(BiConsumer<String, JsonObject> each) {
        document.getJsonObject("paths")
                .forEach((path, operations) -> operations.asJsonObject().forEach((method, operation) -> {
                    if (!method.equals("parameters")) {
                        each.accept(method.toUpperCase(Locale.ROOT) + " " + path, operation.asJsonObject());
                    }
                }));
    }

    private JsonObject operation(String method, String path) {
        JsonObject found = document.getJsonObject("paths")
                .getJsonObject(template(path))
                .getJsonObject(method.toLowerCase(Locale.ROOT));
        assertThat(found).as("%s %s", method, path).isNotNull();
        return found;
    }

    private String template(String path) {
        return document.getJsonObject("paths").keySet().stream()
                .filter(template -> matches(template.substring(1).split("/"), path.split("/")))
                .findFirst()
                .orElseThrow(() -> new AssertionError(path + " is not described"));
    }

    private static boolean matches(String[] template, String[] path) {
        if (template.length != path.length) {
            return false;
        }
        String[] filled = template.clone();
        for (int i = 0; i < path.length; i++) {
            boolean number = path[i].chars().allMatch(Character::isDigit);
            if (template[i].equals("{label}") || number && template[i].startsWith("{")) {
                filled[i] = path[i];
            }
        }
        return Arrays.equals(filled, path);
    }

    private static JsonObject taken(JsonObject operation) {
        assertThat(operation).as("an operation that takes a body").containsKey("requestBody");
        return schema(operation.getJsonObject("requestBody"), "application/json");
    }

    private static JsonObject schema(JsonObject holder, String type) {
        return holder.getJsonObject("content").getJsonObject(type).getJsonObject("schema");
    }

    private JsonObject resolved(JsonObject object) {
        JsonValue reference = object.get("$ref");
        return reference instanceof JsonString text
                ? document.getValue(text.getString().substring(1)).asJsonObject()
                : object;
    }

    private List<Error> misfits(JsonObject schema, String body) {
        String whole = PhpJson.PROVIDER
                .createObjectBuilder(schema)
                .add("components", document.get("components"))
                .build()
                .toString();
        return REGISTRY.getSchema(whole, InputFormat.JSON).validate(body, InputFormat.JSON);
    }
}
