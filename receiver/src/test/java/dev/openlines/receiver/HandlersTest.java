// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
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
    void allEventsAtOnceAreNotAType() {
        assertThatThrownBy(() -> Handlers.on(Event.class, (event, context) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a type of event but found Event: use otherwise for all the rest");
    }
}
