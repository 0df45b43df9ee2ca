// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.openlines.model.Event;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Bodies;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.matcher.ElementMatchers;
import net.bytebuddy.pool.TypePool;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Counts how often an event is parsed, and how many typed events are made of it, until it is acknowledged by a receiver
 * whose inbox is a database. The classes of the receiver and the parser are loaded once more, with a counter in each
 * reader and in each constructor of an event.
 */
class ParsedOnceTest {

    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String JSON = "application/json";

    private static final String AUTH =
            "&ts=1760000000&auth[member_id]=" + Bodies.MEMBER + "&auth[application_token]=" + Bodies.TOKEN;

    /** Holds the counts. It is loaded once, by the loader of this test. */
    public static final class Counts {

        public static final AtomicInteger PARSES = new AtomicInteger();
        public static final AtomicInteger EVENTS = new AtomicInteger();

        private Counts() {}
    }

    static final class Parses {

        private Parses() {}

        @Advice.OnMethodEnter
        static void count() {
            Counts.PARSES.incrementAndGet();
        }
    }

    static final class Events {

        private Events() {}

        @Advice.OnMethodExit
        static void count() {
            Counts.EVENTS.incrementAndGet();
        }
    }

    @BeforeEach
    void nothingIsCounted() {
        Counts.PARSES.set(0);
        Counts.EVENTS.set(0);
    }

    static Stream<Arguments> events() {
        return Stream.of(
                        Bodies.finish(7),
                        Bodies.chats(7, 8, 9),
                        Bodies.finish(7, "event", "ONSESSIONSTART"),
                        "event=ONOPENLINEMESSAGEADD&data[DATA][message][chat_id]=5&data[DATA][message][text]=x" + AUTH,
                        "event=ONIMCONNECTORDIALOGFINISH&data[DATA][0][connector][chat_id]=w" + AUTH,
                        "event=ONCRMDEALUPDATE&data[FIELDS][ID]=662" + AUTH,
                        "event=ONAPPTEST&data[QUERY]=1" + AUTH)
                .flatMap(form -> Stream.of(arguments(FORM, form), arguments(JSON, json(form))));
    }

    @ParameterizedTest
    @MethodSource("events")
    void anEventIsParsedOnceAndNotDecodedBeforeItIsAcknowledged(String type, String body) throws Exception {
        assertThat(run(Receives.class, type, body)).isEqualTo("200, parses 1, events 0");
    }

    @Test
    void theCountersSeeWhatADecoderDoes() throws Exception {
        assertThat(run(Decodes.class, FORM, Bodies.finish(7))).isEqualTo("decoded, parses 1, events 1");
        assertThat(run(Decodes.class, JSON, json(Bodies.finish(7)))).isEqualTo("decoded, parses 2, events 2");
    }

    private static String json(String form) {
        return Envelope.parse(form.getBytes(StandardCharsets.UTF_8), BodyFormat.FORM, Limits.DEFAULT)
                .toJson();
    }

    private static Object run(Class<?> does, String type, String body) throws Exception {
        Constructor<?> constructor = new Counting().loadClass(does.getName()).getDeclaredConstructor();
        constructor.setAccessible(true);
        @SuppressWarnings("unchecked") // It is one of the two below.
        BiFunction<String, byte[], String> work = (BiFunction<String, byte[], String>) constructor.newInstance();
        return work.apply(type, body.getBytes(StandardCharsets.UTF_8));
    }

    /** Receives a body, with the classes that count. */
    static final class Receives implements BiFunction<String, byte[], String> {

        @Override
        public String apply(String type, byte[] body) {
            try (LeasingInbox inbox = Inbox.memory()) {
                Portals portals = inbox.portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
                Receiver receiver = new Receiver(
                        inbox, portals, Limits.DEFAULT, InstantSource.system(), () -> {}, Telemetry.none());
                int status = receiver.receive(new RawDelivery("POST", type, body))
                        .toCompletableFuture()
                        .join()
                        .status();
                return status + ", parses " + Counts.PARSES + ", events " + Counts.EVENTS;
            }
        }
    }

    /** Decodes a body, with the classes that count. */
    static final class Decodes implements BiFunction<String, byte[], String> {

        @Override
        public String apply(String type, byte[] body) {
            Objects.requireNonNull(EventDecoder.lenient()
                    .decode(body, type.equals(FORM) ? BodyFormat.FORM : BodyFormat.JSON)
                    .event());
            return "decoded, parses " + Counts.PARSES + ", events " + Counts.EVENTS;
        }
    }

    /** Loads the project's classes again, some with counters. Everything else comes from the usual loader. */
    private static final class Counting extends ClassLoader {

        private static final ClassFileLocator FILES =
                ClassFileLocator.ForClassLoader.of(ParsedOnceTest.class.getClassLoader());

        private final Map<String, byte[]> counted = new HashMap<>();

        Counting() {
            super(ParsedOnceTest.class.getClassLoader());
            AsmVisitorWrapper parses = Advice.to(Parses.class)
                    .on(ElementMatchers.named("read").and(ElementMatchers.takesArgument(1, Limits.class)));
            count("dev.openlines.parser.FormReader", parses);
            count("dev.openlines.parser.JsonReader", parses);
            AsmVisitorWrapper events = Advice.to(Events.class).on(ElementMatchers.isConstructor());
            for (Class<?> event : Event.class.getPermittedSubclasses()) {
                if (event.isRecord()) {
                    count(event.getName(), events);
                }
            }
        }

        private void count(String name, AsmVisitorWrapper counter) {
            counted.put(
                    name,
                    new ByteBuddy()
                            .decorate(TypePool.Default.of(FILES).describe(name).resolve(), FILES)
                            .visit(counter)
                            .make()
                            .getBytes());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            boolean again = name.matches("dev\\.openlines\\.(model|parser|receiver)\\..*")
                    && !name.equals(Counts.class.getName());
            if (!again) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : define(name);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try {
                byte[] bytes = counted.get(name);
                if (bytes == null) {
                    bytes = FILES.locate(name).resolve();
                }
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
