// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.ContractTests;
import dev.openlines.contract.Effect;
import dev.openlines.model.Secret;
import dev.openlines.parser.EventCapture;
import dev.openlines.portal.Closing;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.RetryPolicy;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Java of pages that no example has: {@link DocumentsTest} finds it here. Compiled, and abstract so that it is not
 * run: it needs the reader's own application.
 */
abstract class Snippets {

    private static final String MEMBER_ID = "member";
    private static final Secret APPLICATION_TOKEN = Secret.of("token");

    /** The reader's application, as far as the pages use it. */
    interface Application {

        /** The application's record of closed chats. */
        interface Store {
            List<Effect> effects();
        }

        void trust(String memberId, Secret applicationToken);

        URI uri();

        URI url();

        Store store();
    }

    final Application app;

    Snippets(Application app) {
        this.app = app;
    }

    @TestFactory
    Stream<DynamicTest> contract() {
        return ContractTests.of(ContractSuite.of(app.url(), MEMBER_ID, APPLICATION_TOKEN)
                .evidence(() -> app.store().effects())
                .exclude("OSF-C-421"));
    }

    @SimulatedPortal
    class FinishedChatTest {

        @Test
        void aClosedChatIsStored(Portal portal) {
            app.trust(portal.memberId(), portal.applicationToken());
            portal.subscribe("ONSESSIONFINISH", app.uri());

            List<Delivery> sent = portal.openLine("Support").openChat().close(Closing.AGENT);

            assertTrue(sent.get(0).acknowledged());
        }
    }

    ReceiverServer fromCode(Handlers handlers) {
        return ReceiverServer.builder(handlers)
                .settings(Settings.fromEnvironment())
                .retry(RetryPolicy.DEFAULT.withAttempts(5))
                .start();
    }

    void learn(Portal portal) throws IOException {
        EventCapture capture = EventCapture.parse(Files.readAllBytes(Path.of("ONSESSIONFINISH-1.json")));
        portal.sending().learn(capture);
        portal.sending().replay(capture.body());
    }
}
