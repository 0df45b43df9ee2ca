// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code application/x-www-form-urlencoded} as PHP's {@code $_POST} does, and writes it as {@code
 * http_build_query} does, for any data. Needs an implementation of JSON-P at run time.
 *
 * <p>Thread-safe. Nothing here blocks.
 */
public final class PhpForm {

    private PhpForm() {}

    /**
     * Reads a form as PHP 8 does.
     *
     * @param body the whole body
     * @param limits the limits on the body
     * @return the array as PHP's {@code json_encode} would write it: a list if its keys are 0, 1, 2 …, otherwise an
     *     object. Every value is text, with invalid UTF-8 replaced
     * @throws DecodeException of kind {@code LIMIT}; every other body is a form
     */
    public static JsonStructure decode(byte[] body, Limits limits) {
        return TreeJson.structure(Envelope.read(body, BodyFormat.FORM, limits), true, true);
    }

    /**
     * Writes a form as PHP does. Null and empty containers are left out, booleans are 1 and 0, floats
     * have 14 significant digits.
     *
     * <p>A number is written as JSON-P gives it. Most implementations lose the sign of {@code -0.0}, and do not tell
     * that {@code 1.932706916487512E15} was a float. If that matters, pass the JSON text instead.
     *
     * @param value an object or an array
     * @return the form, in ASCII; empty if nothing is left
     */
    public static byte[] encode(JsonStructure value) {
        FormFieldWriter out = new FormFieldWriter();
        write(null, value, out);
        return out.form();
    }

    /**
     * Writes a form as PHP does, from JSON text: {@code http_build_query(json_decode($json, true))}.
     *
     * @param json an object or an array, in UTF-8
     * @param limits the limits on the body
     * @return the form, in ASCII; empty if nothing is left
     * @throws DecodeException if the text is no JSON object or array, or is beyond the limits
     */
    public static byte[] encode(byte[] json, Limits limits) {
        Tree tree = Envelope.read(json, BodyFormat.JSON, limits);
        FormFieldWriter out = new FormFieldWriter();
        out.open(null);
        Node container = tree.root();
        Node node = tree.root().firstChild();
        while (true) {
            if (node == null) {
                out.close();
                if (container == tree.root()) {
                    return out.form();
                }
                node = container.nextSibling();
                container = container.parent();
            } else if (node.isArray()) {
                out.open(node.key());
                container = node;
                node = node.firstChild();
            } else {
                out.text(node.key(), node.formText());
                node = node.nextSibling();
            }
        }
    }

    private static void write(@Nullable String name, JsonValue value, FormFieldWriter out) {
        switch (value.getValueType()) {
            case OBJECT -> {
                JsonObject object = value.asJsonObject();
                out.open(name);
                object.forEach((key, member) -> write(key, member, out));
                out.close();
            }
            case ARRAY -> {
                JsonArray array = value.asJsonArray();
                out.openList(name);
                array.forEach(element -> write(null, element, out));
                out.close();
            }
            case STRING -> out.text(name, ((JsonString) value).getString());
            case NUMBER -> out.text(name, PhpNumber.text(((JsonNumber) value).toString()));
            case TRUE -> out.text(name, "1");
            case FALSE -> out.text(name, "0");
            case NULL -> out.text(name, null);
        }
    }
}
