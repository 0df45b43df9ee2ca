// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.springboot;

import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Reply;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Moves bytes from Spring to the {@link Receiver} and its reply back. It takes the request itself and reads its
 * stream: an argument with {@code @RequestParam}, or a call of {@code getParameter}, would let the container
 * parse the form in its own way and leave no bytes. The thread goes back while the event is written to disk.
 */
@RestController
class EventController {

    private final Receiver receiver;

    EventController(Receiver receiver) {
        this.receiver = receiver;
    }

    @RequestMapping("/bitrix24")
    CompletionStage<ResponseEntity<Void>> event(HttpServletRequest request) throws IOException {
        Optional<Reply> early =
                receiver.beforeBody(request.getMethod(), request.getContentType(), request.getContentLengthLong());
        if (early.isPresent()) {
            return CompletableFuture.completedStage(answer(early.get()));
        }
        byte[] body = request.getInputStream().readNBytes(receiver.bodyBytes() + 1);
        if (body.length > receiver.bodyBytes()) {
            return CompletableFuture.completedStage(answer(receiver.tooLarge()));
        }
        return receiver.receive(new RawDelivery(
                        request.getMethod(),
                        request.getContentType(),
                        body,
                        request.getHeader("traceparent"),
                        request.getRemoteAddr()))
                .thenApply(EventController::answer);
    }

    private static ResponseEntity<Void> answer(Reply reply) {
        ResponseEntity.BodyBuilder answer = ResponseEntity.status(reply.status());
        reply.headers().forEach(answer::header);
        return answer.build();
    }
}
