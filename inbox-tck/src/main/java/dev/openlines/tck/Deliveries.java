// SPDX-License-Identifier: Apache-2.0
package dev.openlines.tck;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeaseRequest;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Settlement;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.StoreResult;
import dev.openlines.receiver.Telemetry;
import dev.openlines.receiver.VerifiedDelivery;
import java.lang.reflect.Proxy;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Verified events for tests of an inbox, and actions on them. */
public final class Deliveries {

    /** The time of the first test step. */
    public static final Instant T0 = Instant.ofEpochMilli(1_800_000_000_000L);

    /** The portal that sends these tests' events. */
    public static final String MEMBER = "a223c6b3710f85df22e9377d6c4f7553";

    /** Its application token. */
    public static final String TOKEN = "51856fefc120afa4b628cc82d3935cce";

    /** An access token that must not be found in the inbox. */
    public static final String ACCESS_TOKEN = "canary-access-7f3a5c4e6b";

    /** A refresh token that must not be found in the inbox. */
    public static final String REFRESH_TOKEN = "canary-refresh-0d9e8f7a6b";

    /** A time after every wait of these tests. */
    public static final Instant LATEST = T0.plusSeconds(1_000_000);

    private Deliveries() {}

    /**
     * Returns a verified event, received at {@link #T0}.
     *
     * @param chat the chat that was closed
     * @param ts when, in seconds; wire field {@code ts}
     * @return the event
     */
    public static VerifiedDelivery delivery(long chat, long ts) {
        return delivery(form(chat, "ts", Long.toString(ts)));
    }

    /**
     * Returns the body of a request with the event.
     *
     * @param chat the chat that was closed
     * @param namesAndValues fields to change or add: names and values in turn
     * @return a form
     */
    public static String form(long chat, String... namesAndValues) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("event", "ONSESSIONFINISH");
        fields.put("event_handler_id", "12");
        fields.put("data[DATA][connector][connector_id]", "livechat");
        fields.put("data[DATA][connector][line_id]", "1");
        fields.put("data[DATA][connector][chat_id]", Long.toString(chat));
        fields.put("data[DATA][connector][user_id]", "10");
        fields.put("data[DATA][chat][chat_id]", Long.toString(chat));
        fields.put("data[DATA][line][id]", "1");
        fields.put("data[DATA][line][name]", "Open channel");
        fields.put("ts", "1760000000");
        fields.put("auth[access_token]", ACCESS_TOKEN);
        fields.put("auth[refresh_token]", REFRESH_TOKEN);
        fields.put("auth[domain]", "portal.bitrix24.example");
        fields.put("auth[member_id]", MEMBER);
        fields.put("auth[application_token]", TOKEN);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields.entrySet().stream()
                .map(field -> URLEncoder.encode(field.getKey(), StandardCharsets.UTF_8)
                        + '='
                        + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    /**
     * Returns the verified event of a body.
     *
     * @param form a body from {@link #form}
     * @return the event
     */
    public static VerifiedDelivery delivery(String form) {
        AtomicReference<VerifiedDelivery> delivery = new AtomicReference<>();
        Portals portals = new Portals().trust(MEMBER, Secret.of(TOKEN));
        new Receiver(catching(delivery), portals, Limits.DEFAULT, () -> T0, () -> {}, Telemetry.none())
                .receive(new RawDelivery(
                        "POST", "application/x-www-form-urlencoded", form.getBytes(StandardCharsets.UTF_8)));
        return Objects.requireNonNull(delivery.get());
    }

    /**
     * Returns the body of a request with a message in each of several scripts: 20 000 characters, the most that the
     * platform allows. The last is as long as the default limits let a body be, of characters that JSON escapes.
     *
     * @return forms, each of another chat
     */
    static List<String> longMessages() {
        List<String> forms = new ArrayList<>();
        for (String character : List.of("a", "\"", "я", "語", "😀")) {
            forms.add(message(
                    forms.size(),
                    URLEncoder.encode(character, StandardCharsets.UTF_8).repeat(20_000)));
        }
        StringBuilder largest = new StringBuilder(message(forms.size(), ""));
        int files = 0;
        for (int left = Limits.DEFAULT.bodyBytes() - largest.length(); left > 100; ) {
            String name = "&data[DATA][message][files][" + files++ + "]=";
            int length = Math.min(left - name.length(), Limits.DEFAULT.valueBytes());
            largest.append(name).append("\u0001".repeat(length));
            left -= name.length() + length;
        }
        forms.add(largest.toString());
        return forms;
    }

    private static String message(int chat, String text) {
        return "event=ONOPENLINEMESSAGEADD&ts=1760000000&data[CONNECTOR]=livechat&data[LINE]=1"
                + "&data[DATA][connector][connector_id]=livechat&data[DATA][message][id]=5"
                + "&data[DATA][message][chat_id]=" + chat + "&auth[member_id]=" + MEMBER + "&auth[application_token]="
                + TOKEN + "&data[DATA][message][text]=" + text;
    }

    /** Returns an inbox that only takes one event. It is needed because only a receiver makes verified events. */
    private static Inbox catching(AtomicReference<VerifiedDelivery> delivery) {
        return (Inbox) Proxy.newProxyInstance(
                Deliveries.class.getClassLoader(), new Class<?>[] {Inbox.class}, (proxy, method, arguments) -> {
                    delivery.set((VerifiedDelivery) arguments[0]);
                    return CompletableFuture.completedStage(StoreResult.STORED);
                });
    }

    /**
     * Stores an event and waits until that is durable.
     *
     * @param inbox an open inbox
     * @param delivery the event
     * @return stored or duplicate
     * @throws StoreException if it may not be durable
     */
    public static StoreResult store(Inbox inbox, VerifiedDelivery delivery) {
        try {
            return inbox.store(delivery).toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof StoreException store ? store : e;
        }
    }

    static <T> List<T> atOnce(int times, Callable<T> call) throws Exception {
        return atOnce(IntStream.range(0, times).mapToObj(i -> call).toList());
    }

    static <T> List<T> atOnce(List<Callable<T>> calls) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(calls.size());
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> future : pool.invokeAll(calls, 60, TimeUnit.SECONDS)) {
                results.add(future.get());
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }

    static boolean settle(LeasingInbox inbox, LeasedDelivery leased, Settlement settlement) {
        return inbox.settle(leased, settlement, T0).toCompletableFuture().join();
    }

    static List<LeasedDelivery> lease(LeasingInbox inbox, String owner, Instant now) {
        return inbox.lease(new LeaseRequest(owner, 100, now, now.plusSeconds(10), LATEST, false));
    }

    static List<LeasedDelivery> leaseInOrder(LeasingInbox inbox, Instant now) {
        return inbox.lease(new LeaseRequest("a", 100, now, now.plusSeconds(10), LATEST, true));
    }
}
