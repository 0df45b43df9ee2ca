// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Closing;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.DeliveryPlan;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import java.net.URI;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A seeded history of a portal around an outage of one hour: 120 chats are closed in all five ways before, during and
 * after it. A third of the customers return and their chats are closed again. Some sessions are resumed and closed
 * again. Some events arrive twice, some late, and some never.
 */
final class OutageHistory {

    private static final List<Closing> WAYS = List.of(Closing.values());

    private static final int CHATS = 120;
    private static final Duration OUTAGE = Duration.ofHours(1);

    /**
     * Two closes of one chat are told apart if they are more than two minutes apart and only an event reports one of
     * them.
     */
    private static final long APART = 150;

    private final Portal portal;
    private final Random random;
    private final List<PortalChat> fresh = new ArrayList<>();
    private final List<PortalChat> closed = new ArrayList<>();
    private final Map<PortalChat, Long> closedAt = new HashMap<>();
    private final List<PortalChat> known = new ArrayList<>();
    private final List<byte[]> late = new ArrayList<>();
    private final List<ReconciliationIT.Close> closes = new ArrayList<>();
    private final Map<String, Long> sessions = new HashMap<>();
    private int ways;

    OutageHistory(Portal portal, URI receiver, long seed) {
        this.portal = portal;
        this.random = new Random(seed);
        portal.clock().freeze();
        portal.clock().zone(ZoneId.of("Europe/Berlin"));
        List<PortalLine> lines = List.of(portal.openLine("Support"), portal.openLine("Sales"));
        portal.subscribe("ONAPPINSTALL", receiver);
        portal.subscribe(OnSessionFinish.CODE, receiver);
        for (int i = 0; i < CHATS; i++) {
            PortalChat chat = lines.get(i % 2).openChat();
            chat.customerWrites("hello");
            fresh.add(chat);
        }
        Collections.shuffle(fresh, random);
    }

    List<ReconciliationIT.Close> closes() {
        return closes;
    }

    /** Returns the session that was closed in a chat in a second, or 0. */
    long session(long chat, long second) {
        return sessions.getOrDefault(chat + "/" + second, 0L);
    }

    void before() {
        assertThat(portal.install()).hasSize(1).allMatch(Delivery::acknowledged);
        closeSome(40, 0, 0, 30);
    }

    void during() {
        long begun = second();
        closeSome(40, 20, 8, 45);
        long left = begun + OUTAGE.toSeconds() - second();
        pass(Math.max(60, left));
    }

    void after() {
        closeSome(40, 20, 6, 30);
    }

    /** Delivers some of the events that were lost, and a few of them twice, as the platform or a proxy may do. */
    void deliverSome() {
        for (byte[] body : List.copyOf(late)) {
            if (random.nextInt(3) == 0) {
                deliver(body);
            }
        }
    }

    void deliverRest() {
        List.copyOf(late).forEach(this::deliver);
    }

    private void deliver(byte[] body) {
        int copies = random.nextInt(4) == 0 ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            if (portal.sending().replayVerbatim(body).stream().allMatch(Delivery::acknowledged)) {
                late.remove(body);
            }
        }
    }

    void pass(long seconds) {
        portal.clock().advance(Duration.ofSeconds(seconds));
    }

    private long second() {
        return portal.clock().instant().getEpochSecond();
    }

    private void closeSome(int first, int returns, int resumes, int pace) {
        List<Runnable> steps = new ArrayList<>();
        for (int i = 0; i < first; i++) {
            steps.add(() -> close(fresh.remove(0)));
        }
        for (int i = 0; i < returns; i++) {
            steps.add(this::comeBack);
        }
        for (int i = 0; i < resumes; i++) {
            steps.add(this::goOn);
        }
        Collections.shuffle(steps, random);
        for (Runnable step : steps) {
            pass(1 + random.nextInt(pace));
            step.run();
        }
    }

    /** Lets the customer of a closed chat write again, and closes the new session. */
    private void comeBack() {
        PortalChat chat = someClosed(closed);
        chat.customerReturns();
        pass(1 + random.nextInt(20));
        close(chat);
    }

    /** Resumes a closed session and closes it again. Only the event of its earlier close shows that close. */
    private void goOn() {
        PortalChat chat = someClosed(known);
        chat.resume();
        pass(1 + random.nextInt(20));
        close(chat);
    }

    private PortalChat someClosed(List<PortalChat> from) {
        List<PortalChat> some = from.stream()
                .filter(chat -> second() - closedAt.get(chat) >= APART)
                .toList();
        if (some.isEmpty()) {
            pass(APART);
            return someClosed(from);
        }
        PortalChat chat = some.get(random.nextInt(some.size()));
        closed.remove(chat);
        known.remove(chat);
        return chat;
    }

    private void close(PortalChat chat) {
        long at = second();
        closes.add(new ReconciliationIT.Close(chat.sessionId(), at));
        sessions.put(chat.id() + "/" + at, chat.sessionId());
        closedAt.put(chat, at);
        portal.sending().use(DeliveryPlan.platform().copies(random.nextInt(6) == 0 ? 2 : 1));
        List<Delivery> deliveries = chat.close(WAYS.get(ways++ % WAYS.size()));
        closed.add(chat);
        if (deliveries.stream().anyMatch(Delivery::acknowledged)) {
            known.add(chat);
        } else if (random.nextInt(2) == 0) {
            late.add(deliveries.get(0).requestBody());
        }
    }
}
