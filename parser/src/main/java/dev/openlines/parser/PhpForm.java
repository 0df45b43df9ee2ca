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
 * PHP's {@code application/x-www-form-urlencoded}, for any data: in as {@code $_POST} holds it, out as
 * {@code http_build_query} writes it. Needs an implementation of JSON-P at run time.
 *
 * <p>Thread-safe. Nothing here blocks.
 */
public final class PhpForm {

    private PhpForm() {}

    /**
     * Reads a form as PHP 8 does.
     *
     * @param body the whole body
     * @param limits what to read at most
     * @return what PHP's {@code json_encode} would make of the array: a list where its keys are 0, 1, 2
     *     …, otherwise an object; every value is text, in which invalid UTF-8 is replaced
     * @throws DecodeException of kind {@code LIMIT}; every other body is a form
     */
    public static JsonStructure decode(byte[] body, Limits limits) {
        return TreeJson.structure(Envelope.read(body, BodyFormat.FORM, limits), true, true);
    }

    /**
     * Writes a form as PHP does. Null and empty containers are left out, booleans are 1 and 0, floats
     * have 14 significant digits.
     *
     * @param value an object or an array
     * @return the form, in ASCII; empty where nothing is left
     */
    public static byte[] encode(JsonStructure value) {
        FormFieldWriter out = new FormFieldWriter();
        write(null, value, out);
        return out.form();
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
