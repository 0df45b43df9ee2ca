// SPDX-License-Identifier: Apache-2.0
package peer;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/**
 * A handler as a team would write it: the token is checked, a repeat is told by a unique key, and the event and its effect
 * are one transaction, on the disk before the answer. Prints its port.
 */
@SpringBootApplication
public class Application {

    public static void main(String[] args) {
        System.out.println(
                SpringApplication.run(Application.class, args).getEnvironment().getProperty("local.server.port"));
    }

    @RestController
    static class Endpoint {

        private final Events events;
        private final JsonMapper json;
        private final String member;
        private final byte[] token;

        Endpoint(
                Events events,
                JsonMapper json,
                @Value("${peer.member}") String member,
                @Value("${peer.token}") String token) {
            this.events = events;
            this.json = json;
            this.member = member;
            this.token = token.getBytes(StandardCharsets.UTF_8);
        }

        @PostMapping("/")
        ResponseEntity<Void> receive(@RequestParam Map<String, String> form) throws NoSuchAlgorithmException {
            byte[] sent = form.getOrDefault("auth[application_token]", "").getBytes(StandardCharsets.UTF_8);
            if (!member.equals(form.get("auth[member_id]")) || !MessageDigest.isEqual(sent, token)) {
                return ResponseEntity.status(HttpStatus.FORBIDDEN).build();
            }
            Map<String, String> fields = new TreeMap<>(form);
            fields.keySet().removeIf(name -> name.startsWith("auth["));
            String payload = json.writeValueAsString(fields);
            byte[] key =
                    MessageDigest.getInstance("SHA-256").digest((member + payload).getBytes(StandardCharsets.UTF_8));
            events.handle(
                    HexFormat.of().formatHex(key),
                    payload,
                    member,
                    Long.parseLong(form.get("data[DATA][connector][chat_id]")),
                    Long.parseLong(form.get("ts")));
            return ResponseEntity.ok().build();
        }
    }

    @Service
    static class Events {

        private final JdbcTemplate jdbc;

        Events(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        @Transactional
        public void handle(String key, String payload, String portal, long chat, long closedAt) {
            int inserted = jdbc.update(
                    "insert into event (event_key, payload) values (?, ?) on conflict (event_key) do nothing",
                    key,
                    payload);
            if (inserted == 1) {
                jdbc.update(
                        "insert into closed_chat (portal, chat, closed_at) values (?, ?, ?)", portal, chat, closedAt);
            }
        }
    }
}
