// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.RecordingHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ManyPortalsTest {

    private static final int PORTALS = 100;
    private static final int CLOSES = 20;

    @Test
    @Tag("long")
    void ahundredPortalsOnOneServerNeverHearOfEachOther() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (PortalServer server = PortalServer.start();
                RecordingHandler handler = RecordingHandler.start()) {
            List<Portal> portals = new ArrayList<>();
            List<Future<Long>> closed = new ArrayList<>();
            for (int i = 0; i < PORTALS; i++) {
                Portal portal = server.portal();
                portals.add(portal);
                portal.subscribe("ONSESSIONFINISH", handler.uri());
                PortalLine line = portal.openLine(portal.label());
                for (int part = 0; part < 4; part++) {
                    closed.add(threads.submit(() -> {
                        long acknowledged = 0;
                        for (int close = 0; close < CLOSES / 4; close++) {
                            acknowledged += line.openChat().close().stream()
                                    .filter(Delivery::acknowledged)
                                    .count();
                        }
                        return acknowledged;
                    }));
                }
            }
            long acknowledged = 0;
            for (Future<Long> part : closed) {
                acknowledged += part.get(60, TimeUnit.SECONDS);
            }

            assertThat(acknowledged).isEqualTo(PORTALS * CLOSES);
            assertThat(handler.requests()).hasSize(PORTALS * CLOSES);
            for (Portal portal : portals) {
                List<String> mine =
                        portal.deliveries().stream().map(Delivery::maskedBody).toList();
                assertThat(mine)
                        .hasSize(CLOSES)
                        .allSatisfy(body -> assertThat(body)
                                .contains(
                                        "\"name\":\"" + portal.label() + "\"",
                                        "\"member_id\":\"" + portal.memberId() + "\""));
                assertThat(mine.stream().map(body -> body.replaceAll(".*\"chat_id\":\"(\\d+)\".*", "$1")))
                        .doesNotHaveDuplicates();
                assertThat(portal.deliveries().stream().map(Delivery::number))
                        .containsExactlyInAnyOrderElementsOf(java.util.stream.LongStream.rangeClosed(1, CLOSES)
                                .boxed()
                                .toList());
            }
            assertThat(handler.requests())
                    .as("each request names the line and the token of one portal")
                    .allSatisfy(request -> assertThat(request)
                            .contains("application_token%5D="
                                    + server.portal(request.replaceAll(
                                                    "(?s).*%5Bline%5D%5Bname%5D=([a-z0-9-]+)&.*", "$1"))
                                            .orElseThrow()
                                            .applicationToken()
                                            .reveal()));
        } finally {
            threads.shutdownNow();
        }
    }
}
