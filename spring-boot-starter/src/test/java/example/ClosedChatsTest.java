// SPDX-License-Identifier: Apache-2.0
package example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.spring.AutoConfigureSimulatedPortal;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@AutoConfigureSimulatedPortal
@ExtendWith(OutputCaptureExtension.class)
class ClosedChatsTest {

    @Autowired
    private Portal portal;

    @Test
    void aClosedChatIsAcknowledgedAndHandled(CapturedOutput output) {
        PortalChat chat = portal.openLine("Support").openChat();

        assertThat(chat.close().get(0).acknowledged()).isTrue();
        await().atMost(Duration.ofMinutes(1))
                .until(() -> output.getOut().contains("closed chat " + chat.id() + " of Support"));
    }
}
