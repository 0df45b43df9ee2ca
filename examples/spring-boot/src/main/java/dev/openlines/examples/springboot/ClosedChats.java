// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.springboot;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.EventContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** What this application does with a closed chat. Yours goes here; an exception means that it is tried again. */
@Component
class ClosedChats {

    private static final Logger LOG = LoggerFactory.getLogger(ClosedChats.class);

    void closed(OnSessionFinish finish, EventContext context) {
        finish.chats()
                .forEach(chat ->
                        LOG.info("closed chat={} line={} portal={}", chat.chatId(), chat.lineId(), context.memberId()));
    }
}
