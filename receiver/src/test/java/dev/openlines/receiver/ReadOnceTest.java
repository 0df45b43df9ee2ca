// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Bodies;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Measures the memory that receiving takes until the inbox has the event, beside the body and the connection. */
class ReadOnceTest {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final int ROUNDS = 2000;

    @Test
    void anEventTakesTwoKibibytesUntilItIsVerified() {
        assertThat(bytes(VerifiedDelivery::idempotencyKey)).isLessThanOrEqualTo(2048);
    }

    @Test
    void anEventThatIsStoredAsJsonTakesThreeKibibytes() {
        assertThat(bytes(VerifiedDelivery::payload)).isLessThanOrEqualTo(3072);
    }

    @Test
    void aDeliveryIsTheSameWhetherItsTextIsWrittenAtOnceOrLater() {
        byte[] body = body();
        VerifiedDelivery written = Envelope.parse(body, BodyFormat.FORM, Limits.DEFAULT, envelope -> {
            VerifiedDelivery delivery = delivery(envelope);
            assertThat(delivery.payload()).doesNotContain(Bodies.TOKEN).contains("\"chat_id\":\"7\"");
            return delivery;
        });
        VerifiedDelivery later = Envelope.parse(body, BodyFormat.FORM, Limits.DEFAULT, ReadOnceTest::delivery);
        assertThat(later).isEqualTo(written).hasSameHashCodeAs(written);
        assertThat(later.payload()).isEqualTo(written.payload());
        assertThat(later.in("00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-01"))
                .isNotEqualTo(written);
        assertThat(later.in("nonsense")).isSameAs(later);
    }

    private static VerifiedDelivery delivery(Envelope envelope) {
        return new VerifiedDelivery(envelope, Bodies.MEMBER, 1, Deliveries.T0, null);
    }

    private static byte[] body() {
        return Bodies.finish(7, "ts", "1760000000").getBytes(StandardCharsets.UTF_8);
    }

    private static long bytes(Consumer<VerifiedDelivery> use) {
        Inbox inbox = (Inbox) Proxy.newProxyInstance(
                ReadOnceTest.class.getClassLoader(), new Class<?>[] {Inbox.class}, (proxy, method, arguments) -> {
                    use.accept((VerifiedDelivery) arguments[0]);
                    return CompletableFuture.completedStage(StoreResult.STORED);
                });
        Portals portals = new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
        Receiver receiver =
                new Receiver(inbox, portals, Limits.DEFAULT, InstantSource.system(), () -> {}, Telemetry.none());
        byte[] body = body();
        long before = 0;
        for (int i = -ROUNDS; i < ROUNDS; i++) {
            if (i == 0) {
                before = THREADS.getCurrentThreadAllocatedBytes();
            }
            RawDelivery delivery =
                    new RawDelivery("POST", "application/x-www-form-urlencoded", body, null, "127.0.0.1");
            assertStored(receiver.receive(delivery).toCompletableFuture().join());
        }
        return (THREADS.getCurrentThreadAllocatedBytes() - before) / ROUNDS;
    }

    private static void assertStored(Reply reply) {
        if (reply.status() != 200) {
            throw new AssertionError("answered " + reply.status());
        }
    }
}
