// SPDX-License-Identifier: Apache-2.0
package example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.Portal;
import dev.openlines.spring.AutoConfigureSimulatedPortal;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@AutoConfigureSimulatedPortal
class ClosedChatsTest {

    @Autowired
    private Portal portal;

    @Test
    void aClosedChatIsAcknowledged() {
        assertThat(portal.openLine("Support").openChat().close().get(0).acknowledged())
                .isTrue();
    }
}
