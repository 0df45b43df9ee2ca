// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.RecordingHandler;
import dev.openlines.testkit.RequiresTool;
import dev.openlines.testkit.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** The portal's page in a real Chromium. Leaves pictures under {@code target/screenshots}. */
@RequiresTool({"chromium", "chromedriver"})
class PageTest {

    private static final Path PICTURES = Path.of("target", "screenshots");

    private PortalServer server;
    private Portal portal;
    private RecordingHandler handler;
    private ChromeDriverService service;
    private ChromeDriver browser;

    @BeforeEach
    void openThePage(@TempDir Path profile) {
        server = PortalServer.start();
        portal = server.portal(PortalSetup.minted().label("shop"));
        handler = RecordingHandler.start();
        portal.openLine("R&D \"<1>\" Поддержка");
        portal.subscribe("ONSESSIONFINISH", handler.uri());
        service = new ChromeDriverService.Builder()
                .usingDriverExecutable(Tool.find("chromedriver").orElseThrow().toFile())
                .usingAnyFreePort()
                .build();
        ChromeOptions options = new ChromeOptions();
        options.setBinary(Tool.find("chromium").orElseThrow().toFile());
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + profile);
        browser = new ChromeDriver(service, options);
        browser.manage().window().setSize(new Dimension(1280, 1100));
        browser.get(server.uri().toString());
    }

    @AfterEach
    void stop() {
        if (browser != null) {
            browser.quit();
        }
        service.stop();
        handler.close();
        server.close();
    }

    @Test
    void aChatIsClosedItsDeliverySeenSentAgainAndEdited() throws IOException {
        waitFor("live", page -> page.contains("● live"));
        click("button[aria-label='Open chat on line 1']");
        click("[data-chat='17'] button[data-close='agent']");
        WebElement row = find("tr[data-delivery='1']");
        assertThat(row.getText()).contains("ONSESSIONFINISH").contains("✓ 200");

        click("tr[data-delivery='1'] button");
        waitFor("the tree", page -> page.contains("\"application_token\": \"***\""));
        assertThat(find("#delivery").getText()).contains("Поддержка").contains("HTTP/1.1 200 OK");
        picture("delivery");
        click("#resend");
        find("tr[data-delivery='2']");
        assertThat(handler.requests())
                .hasSize(2)
                .containsOnly(handler.requests().get(0));

        click("#edit");
        WebElement body = find("#edited");
        String seen = String.valueOf(body.getDomProperty("value"));
        assertThat(seen).contains("auth%5Bapplication_token%5D=***").contains("chat_id%5D=17");
        body.clear();
        body.sendKeys(seen.replace("chat_id%5D=17", "chat_id%5D=4711"));
        click("#send-edited");
        find("tr[data-delivery='3']");
        assertThat(handler.body(2)).isEqualTo(handler.body(0).replace("chat_id%5D=17", "chat_id%5D=4711"));
        assertThat(find("[data-chat='17']").getText()).contains("closed");
        assertNoSecretIsShown();
        picture("resent");
    }

    @Test
    void whatHappensElsewhereArrivesLive() throws IOException {
        waitFor("live", page -> page.contains("● live"));

        portal.lines().get(0).openChat("viber").close(Closing.OPERATOR);
        new RestCaller()
                .get(portal.restUri()
                        .resolve("scope?auth=" + portal.accessToken().reveal()));

        assertThat(find("tr[data-delivery='1']").getText()).contains("✓ 200");
        waitFor("the chat", page -> page.contains("Chat 17 (viber), closed"));
        waitFor("the call", page -> page.contains("{\"auth\":\"***\"}"));
        assertNoSecretIsShown();
    }

    @Test
    void faultsAndTheClockAreSetFromThePage() throws IOException {
        waitFor("live", page -> page.contains("● live"));
        WebElement first = find("input[name='first']");
        first.sendKeys("2");
        click("section[aria-labelledby='faults-title'] form button[type='submit']");
        waitFor("the fault", page -> page.contains("throttled on *, first 2"));
        assertThat(portal.faults().list()).hasToString("[throttled on *, first 2]");

        clickText("Freeze");
        waitFor("the frozen clock", page -> page.contains(", stands still"));
        assertThat(portal.clock().frozen()).isTrue();
        picture("faults");
    }

    @Test
    void everyControlCanBeReachedByKeyboardAndHasAName() throws IOException {
        waitFor("live", page -> page.contains("● live"));
        click("button[aria-label='Open chat on line 1']");
        find("[data-chat='17']");

        Object nameless = browser.executeScript("""
                const controls = [...document.querySelectorAll('button, input, select, textarea, a')];
                return controls.filter(c => c.tabIndex < 0 || !(c.getAttribute('aria-label') || c.textContent.trim()
                    || (c.labels && c.labels.length))).map(c => c.outerHTML);
                """);
        assertThat((List<?>) nameless).isEmpty();
        Object headings = browser.executeScript("return document.querySelectorAll('h1').length + ' ' + "
                + "document.querySelectorAll('main').length + ' ' + document.documentElement.lang + ' ' + "
                + "document.querySelectorAll('[role=status]').length");
        assertThat(headings).isEqualTo("1 1 en 1");
    }

    @Test
    void darkAndLightAreBothReadable() throws IOException {
        waitFor("live", page -> page.contains("● live"));
        for (String scheme : List.of("light", "dark")) {
            browser.executeCdpCommand(
                    "Emulation.setEmulatedMedia",
                    Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
            Object contrast = browser.executeScript("""
                    const light = (c) => c.match(/[0-9.]+/g).slice(0, 3).map(Number)
                        .map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
                    const ink = light(getComputedStyle(document.querySelector('h1')).color);
                    const paper = light(getComputedStyle(document.documentElement).backgroundColor);
                    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
                    """);
            assertThat(((Number) contrast).doubleValue()).as(scheme).isGreaterThan(7);
            picture(scheme);
        }
    }

    @Test
    void aNarrowWindowShowsEverythingWithoutScrollingSideways() throws IOException {
        browser.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", 360, "height", 740, "deviceScaleFactor", 1, "mobile", true));
        waitFor("live", page -> page.contains("● live"));
        click("button[aria-label='Open chat on line 1']");
        click("[data-chat='17'] button[data-close='agent']");
        click("tr[data-delivery='1'] button");
        waitFor("the tree", page -> page.contains("\"application_token\": \"***\""));
        click("#edit");
        find("#edited");

        assertThat(browser.executeScript("return innerWidth + ' ' + document.documentElement.scrollWidth"))
                .isEqualTo("360 360");
        Object outside = browser.executeScript("""
                const scrolls = (e) => e && (['auto', 'scroll'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
                return [...document.querySelectorAll('button, input, select, textarea, summary, h1, h2, p, pre')]
                    .filter(e => e.getClientRects().length && !scrolls(e.parentElement))
                    .filter(e => e.getBoundingClientRect().left < 0 || e.getBoundingClientRect().right > 360)
                    .map(e => e.outerHTML.slice(0, 120));
                """);
        assertThat((List<?>) outside).isEmpty();
        picture("narrow");
    }

    private void assertNoSecretIsShown() {
        String page = String.valueOf(browser.executeScript("return document.documentElement.outerHTML + "
                + "[...document.querySelectorAll('textarea, input')].map(e => e.value).join(' ')"));
        assertThat(page)
                .doesNotContain(portal.applicationToken().reveal())
                .doesNotContain(portal.clientSecret().reveal())
                .doesNotContain(portal.webhookCode().reveal())
                .doesNotContainPattern("[0-9a-f]{70}");
    }

    private void click(String css) {
        waitUntil("a click on " + css, driver -> {
            driver.findElement(By.cssSelector(css)).click();
            return true;
        });
    }

    private void clickText(String text) {
        waitUntil("a click on " + text, driver -> {
            driver.findElement(By.xpath("//button[text()='" + text + "']")).click();
            return true;
        });
    }

    private WebElement find(String css) {
        return waitUntil(css, driver -> driver.findElement(By.cssSelector(css)));
    }

    private void waitFor(String what, Function<String, Boolean> text) {
        waitUntil(
                what,
                driver -> text.apply(driver.findElement(By.tagName("body")).getText()) ? true : null);
    }

    /** Asks again until there is something. */
    private <T> T waitUntil(String what, Function<ChromeDriver, T> question) {
        AtomicReference<T> answer = new AtomicReference<>();
        AtomicReference<Object> refusal = new AtomicReference<>("");
        Await.until(() -> what + " ; the page says: " + said() + "; " + refusal, () -> {
            try {
                answer.set(question.apply(browser));
            } catch (WebDriverException e) {
                refusal.set(e);
            }
            return answer.get() != null;
        });
        return answer.get();
    }

    private String said() {
        return browser.findElements(By.cssSelector("[role='status']")).stream()
                .map(WebElement::getText)
                .reduce("", String::concat);
    }

    private void picture(String name) throws IOException {
        Files.createDirectories(PICTURES);
        Files.write(PICTURES.resolve("portal-" + name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
    }
}
