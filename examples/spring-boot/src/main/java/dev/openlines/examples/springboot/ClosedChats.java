// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.springboot;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.EventContext;
import dev.openlines.spring.OpenLinesHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Handles closed chats. Your work goes here; if it throws, the event is retried later. */
@Component
class ClosedChats {

    private static final Logger LOG = LoggerFactory.getLogger(ClosedChats.class);

    @OpenLinesHandler
    void closed(OnSessionFinish finish, EventContext context) {
        finish.chats()
                .forEach(chat ->
                        LOG.info("closed chat={} line={} portal={}", chat.chatId(), chat.lineId(), context.memberId()));
    }
}
