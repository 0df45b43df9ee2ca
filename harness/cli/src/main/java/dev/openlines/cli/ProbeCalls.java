// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.cli.Probe.Call;
import dev.openlines.cli.Probe.Form;
import dev.openlines.cli.Probe.Right;
import dev.openlines.cli.Probe.Side;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Makes calls of names and values. */
final class ProbeCalls {

    private ProbeCalls() {}

    static Function<Side, Call> plain(String method) {
        return side -> call(method, Map.of());
    }

    static Call call(String method, Map<String, ?> parameters) {
        return new Call(method, Right.GOOD, Form.JSON, object(parameters));
    }

    static Function<Side, Call> formed(String path, Right right, Form form, Map<String, ?> parameters) {
        return side -> new Call(path, right, form, object(parameters));
    }

    private static JsonObject object(Map<String, ?> members) {
        JsonObjectBuilder object = EventBodies.object();
        new TreeMap<>(members).forEach((name, value) -> object.add(name, value(value)));
        return object.build();
    }

    private static JsonValue value(Object value) {
        if (value instanceof Long number) {
            return PhpJson.PROVIDER.createValue(number);
        }
        if (value instanceof Integer number) {
            return PhpJson.PROVIDER.createValue(number);
        }
        if (value instanceof List<?> list) {
            var array = PhpJson.PROVIDER.createArrayBuilder();
            list.forEach(item -> array.add(value(item)));
            return array.build();
        }
        if (value instanceof Map<?, ?> map) {
            // The order of the names is kept, because commands of a batch run one after the other.
            Map<String, Object> members = new TreeMap<>();
            map.forEach((name, item) -> members.put(name.toString(), item));
            return object(members);
        }
        return PhpJson.PROVIDER.createValue(value.toString());
    }
}
