// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Bodies;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HandlersTest {

    @Test
    void aSecondHandlerForATypeIsRefused() {
        Handlers.Routes routes = Handlers.on(OnSessionFinish.class, (finish, context) -> {});

        assertThatThrownBy(() -> routes.on(OnSessionFinish.class, (finish, context) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected one handler for OnSessionFinish but found a second: join them with inOrder");
    }

    @Test
    void handlersJoinedForATypeAreCalledInTurnUntilOneThrows() throws Exception {
        List<String> calls = new ArrayList<>();
        EventHandler<OnSessionFinish> first = (finish, context) -> calls.add("first");
        EventHandler<OnSessionFinish> second = (finish, context) -> {
            calls.add("second");
            throw new IOException("away");
        };
        EventHandler<OnSessionFinish> third = (finish, context) -> calls.add("third");
        Handlers handlers = Handlers.on(OnSessionFinish.class, Handlers.inOrder(first, Handlers.inOrder(second, third)))
                .otherwise((event, context) -> calls.add("otherwise"));

        assertThatThrownBy(() -> handlers.handle(event(Bodies.finish(17)), context()))
                .isInstanceOf(IOException.class);
        assertThat(calls).containsExactly("first", "second");

        calls.clear();
        handlers.handle(event(Bodies.finish(17, "event", "ONCRMDEALADD")), context());
        assertThat(calls).containsExactly("otherwise");
    }

    @Test
    void aCodeMayHaveAHandlerWhetherItHasATypeOrNot() throws Exception {
        List<String> calls = new ArrayList<>();
        Handlers handlers = Handlers.on("OnCrmDealAdd", (event, context) -> calls.add("deal"))
                .on(OnSessionFinish.class, (finish, context) -> calls.add("type"))
                .on("ONSESSIONSTART", (event, context) -> calls.add("start"))
                .otherwise((event, context) -> calls.add("otherwise"))
                .then((event, context) -> calls.add("then"));

        handlers.handle(event(Bodies.finish(17, "event", "ONCRMDEALADD")), context());
        handlers.handle(event(Bodies.finish(17)), context());
        handlers.handle(event(Bodies.finish(17, "event", "ONSESSIONSTART")), context());
        handlers.handle(event(Bodies.finish(17, "event", "ONCRMDEALDELETE")), context());

        assertThat(calls).containsExactly("deal", "then", "type", "then", "start", "then", "otherwise", "then");
    }

    @Test
    void eachHandlerMayBeWrapped() throws Exception {
        List<String> calls = new ArrayList<>();
        Handlers handlers = Handlers.on("OnCrmDealAdd", (event, context) -> calls.add("deal"))
                .on(OnSessionFinish.class, (finish, context) -> {
                    throw new IOException("away");
                })
                .ignoringOthers()
                .around(handler -> (event, context) -> {
                    calls.add("begin");
                    try {
                        handler.handle(event, context);
                    } finally {
                        calls.add("end");
                    }
                });

        handlers.handle(event(Bodies.finish(17, "event", "ONCRMDEALADD")), context());
        assertThat(calls).containsExactly("begin", "deal", "end");

        calls.clear();
        assertThatThrownBy(() -> handlers.handle(event(Bodies.finish(17)), context()))
                .isInstanceOf(IOException.class);
        handlers.handle(event(Bodies.finish(17, "event", "ONCRMDEALDELETE")), context());
        assertThat(calls).containsExactly("begin", "end", "begin", "end");
        assertThat(handlers.wants(OnSessionFinish.class)).isTrue();
        assertThat(handlers.wants(OnSessionStart.class)).isFalse();
    }

    @Test
    void anEventWithoutAHandlerIsOfInterestUnlessOthersAreIgnored() throws Exception {
        EventHandler<Event> none = (event, context) -> {};
        assertThat(Handlers.on(OnSessionStart.class, none).otherwise(none).wants(OnSessionFinish.class))
                .isTrue();
        Handlers starts = Handlers.on(OnSessionStart.class, none).ignoringOthers();
        assertThat(starts.wants(OnSessionFinish.class)).isFalse();
        assertThat(starts.wants(OnSessionStart.class)).isTrue();
        assertThat(starts.then(none).wants(OnSessionFinish.class)).isFalse();
        starts.handle(event(Bodies.finish(17)), context());
        assertThat(Handlers.on("onSessionFinish", none).ignoringOthers().wants(OnSessionFinish.class))
                .isTrue();
    }

    @Test
    void aSecondHandlerForACodeIsRefused() {
        Handlers.Routes routes = Handlers.on("ONCRMDEALADD", (event, context) -> {});

        assertThatThrownBy(() -> routes.on("onCrmDealAdd", (event, context) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected one handler for ONCRMDEALADD but found a second: join them with inOrder");
        assertThatThrownBy(() -> routes.on(" ", (event, context) -> {})).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aHandlerAddedAfterTheHandlersAreCompleteChangesNothing() throws Exception {
        List<String> calls = new ArrayList<>();
        Handlers.Routes routes = Handlers.on(OnSessionStart.class, (start, context) -> calls.add("start"));
        Handlers handlers = routes.otherwise((event, context) -> calls.add("otherwise"));

        routes.on(OnSessionFinish.class, (finish, context) -> calls.add("late"));

        handlers.handle(event(Bodies.finish(17)), context());
        assertThat(calls).containsExactly("otherwise");
    }

    @Test
    void thereAreNoHandlersWithoutTheOneForAllTheRest() {
        Handlers.Routes routes = Handlers.on(OnSessionFinish.class, (finish, context) -> {});

        assertThatThrownBy(() -> routes.otherwise(null)).isInstanceOf(NullPointerException.class);
        assertThat(Handlers.Routes.class.getMethods())
                .filteredOn(method -> method.getReturnType() == Handlers.class)
                .extracting(Method::getName)
                .containsExactlyInAnyOrder("otherwise", "ignoringOthers");
    }

    private static Event event(String form) {
        Envelope envelope = Envelope.parse(form.getBytes(StandardCharsets.UTF_8), BodyFormat.FORM, Limits.DEFAULT);
        return EventDecoder.lenient().decode(envelope).event();
    }

    /** Returns a context that these handlers do not use. */
    private static EventContext context() {
        return null;
    }

    @Test
    void allEventsAtOnceAreNotAType() {
        assertThatThrownBy(() -> Handlers.on(Event.class, (event, context) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a type of event but found Event: use otherwise for all the rest");
    }
}
