// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.testkit.Browser;
import dev.openlines.testkit.RequiresTool;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The report as a page, in a real Chromium, with more and stranger content than one run brings. */
@RequiresTool({"chromium", "chromedriver"})
@Tag("long")
class HtmlReportPageTest {

    private static final Instant BEGUN = Instant.parse("2026-11-29T21:30:00Z");
    private static final String LONG = "Sehrlangerlinienname".repeat(20);
    private static final String RIGHT_TO_LEFT = "الخط \"خط الدعم الفني للعملاء\" لم يصل: 17 من 20";

    private final List<CaseResult> results = new ArrayList<>();
    private Run run;
    private Browser browser;

    @TempDir
    private Path folder;

    @BeforeEach
    void openTheBrowser() {
        run = Run.start(new Settings(
                URI.create("http://127.0.0.1:9/" + "a-path-that-never-ends-".repeat(10)), "m1", Secret.of("right")));
        browser = new Browser(folder);
    }

    @AfterEach
    void stop() {
        browser.close();
        run.close();
    }

    private void result(String id, Verdict verdict, String said) {
        ContractCase one = Catalogue.find(id).orElseThrow();
        results.add(new CaseResult(
                one,
                verdict,
                verdict == Verdict.FAIL ? List.of(said) : List.of(),
                List.of(said),
                verdict == Verdict.NOT_OBSERVED ? List.of(said) : List.of(),
                "",
                BEGUN,
                Duration.ofMillis(5)));
    }

    /** Has the run send so many events, each of a chat of its own. */
    private void sent(int events) {
        for (int chat = 1; chat <= events; chat++) {
            byte[] body = ("data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=" + chat).getBytes(UTF_8);
            run.answers()
                    .add(
                            "OSF-C-101",
                            new Reply(
                                    BEGUN.plusSeconds(chat),
                                    body,
                                    body.length,
                                    200,
                                    "HTTP/1.1 200 OK\r\n\r\n",
                                    new byte[0],
                                    false,
                                    Duration.ZERO,
                                    Duration.ZERO,
                                    Duration.ZERO,
                                    null));
        }
    }

    private void open() throws IOException {
        ContractReport report =
                new ContractReport(run, BEGUN, Duration.ofSeconds(5), results, Map.of(), List.of(), null, false, null);
        Path page = folder.resolve("report.html");
        Files.writeString(page, HtmlReport.of(report, 1, Baseline.none()));
        assertThat(Files.size(page)).isLessThan(HtmlReport.LIMIT);
        browser.driver().get(page.toUri().toString());
        browser.shows("Contract report");
    }

    @Test
    void aRunWithoutResultsLooksRight() throws IOException {
        open();

        assertThat(browser.find("#ledger summary").getText()).isEqualTo("Ledger: 0 events by chat");
        browser.looksRight("contract-report-empty");
    }

    @Test
    void longNamesRightToLeftTextAndTenThousandEventsLookRight() throws IOException {
        result("OSF-C-101", Verdict.FAIL, RIGHT_TO_LEFT);
        result("OSF-C-102", Verdict.FAIL, LONG);
        result("OSF-C-402", Verdict.NOT_OBSERVED, RIGHT_TO_LEFT + LONG);
        sent(10_000);
        open();

        assertThat(browser.find("#OSF-C-101 .failure").getCssValue("direction")).isEqualTo("rtl");
        assertThat(browser.find("#OSF-C-102 .failure").getCssValue("direction")).isEqualTo("ltr");
        browser.click("#ledger > summary");
        assertThat(browser.find("#ledger").getText()).contains("10000 events by chat", "9000 more are not shown");
        assertThat(browser.driver().findElements(By.cssSelector("#ledger tr"))).hasSize(1 + 1_000);
        browser.looksRight("contract-report-many");
    }

    @Test
    void timesAreThoseOfTheReadersZone() throws IOException {
        sent(1);
        browser.zone("Asia/Tokyo");
        open();

        browser.shows("begun Nov 30, 2026, 6:30:00");
        browser.click("#ledger > summary");
        WebElement first = browser.find("#ledger time");
        assertThat(first.getText()).startsWith("Nov 30, 2026, 6:30:01");
        assertThat(first.getDomAttribute("title")).isEqualTo("2026-11-29T21:30:01Z");
    }

    @Test
    void aFailureIsFoundAndReadByKeyboardAlone() throws IOException {
        result("OSF-C-101", Verdict.FAIL, "this failed");
        result("OSF-C-102", Verdict.PASS, "this passed");
        open();

        browser.tabTo(
                        "the box of passed cases",
                        element -> Objects.equals(element.getDomAttribute("data-show"), "pass"))
                .sendKeys(Keys.SPACE);
        browser.until("no passed case", driver -> shown().equals(Set.of("OSF-C-101")) ? true : null);
        browser.driver().switchTo().activeElement().sendKeys(Keys.SPACE);
        browser.until("both cases", driver -> shown().size() == 2 ? true : null);
        browser.tabTo("the search", element -> Objects.equals(element.getDomAttribute("id"), "find"))
                .sendKeys("OSF-C-102");
        browser.until("the case", driver -> shown().equals(Set.of("OSF-C-102")) ? true : null);
        browser.tabTo("the case's summary", element -> element.getText().contains("OSF-C-102"))
                .sendKeys(Keys.ENTER);
        browser.shows("this passed");
    }

    private Set<String> shown() {
        return browser.driver().findElements(By.cssSelector(".case:not([hidden])")).stream()
                .map(one -> String.valueOf(one.getDomAttribute("id")))
                .collect(Collectors.toSet());
    }
}
