// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Event;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The handlers of events: one for each type or code, and one for all the rest. An event whose code has a handler goes
 * to that one, also if its type has another.
 *
 * <pre>{@code
 * Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> file(finish))
 *         .on(OnSessionStart.class, (start, context) -> open(start))
 *         .on("ONCRMDEALUPDATE", (event, context) -> look(event))
 *         .ignoringOthers();
 * }</pre>
 *
 * <p>Immutable. There is none without {@code otherwise} or {@code ignoringOthers}: an event without a handler is a
 * decision.
 */
public final class Handlers {

    private final Map<Class<?>, EventHandler<Event>> byType;
    private final Map<String, EventHandler<Event>> byCode;
    private final EventHandler<Event> otherwise;
    private final boolean ignoresOthers;

    private Handlers(
            Map<Class<?>, EventHandler<Event>> byType,
            Map<String, EventHandler<Event>> byCode,
            EventHandler<Event> otherwise,
            boolean ignoresOthers) {
        this.byType = Map.copyOf(byType);
        this.byCode = Map.copyOf(byCode);
        this.otherwise = otherwise;
        this.ignoresOthers = ignoresOthers;
    }

    /**
     * Begins with a handler for one type of event.
     *
     * @param type a type of event, such as {@code OnSessionFinish.class}
     * @param handler gets every event of that type
     * @param <E> the type
     * @return what the other handlers are added to
     * @throws IllegalArgumentException if the type is {@code Event} itself
     */
    public static <E extends Event> Routes on(Class<E> type, EventHandler<? super E> handler) {
        return new Routes().on(type, handler);
    }

    /**
     * Begins with a handler for one code of event, such as one that has no type here.
     *
     * @param code such as {@code ONCRMDEALUPDATE}; case does not count
     * @param handler gets every event of that code, usually an {@link dev.openlines.model.UnknownEvent}
     * @return what the other handlers are added to
     * @throws IllegalArgumentException if the code is blank
     */
    public static Routes on(String code, EventHandler<Event> handler) {
        return new Routes().on(code, handler);
    }

    /**
     * Gives every event to one handler.
     *
     * @param handler gets every event
     * @return handlers that are complete
     */
    public static Handlers all(EventHandler<Event> handler) {
        return new Routes().otherwise(handler);
    }

    /**
     * Joins two handlers for one type of event. The second is called after the first, unless that throws. When the
     * event is retried, both are called again.
     *
     * @param first called first
     * @param second called after it
     * @param <E> the type
     * @return one handler
     */
    public static <E extends Event> EventHandler<E> inOrder(
            EventHandler<? super E> first, EventHandler<? super E> second) {
        return (event, context) -> {
            first.handle(event, context);
            second.handle(event, context);
        };
    }

    /**
     * Returns these handlers with another one that is called after each.
     *
     * @param more called after the handler of each event, unless that throws
     * @return handlers that call both
     */
    public Handlers then(EventHandler<Event> more) {
        return around(handler -> inOrder(handler, more));
    }

    /**
     * Returns these handlers with another one in the place of each, which calls it. Use this for work that begins before
     * every handler and ends after it, such as a span of a trace. Let each exception of the handler through, because it
     * decides whether the event is retried.
     *
     * <pre>{@code
     * handlers.around(handler -> (event, context) -> {
     *     try (Scope scope = begin(event)) {
     *         handler.handle(event, context);
     *     }
     * })
     * }</pre>
     *
     * @param wrapper gets each handler once, also the one for all the rest, and returns the one that is called instead
     * @return handlers of the same events
     */
    public Handlers around(UnaryOperator<EventHandler<Event>> wrapper) {
        return new Handlers(around(byType, wrapper), around(byCode, wrapper), wrapper.apply(otherwise), ignoresOthers);
    }

    /**
     * Returns whether events of a type are of interest: they have a handler by type or code, or {@code otherwise} has
     * one. Portals are compared with the events that came only if {@code OnSessionFinish} is of interest.
     *
     * @param type a type of event, named as its code, such as {@code OnSessionFinish.class}
     * @return false only after {@link Routes#ignoringOthers}
     */
    public boolean wants(Class<? extends Event> type) {
        return !ignoresOthers || byType.containsKey(type) || byCode.containsKey(upper(type.getSimpleName()));
    }

    private static <K> Map<K, EventHandler<Event>> around(
            Map<K, EventHandler<Event>> all, UnaryOperator<EventHandler<Event>> wrapper) {
        Map<K, EventHandler<Event>> wrapped = new LinkedHashMap<>(all);
        wrapped.replaceAll((key, handler) -> wrapper.apply(handler));
        return wrapped;
    }

    void handle(Event event, EventContext context) throws Exception {
        @Nullable EventHandler<Event> handler = byCode.isEmpty() ? null : byCode.get(upper(event.code()));
        if (handler == null) {
            handler = byType.get(event.getClass());
        }
        (handler == null ? otherwise : handler).handle(event, context);
    }

    private static String upper(String code) {
        return code.toUpperCase(Locale.ROOT);
    }

    /** Handlers that can be extended, until {@link #otherwise} completes them. */
    public static final class Routes {

        private final Map<Class<?>, EventHandler<Event>> byType = new LinkedHashMap<>();
        private final Map<String, EventHandler<Event>> byCode = new LinkedHashMap<>();

        private Routes() {}

        /**
         * Adds a handler for one code of event.
         *
         * @param code such as {@code ONCRMDEALUPDATE}, without a handler yet; case does not count
         * @param handler gets every event of that code
         * @return this
         * @throws IllegalArgumentException if the code has a handler, or is blank
         */
        public Routes on(String code, EventHandler<Event> handler) {
            Objects.requireNonNull(handler, "handler");
            if (code.isBlank()) {
                throw new IllegalArgumentException("expected the code of an event but found none");
            }
            if (byCode.putIfAbsent(upper(code), handler) != null) {
                throw new IllegalArgumentException(
                        "expected one handler for " + upper(code) + " but found a second: join them with inOrder");
            }
            return this;
        }

        /**
         * Adds a handler for one type of event.
         *
         * @param type a type of event that has no handler yet
         * @param handler gets every event of that type
         * @param <E> the type
         * @return this
         * @throws IllegalArgumentException if the type has a handler, or is {@code Event} itself
         */
        public <E extends Event> Routes on(Class<E> type, EventHandler<? super E> handler) {
            Objects.requireNonNull(handler, "handler");
            if (type.isInterface()) {
                throw new IllegalArgumentException("expected a type of event but found " + type.getSimpleName()
                        + ": use otherwise for all the rest");
            }
            if (byType.putIfAbsent(type, (event, context) -> handler.handle(type.cast(event), context)) != null) {
                throw new IllegalArgumentException("expected one handler for " + type.getSimpleName()
                        + " but found a second: join them with inOrder");
            }
            return this;
        }

        /**
         * Completes the handlers.
         *
         * @param handler gets every event that has no handler of its own; if these are of no interest, end with
         *     {@link #ignoringOthers} instead
         * @return handlers that do not change any more
         */
        public Handlers otherwise(EventHandler<Event> handler) {
            return new Handlers(byType, byCode, Objects.requireNonNull(handler, "handler"), false);
        }

        /**
         * Completes the handlers and says that events without a handler of their own are of no interest: each is done
         * at once. If {@code OnSessionFinish} is one of them, no portal is asked which sessions it has closed.
         *
         * @return handlers that do not change any more
         */
        public Handlers ignoringOthers() {
            return new Handlers(byType, byCode, (event, context) -> {}, true);
        }
    }
}
