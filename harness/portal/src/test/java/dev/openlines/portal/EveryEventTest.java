// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.openlines.model.Event;
import dev.openlines.model.OnAppPayment;
import dev.openlines.model.OnImConnectorDialogFinish;
import dev.openlines.model.OnImConnectorLineDelete;
import dev.openlines.model.OnImConnectorMessageAdd;
import dev.openlines.model.OnImConnectorMessageDelete;
import dev.openlines.model.OnImConnectorMessageUpdate;
import dev.openlines.model.OnImConnectorStatusDelete;
import dev.openlines.model.OnOpenLineMessageAdd;
import dev.openlines.model.OnOpenLineMessageDelete;
import dev.openlines.model.OnOpenLineMessageUpdate;
import dev.openlines.model.OpenLineMessage.Content;
import dev.openlines.model.OpenLineMessage.File;
import dev.openlines.model.UnknownEvent;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventDecoder;
import dev.openlines.testkit.RecordingHandler;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The portal causes and sends every event that it lets applications bind, each under the platform's conditions. */
@SimulatedPortal
class EveryEventTest {

    private final RestCaller caller = new RestCaller();

    @Test
    void everyEventThatCanBeBoundIsSentAsThePlatformSendsIt(Portal portal) throws Exception {
        try (RecordingHandler handler = RecordingHandler.start()) {
            TreeSet<String> all = new TreeSet<>(EventMethods.EVENTS.keySet());
            all.forEach(event -> assertThat(rest(portal, "event.bind", "event=" + event + "&handler=" + handler.uri()))
                    .contains("\"result\":true"));
            rest(portal, "event.bind", "event=ONSESSIONFINISH&event_type=offline");
            register(portal);

            portal.install();
            portal.update(true);
            portal.lifecycle().pay(30);
            portal.lifecycle().renewSubscription();
            portal.lifecycle().confirm("voximplant.user.get", true);
            rest(portal, "event.test", "a=1");
            PortalLine line = portal.openLine("Support");
            PortalChat chat = line.openChat("my_connector");
            chat.operatorWrites("Good day!");
            deliver(portal, chat);
            chat.edit(chat.lastMessageId(), "Good evening!");
            chat.delete(chat.lastMessageId());
            chat.close();
            portal.connectors().switchOff("my_connector", line);
            line.delete();
            // The test event goes out behind the answer of its call.
            assertThat(portal.awaitDeliveries(all.size() - 1, Duration.ofSeconds(60)))
                    .isTrue();
            portal.uninstall(true);

            assertThat(portal.deliveries().stream().map(Delivery::event)).containsExactlyInAnyOrderElementsOf(all);
            assertThat(portal.deliveries())
                    .allSatisfy(delivery -> assertThat(EventDecoder.strict()
                                    .decode(delivery.requestBody(), BodyFormat.FORM)
                                    .event())
                            .as(delivery.event())
                            .isNotInstanceOf(UnknownEvent.class));
            assertThat(event(portal, "ONAPPPAYMENT")).isInstanceOfSatisfying(OnAppPayment.class, payment -> {
                assertThat(payment.days()).isEqualTo(30);
                assertThat(payment.header().auth().accessToken()).isNull();
            });
            assertThat(event(portal, "ONIMCONNECTORLINEDELETE"))
                    .isInstanceOfSatisfying(
                            OnImConnectorLineDelete.class,
                            deleted -> assertThat(deleted.line()).isEqualTo(line.id()));
            assertThat(event(portal, "ONIMCONNECTORSTATUSDELETE"))
                    .isInstanceOfSatisfying(
                            OnImConnectorStatusDelete.class,
                            off -> assertThat(off.connector()).hasToString("my_connector"));
            assertThat(event(portal, "ONIMCONNECTORDIALOGFINISH"))
                    .isInstanceOfSatisfying(
                            OnImConnectorDialogFinish.class,
                            finish -> assertThat(finish.dialogs().get(0).session())
                                    .extracting("id", "closed")
                                    .containsExactly(chat.sessionId(), true));
        }
    }

    @Test
    void anOperatorsChangeIsToldOnlyAfterItsDeliveryWasConfirmed(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            for (String event : List.of("ONOPENLINEMESSAGE", "ONIMCONNECTORMESSAGE")) {
                portal.subscribe(event + "UPDATE", handler.uri());
                portal.subscribe(event + "DELETE", handler.uri());
            }
            register(portal);
            PortalChat chat = portal.openLine("Support").openChat("my_connector");
            chat.operatorWrites("Good day!");
            long message = chat.lastMessageId();

            assertThat(chat.edit(message, "Good evening!")).isEmpty();

            deliver(portal, chat);
            assertThat(chat.edit(message, "Good night!"))
                    .extracting(Delivery::event)
                    .containsExactly("ONOPENLINEMESSAGEUPDATE", "ONIMCONNECTORMESSAGEUPDATE");
            assertThat(chat.delete(message))
                    .extracting(Delivery::event)
                    .containsExactly("ONOPENLINEMESSAGEDELETE", "ONIMCONNECTORMESSAGEDELETE");
            OnImConnectorMessageUpdate update =
                    (OnImConnectorMessageUpdate) event(portal, "ONIMCONNECTORMESSAGEUPDATE");
            assertThat(update.messages().get(0).content().ids()).containsExactly("ext-5", "ext-6");
            assertThat(update.messages().get(0).content().text()).isEqualTo("Good night!");
            OnImConnectorMessageDelete deleted =
                    (OnImConnectorMessageDelete) event(portal, "ONIMCONNECTORMESSAGEDELETE");
            assertThat(deleted.messages())
                    .extracting(one -> one.content().ids())
                    .containsExactly(List.of("ext-5"), List.of("ext-6"));
            assertThat(((OnOpenLineMessageUpdate) event(portal, "ONOPENLINEMESSAGEUPDATE"))
                            .messages()
                            .get(0)
                            .portalChatId())
                    .isEqualTo(chat.id());
            assertThatThrownBy(() -> chat.edit(message, "again"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there is no message " + message + " in " + chat);
        }
    }

    @Test
    void filesComeWithMessagesAsThePlatformTellsThem(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            portal.subscribe(OnOpenLineMessageAdd.CODE, handler.uri());
            portal.subscribe(OnImConnectorMessageAdd.CODE, handler.uri());
            register(portal);
            PortalChat chat = portal.openLine("Support").openChat("my_connector");
            Map<String, byte[]> files = new LinkedHashMap<>();
            files.put("price & list.pdf", new byte[1536]);
            files.put("фото.png", new byte[] {1, 2});

            chat.send(Portal.OPERATOR_ID, "", files);

            List<Content> contents = List.of(
                    ((OnImConnectorMessageAdd) event(portal, OnImConnectorMessageAdd.CODE))
                            .messages()
                            .get(0)
                            .content(),
                    ((OnOpenLineMessageAdd) event(portal, OnOpenLineMessageAdd.CODE))
                            .messages()
                            .get(0)
                            .content());
            assertThat(contents).allSatisfy(content -> {
                assertThat(content.files())
                        .extracting(File::id, File::name, File::type, File::mime, File::size)
                        .containsExactly(
                                tuple(null, "price & list.pdf", "file", "application/pdf", 1536L),
                                tuple(null, "фото.png", "image", "image/png", 2L));
                URI link =
                        URI.create(Objects.requireNonNull(content.files().get(1).link()));
                var file = caller.get(link);
                assertThat(file.statusCode()).isEqualTo(200);
                assertThat(file.body()).isEqualTo("\u0001\u0002");
                assertThat(file.headers().firstValue("Content-Disposition").orElse(""))
                        .endsWith("%D1%84%D0%BE%D1%82%D0%BE.png");
                assertThat(caller.get(URI.create(link + "x")).statusCode()).isEqualTo(404);
                assertThat(caller.post(link, "").statusCode()).isEqualTo(405);
            });
            assertThat(EventDecoder.lenient()
                            .decode(delivery(portal, OnOpenLineMessageAdd.CODE).requestBody(), BodyFormat.FORM)
                            .raw()
                            .toString())
                    .contains("\"sizef\":\"1.5 KB\"", "\"sizef\":\"2 B\"");

            chat.send(chat.visitorId(), "mine", Map.of("a.txt", new byte[] {3}));

            List<File> sent = ((OnOpenLineMessageAdd) event(portal, OnOpenLineMessageAdd.CODE))
                    .messages()
                    .get(0)
                    .content()
                    .files();
            assertThat(sent).singleElement().satisfies(file -> {
                assertThat(file.id()).isPositive();
                assertThat(file.name()).as("only the id is told").isNull();
            });
        }
    }

    @Test
    void aCustomersChangeIsToldWithoutTheConnectorsEvents(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            EventMethods.EVENTS.keySet().forEach(event -> portal.subscribe(event, handler.uri()));
            register(portal);
            PortalChat chat = portal.openLine("Support").openChat("my_connector");
            chat.customerWrites("Hello?");

            assertThat(chat.edit(chat.lastMessageId(), "Hello!"))
                    .extracting(Delivery::event)
                    .containsExactly("ONOPENLINEMESSAGEUPDATE");
            assertThat(chat.delete(chat.lastMessageId()))
                    .extracting(Delivery::event)
                    .containsExactly("ONOPENLINEMESSAGEDELETE");
            assertThat(((OnOpenLineMessageDelete) event(portal, "ONOPENLINEMESSAGEDELETE")).connector())
                    .isNull();
        }
    }

    @Test
    void aConnectorThatIsNotTheApplicationsCausesNoEventsOfConnectors(Portal portal) {
        try (RecordingHandler handler = RecordingHandler.start()) {
            EventMethods.EVENTS.keySet().forEach(event -> portal.subscribe(event, handler.uri()));
            PortalLine line = portal.openLine("Support");
            PortalChat chat = line.openChat("telegrambot");
            chat.operatorWrites("Good day!");
            chat.close();

            assertThat(portal.connectors().switchOff("telegrambot", line)).isEmpty();
            assertThat(portal.deliveries())
                    .extracting(Delivery::event)
                    .containsExactly("ONSESSIONSTART", "ONOPENLINEMESSAGEADD", "ONSESSIONFINISH");
        }
    }

    @Test
    void theConnectorEventsNeedTheScopeOfOpenLinesAndNoOther() {
        try (PortalServer server = PortalServer.start();
                RecordingHandler handler = RecordingHandler.start()) {
            Portal lines = server.portal(PortalSetup.minted().scope(List.of("imopenlines")));
            Portal connectors = server.portal(PortalSetup.minted().scope(List.of("imconnector")));
            String bind = "event=OnImConnectorMessageAdd&handler=" + handler.uri();

            assertThat(rest(lines, "event.bind", bind)).contains("\"result\":true");
            assertThat(rest(connectors, "event.bind", bind)).contains("ERROR_EVENT_NOT_FOUND");
            assertThat(rest(lines, "events", "")).contains("ONIMCONNECTORMESSAGEADD");
            assertThat(rest(lines, "imconnector.register", "ID=a")).contains("NAME_REQUIRED");
            assertThat(rest(connectors, "imconnector.register", "ID=a")).contains("insufficient_scope");
        }
    }

    @Test
    void aConnectorIsRegisteredAsThePlatformDoesIt(Portal portal) {
        assertThat(rest(portal, "imconnector.register", "ID=a.b")).contains("REGISTRATION_ERROR_POINT");
        assertThat(rest(portal, "imconnector.register", "NAME=My")).contains("CONNECTOR_ID_REQUIRED");
        assertThat(rest(portal, "imconnector.register", "ID=a")).contains("NAME_REQUIRED");
        assertThat(rest(portal, "imconnector.register", "ID=a&NAME=My")).contains("ICON_REQUIRED");
        assertThat(rest(portal, "imconnector.register", "ID=a&NAME=My&ICON[DATA_IMAGE]=x"))
                .contains("NO_PLACEMENT_HANDLER");
        assertThat(rest(portal, "imconnector.unregister", "ID=my_connector")).contains("\"result\":false");
        register(portal);
        assertThat(portal.connectors().isOwn("my_connector")).isTrue();
        assertThat(rest(portal, "imconnector.unregister", "ID=My_Connector")).contains("\"result\":true");
        assertThat(portal.connectors().isOwn("my_connector")).isFalse();
        assertThat(rest(portal, "imconnector.send.status.delivery", "CONNECTOR=a&LINE=1"))
                .contains("\"argument\":\"MESSAGES\"");
        assertThat(caller.post(
                                portal.restUri()
                                        .resolve("1/" + portal.webhookCode().reveal() + "/imconnector.register"),
                                "ID=a")
                        .body())
                .contains("WRONG_AUTH_TYPE");
    }

    private void register(Portal portal) {
        assertThat(rest(
                        portal,
                        "imconnector.register",
                        "ID=My_Connector&NAME=My&ICON[DATA_IMAGE]=data:,x&PLACEMENT_HANDLER=https://app.example.com/"))
                .contains("\"result\":true");
    }

    private void deliver(Portal portal, PortalChat chat) {
        assertThat(rest(
                        portal,
                        "imconnector.send.status.delivery",
                        "CONNECTOR=my_connector&LINE=" + chat.line().id() + "&MESSAGES[0][im][chat_id]=" + chat.id()
                                + "&MESSAGES[0][im][message_id]=" + chat.lastMessageId()
                                + "&MESSAGES[0][message][id][0]=ext-5&MESSAGES[0][message][id][1]=ext-6"
                                + "&MESSAGES[0][chat][id]=1017"))
                .contains("\"SUCCESS\":true");
    }

    private String rest(Portal portal, String method, String parameters) {
        return caller.post(
                        portal.restUri().resolve(method),
                        parameters + "&auth=" + portal.accessToken().reveal())
                .body();
    }

    private static Event event(Portal portal, String code) {
        return EventDecoder.strict()
                .decode(delivery(portal, code).requestBody(), BodyFormat.FORM)
                .event();
    }

    /** Returns the last delivery of that event. */
    private static Delivery delivery(Portal portal, String code) {
        return portal.deliveries().stream()
                .filter(one -> one.event().equals(code))
                .reduce((first, last) -> last)
                .orElseThrow();
    }
}
