// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EventSchemaTest {

    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final Schema SCHEMA = REGISTRY.getSchema(text(), InputFormat.JSON);

    private static String text() {
        try (InputStream in = EventJson.class.getResourceAsStream("event.schema.json")) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Fixture> events() {
        return Fixture.events();
    }

    @ParameterizedTest
    @MethodSource("events")
    void canonicalJsonOfEveryFixtureIsValid(Fixture fixture) {
        assertThat(errors(EventJson.toJson(fixture.event()))).isEmpty();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void canonicalJsonOfAnyEventIsValid(long seed) {
        RandomEvent events = new RandomEvent(seed);
        for (int i = 0; i < 50; i++) {
            String json = EventJson.toJson(events.next());
            assertThat(errors(json)).as("seed %s, case %s: %s", seed, i, json).isEmpty();
        }
    }

    @Test
    void theSchemaIsOneOfItsDialect() {
        Schema metaschema = REGISTRY.getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));

        assertThat(metaschema.validate(text(), InputFormat.JSON)).isEmpty();
    }

    @ParameterizedTest(name = "{0} => {1}")
    @CsvSource(delimiter = '>', quoteCharacter = '`', textBlock = """
                    [] > type
                    {"event":""} > minLength
                    {"event":5} > type
                    {"event":"ONSESSIONFINISH"} > required
                    {"event":"ONSESSIONFINISH","data":{}} > required
                    {"event":"ONSESSIONFINISH","data":{"DATA":{"connector":{}}}} > required
                    {"event":"ONSESSIONFINISH","data":{"DATA":{"chat":{"chat_id":17}}}} > required
                    {"event":"ONSESSIONFINISH","data":{"DATA":{"connector":{"chat_id":"17"}}}} > type
                    {"event":"ONSESSIONFINISH","data":{"DATA":{"connector":{"chat_id":-1}}}} > minimum
                    {"event":"ONSESSIONFINISH","data":{"DATA":{"connector":{"chat_id":17.5}}}} > type
                    {"event":"ONSESSIONFINISH","data":{"DATA":{"connector":{"chat_id":9223372036854775808}}}} > maximum
                    {"event":"ONSESSIONFINISH","data":{"DATA":{"connector":{"chat_id":17},"chat":{"id":17}}}} > required
                    {"event":"ONSESSIONFINISH","data":{"DATA":{"connector":{"chat_id":17},"line":{}}}} > minProperties
                    {"event":"ONSESSIONFINISH","data":{"DATA":[{"connector":{"chat_id":17}}]}} > minItems
                    {"event":"ONSESSIONFINISH","data":{"DATA":{"connector":{"chat_id":17},"session":{"closed":true}}}} > enum
                    {"event":"ONSESSIONFINISH","data":{"DATA":{"connector":{"chat_id":17}},"X":"1"}} > additionalProperties
                    {"event":"ONIMCONNECTORDIALOGFINISH","data":{"DATA":{"connector":{"chat_id":"c"}}}} > type
                    {"event":"ONOPENLINEMESSAGEADD","data":{"DATA":{}}} > required
                    {"event":"ONOPENLINEMESSAGEADD","data":{"DATA":{"message":{}}}} > minProperties
                    {"event":"ONOPENLINEMESSAGEADD","data":{"DATA":{"message":{"id":5}}}} > type
                    {"event":"ONAPPINSTALL","data":{"ACTIVE":"yes"}} > enum
                    {"event":"ONAPPUNINSTALL","data":{"CLEAN":"1"}} > enum
                    {"event":"ONCRMCONTACTADD","data":{"a":1}} > type
                    {"event":"ONCRMCONTACTADD","data":null} > type
                    {"event":"ONCRMCONTACTADD","data":[]} > minItems
                    {"event":"ONCRMCONTACTADD","ts":"1784019562"} > type
                    {"event":"ONCRMCONTACTADD","auth":{}} > minProperties
                    {"event":"ONCRMCONTACTADD","auth":{"scope":"im, crm"}} > pattern
                    {"event":"ONCRMCONTACTADD","eventId":1} > additionalProperties
                    """)
    void jsonThatIsNotCanonicalIsRefused(String json, String keyword) {
        assertThat(SCHEMA.validate(json, InputFormat.JSON))
                .extracting(Error::getKeyword)
                .contains(keyword);
    }

    private static List<String> errors(String json) {
        return SCHEMA.validate(json, InputFormat.JSON).stream()
                .map(Error::toString)
                .toList();
    }
}
