// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.spring;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/** A handler as tutorials of Spring MVC show one. Not to copy: NaiveHookTest has the cases that it fails. */
@RestController
@EnableAutoConfiguration
public class NaiveHook {

    private final JsonMapper json;

    @Value("${APPLICATION_TOKEN}")
    private String applicationToken = "";

    @Value("${EVIDENCE}")
    private Path evidence = Path.of("");

    NaiveHook(JsonMapper json) {
        this.json = json;
    }

    public static void main(String[] arguments) {
        SpringApplication.run(NaiveHook.class, arguments);
    }

    @PostMapping("/hook")
    ResponseEntity<String> receive(@RequestParam Map<String, String> form) throws IOException {
        if (!applicationToken.equals(form.get("auth[application_token]"))) {
            return ResponseEntity.status(HttpStatus.FORBIDDEN).build();
        }
        if ("ONSESSIONFINISH".equals(form.get("event"))) {
            Map<String, Object> closed = new LinkedHashMap<>();
            closed.put("member_id", form.get("auth[member_id]"));
            closed.put("chat_id", Long.parseLong(form.get("data[DATA][connector][chat_id]")));
            closed.put("line_id", form.get("data[DATA][connector][line_id]"));
            closed.put("connector_id", form.get("data[DATA][connector][connector_id]"));
            closed.put("line_name", form.get("data[DATA][line][name]"));
            String line = json.writeValueAsString(closed) + "\n";
            Files.writeString(evidence, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        return ResponseEntity.ok("OK");
    }
}
