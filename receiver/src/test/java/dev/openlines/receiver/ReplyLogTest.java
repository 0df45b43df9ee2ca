// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.LogRecords;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of the log's records of refusals, however many there are. */
class ReplyLogTest {

    private final AtomicLong nanos = new AtomicLong();
    private final ReplyLog log = new ReplyLog(nanos::get);

    @Test
    void eachRefusalIsOneRecordWithItsReasonAndStatus() {
        for (Reply reply : List.of(
                new Reply.NotPost(),
                new Reply.WrongType("another"),
                new Reply.TooLarge(),
                new Reply.TooSlow(),
                new Reply.BrokenOff(),
                new Reply.Busy(),
                new Reply.Malformed(NotAnEvent.MALFORMED, "expected this but found that at $.event"),
                new Reply.Refused())) {
            assertThat(LogRecords.of(() -> log.of(reply)))
                    .singleElement()
                    .asString()
                    .contains("WARN dev.openlines.receiver.Receiver - reason=" + reply.reason() + " status="
                            + reply.status());
        }
        assertThat(LogRecords.of(() -> log.unavailable(new StoreException("away", null))))
                .first()
                .asString()
                .contains("reason=unavailable status=503");
        assertThat(LogRecords.of(() -> log.of(new Reply.Accepted()))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.7, 203.0.113.7",
        "2001:db8::1, 2001:db8::1",
        "fe80::1%eth0, fe80::1%eth0",
        "::ffff:203.0.113.7, ::ffff:203.0.113.7",
        ", unknown",
        "'', unknown",
        "canary, unknown",
        "'203.0.113.7\nreason=invented', unknown",
        "1111111111111111111111111111111111111111111111, unknown"
    })
    void aSendersAddressIsDigitsOrUnknown(String source, String logged) {
        assertThat(ReplyLog.address(source)).isEqualTo(logged);
    }

    @Test
    void aFloodIsTwentyRecordsInTenSecondsAndThenTheNumberOfTheOthers() {
        assertThat(LogRecords.of(() -> refuse(10_000))).hasSize(20);
        assertThat(LogRecords.of(() -> log.of(new Reply.WrongType("another"))))
                .as("of another reason")
                .hasSize(1);

        nanos.addAndGet(TimeUnit.SECONDS.toNanos(10) - 1);
        assertThat(LogRecords.of(() -> refuse(1))).isEmpty();
        nanos.incrementAndGet();
        List<String> next = LogRecords.of(() -> refuse(30));
        assertThat(next).hasSize(20);
        assertThat(next.get(0)).endsWith("reason=refused status=403 unlogged=9981");
        assertThat(next.get(1)).endsWith("reason=refused status=403");
    }

    @Test
    void aForgedInstallationOfAStrangerHasNoRecordBesideThatOfItsAnswerAndOneOfAKnownPortalHasFew() {
        Envelope nobody = Envelope.parse(
                Bodies.finish(1, "event", "ONAPPINSTALL").getBytes(StandardCharsets.UTF_8),
                BodyFormat.FORM,
                Limits.DEFAULT);

        assertThat(asked(nobody, false, InstallationCheck.Answer.REFUSED)).isEmpty();
        assertThat(asked(nobody, true, InstallationCheck.Answer.REFUSED))
                .hasSize(ReplyLog.BURST)
                .allSatisfy(
                        line -> assertThat(line).endsWith("reason=unverified because=refused portal=" + Bodies.MEMBER));
        assertThat(asked(nobody, false, InstallationCheck.Answer.NOT_ADMINISTRATOR))
                .hasSize(ReplyLog.BURST)
                .allSatisfy(line -> assertThat(line)
                        .endsWith("reason=unverified because=not-administrator portal=" + Bodies.MEMBER));
    }

    /** Returns the records of so many checks that some go unlogged; the budget is full again each time. */
    private static List<String> asked(Envelope event, boolean known, InstallationCheck.Answer answer) {
        AtomicInteger hour = new AtomicInteger();
        Verifications verifications = new Verifications(
                claim -> answer,
                () -> Instant.EPOCH.plus(Duration.ofHours(hour.get())),
                verified -> CompletableFuture.completedStage(verified),
                portal -> known);
        return LogRecords.of(() -> {
            for (int i = 0; i < 2 * ReplyLog.BURST; i++) {
                hour.incrementAndGet();
                assertThat(verifications
                                .ask(new UncheckedEvent(event, Bodies.MEMBER, null, known, 1, Instant.EPOCH))
                                .join())
                        .isEqualTo(Verifications.Outcome.UNVERIFIED);
            }
        });
    }

    private void refuse(int times) {
        for (int i = 0; i < times; i++) {
            log.of(new Reply.Refused());
        }
    }
}
