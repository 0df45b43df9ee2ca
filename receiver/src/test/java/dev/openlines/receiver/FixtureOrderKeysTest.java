// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.ConnectorDialog;
import dev.openlines.model.Event;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.OpenLineMessage;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Bodies;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The order keys of every body that the parser's tests have, compared with the chats of the typed event. */
class FixtureOrderKeysTest {

    private static final Path EVENTS = Path.of("../parser/src/test/resources/events");

    /** The parts of events that name a chat. */
    private static final List<Class<?>> PARTS =
            List.of(OpenLineChat.class, OpenLineMessage.class, ConnectorDialog.class);

    @Test
    void everyChatOfEveryBodyHasItsKeyAndThereIsNoOther() {
        Map<String, Integer> named = new HashMap<>();
        for (Path file : bodies()) {
            Event event = decoded(file);
            if (event == null) {
                continue;
            }
            Set<String> expected = keys(event);
            named.merge(event.getClass().getSimpleName(), expected.isEmpty() ? 0 : 1, Integer::sum);

            assertThat(delivery(file).orderKeys())
                    .as("%s", file.getFileName())
                    .containsExactlyInAnyOrderElementsOf(expected);
        }
        assertThat(typesWithChats())
                .isNotEmpty()
                .allSatisfy(type -> assertThat(named.getOrDefault(type, 0))
                        .as("bodies of %s that name a chat", type)
                        .isPositive());
    }

    /** Returns the keys of the chats that a typed event has: on the portal, and in the messenger. */
    private static Set<String> keys(Event event) {
        Set<String> keys = new LinkedHashSet<>();
        for (Object part : parts(event)) {
            if (part instanceof OpenLineChat chat) {
                keys.add(Long.toString(chat.chatId()));
            } else if (part instanceof OpenLineMessage message) {
                Stream.of(
                                message.im() == null ? null : message.im().chatId(),
                                message.content().chatId())
                        .filter(id -> id != null && id > 0)
                        .forEach(id -> keys.add(id.toString()));
                OpenLineMessage.Connector connector = message.connector();
                messenger(connector == null ? null : connector.chatId(), message.chatId(), keys);
            } else if (part instanceof ConnectorDialog dialog) {
                messenger(dialog.chatId(), null, keys);
            }
        }
        Set<String> whole = new LinkedHashSet<>();
        keys.forEach(key -> whole.add(Bodies.MEMBER + '/' + key));
        return whole;
    }

    private static void messenger(@Nullable String first, @Nullable String second, Set<String> keys) {
        String chat = first != null ? first : second;
        if (chat != null) {
            keys.add('~' + chat);
        }
    }

    /** Returns the chats, messages or dialogs of an event. */
    private static List<?> parts(Event event) {
        for (RecordComponent component : event.getClass().getRecordComponents()) {
            if (isOfParts(component.getGenericType())) {
                try {
                    return (List<?>)
                            Objects.requireNonNull(component.getAccessor().invoke(event));
                } catch (ReflectiveOperationException e) {
                    throw new LinkageError(e.getMessage(), e);
                }
            }
        }
        return List.of();
    }

    private static boolean isOfParts(Type type) {
        return PARTS.stream().anyMatch(part -> type.getTypeName().equals("java.util.List<" + part.getName() + ">"));
    }

    /** Returns the types of events that have chats, messages or dialogs. */
    private static Set<String> typesWithChats() {
        Set<String> types = new TreeSet<>();
        for (Class<?> type : Event.class.getPermittedSubclasses()) {
            if (type.isRecord()
                    && Arrays.stream(type.getRecordComponents())
                            .anyMatch(component -> isOfParts(component.getGenericType()))) {
                types.add(type.getSimpleName());
            }
        }
        return types;
    }

    private static List<Path> bodies() {
        try (Stream<Path> files = Files.list(EVENTS)) {
            List<Path> bodies = files.filter(file -> !file.toString().endsWith(".expected"))
                    .sorted()
                    .toList();
            assertThat(bodies).hasSizeGreaterThan(50);
            return bodies;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Envelope envelope(Path file) {
        try {
            return Envelope.parse(
                    Files.readAllBytes(file),
                    file.toString().endsWith(".json") ? BodyFormat.JSON : BodyFormat.FORM,
                    Limits.DEFAULT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the typed event, or null if the body is one that a lenient decoder refuses. */
    private static @Nullable Event decoded(Path file) {
        try {
            return EventDecoder.lenient().decode(envelope(file)).event();
        } catch (DecodeException e) {
            return null;
        }
    }

    private static VerifiedDelivery delivery(Path file) {
        return new VerifiedDelivery(envelope(file), Bodies.MEMBER, 1, Deliveries.T0, null);
    }
}
