// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import dev.openlines.model.Secret;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.server.PortalSessions;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Lists the sessions of the trusted portal by its incoming webhook, also without an application. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(prefix = "openlines", name = "webhook")
class WebhookConfiguration {

    @Bean
    @ConditionalOnMissingBean
    ClosedSessions openlinesWebhookSessions(OpenlinesProperties properties) {
        return sessions(new PortalSessions(), properties);
    }

    /** Adds the webhook that is set, if one is. */
    static PortalSessions sessions(PortalSessions others, OpenlinesProperties properties) {
        @Nullable Secret address = properties.webhook();
        if (address == null || address.reveal().isBlank()) {
            return others;
        }
        @Nullable String memberId = properties.memberId();
        if (memberId == null || memberId.isBlank()) {
            throw new WrongSettingException("member-id", "expected the portal of the webhook, found none");
        }
        try {
            return others.webhook(memberId, address);
        } catch (IllegalArgumentException e) {
            throw new WrongSettingException("webhook", String.valueOf(e.getMessage()));
        }
    }
}
