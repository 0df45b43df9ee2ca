// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import dev.openlines.model.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings that begin with {@code openlines}. Spring makes each {@link Secret} by its factory method, so that
 * tokens print as {@code ***}.
 *
 * @param path the endpoint's path
 * @param inbox the SQLite file of accepted events, or {@code datasource} for the application's PostgreSQL database, or
 *     {@code memory} for tests
 * @param memberId the portal that is trusted from the start
 * @param applicationToken the token which that portal sends with each event
 * @param clientId the application's id, if its installations are verified
 * @param clientSecret the application's secret
 * @param tokenKey the file of the key that seals portals' tokens, or {@code none} to keep them in memory only
 * @param tokens the SQLite file of portals' tokens; they are in the database if the inbox is
 * @param oauthHosts the OAuth hosts that may be asked; Bitrix24's if empty
 * @param installerPage the path of the application's installer page, or null if it has none
 * @param webhook an incoming webhook that lists the closed sessions of the trusted portal, or null
 * @param offline how often portals' offline queues are drained, or null if they are not
 * @param workers how many events are handled at the same time, or 0 if other processes handle them
 * @param ordered whether the events of one chat are handled one after the other
 * @param keepDone how long an event that is done is remembered; for ever if not set
 * @param keepDead how long a dead letter is kept; for ever if not set
 */
@ConfigurationProperties(value = "openlines", ignoreUnknownFields = false)
public record OpenlinesProperties(
        @DefaultValue("/bitrix24") String path,
        @DefaultValue("openlines.db") String inbox,
        @Nullable String memberId,
        @Nullable Secret applicationToken,
        @Nullable String clientId,
        @Nullable Secret clientSecret,
        @Nullable String tokenKey,
        @DefaultValue("openlines-tokens.db") Path tokens,
        @DefaultValue List<String> oauthHosts,
        @Nullable String installerPage,
        @Nullable Secret webhook,
        @Nullable Duration offline,
        @DefaultValue("4") int workers,
        @DefaultValue("false") boolean ordered,
        @Nullable Duration keepDone,
        @Nullable Duration keepDead) {

    /** The value of {@link #inbox} that stands for the application's {@code DataSource}. */
    static final String DATA_SOURCE = "datasource";

    /** The value of {@link #inbox} that stands for an inbox in memory. */
    static final String MEMORY = "memory";

    /** The shortest interval of draining. */
    private static final Duration SHORTEST = Duration.ofSeconds(10);

    /** Checks the values that depend on no other part of the application. */
    public OpenlinesProperties {
        check("path", path, "/bitrix24");
        if (installerPage != null) {
            check("installer-page", installerPage, "/install");
            if (installerPage.equals(path)) {
                throw new WrongSettingException(
                        "installer-page", "expected another path than that of events, found it");
            }
        }
        if (offline != null && offline.compareTo(SHORTEST) < 0) {
            throw new WrongSettingException("offline", "expected at least 10s, found " + offline);
        }
        if (workers < 0) {
            throw new WrongSettingException("workers", "expected 0 or more, found " + workers);
        }
        oauthHosts = List.copyOf(oauthHosts);
    }

    private static void check(String setting, String path, String example) {
        if (!path.startsWith("/") || path.contains("*")) {
            throw new WrongSettingException(setting, "expected a path such as " + example + ", found \"" + path + "\"");
        }
    }

    /** Returns whether the inbox, and with it the portals' tokens, are in the application's own database. */
    boolean inDataSource() {
        return inbox.equals(DATA_SOURCE);
    }
}
