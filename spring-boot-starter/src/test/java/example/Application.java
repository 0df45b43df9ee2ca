// SPDX-License-Identifier: Apache-2.0
package example;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.EventContext;
import dev.openlines.spring.OpenLinesHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class Application {

    private static final Logger LOG = LoggerFactory.getLogger(Application.class);

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    @OpenLinesHandler
    void closed(OnSessionFinish finish, EventContext context) {
        finish.chats().forEach(chat -> LOG.info("closed chat {} of {}", chat.chatId(), chat.lineName()));
    }
}
