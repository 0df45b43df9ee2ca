// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.openlines.model.Event;
import dev.openlines.model.EventAuth;
import dev.openlines.model.Secret;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EventFixtureTest {

    static List<Fixture> all() {
        return Fixture.all();
    }

    static List<Fixture> events() {
        return Fixture.events();
    }

    @ParameterizedTest
    @MethodSource("all")
    void aBodyDecodesToWhatTheFileBesideItSays(Fixture fixture) {
        assertThat(fixture.actual()).isEqualTo(fixture.expected());
    }

    @ParameterizedTest
    @MethodSource("events")
    void canonicalJsonDecodesToAnEqualEvent(Fixture fixture) {
        Event event = fixture.event();
        byte[] json = EventJson.toJson(event).getBytes(StandardCharsets.UTF_8);

        Event again = EventDecoder.lenient().decode(json, BodyFormat.JSON).event();

        assertThat(again).isEqualTo(event);
        assertThat(EventJson.toJson(again)).isEqualTo(fixture.canonicalJson());
    }

    @ParameterizedTest
    @MethodSource("events")
    void aWrittenFormDecodesToAnEqualEvent(Fixture fixture) {
        Event event = fixture.event();

        Event again = EventDecoder.lenient()
                .decode(EventJson.toForm(event), BodyFormat.FORM)
                .event();

        assertThat(again).isEqualTo(event);
        assertThat(EventJson.toJson(again)).isEqualTo(fixture.canonicalJson());
    }

    @ParameterizedTest
    @MethodSource("events")
    void writtenJsonAndWrittenFormHaveEqualNotes(Fixture fixture) {
        Event event = fixture.event();
        byte[] json = EventJson.toJson(event).getBytes(StandardCharsets.UTF_8);

        assertThat(EventDecoder.lenient().decode(json, BodyFormat.JSON).notes())
                .isEqualTo(EventDecoder.lenient()
                        .decode(EventJson.toForm(event), BodyFormat.FORM)
                        .notes());
    }

    @ParameterizedTest
    @MethodSource("events")
    void aStrictDecoderRefusesWhatALenientOneNotes(Fixture fixture) {
        List<Note> notes = fixture.decode().notes();
        if (notes.isEmpty()) {
            assertThatCode(() -> EventDecoder.strict().decode(fixture.body(), fixture.format()))
                    .doesNotThrowAnyException();
            return;
        }

        DecodeException refused = catchThrowableOfType(
                DecodeException.class, () -> EventDecoder.strict().decode(fixture.body(), fixture.format()));

        assertThat(refused.problems()).isEqualTo(notes);
        assertThat(refused.kind()).isEqualTo(DecodeException.Kind.MISMATCH);
        assertThat(refused.path()).isEqualTo(notes.get(0).path());
    }

    @ParameterizedTest
    @MethodSource("events")
    void anEnvelopeWithoutCredentialsKeepsEverythingElse(Fixture fixture) {
        Decoded<Event> decoded = fixture.decode();
        EventAuth auth = decoded.event().header().auth();

        Envelope stripped =
                Envelope.parse(fixture.body(), fixture.format(), Limits.DEFAULT).withoutCredentials();
        Decoded<Event> kept = EventDecoder.lenient().decode(stripped);

        assertThat(kept.event().header()).isEqualTo(decoded.event().header().withoutCredentials());
        assertThat(kept.dialect()).isEqualTo(decoded.dialect());
        assertThat(kept.notes()).isEqualTo(decoded.notes());
        for (Secret secret : secrets(auth)) {
            assertThat(stripped.toJson()).doesNotContain(secret.reveal());
            assertThat(kept.raw().toString()).doesNotContain(secret.reveal());
            assertThat(EventJson.toJson(kept.event())).doesNotContain(secret.reveal());
            assertThat(decoded.event().toString()).doesNotContain(secret.reveal());
        }
    }

    @ParameterizedTest
    @MethodSource("events")
    void aStoredBodyDecodesToTheSameEventAndNotes(Fixture fixture) {
        Decoded<Event> decoded = fixture.decode();
        String stored =
                Envelope.parse(fixture.body(), fixture.format(), Limits.DEFAULT).toJson();

        Decoded<Event> again = EventDecoder.lenient().decode(stored.getBytes(StandardCharsets.UTF_8), BodyFormat.JSON);

        assertThat(again.event()).isEqualTo(decoded.event());
        assertThat(again.dialect()).isEqualTo(decoded.dialect());
        assertThat(repeatedAside(again.notes())).isEqualTo(repeatedAside(decoded.notes()));
    }

    /** Removes the notes that only the first reading can give: the second does not see what was lost. */
    private static List<Note> repeatedAside(List<Note> notes) {
        return notes.stream()
                .filter(note -> !note.message().startsWith("sent more than once"))
                .toList();
    }

    private static List<Secret> secrets(EventAuth auth) {
        return Stream.of(auth.accessToken(), auth.refreshToken(), auth.applicationToken())
                .filter(Objects::nonNull)
                .toList();
    }
}
