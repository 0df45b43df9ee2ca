// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.model.Secret;
import jakarta.json.JsonValue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class BatchTest {

    private final RestClient client =
            RestClient.builder().patience(Duration.ZERO).allowLoopback().build();

    @Test
    void callsAreSentInOrderWithReferencesAndAnsweredByTheirKeys() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"result\":{\"user\":{\"ID\":\"1\"},"
                + "\"deals\":[7]},\"result_error\":[],\"result_total\":{\"deals\":60},\"result_next\":{\"deals\":50},"
                + "\"result_time\":[]}}")) {
            Batch batch = Batch.empty()
                    .with("user", RestCall.of("profile"))
                    .with(
                            "deals",
                            RestCall.of(
                                    "crm.deal.list",
                                    Map.of("filter", Map.of("ASSIGNED_BY_ID", Batch.reference("user", "ID")))))
                    .haltOnError();

            BatchReply replies = on(portal).batch(batch);

            assertThat(replies.reply("user").object().getString("ID")).isEqualTo("1");
            assertThat(replies.reply("deals").array()).hasSize(1);
            assertThat(replies.reply("deals").next()).contains(50L);
            assertThat(replies.reply("deals").total()).contains(60L);
            assertThat(portal.asked.get(0).json().getInt("halt")).isEqualTo(1);
            assertThat(portal.asked.get(0).json().getJsonObject("cmd"))
                    .hasToString("{\"user\":\"profile\",\"deals\":\"crm.deal.list?"
                            + "filter%5BASSIGNED_BY_ID%5D=%24result%5Buser%5D%5BID%5D\"}");
        }
    }

    @Test
    void oneCallsErrorIsItsOwn() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"result\":[{\"ID\":\"1\"}],\"result_error\":"
                + "{\"1\":{\"error\":\"OPERATION_TIME_LIMIT\",\"error_description\":\"Method is blocked\"},"
                + "\"2\":{\"error\":\"insufficient_scope\",\"error_description\":\"\"}}}}")) {
            BatchReply replies = on(portal)
                    .batch(Batch.empty()
                            .with("0", RestCall.of("profile"))
                            .with("1", RestCall.of("crm.deal.add"))
                            .with("2", RestCall.of("im.message.add"))
                            .with("3", RestCall.of("app.info")));

            assertThat(replies.reply("0").object()).containsKey("ID");
            assertThatThrownBy(() -> replies.reply("1"))
                    .isInstanceOf(RetriableRestException.class)
                    .hasMessage("crm.deal.add: HTTP 200 OPERATION_TIME_LIMIT: Method is blocked");
            assertThatThrownBy(() -> replies.reply("2")).hasMessage("im.message.add: HTTP 200 INSUFFICIENT_SCOPE");
            assertThatThrownBy(() -> replies.reply("3"))
                    .hasMessage("app.info: expected a result or an error but found nothing at $.result.result.3");
            assertThatThrownBy(() -> replies.reply("4"))
                    .hasMessage("the batch has no call with the key \"4\", its keys are 0, 1, 2, 3");
        }
    }

    @Test
    void aBatchIsIdempotentWhenAllItsCallsAre() {
        Batch reading = Batch.empty().with("a", RestCall.of("profile"));
        assertThat(reading.call().isIdempotent()).isTrue();
        assertThat(reading.with("b", RestCall.of("crm.deal.add")).call().isIdempotent())
                .isFalse();
    }

    @Test
    void aBatchThatThePortalWouldRefuseIsNotMade() {
        Batch batch = Batch.empty();
        for (int i = 0; i < 50; i++) {
            batch = batch.with("k" + i, RestCall.of("profile"));
        }
        Batch full = batch;
        assertThatThrownBy(() -> full.with("more", RestCall.of("profile")))
                .hasMessage("expected at most 50 calls in a batch but found more");
        assertThatThrownBy(() -> full.with("k1", RestCall.of("profile")))
                .hasMessage("expected a key of its own for each call but found k1 twice");
        assertThatThrownBy(() -> Batch.empty().with("a", RestCall.of("Batch")))
                .hasMessage("expected no batch within a batch but found one");
        assertThatThrownBy(() -> Batch.reference("a]["))
                .hasMessage("expected letters, digits and underscores but found a key of 3 other characters");
    }

    @Test
    void aListIsReadPageByPage() {
        try (FakePortal portal = new FakePortal(asked -> Answered.ok(
                asked.json().containsKey("start")
                        ? "{\"result\":[3],\"total\":3}"
                        : "{\"result\":[1,2],\"next\":2,\"total\":3}"))) {
            assertThat(on(portal).list(RestCall.of("crm.deal.list", Map.of("order", "ID"))))
                    .hasToString("[1, 2, 3]");
            assertThat(portal.asked.get(1).json().getInt("start")).isEqualTo(2);
            assertThat(portal.asked.get(1).json().getString("order")).isEqualTo("ID");
        }
    }

    @Test
    void aListCanBeReadWithoutWaitingAndBrokenOff() throws Exception {
        CountDownLatch second = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        try (FakePortal portal = new FakePortal(asked -> {
            if (asked.json().getInt("start", 0) == 0) {
                return Answered.ok("{\"result\":[1,2],\"next\":2}");
            }
            second.countDown();
            awaitQuietly(over);
            return Answered.ok("{\"result\":[3]}");
        })) {
            CompletableFuture<List<JsonValue>> broken = on(portal).listAsync(RestCall.of("crm.deal.list"));
            assertThat(second.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(broken.cancel(true)).isTrue();
            over.countDown();

            assertThat(on(portal).listAsync(RestCall.of("crm.deal.list")).get(30, TimeUnit.SECONDS))
                    .hasToString("[1, 2, 3]");
            assertThat(on(portal)
                            .batchAsync(Batch.empty().with("a", RestCall.of("profile")))
                            .get(30, TimeUnit.SECONDS)
                            .raw())
                    .containsKey("result");
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aPageThatLeadsBackEndsTheList() {
        try (FakePortal portal = FakePortal.answering("{\"result\":[1],\"next\":50}")) {
            assertThatThrownBy(() -> on(portal).list(RestCall.of("crm.deal.list")))
                    .hasMessage("crm.deal.list: expected a later page but found an earlier one at $.next");
            assertThat(portal.asked).hasSize(2);
        }
    }

    @Test
    void aPlanBindsWhatIsMissingAndPrunesOnlyWhatIsOurs() {
        String listed =
                "{\"result\":[{\"event\":\"ONSESSIONFINISH\",\"handler\":\"HTTPS://APP.example:443/b24/events\","
                        + "\"auth_type\":\"0\",\"offline\":0},"
                        + "{\"event\":\"ONAPPTEST\",\"handler\":\"https://app.example/b24/old\",\"auth_type\":\"0\",\"offline\":0},"
                        + "{\"event\":\"ONAPPTEST\",\"handler\":\"https://app.example/other/events\",\"auth_type\":\"0\",\"offline\":0},"
                        + "{\"event\":\"ONAPPTEST\",\"handler\":\"https://other.example/b24/events\",\"auth_type\":\"0\",\"offline\":0},"
                        + "{\"event\":\"ONSESSIONSTART\",\"connector_id\":\"mine\",\"offline\":1},"
                        + "{\"event\":\"ONSESSIONSTART\",\"connector_id\":\"theirs\",\"offline\":1}]}";
        try (FakePortal portal = new FakePortal(asked -> switch (asked.method()) {
            case "event.get" -> Answered.ok(listed);
            case "event.unbind" -> Answered.ok("{\"result\":{\"count\":1}}");
            default -> Answered.error(400, "ERROR_CORE", "Unable to set event handler: Handler already binded");
        })) {
            Subscriptions subscriptions = on(portal).subscriptions();
            java.net.URI handler = java.net.URI.create("https://app.example/b24/events");
            List<Subscription> wanted = List.of(
                    Subscription.online("OnSessionFinish", handler),
                    Subscription.online("OnAppUpdate", handler),
                    Subscription.offline("OnSessionFinish").withConnector("mine"));

            SubscriptionPlan plan = subscriptions.plan(wanted);
            assertThat(plan.settled()).isFalse();
            assertThat(plan.missing()).containsExactly(wanted.get(1), wanted.get(2));
            assertThat(plan.kept()).hasSize(1);
            assertThat(plan.surplus())
                    .extracting(Subscription::handler, Subscription::connector)
                    .containsExactly(
                            org.assertj.core.groups.Tuple.tuple("https://app.example/b24/old", null),
                            org.assertj.core.groups.Tuple.tuple(null, "mine"));
            assertThat(plan.foreign()).hasSize(3);
            assertThat(portal.asked).hasSize(1);

            subscriptions.ensure(wanted);
            assertThat(portal.asked.stream().map(FakePortal.Asked::method))
                    .containsExactly("event.get", "event.get", "event.bind", "event.bind");
            portal.asked.clear();
            subscriptions.prune(wanted);
            assertThat(portal.asked.stream().map(FakePortal.Asked::method))
                    .containsExactly("event.get", "event.unbind", "event.unbind");
            assertThat(portal.asked.get(1).json().getString("HANDLER")).isEqualTo("https://app.example/b24/old");
            assertThat(portal.asked.get(2).json().getString("EVENT_TYPE")).isEqualTo("offline");
            assertThat(subscriptions.prune(List.of()).surplus()).isEmpty();
        }
    }

    private PortalClient on(FakePortal portal) {
        return client.portal(portal.rest(), Secret.of("t0ken-1234"));
    }
}
