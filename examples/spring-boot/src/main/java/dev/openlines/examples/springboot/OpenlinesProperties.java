// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.springboot;

import dev.openlines.model.Secret;
import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The settings that begin with {@code openlines}. Spring makes the {@link Secret} by its factory method, so the
 * token prints as {@code ***} wherever these are printed.
 *
 * @param inbox the SQLite file of accepted events
 * @param memberId the portal that is trusted
 * @param applicationToken the token which that portal sends with each event
 */
@ConfigurationProperties("openlines")
public record OpenlinesProperties(Path inbox, String memberId, Secret applicationToken) {

    public OpenlinesProperties {
        if (memberId == null || memberId.isBlank()) {
            throw new IllegalArgumentException("openlines.member-id: expected a value but found none");
        }
        if (applicationToken == null) {
            throw new IllegalArgumentException("openlines.application-token: expected a value but found none");
        }
    }
}
