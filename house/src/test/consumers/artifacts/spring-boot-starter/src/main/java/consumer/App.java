// SPDX-License-Identifier: Apache-2.0
package consumer;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.spring.OpenLinesHandler;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** A Spring application that handles closed chats. */
@SpringBootApplication(proxyBeanMethods = false)
public class App {

    public static void main(String[] args) {
        try (ConfigurableApplicationContext application = SpringApplication.run(
                App.class,
                "--server.port=0",
                "--openlines.inbox=memory",
                "--openlines.member-id=a223c6b3710f85df22e9377d6c4f7553",
                "--openlines.application-token=51856fefc120afa4b628cc82d3935cce")) {
            System.out.println("started=" + application.isRunning());
        }
    }

    @OpenLinesHandler
    void closed(OnSessionFinish finish) {
        System.out.println("closed chats=" + finish.chats().size());
    }
}
