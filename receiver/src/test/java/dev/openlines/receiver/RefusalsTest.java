// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.LogRecords;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each refusal has a reason of its own, in the log and in the meters, and holds nothing that a stranger sent. */
class RefusalsTest {

    private static final String FORM = "application/x-www-form-urlencoded";

    private final LeasingInbox inbox = Inbox.memory();
    private final List<String> meters = new ArrayList<>();
    private final Portals portals = new Portals()
            .trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN))
            .trust(Bodies.MEMBER, Secret.of("ended-token"), Deliveries.T0.minusSeconds(1));
    private final Receiver receiver =
            new Receiver(inbox, portals, Limits.DEFAULT, () -> Deliveries.T0, () -> {}, new Telemetry() {
                @Override
                public void replied(Reply reply, Duration took) {
                    meters.add(reply.reason());
                }

                @Override
                public void attempted(String outcome, Duration took) {}
            });

    @AfterEach
    void close() {
        inbox.close();
    }

    @ParameterizedTest
    @CsvSource({
        "multipart/form-data; boundary=canary, multipart/form-data",
        "TEXT/Plain, text/plain",
        "'', no content type",
        "application/canary, another"
    })
    void aWrongTypeIsNamedIfItIsKnown(String type, String found) {
        assertRefused(
                "canary",
                type,
                "wrong-type status=415 detail=\"application/x-www-form-urlencoded or JSON is expected, found " + found);
    }

    @Test
    void aRefusalNamesTheKindOfItsBody() throws Exception {
        String nothing =
                " detail=\"expected an event code of 1 to 255 visible ASCII characters but found nothing at $.event";
        assertRefused("", FORM, "empty-body status=400" + nothing + "; a proxy or a filter may have read the body");
        assertRefused("a=canary", FORM, "malformed status=400" + nothing);
        assertRefused("\ufeff" + Bodies.finish(1), FORM, "byte-order-mark status=400" + nothing);
        assertRefused("\r\n" + Bodies.finish(1), FORM, "leading-space status=400" + nothing);
        assertRefused("<!DOCTYPE html><p>canary", FORM, "markup status=400");
        assertRefused("<?xml version='1.0'?><canary/>", "application/json", "markup status=400");
        assertRefused("POST / HTTP/1.1\r\nHost: canary\r\n\r\n" + Bodies.finish(1), FORM, "raw-http status=400");
        assertRefused("{\"event\": \"canary\"}", FORM, "json-as-form status=400");
        assertRefused("event=canary", "application/json", "form-as-json status=400");
        assertRefused("{\"data[DATA][connector]\": \"canary\"}", "application/json", "flat-json status=400");
        assertRefused(
                "DOMAIN=canary&AUTH_ID=canary&REFRESH_ID=canary&member_id=canary", FORM, "installer-page status=400");

        assertRefused(
                "workflow_id=5f0&code=canary&document_id%5B0%5D=crm&event_token=5f0%7CA1%7Cx&ts=1"
                        + "&auth%5Bapplication_token%5D=canary",
                FORM, "robot status=400");
        assertRefused("document_id[0]=crm&document_id[2]=DEAL_canary&auth[domain]=canary", FORM, "robot status=400");
        assertRefused("{\"headers\": {}, \"body\": {\"data[DATA]\": \"canary\"}}", "application/json", "flat-json");

        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(Bodies.finish(1).getBytes(StandardCharsets.UTF_8));
        }
        assertRefused(zipped.toByteArray(), FORM, "compressed status=415");
    }

    @Test
    void theRefusalOfAKnownPortalNamesItAndTheDifference() throws Exception {
        String portal = "wrong-token status=403 portal=" + Bodies.MEMBER + " detail=\"";
        assertRefused(
                Bodies.finish(1, "auth[application_token]", "canary"),
                FORM,
                portal + "it sent another application token; did it change?\"");
        assertRefused(
                Bodies.finish(1, "auth[application_token]", "ended-token"),
                FORM,
                portal + "its application token has ended, by a newer one or an uninstallation\"");
        assertRefused(
                Bodies.finish(1, "auth[application_token]", Bodies.TOKEN + "\n"),
                FORM,
                portal + "there is white space before or after its application token\"");
        assertRefused(
                Bodies.finish(1, "auth[application_token]", Bodies.TOKEN + "\r\n"),
                FORM,
                portal + "there is white space before or after its application token\"");
        assertRefused(
                Bodies.finishWithout(1, "auth[application_token]"), FORM, portal + "it sent no application token\"");
    }

    @Test
    void nothingOfAStrangerIsInTheRecord() throws Exception {
        assertRefused(Bodies.finish(1, "auth[member_id]", "canary\nreason=accepted"), FORM, "refused status=403");
        assertRefused(
                Bodies.finish(1, "auth[member_id]", "canary", "auth[application_token]", Bodies.TOKEN + " "),
                FORM,
                "refused status=403");
    }

    @ParameterizedTest
    @CsvSource({
        "/bitrix, /bitrix/", "/bitrix, //bitrix", "/bitrix, /Bitrix", "/bitrix, /bitrix;x=1",
                "/bitrix, /bitrix/index.php",
        "/bitrix, /./bitrix", "/bitrix/, /bitrix", "/, //", "/, /index.php", "/, /;x"
    })
    void aPostToNearlyTheAddressNamesTheOneThatIsServed(String served, String path) {
        List<String> log = LogRecords.of(() ->
                assertThat(receiver.elsewhere("POST", path, served).status()).isEqualTo(404));
        assertThat(log)
                .singleElement()
                .asString()
                .endsWith("reason=near-miss status=404 detail=\"the path is nearly right: events are received at "
                        + served + " alone\"");
        assertThat(meters).containsExactly("near-miss");
    }

    @ParameterizedTest
    @CsvSource({"POST, /wp-login.php", "GET, /bitrix/", "POST, /bitrix/x"})
    void anotherPathIsCountedAndNoWarning(String method, String path) {
        assertThat(LogRecords.of(() -> receiver.elsewhere(method, path, "/bitrix")))
                .isEmpty();
        assertThat(meters).containsExactly("elsewhere");
    }

    private void assertRefused(String body, String type, String record) {
        assertRefused(body.getBytes(StandardCharsets.UTF_8), type, record);
    }

    private void assertRefused(byte[] body, String type, String record) {
        meters.clear();
        List<String> log = LogRecords.of(
                () -> receiver.receive(new RawDelivery("POST", type.isEmpty() ? null : type, body, null, "192.0.2.1"))
                        .toCompletableFuture()
                        .join());
        assertThat(log).singleElement().asString().contains("reason=" + record).doesNotContain("canary");
        assertThat(meters).containsExactly(record.split(" ", 2)[0]);
    }
}
