// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.wire.EventSender;
import dev.openlines.portal.wire.Exchange;
import dev.openlines.portal.wire.Framing;
import dev.openlines.testkit.RecordingHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the sender's reading of answers in any framing. No answer makes the sender throw. */
class AnswerTest {

    private static final int LIMIT = 1 << 20;
    private static final String LONG = "0123456789".repeat(700);

    private static Exchange answered(String answer) {
        try (RecordingHandler handler = RecordingHandler.answering(answer)) {
            byte[] body = "event=X".getBytes(ISO_8859_1);
            return new EventSender(EventSender.Settings.defaults())
                    .send(
                            handler.uri(),
                            EventSender.head(handler.uri(), body.length, "text/plain"),
                            body,
                            Framing.WHOLE);
        }
    }

    private static String kept(Exchange exchange) {
        return new String(exchange.answer(), ISO_8859_1);
    }

    @Test
    void aBodyOfManyBlocksIsReadByItsLength() {
        String answer = "HTTP/1.1 200 OK\r\nX-Content-Length: 3\r\nContent-length:7000 \r\n\r\n" + LONG;

        Exchange exchange = answered(answer + "more, which was not asked for");

        assertThat(exchange.failure()).isNull();
        assertThat(exchange.acknowledged()).isTrue();
        assertThat(kept(exchange)).isEqualTo(answer);
    }

    @Test
    void aBodyOfManyBlocksIsReadByItsChunks() {
        String answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n1b58;name=value\r\n" + LONG
                + "\r\n3\r\nend\r\n0\r\n\r\n";

        Exchange exchange = answered(answer + "more");

        assertThat(exchange.failure()).isNull();
        assertThat(kept(exchange)).isEqualTo(answer);
    }

    @Test
    void aBodyWithoutALengthEndsWithTheConnectionAndIsKeptToTheLimit() {
        String head = "HTTP/1.1 200 OK\r\n\r\n";

        assertThat(kept(answered(head + LONG))).isEqualTo(head + LONG);
        Exchange exchange = answered(head + "x".repeat(LIMIT));
        assertThat(exchange.failure()).isNull();
        assertThat(kept(exchange)).isEqualTo(head + "x".repeat(LIMIT - head.length()));
    }

    @Test
    void anAnswerBeyondTheLimitIsAFailureThatKeepsItsBeginning() {
        Exchange exchange = answered("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + "x".repeat(2_000_000));

        assertThat(exchange.failure()).endsWith("the answer is longer than 1048576 bytes");
        assertThat(exchange.acknowledged()).isFalse();
        assertThat(exchange.answer()).hasSize(LIMIT);
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 304})
    void anAnswerThatHasNoBodyIsNotWaitedForByItsLength(int status) {
        String answer = "HTTP/1.1 " + status + " Nothing\r\nContent-Length: 9\r\n\r\n";

        Exchange exchange = answered(answer);

        assertThat(exchange.failure()).isNull();
        assertThat(exchange.status()).isEqualTo(status);
    }

    @Test
    void anAnswerThatEndsEarlyIsAFailureThatKeepsWhatCame() {
        String answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";

        Exchange exchange = answered(answer);

        assertThat(exchange.failure()).isEqualTo("the connection broke: the answer ended early");
        assertThat(exchange.acknowledged()).isFalse();
        assertThat(kept(exchange)).isEqualTo(answer);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: many",
                "Content-Length: -1",
                "Content-Length: 99999999999999999999",
                "Transfer-Encoding: chunked\r\n\r\nzz",
                "Transfer-Encoding: chunked\r\n\r\n-5",
                "Transfer-Encoding: chunked\r\n\r\n11111111111111111"
            })
    void aLengthThatIsNoneIsAFailure(String header) {
        Exchange exchange = answered("HTTP/1.1 200 OK\r\n" + header + "\r\n\r\nabc");

        assertThat(exchange.failure()).isEqualTo("the connection broke: the answer's length is not a number of bytes");
        assertThat(exchange.acknowledged()).isFalse();
    }

    @Test
    void anAnswerThatIsNotHttpIsAFailure() {
        Exchange exchange = answered("SSH-2.0-OpenSSH_9\r\n\r\n");

        assertThat(exchange.failure()).isEqualTo("the connection broke: the answer is not HTTP/1");
        assertThat(exchange.status()).isZero();
    }
}
