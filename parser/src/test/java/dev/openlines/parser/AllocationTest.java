// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Holds the memory that an event may take. Bytes are deterministic; time is not. */
class AllocationTest {

    private static final int ROUNDS = 20_000;
    private static final String AUTH = "&auth%5Baccess_token%5D=" + "0123456789abcdef".repeat(4) + "abcdef"
            + "&auth%5Bexpires%5D=1790003600&auth%5Bexpires_in%5D=3600&auth%5Bscope%5D=imopenlines%2Cimconnector"
            + "&auth%5Bdomain%5D=portal.bitrix24.com"
            + "&auth%5Bserver_endpoint%5D=https%3A%2F%2Foauth.bitrix.info%2Frest%2F&auth%5Bstatus%5D=L"
            + "&auth%5Bclient_endpoint%5D=https%3A%2F%2Fportal.bitrix24.com%2Frest%2F"
            + "&auth%5Bmember_id%5D=a223c6b3710f85df22e9377d6c4f7553&auth%5Buser_id%5D=17"
            + "&auth%5Bapplication_token%5D=51856fefc120afa4b628cc82d3935cce";
    private static final String PLATFORM = "event=ONSESSIONFINISH&event_handler_id=12"
            + connector("data%5BDATA%5D")
            + "&data%5BDATA%5D%5Bchat%5D%5Bchat_id%5D=10585&data%5BDATA%5D%5Bline%5D%5Bid%5D=128"
            + "&data%5BDATA%5D%5Bline%5D%5Bname%5D=Open+channel&ts=1790000000" + AUTH;
    private static final String DOCS_2024 = "event=ONSESSIONFINISH&eventId=1"
            + connector("data%5BDATA%5D%5B0%5D")
            + "&data%5BDATA%5D%5B0%5D%5Bchat%5D%5Bid%5D=10585&data%5BDATA%5D%5B0%5D%5Buser%5D%5Bid%5D=128"
            + "&data%5BDATA%5D%5B0%5D%5Buser%5D%5Bname%5D=Open+channel&ts=1790000000" + AUTH;
    private static final String DOCS_2024_TABLE = PLATFORM.replace("chat%5D%5Bchat_id", "chat%5D%5Bid");
    private static final String DOCS_2026 = "event=ONSESSIONFINISH&eventId=1"
            + connector("data%5BDATA%5D%5B0%5D")
            + "&data%5BDATA%5D%5B0%5D%5Bsession%5D%5Bid%5D=7&data%5BDATA%5D%5B0%5D%5Bsession%5D%5Bclosed%5D=Y"
            + "&data%5BDATA%5D%5B0%5D%5Bsession%5D%5Bparent_id%5D=0"
            + "&data%5BDATA%5D%5B0%5D%5Bsession%5D%5Bclose_term%5D=1440"
            + "&data%5BDATA%5D%5B0%5D%5Bchat%5D%5Bid%5D=10585&data%5BDATA%5D%5B0%5D%5Buser%5D%5Bid%5D=1984"
            + "&ts=1790000000" + AUTH;

    private static String connector(String prefix) {
        String connector = "&" + prefix + "%5Bconnector%5D%5B";
        return connector + "connector_id%5D=livechat" + connector + "line_id%5D=128" + connector + "chat_id%5D=10585"
                + connector + "user_id%5D=1984";
    }

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void anEventFromAFormTakesAtMostTwoKibibytes() {
        List<byte[]> bodies = new ArrayList<>();
        for (String form : List.of(PLATFORM, DOCS_2024, DOCS_2024_TABLE, DOCS_2026)) {
            bodies.add(form.getBytes(US_ASCII));
            List<String> pairs = new ArrayList<>(Arrays.asList(form.split("&")));
            Collections.shuffle(pairs, new Random(1));
            bodies.add(String.join("&", pairs).getBytes(US_ASCII));
        }
        for (byte[] body : bodies) {
            long bytes = bytesPerEvent(body, BodyFormat.FORM);
            assertThat(bytes).as(new String(body, US_ASCII)).isLessThanOrEqualTo(2048);
        }
    }

    @Test
    void anEventFromJsonTakesAtMostTwoKibibytes() {
        for (String form : List.of(PLATFORM, DOCS_2024, DOCS_2024_TABLE, DOCS_2026)) {
            byte[] json = Envelope.parse(form.getBytes(US_ASCII), BodyFormat.FORM, Limits.DEFAULT)
                    .toJson()
                    .getBytes(US_ASCII);
            assertThat(bytesPerEvent(json, BodyFormat.JSON))
                    .as(new String(json, US_ASCII))
                    .isLessThanOrEqualTo(2048);
        }
    }

    private static long bytesPerEvent(byte[] body, BodyFormat format) {
        long before = 0;
        for (int i = -ROUNDS; i < ROUNDS; i++) {
            if (i == 0) {
                before = THREADS.getCurrentThreadAllocatedBytes();
            }
            if (EventDecoder.lenient().decode(body, format).event().code().isEmpty()) {
                throw new AssertionError("no event");
            }
        }
        return (THREADS.getCurrentThreadAllocatedBytes() - before) / ROUNDS;
    }
}
