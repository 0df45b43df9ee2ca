// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import dev.openlines.client.Grant;
import dev.openlines.client.TokenStore;
import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalServer;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.support.DefaultSingletonBeanRegistry;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.test.context.support.TestPropertySourceUtils;

/**
 * Adds a portal to an application that is about to start, and closes it with the application.
 *
 * @param events the codes of the events to subscribe to
 */
record PortalContext(List<String> events) implements ContextCustomizer {

    @Override
    public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration test) {
        PortalServer server = PortalServer.start();
        DefaultSingletonBeanRegistry beans = (DefaultSingletonBeanRegistry) context.getBeanFactory();
        beans.registerDisposableBean("openlinesPortalServer", server::close);
        Portal portal = server.portal();
        beans.registerSingleton("openlinesPortal", portal);
        MutablePropertySources sources = context.getEnvironment().getPropertySources();
        MapPropertySource settings = new MapPropertySource("simulated portal", settings(server, portal));
        String own = TestPropertySourceUtils.INLINED_PROPERTIES_PROPERTY_SOURCE_NAME;
        if (sources.contains(own)) {
            sources.addAfter(own, settings);
        } else {
            sources.addFirst(settings);
        }
        context.getBeanFactory().addBeanPostProcessor(new Granted(server, portal));
        AtomicBoolean subscribed = new AtomicBoolean();
        ApplicationListener<WebServerInitializedEvent> subscribe = started -> {
            if (started.getApplicationContext() == context) {
                URI endpoint = endpoint(context, started.getWebServer().getPort());
                events.forEach(event -> portal.subscribe(event, endpoint));
                subscribed.set(true);
            }
        };
        context.addApplicationListener(subscribe);
        ApplicationListener<ContextRefreshedEvent> check = refreshed -> {
            if (refreshed.getApplicationContext() == context && !subscribed.get()) {
                throw new IllegalStateException("@AutoConfigureSimulatedPortal sends events to a real port: use it with"
                        + " @SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)");
            }
        };
        context.addApplicationListener(check);
    }

    private static URI endpoint(ConfigurableApplicationContext context, int port) {
        return URI.create("http://127.0.0.1:" + port
                + context.getEnvironment().getProperty("server.servlet.context-path", "")
                + context.getBean(OpenlinesProperties.class).path());
    }

    /** Stores the tokens of the portal's administrator, as an installation does. */
    private record Granted(PortalServer server, Portal portal) implements BeanPostProcessor {

        @Override
        public Object postProcessAfterInitialization(Object bean, String name) {
            if (bean instanceof TokenStore tokens) {
                Secret refresh = Secret.of(UUID.randomUUID().toString());
                server.acceptRefreshToken(portal, refresh);
                tokens.save(new Grant(
                        portal.memberId(),
                        portal.restUri(),
                        portal.serverEndpoint(),
                        portal.accessToken(),
                        refresh,
                        portal.clock().instant().plus(Duration.ofHours(1)),
                        List.of(Scope.IMOPENLINES),
                        false,
                        1));
            }
            return bean;
        }
    }

    private static Map<String, Object> settings(PortalServer server, Portal portal) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("openlines.inbox", OpenlinesProperties.MEMORY);
        settings.put("openlines.member-id", portal.memberId());
        settings.put("openlines.application-token", portal.applicationToken().reveal());
        settings.put("openlines.client-id", portal.clientId());
        settings.put("openlines.client-secret", portal.clientSecret().reveal());
        settings.put("openlines.token-key", "none");
        settings.put("openlines.oauth-hosts", server.uri().getAuthority());
        return settings;
    }
}
