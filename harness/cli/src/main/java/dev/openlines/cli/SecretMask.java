// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Replaces secrets in JSON by three asterisks, however deep they are. */
final class SecretMask {

    /** Names of secrets, in lower case and without separators between their words. */
    private static final Set<String> SECRETS = Set.of("token", "authid", "refreshid");

    /**
     * Ends of such names, for keys that begin with another word, such as {@code auth[access_token} with its broken
     * bracket.
     */
    private static final Pattern SECRET_AT_END =
            Pattern.compile(".*(?:accesstoken|refreshtoken|applicationtoken|clientsecret)");

    /** A secret within a text, such as JSON or a form inside a key or a value. */
    private static final Pattern SECRET_INSIDE =
            Pattern.compile("(?i)((?:access|refresh|application)_?token|client_?secret|auth_id|refresh_id)"
                    + "((?:\\\\*[\"']|\\]|%5D|%22)*\\s*(?:[:=]|%3A|%3D)\\s*(?:\\\\*[\"']|%22)?)"
                    + "[^\"'\\\\&,;}\\s%]+");

    private static final JsonValue MASK = PhpJson.PROVIDER.createValue("***");

    private SecretMask() {}

    /** Returns the value without secrets. */
    static JsonValue of(JsonValue value) {
        return of(value, text -> text);
    }

    /** Returns the value without secrets, and with each text that is a value as another function makes it. */
    static JsonValue of(JsonValue value, UnaryOperator<String> texts) {
        return of(value, false, texts);
    }

    private static JsonValue of(JsonValue value, boolean secret, UnaryOperator<String> texts) {
        if (value instanceof JsonObject object) {
            JsonObjectBuilder out = EventBodies.object();
            object.forEach((name, member) -> out.add(inText(name), of(member, secret || isSecret(name), texts)));
            return out.build();
        }
        if (value instanceof JsonArray array) {
            JsonArrayBuilder out = PhpJson.PROVIDER.createArrayBuilder();
            array.forEach(item -> out.add(of(item, secret, texts)));
            return out.build();
        }
        if (secret) {
            return value.getValueType() == JsonValue.ValueType.NULL ? value : MASK;
        }
        return value instanceof JsonString text
                ? PhpJson.PROVIDER.createValue(texts.apply(inText(text.getString())))
                : value;
    }

    private static boolean isSecret(String name) {
        String plain = name.toLowerCase(Locale.ROOT).replaceAll("[_\\-. ]", "");
        return SECRETS.contains(plain) || SECRET_AT_END.matcher(plain).matches();
    }

    private static String inText(String text) {
        return SECRET_INSIDE.matcher(text).replaceAll("$1$2***");
    }
}
