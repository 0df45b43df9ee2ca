// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.openlines.testkit.Browser;
import dev.openlines.testkit.RequiresTool;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.SchemaFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;

class ReportsTest {

    private static ContractReport report;

    @BeforeAll
    static void judgeACarelessHandler(@TempDir Path folder) {
        try (SmallHandler handler = SmallHandler.careless(folder)) {
            report = handler.suite()
                    .profile(Profile.DURABLE, Profile.EDGE)
                    .webhooks()
                    .only("OSF-C-10*", "OSF-C-40*", "OSF-C-706")
                    .evidence(EffectSource.file(handler.evidence()))
                    .settle(Duration.ofMinutes(2))
                    .run();
        }
    }

    @Test
    void oneLineOfJsonForEachCase() {
        List<JsonObject> lines = JsonlReport.of(report, Baseline.none())
                .lines()
                .map(line -> Json.createReader(new StringReader(line)).readObject())
                .toList();

        assertThat(lines).hasSameSizeAs(report.results());
        JsonObject failed = lines.stream()
                .filter(line -> line.getString("id").equals("OSF-C-101"))
                .findFirst()
                .orElseThrow();
        assertThat(failed.getString("level")).isEqualTo("must");
        assertThat(failed.getString("verdict")).isEqualTo("fail");
        assertThat(failed.getJsonArray("failures").getString(0))
                .startsWith(
                        "expected status 401 or 403 for a wrong application token; got status 200 (request 1; connect ");
        assertThat(lines).anyMatch(line -> line.getString("verdict").equals("not-observed"));
    }

    @Test
    void junitXmlFollowsTheSchemaOfItsReaders() throws Exception {
        String xml = JunitReport.of(report, Level.MUST, Baseline.none());

        SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI)
                .newSchema(ReportsTest.class.getResource("junit.xsd"))
                .newValidator()
                .validate(new StreamSource(new StringReader(xml)));
        assertThat(xml)
                .contains(
                        "<testcase name=\"OSF-C-101 ",
                        "<failure message=\"expected status 401 or 403",
                        "<skipped message=\"not-observed: ");
    }

    @Test
    void noReportHoldsASecret() {
        String proof = SmallHandler.PROOF.reveal();

        assertThat(HtmlReport.of(report, 1, Baseline.none()))
                .contains("&lt;application_token&gt;")
                .doesNotContain(proof, proof.substring(3, 20));
        assertThat(JunitReport.of(report, Level.MUST, Baseline.none())).doesNotContain(proof);
        assertThat(MarkdownReport.of(report, 1, Baseline.none())).doesNotContain(proof);
        assertThat(JsonlReport.of(report, Baseline.none())).doesNotContain(proof);
    }

    @Test
    void thePageHasTheMatrixTheExchangesAndTheLedger() {
        String page = HtmlReport.of(report, 1, Baseline.none());

        assertThat(page)
                .contains(
                        "<table id=\"matrix\">", "<th scope=\"row\">B Authenticity</th>", "data-show=\"not-observed\"")
                // The events that were sent, acknowledged and done.
                .containsPattern(
                        "<tr><td>[0-9]+</td><td>OSF-C-101</td><td><time datetime=\"[^\"]+Z\">[^<]+Z</time></td>"
                                + "<td>1</td><td>1</td><td>1</td></tr>");
        assertThat(page)
                .contains("by hand:</p><pre>java -jar openlines.jar explain OSF-C-101 --seed ")
                // The first bytes of a request, which the page shows as hex: "POST /".
                .contains("data-bytes=\"UE9TVCAv")
                .containsPattern("request 1: [0-9]+ bytes, status 200; connect [0-9]");
    }

    @Test
    void theSummaryInMarkdownHasCountsFailuresAndHowToSendThemByHand() {
        String summary = MarkdownReport.of(report, 1, Baseline.none());

        assertThat(summary)
                .startsWith("# Contract of the handler")
                .contains("openlines: FAIL must-failed ")
                .containsPattern("\\| B Authenticity \\| [0-9]+ \\| [1-9][0-9]* \\| 0 \\| 0 \\|")
                .contains("**OSF-C-101** deny it: 401 or 403, no effect, no call to the portal")
                .contains("- expected status 401 or 403 for a wrong application token; got status 200 (request 1;")
                .contains("```sh\njava -jar openlines.jar explain OSF-C-101 --seed ");
    }

    @Test
    void thePageNeedsNoNetwork() {
        assertThat(HtmlReport.of(report, 1, Baseline.none())).doesNotContain("src=", "href=", "@import", "url(");
    }

    @Test
    @RequiresTool({"chromium", "chromedriver"})
    @Tag("long")
    void thePageLooksRightAtEveryWidthFiltersAndShowsHex(@TempDir Path folder) throws Exception {
        Path page = folder.resolve("report.html");
        Files.writeString(page, HtmlReport.of(report, 1, Baseline.none()));
        try (Browser browser = new Browser(folder)) {
            browser.driver().get(page.toUri().toString());
            browser.shows("openlines: FAIL must-failed ");
            assertThat(browser.find("#OSF-C-101").getDomAttribute("open")).isNotNull();

            browser.click("#OSF-C-101 .exchange > summary");
            browser.click("#OSF-C-101 [data-bytes] > summary");
            browser.shows("000000  50 4f 53 54 20 2f");
            browser.looksRight("contract-report");

            browser.find("#find").sendKeys("OSF-C-101");
            browser.until(
                    "the one case",
                    driver -> driver.findElements(By.cssSelector(".case:not([hidden])"))
                                    .size()
                            == 1);
            browser.click("[data-show='fail']");
            browser.until(
                    "no case",
                    driver -> driver.findElements(By.cssSelector(".case:not([hidden])"))
                            .isEmpty());
        }
    }

    @Test
    void aPageIsAtMostAMegabyteAndSaysWhatItDoesNotShow() {
        List<CaseResult> results = report.results();
        String page = HtmlReport.of(report, 1, Baseline.none(), HtmlReport.FRAME + 2_000);

        assertThat(page.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(HtmlReport.FRAME + 2_000);
        assertThat(page).contains(" more requests are not shown", " more are not shown");
        assertThat(results)
                .allSatisfy(result -> assertThat(page)
                        .contains("id=\"" + result.contractCase().id() + "\""));
    }

    @Test
    void anExpectedFailureDoesNotFailTheRunUntilItsDayIsOver(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("baseline.json");
        List<String> failed = report.ids(Level.MUST, Verdict.FAIL);
        String entries = String.join(
                ",",
                failed.stream()
                        .map(id -> "{\"id\":\"" + id
                                + "\",\"reason\":\"known\",\"owner\":\"us\",\"until\":\"2027-01-31\"}")
                        .toList());
        Files.writeString(file, "[" + entries + "]");

        assertThat(report.exitCode(Level.MUST, false, Baseline.read(file, LocalDate.of(2027, 1, 31))))
                .isZero();
        assertThat(report.exitCode(Level.MUST, false, Baseline.read(file, LocalDate.of(2027, 2, 1))))
                .isEqualTo(ContractReport.FAILED);
    }

    @Test
    void anExpectedFailureThatStoppedHappeningIsRed(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("baseline.json");
        Files.writeString(
                file, "[{\"id\":\"OSF-C-403\",\"reason\":\"was so\",\"owner\":\"us\",\"until\":\"2027-01-31\"}]");

        assertThat(Baseline.read(file, LocalDate.of(2027, 1, 1)).drift(report))
                .containsExactly("OSF-C-403 was expected to fail and did not: take it out of the baseline");
    }

    @Test
    void aBaselineNeedsIdsReasonsAndDays(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("baseline.json");
        Files.writeString(file, "[{\"id\":\"OSF-C-999\"}]");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Baseline.read(file, LocalDate.of(2027, 1, 1)))
                .withMessage("the baseline: expected the id of a case but found 'OSF-C-999'");
    }

    /** Compares the counts in each of the formats: passed, failed, known and so on. */
    @Test
    void theReportsAgreeOnEveryNumber(@TempDir Path folder) throws Exception {
        List<String> failed = report.ids(Level.MUST, Verdict.FAIL);
        assertThat(failed).hasSizeGreaterThan(1);
        Path file = folder.resolve("baseline.json");
        Files.writeString(
                file,
                "[{\"id\":\"" + failed.get(0)
                        + "\",\"reason\":\"we wait for a library\",\"owner\":\"Ada\",\"until\":\"2027-01-31\"}]");
        Baseline baseline = Baseline.read(file, LocalDate.of(2027, 1, 1));

        String tree = TreeReport.of(report, baseline);
        String json = JsonlReport.of(report, baseline);
        String xml = JunitReport.of(report, Level.SHOULD, baseline);
        String page = HtmlReport.of(report, 1, baseline);
        String summary = MarkdownReport.of(report, 1, baseline);

        for (Outcome outcome : Outcome.values()) {
            int number =
                    (int) report.results().stream().filter(outcome.in(baseline)).count();
            assertThat(count(page, "data-verdict=\"" + outcome + "\""))
                    .as("page, " + outcome)
                    .isEqualTo(number);
            assertThat(cells(summary, outcome)).as("Markdown, " + outcome).isEqualTo(number);
        }
        int known = 1;
        int fails = failed.size() + report.ids(Level.SHOULD, Verdict.FAIL).size() - known;
        assertThat(count(tree, "\n  FAIL OSF") + count(tree, "\n  warn OSF")).isEqualTo(fails);
        assertThat(count(tree, "\n  know OSF")).isEqualTo(known);
        int passed = (int)
                report.results().stream().filter(Outcome.PASS.in(baseline)).count();
        int unseen = (int) report.results().stream()
                .filter(Outcome.NOT_OBSERVED.in(baseline))
                .count();
        assertThat(count(tree, "\n  pass OSF")).isEqualTo(passed);
        assertThat(count(json, "\"verdict\":\"pass\"")).isEqualTo(passed);
        assertThat(unseen).isPositive();
        assertThat(tree).contains("\nNOT OBSERVED: " + unseen + "\n");
        assertThat(count(json, "\"verdict\":\"not-observed\"")).isEqualTo(unseen);
        assertThat(count(xml, "<skipped ")).isEqualTo(unseen);
        assertThat(count(xml, "<testcase ")).isEqualTo(passed + fails + known + unseen);
        assertThat(xml).contains("tests=\"" + (passed + fails + known + unseen) + "\" failures=\"" + fails + "\"");
        assertThat(report.summary(1, baseline)).contains(" not-observed " + unseen + " ");
        assertThat(count(json, "\"verdict\":\"fail\"") - count(json, "\"known\":{"))
                .isEqualTo(fails);
        assertThat(count(xml, "<failure ")).isEqualTo(fails);
        assertThat(report.summary(1, baseline)).contains("must-failed " + (failed.size() - known) + "/", " known 1 ");
        assertThat(List.of(tree, json, xml, page, summary))
                .allSatisfy(text -> assertThat(text).contains("we wait for a library", "Ada", "2027-01-31"));
    }

    /** Checks that no reader of one format must look for anything in another one. */
    @Test
    void everyReportSaysOfEachFailureWhatWasSentWhatIsRequiredAndHowToFixIt() {
        List<CaseResult> failed = report.results().stream()
                .filter(result -> result.verdict() == Verdict.FAIL)
                .toList();
        assertThat(failed).hasSizeGreaterThan(1);
        for (String text : List.of(
                TreeReport.of(report, Baseline.none()),
                unquoted(JsonlReport.of(report, Baseline.none())),
                unescaped(JunitReport.of(report, Level.SHOULD, Baseline.none())),
                unescaped(HtmlReport.of(report, 1, Baseline.none())),
                MarkdownReport.of(report, 1, Baseline.none()))) {
            for (CaseResult result : failed) {
                assertThat(text)
                        .contains(result.failures())
                        .contains(
                                result.contractCase().sent(),
                                result.contractCase().requirement(),
                                Advice.why(result.id()),
                                Advice.fix(result.id()),
                                result.reproduce());
            }
        }
    }

    private static String unescaped(String text) {
        return text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
    }

    private static String unquoted(String json) {
        return json.replace("\\\"", "\"").replace("\\\\", "\\");
    }

    /** Checks that a long run does not hide its verdicts among the cases that have none. */
    @Test
    void casesThatWereNotObservedStandByTheirReasonAfterTheOthers() {
        String tree = TreeReport.of(report, Baseline.none());
        int begin = tree.indexOf("NOT OBSERVED: ");
        String section = tree.substring(begin, tree.indexOf("FAILURES: "));
        Map<String, String> reasons = new HashMap<>();
        String reason = "";
        for (String line : section.lines().skip(1).toList()) {
            if (!line.startsWith("    ")) {
                reason = line.strip();
            } else if (!line.contains(" note: ")) {
                for (String id : line.strip().split(" ", -1)) {
                    reasons.put(id, reason);
                }
            }
        }

        assertThat(tree.lastIndexOf("\n  pass OSF")).isLessThan(begin);
        assertThat(reasons)
                .isEqualTo(report.results().stream()
                        .filter(result -> result.verdict() == Verdict.NOT_OBSERVED)
                        .collect(Collectors.toMap(CaseResult::id, result -> String.join(", and ", result.missing()))));
    }

    @Test
    void failuresComeAfterAllCasesInTheOrderToFixThem() {
        String tree = TreeReport.of(report, Baseline.none());
        List<String> ids = tree.substring(tree.indexOf("FAILURES: "))
                .lines()
                .filter(line -> line.matches("  OSF-C-[0-9]+ .*"))
                .map(line -> line.strip().substring(0, 9))
                .toList();

        assertThat(tree.lastIndexOf("\n  pass OSF")).isLessThan(tree.indexOf("FAILURES: "));
        assertThat(ids)
                .isEqualTo(Outcome.toMend(report.results(), Baseline.none()).stream()
                        .map(CaseResult::id)
                        .toList());
    }

    /** Checks that a failure that others may follow from comes before them, a must before a should. */
    @Test
    void failuresOfTheWholeEventComeBeforeThoseOfOddInput() {
        List<CaseResult> failed = Stream.of("903", "421", "401", "303", "202", "701", "601", "501", "101", "019", "001")
                .map(number -> new CaseResult(
                        Catalogue.find(number).orElseThrow(),
                        Verdict.FAIL,
                        List.of("expected x; got y"),
                        number.equals("101") ? List.of(CaseRun.CONSEQUENCE + "OSF-C-117: since") : List.of(),
                        List.of(),
                        "",
                        Instant.EPOCH,
                        Duration.ZERO))
                .toList();

        assertThat(Outcome.toMend(failed, Baseline.none()).stream()
                        .map(result -> result.id().substring(6)))
                .containsExactly("001", "501", "903", "601", "701", "202", "303", "401", "019", "421", "101");
    }

    private static int count(String text, String part) {
        return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
    }

    private static int cells(String markdown, Outcome outcome) {
        return markdown.lines()
                .filter(line -> line.matches("\\| [A-J] .*"))
                .mapToInt(line -> Integer.parseInt(
                        line.split(" \\| ")[List.of(Outcome.values()).indexOf(outcome) + 1].replace(" |", "")))
                .sum();
    }
}
