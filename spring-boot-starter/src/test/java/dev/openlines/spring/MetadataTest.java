// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;

/** Compares the settings that editors show with the settings in the code. */
class MetadataTest {

    private static Map<String, JsonObject> properties = Map.of();

    @BeforeAll
    static void read() {
        try (JsonReader reader = Json.createReader(Objects.requireNonNull(
                MetadataTest.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")))) {
            properties = reader.readObject().getJsonArray("properties").getValuesAs(JsonObject.class).stream()
                    .collect(Collectors.toMap(property -> property.getString("name"), Function.identity()));
        }
    }

    private static List<RecordComponent> components() {
        return Arrays.asList(OpenlinesProperties.class.getRecordComponents());
    }

    private static String name(RecordComponent component) {
        return "openlines." + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    @Test
    void everySettingIsDescribedAndNoOther() {
        assertThat(properties.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        components().stream().map(MetadataTest::name).toList());
        assertThat(properties.values())
                .allSatisfy(property ->
                        assertThat(property.getString("description")).endsWith("."));
    }

    @Test
    void typesAndDefaultsAreThoseOfTheCode() {
        assertThat(components()).noneMatch(component -> component.isAnnotationPresent(Name.class));
        Map<String, String> defaults = Arrays.stream(
                        OpenlinesProperties.class.getDeclaredConstructors()[0].getParameters())
                .collect(Collectors.toMap(
                        parameter -> parameter.getName(),
                        parameter -> Objects.requireNonNullElse(
                                parameter.getAnnotation(DefaultValue.class) == null
                                        ? null
                                        : String.join(
                                                ",",
                                                parameter
                                                        .getAnnotation(DefaultValue.class)
                                                        .value()),
                                "")));
        assertThat(components()).allSatisfy(component -> {
            JsonObject property = Objects.requireNonNull(properties.get(name(component)));
            assertThat(boxed(component.getGenericType().getTypeName())).isEqualTo(property.getString("type"));
            JsonValue value = property.get("defaultValue");
            String shown = value == null ? "" : value instanceof JsonString text ? text.getString() : value.toString();
            assertThat(shown).as(component.getName()).isEqualTo(defaults.get(component.getName()));
        });
    }

    private static String boxed(String type) {
        return switch (type) {
            case "int" -> "java.lang.Integer";
            case "boolean" -> "java.lang.Boolean";
            default -> type;
        };
    }
}
