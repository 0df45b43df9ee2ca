// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.PortalChat;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.RequiresTool;
import dev.openlines.testkit.Tool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
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
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** The board in a real Chromium beside the portal's own page. Leaves pictures under {@code target/screenshots}. */
@RequiresTool({"chromium", "chromedriver"})
class BoardTest {

    private static final Path PICTURES = Path.of("target", "screenshots");
    private static final Dimension DESKTOP = new Dimension(1280, 1000);
    private static final Dimension PHONE = new Dimension(390, 844);

    @TempDir
    private Path downloads;

    private Running running;
    private ChromeDriverService service;
    private ChromeDriver browser;
    private String board;

    @BeforeEach
    void openTheBoard(@TempDir Path folder, @TempDir Path profile) throws IOException {
        // Compared at each look of the reconciler.
        running = Running.in(folder, Map.of("OPENLINES_RECONCILE", "PT1S"));
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
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + profile);
        options.setExperimentalOption("prefs", Map.of("download.default_directory", downloads.toString()));
        browser = new ChromeDriver(service, options);
        browser.manage().window().setSize(DESKTOP);
        browser.get(running.page("/").toString());
        board = browser.getWindowHandle();
    }

    @AfterEach
    void stop() {
        if (browser != null) {
            browser.quit();
        }
        service.stop();
        running.close();
    }

    private void signIn() {
        find("input[type='password']").sendKeys(Running.PASSWORD, Keys.ENTER);
        waitFor("live", "● live");
    }

    @Test
    void aChatThatIsClosedOnThePortalsPageAppearsByItself() {
        signIn();
        running.portal.openLine("Support");
        browser.switchTo().newWindow(WindowType.WINDOW).get(running.server.uri().toString());
        click("button[aria-label='Open chat on line 1']");
        click("[data-chat='17'] button[data-close='agent']");
        browser.switchTo().window(board);
        find("tr[data-chat='1']");
        waitFor("the count", " new");
        assertThat(find("#none").isDisplayed()).isFalse();
    }

    @Test
    void aChatWhoseEventNeverCameIsMarkedAndTheBoardSaysWhenItCompared() {
        signIn();
        Await.until("a comparison", () -> {
            browser.navigate().refresh();
            return find("#compared").getText().startsWith("Last compared with the portals' own lists of sessions: ");
        });
        PortalChat lost = running.portal.openLine("Support").openChat();
        lost.customerWrites("no event tells of this");
        lost.session().breakOff();
        running.portal.clock().advance(Duration.ofMinutes(10));

        waitFor("the chat that was found", "found");
        assertThat(find("tr[data-chat='1'] .found").getAttribute("title")).startsWith("No event came");
        find("tr[data-chat='1'] a").sendKeys(Keys.ENTER);
        waitFor("the transcript", "no event tells of this");
        assertThat(find(".facts").getText()).contains("No event came", "session " + lost.sessionId());

        browser.get(running.page("/").toString());
        running.portal.lines().get(0).openChat().close();
        find("tr[data-chat='2']");
        assertThat(browser.findElements(By.cssSelector("tr[data-chat='2'] .found")))
                .isEmpty();
    }

    @Test
    void aTranscriptOpensAScriptStaysTextAndSearchFindsAWord() {
        signIn();
        PortalChat chat = running.portal.openLine("R&D <i>").openChat();
        chat.customerWrites("my parcel <script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>");
        chat.operatorWrites("Leave it to us");
        chat.close();
        // Two closes at once are archived in either order.
        find("tr[data-chat='1']");
        running.portal.lines().get(0).openChat("viber").close();
        find("tr[data-chat='2']");

        find("tr[data-chat='1'] a").sendKeys(Keys.ENTER);
        waitFor("the transcript", "my parcel <script>window.hacked = 1</script><img src=x");
        assertThat(browser.executeScript("return window.hacked")).isNull();
        assertThat(browser.findElements(By.cssSelector(".transcript img"))).isEmpty();

        browser.get(running.page("/").toString());
        find("input[name='q']").sendKeys("parc", Keys.ENTER);
        waitFor("the chats that fit", "Chats that fit");
        find("tr[data-chat='1']");
        assertThat(browser.findElements(By.cssSelector("tr[data-chat='2']"))).isEmpty();
        assertThat(browser.executeScript("return window.hacked")).isNull();
        // What does not fit does not come by the stream either; what fits does.
        running.portal.lines().get(0).openChat("viber").close();
        PortalChat another = running.portal.lines().get(0).openChat();
        another.customerWrites("another parcel");
        another.close();
        find("tr[data-chat='4']");
        assertThat(browser.findElements(By.cssSelector("tr[data-chat='3']"))).isEmpty();
    }

    @Test
    void aChatIsFoundAndReadByKeyboardAlone() {
        browser.switchTo().activeElement().sendKeys(Running.PASSWORD, Keys.ENTER);
        waitFor("live", "● live");
        PortalChat chat = running.portal.openLine("Support").openChat();
        chat.customerWrites("my parcel");
        chat.close();
        find("tr[data-chat='1']");

        tabTo("Skip to the content").sendKeys(Keys.ENTER);
        assertThat(browser.executeScript("return location.hash")).isEqualTo("#main");
        browser.switchTo().activeElement().sendKeys(Keys.TAB);
        assertThat(browser.switchTo().activeElement().getDomAttribute("name")).isEqualTo("q");
        browser.switchTo().activeElement().sendKeys("parcel", Keys.ENTER);
        waitFor("the chats that fit", "Chats that fit");
        tabTo("Guest").sendKeys(Keys.ENTER);
        waitFor("the transcript", "my parcel");
        tabTo("Dead letters (0)").sendKeys(Keys.ENTER);
        waitFor("the dead letters", "There is no dead letter.");
        tabTo("Sign out").sendKeys(Keys.ENTER);
        find("input[type='password']");
    }

    /** Presses the tabulator until something is in focus that shows a text, and that it is. */
    private WebElement tabTo(String text) {
        for (int i = 0; i < 30; i++) {
            WebElement focused = browser.switchTo().activeElement();
            if (focused.getText().equals(text)) {
                Object outline = browser.executeScript(
                        "const s = getComputedStyle(arguments[0]); return s.outlineStyle + s.boxShadow", focused);
                assertThat(outline).as("how the focus on %s shows", text).isNotEqualTo("nonenone");
                return focused;
            }
            focused.sendKeys(Keys.TAB);
        }
        throw new AssertionError("nothing with the text " + text + " gets the focus");
    }

    @Test
    void anExportIsDownloaded() throws IOException {
        signIn();
        running.portal.openLine("Support").openChat().close();
        find("tr[data-chat='1']");

        browser.findElement(By.linkText("CSV")).click();
        Path file = downloads.resolve("closed-chats.csv");
        waitUntil("the file", driver -> Files.exists(file) ? true : null);
        assertThat(Files.readString(file)).startsWith("id,portal,chat,").contains(",Support,livechat,");
    }

    @Test
    void aDeadLetterIsRequeued() {
        String method = "imopenlines.session.history.get";
        running.portal.answer(method, "[]");
        running.portal.openLine("Support").openChat().close();
        signIn();
        waitUntil("the dead letter", driver -> {
            driver.get(running.page("/dead-letters").toString());
            return driver.findElement(By.cssSelector("[data-letter]"));
        });
        running.portal.answer(method, "{\"sessionId\":1,\"chatId\":17,\"message\":{},\"users\":{}}");

        click("[data-letter] button");

        waitFor("the answer", "The event is handled again.");
        browser.get(running.page("/").toString());
        find("tr[data-chat='1']");
    }

    @Test
    void axeFindsNoSeriousFaultAndThePagesArePictured() throws IOException {
        for (String scheme : List.of("light", "dark")) {
            scheme(scheme);
            browser.navigate().refresh();
            noSeriousFault("sign-in, " + scheme);
        }
        running.portal.answer("imopenlines.session.history.get", "[]");
        running.portal.openLine("Support & sales").openChat().close();
        signIn();
        waitUntil("the dead letter", driver -> {
            driver.get(running.page("/dead-letters").toString());
            return driver.findElement(By.cssSelector("[data-letter]"));
        });
        noSeriousFault("dead letters");
        browser.get(running.page("/").toString());
        waitFor("live", "● live");
        busyDay();
        browser.switchTo().newWindow(WindowType.WINDOW).get(running.server.uri().toString());
        String portal = browser.getWindowHandle();
        waitFor("live", "● live");
        browser.switchTo().window(board);
        for (String scheme : List.of("light", "dark")) {
            for (Dimension size : List.of(DESKTOP, PHONE)) {
                String name = scheme + (size.equals(PHONE) ? "-phone" : "-desktop");
                browser.switchTo().window(board);
                browser.manage().window().setSize(size);
                scheme(scheme);
                browser.get(running.page("/").toString());
                waitFor("live", "● live");
                noSeriousFault("board, " + name);
                nothingIsCutOff("board, " + name);
                picture("board-" + name);
                find("tbody tr[data-chat] a").click();
                waitFor("the transcript", "parcel");
                noSeriousFault("transcript, " + name);
                nothingIsCutOff("transcript, " + name);
                picture("transcript-" + name);
                browser.switchTo().window(portal);
                browser.manage().window().setSize(size);
                scheme(scheme);
                picture("portal-" + name);
            }
        }
    }

    /** Has something to show. */
    private void busyDay() {
        String answer = "{\"sessionId\":%d,\"chatId\":17,\"message\":{"
                + "\"1\":{\"id\":1,\"senderid\":0,\"date\":\"%s\",\"text\":\"New conversation started.\"},"
                + "\"2\":{\"id\":2,\"senderid\":%d,\"date\":\"%s\",\"text\":\"Hello! Where is my parcel <4711>?\"},"
                + "\"3\":{\"id\":3,\"senderid\":5,\"date\":\"%s\",\"text\":\"Good day. It leaves tonight.\"}},"
                + "\"users\":{\"%d\":{\"id\":%d,\"name\":\"%s\"},\"5\":{\"id\":5,\"name\":\"Olga Ivanova\"}}}";
        List<String> customers = List.of("Anna Schmidt", "Пётр Иванов", "José García", "Mei Lin", "Guest");
        List<String> connectors = List.of("livechat", "telegrambot", "viber", "whatsapp");
        Instant now = Instant.now();
        for (int i = 0; i < 8; i++) {
            PortalChat chat = running.portal.lines().get(0).openChat(connectors.get(i % 4));
            Instant opened = now.minusSeconds(40L + 200L * i);
            running.portal.answer(
                    "imopenlines.session.history.get",
                    answer.formatted(
                            i + 1,
                            opened,
                            chat.visitorId(),
                            opened.plusSeconds(5),
                            opened.plusSeconds(20),
                            chat.visitorId(),
                            chat.visitorId(),
                            customers.get(i % 5)));
            chat.close();
            find("tr[data-chat='" + (i + 1) + "']");
        }
    }

    private void scheme(String scheme) {
        browser.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    private void nothingIsCutOff(String where) {
        Object over = browser.executeScript(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assertThat(((Number) over).longValue())
                .as("pixels beyond the right edge of %s", where)
                .isZero();
    }

    private void noSeriousFault(String where) throws IOException {
        String axe;
        try (InputStream in = BoardTest.class.getResourceAsStream(
                "/META-INF/resources/webjars/axe-core/" + System.getProperty("axe.version", "4.6.3") + "/axe.min.js")) {
            axe = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        browser.executeScript(axe);
        Object faults = browser.executeAsyncScript("""
                const done = arguments[arguments.length - 1];
                axe.run().then((result) => done(result.violations
                    .filter((fault) => fault.impact === 'serious' || fault.impact === 'critical')
                    .map((fault) => fault.id + ': ' + fault.nodes.map((node) => node.html).join(' | '))));
                """);
        assertThat((List<?>) faults).as(where).isEmpty();
    }

    private void click(String css) {
        waitUntil("a click on " + css, driver -> {
            driver.findElement(By.cssSelector(css)).click();
            return true;
        });
    }

    private WebElement find(String css) {
        return waitUntil(css, driver -> driver.findElement(By.cssSelector(css)));
    }

    private void waitFor(String what, String text) {
        waitUntil(
                what, driver -> driver.findElement(By.tagName("body")).getText().contains(text) ? true : null);
    }

    /** Asks again until there is something. */
    private <T> T waitUntil(String what, Function<ChromeDriver, T> question) {
        AtomicReference<T> answer = new AtomicReference<>();
        AtomicReference<Object> refusal = new AtomicReference<>("");
        Await.until(() -> what + " in " + browser.getCurrentUrl() + "; " + refusal, () -> {
            try {
                answer.set(question.apply(browser));
            } catch (WebDriverException e) {
                refusal.set(e);
            }
            return answer.get() != null;
        });
        return answer.get();
    }

    private void picture(String name) throws IOException {
        Files.createDirectories(PICTURES);
        Files.write(PICTURES.resolve(name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
    }
}
