// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import dev.openlines.client.OAuth;
import dev.openlines.client.RestClient;
import dev.openlines.client.TokenSeal;
import dev.openlines.client.TokenStore;
import dev.openlines.model.Secret;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.receiver.OfflineQueues;
import dev.openlines.server.PortalQueues;
import dev.openlines.server.PortalSessions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.ClassUtils;

/** Calls to portals that have installed the application, if {@code openlines.client-id} is set. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(prefix = "openlines", name = "client-id")
class PortalConfiguration {

    private static final String TINK = "com.google.crypto.tink.Aead";

    @Bean
    @ConditionalOnMissingBean
    TokenStore openlinesTokens(OpenlinesProperties properties, ObjectProvider<DataSource> database) {
        @Nullable String key = properties.tokenKey();
        if (key == null || key.isBlank()) {
            throw new WrongSettingException(
                    "token-key", "expected the file of a key, or none to keep tokens in memory only, found nothing");
        }
        if (key.equals("none")) {
            return TokenStore.memory();
        }
        if (!ClassUtils.isPresent(TINK, PortalConfiguration.class.getClassLoader())) {
            throw new WrongSettingException("token-key", "needs com.google.crypto.tink:tink on the class path");
        }
        TokenSeal seal = seal(key);
        return properties.inDataSource()
                ? TokenStore.postgresql(OpenlinesAutoConfiguration.dataSource("tokens", database), seal)
                : TokenStore.sqlite(properties.tokens(), seal);
    }

    private static TokenSeal seal(String file) {
        if (file.strip().startsWith("{")) {
            throw new WrongSettingException("token-key", "expected the name of a file, found what may be its content");
        }
        try {
            return TokenSeal.of(Secret.of(Files.readString(Path.of(file), StandardCharsets.UTF_8)));
        } catch (IOException | IllegalArgumentException e) {
            throw new WrongSettingException("token-key", "expected a key that TokenSeal.newKeyset made in " + file);
        }
    }

    @Bean
    @ConditionalOnMissingBean
    RestClient openlinesRestClient(OpenlinesProperties properties, TokenStore tokens) {
        @Nullable String id = properties.clientId();
        @Nullable Secret secret = properties.clientSecret();
        if (id == null || secret == null) {
            throw new WrongSettingException("client-secret", "expected the application's secret, found none");
        }
        return PortalSessions.client(id, secret, tokens, properties.oauthHosts());
    }

    @Bean
    @ConditionalOnMissingBean
    InstallationCheck openlinesInstallationCheck(RestClient client) {
        OAuth oauth = client.oauth();
        return InstallationCheck.of(oauth::verify, oauth::verifyPage, oauth::refused, oauth.kept());
    }

    @Bean
    @ConditionalOnMissingBean
    ClosedSessions openlinesClosedSessions(RestClient client, OpenlinesProperties properties) {
        return WebhookConfiguration.sessions(new PortalSessions(client), properties);
    }

    @Bean
    @ConditionalOnMissingBean
    OfflineQueues openlinesOfflineQueues(RestClient client) {
        return new PortalQueues(client);
    }
}
