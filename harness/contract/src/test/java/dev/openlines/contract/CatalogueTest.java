// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CatalogueTest {

    private static final Path DOCUMENT = Path.of("../../docs/contract-cases.md");

    private static final Pattern ID = Pattern.compile("@Case\\(\\s*id = ([0-9]+),");

    @Test
    void idsAreDifferentAndInOrder() {
        List<String> ids = Catalogue.all().stream().map(ContractCase::id).toList();

        assertThat(ids).hasSize(138).doesNotHaveDuplicates().isSorted();
    }

    /** Checks that the catalogue names each class that has cases. */
    @Test
    void everyMethodOfACaseIsInTheCatalogue() throws Exception {
        List<String> ids = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                ID.matcher(Files.readString(file))
                        .results()
                        .map(id -> String.format(Locale.ROOT, "OSF-C-%03d", Integer.parseInt(id.group(1))))
                        .forEach(ids::add);
            }
        }
        assertThat(Catalogue.all().stream().map(ContractCase::id)).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void noCaseHasAReservedId() {
        assertThat(Catalogue.all())
                .noneMatch(one -> CatalogueDocument.RESERVED.contains(one.id().substring(6)));
    }

    @Test
    void theDocumentIsUpToDate() throws Exception {
        if (Boolean.getBoolean("update.documents")) {
            Files.writeString(DOCUMENT, CatalogueDocument.text());
        }
        assertThat(Files.readString(DOCUMENT))
                .as("docs/contract-cases.md; -Dupdate.documents=true writes it anew")
                .isEqualTo(CatalogueDocument.text());
    }

    static Stream<ContractCase> quickOnes() {
        return Catalogue.all().stream().filter(one -> one.lane() == Lane.QUICK);
    }

    @ParameterizedTest
    @MethodSource("quickOnes")
    void oneSeedAlwaysSendsTheSameBytes(ContractCase one) throws Exception {
        assertThat(sent(one, 7)).isEqualTo(sent(one, 7));
    }

    static Stream<ContractCase> inFirstSixGroups() {
        return Catalogue.all().stream().filter(one -> one.group() <= 'F' && one.lane() != Lane.PROCESS);
    }

    @Test
    void everyNegativeCaseEndsWithAGoodEvent() throws Exception {
        List<String> others = new ArrayList<>();
        for (ContractCase one : inFirstSixGroups().toList()) {
            boolean positive = one.group() == 'A' || one.group() == 'F';
            List<String> sent = positive ? List.of() : sent(one, 7);
            String last = sent.isEmpty() ? "" : sent.get(sent.size() - 1);
            boolean good = last.contains("\r\n\r\nevent=ONSESSIONFINISH&event_handler_id=12&")
                    && last.contains("&ts=1795390000&")
                    && last.endsWith("&auth%5Bapplication_token%5D=right");
            if (!good && !positive) {
                others.add(one.id().substring(6));
            }
        }
        assertThat(others)
                .containsExactly(
                        // a positive one
                        "115",
                        // send nothing until a flag says where
                        "123",
                        "125",
                        "422");
    }

    @Test
    void noTwoCasesUseTheSameChat() throws Exception {
        Map<String, String> owners = new HashMap<>();
        for (ContractCase one : inFirstSixGroups().toList()) {
            for (String chat : chats(one)) {
                assertThat(owners.putIfAbsent(chat, one.id()))
                        .as("another case with chat " + chat + " of " + one.id())
                        .isNull();
            }
        }
        assertThat(owners).hasSizeGreaterThan(1_000);
    }

    private static Set<String> chats(ContractCase one) throws InterruptedException {
        try (Run run = dry(7)) {
            CaseRun caseRun = new CaseRun(run, one, 0);
            one.run(caseRun);
            return caseRun.expectations().stream().map(Expectation::chatId).collect(Collectors.toSet());
        }
    }

    private static Run dry(long seed) {
        Settings settings = new Settings(URI.create("http://127.0.0.1:9/hook"), "m1", Secret.of("right"));
        settings.seed = seed;
        settings.at = 1_795_390_000L;
        return Run.dry(settings);
    }

    @Test
    void anotherSeedSendsOtherBytes() throws Exception {
        ContractCase one = Catalogue.find("101").orElseThrow();

        assertThat(sent(one, 7)).isNotEqualTo(sent(one, 8));
    }

    @Test
    void theBytesOfALargeRequestAreShownWhole() throws Exception {
        List<byte[]> sent = ContractSuite.of(URI.create("http://127.0.0.1:9/hook"), "m1", Secret.of("right"))
                .requests(Catalogue.find("303").orElseThrow());

        String large = new String(sent.get(0), StandardCharsets.ISO_8859_1);
        int body = large.indexOf("\r\n\r\n") + 4;
        assertThat(large).hasSizeGreaterThan(10_000_000).endsWith("=right");
        assertThat(large.substring(0, body)).contains("\r\nContent-Length: " + (large.length() - body) + "\r\n");
    }

    @Test
    void theGoodEventIsWhatThePlatformSends() throws Exception {
        String request = sent(Catalogue.find("001").orElseThrow(), 7).get(0);

        assertThat(request)
                .startsWith("POST /hook HTTP/1.1\r\nHost: 127.0.0.1:9\r\nUser-Agent: Bitrix24 Webhook Engine\r\n"
                        + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ")
                .contains(
                        "\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\nevent=ONSESSIONFINISH&event_handler_id=12"
                                + "&data%5BDATA%5D%5Bconnector%5D%5Bconnector_id%5D=livechat&")
                .contains("&data%5BDATA%5D%5Bline%5D%5Bname%5D=Support+line&ts=1795390000&auth%5Baccess_token%5D=")
                .endsWith("&auth%5Buser_id%5D=1&auth%5Bapplication_token%5D=right");
    }

    /** Returns what a case sends. The portal's port differs from run to run: no seed decides it. */
    private static List<String> sent(ContractCase one, long seed) throws InterruptedException {
        try (Run run = dry(seed)) {
            CaseRun caseRun = new CaseRun(run, one, 0);
            one.run(caseRun);
            String evil = Integer.toString(caseRun.evil().uri().getPort());
            return caseRun.exchanges().kept().values().stream()
                    .map(reply -> new String(reply.sent(), StandardCharsets.ISO_8859_1)
                            .replace("%3A" + evil + "%", "%3A2%")
                            .replace(":" + evil + "/", ":2/")
                            .replaceAll("Content-Length: [0-9]+", "Content-Length: n"))
                    .toList();
        }
    }
}
