// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import dev.openlines.model.Secret;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Map;

/** Reads a portal's setup from JSON, as the control API takes it. Unknown members are refused. */
final class PortalSeed {

    private PortalSeed() {}

    static PortalSetup setup(JsonObject json) {
        PortalSetup setup = PortalSetup.minted();
        String clientId = null;
        String clientSecret = null;
        for (Map.Entry<String, JsonValue> member : json.entrySet()) {
            String name = member.getKey();
            JsonValue value = member.getValue();
            switch (name) {
                case "label" -> setup = setup.label(ControlApi.requireText(value, name));
                case "domain" -> setup = setup.domain(ControlApi.requireText(value, name));
                case "member_id" -> setup = setup.memberId(ControlApi.requireText(value, name));
                case "application_token" ->
                    setup = setup.applicationToken(Secret.of(ControlApi.requireText(value, name)));
                case "webhook_code" -> setup = setup.webhookCode(Secret.of(ControlApi.requireText(value, name)));
                case "client_id" -> clientId = ControlApi.requireText(value, name);
                case "client_secret" -> clientSecret = ControlApi.requireText(value, name);
                case "scope" -> setup = setup.scope(scope(value));
                case "dialect" -> setup = setup.dialect(ControlApi.dialect(ControlApi.requireText(value, name)));
                default -> throw new IllegalArgumentException("a portal has no " + name);
            }
        }
        if (clientId == null && clientSecret == null) {
            return setup;
        }
        return setup.client(
                clientId == null ? Minting.clientId() : clientId,
                Secret.of(clientSecret == null ? Minting.lettersAndDigits(50) : clientSecret));
    }

    private static List<String> scope(JsonValue value) {
        if (value.getValueType() != JsonValue.ValueType.ARRAY) {
            return List.of(ControlApi.requireText(value, "scope").split(","));
        }
        return value.asJsonArray().stream()
                .map(item -> ControlApi.requireText(item, "scope"))
                .toList();
    }
}
