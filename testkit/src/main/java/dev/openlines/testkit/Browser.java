// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.remote.http.ClientConfig;

/**
 * Drives a real Chromium in tests of pages. Keeps pictures under {@code target/screenshots}. A test that uses it needs
 * the tools {@code chromium} and {@code chromedriver}, and Selenium and axe-core on its class path.
 */
public final class Browser implements AutoCloseable {

    /** The widths that every page must fit: two phones, a tablet, a laptop and a large screen. */
    public static final List<Integer> WIDTHS = List.of(360, 390, 768, 1280, 1920);

    /** More than a page has. */
    private static final int MOST_CONTROLS = 300;

    private static final Path PICTURES = Path.of("target", "screenshots");
    private static final String AXE = "/META-INF/resources/webjars/axe-core/%s/axe.min.js";
    private static final String AXE_VERSION = "/META-INF/maven/org.webjars.npm/axe-core/pom.properties";

    private final ChromeDriverService service;
    private final ChromeDriver driver;

    /**
     * Starts a browser.
     *
     * @param folder an empty folder for its profile and for what it downloads
     */
    public Browser(Path folder) {
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
                "--user-data-dir=" + folder.resolve("profile"));
        options.setExperimentalOption(
                "prefs",
                Map.of("download.default_directory", folder.resolve("downloads").toString()));
        // On a slow machine, axe needs more than the defaults of half a minute and of three for a long page.
        driver = new ChromeDriver(service, options, ClientConfig.defaultConfig().readTimeout(Duration.ofMinutes(15)));
        driver.manage().timeouts().scriptTimeout(Duration.ofMinutes(10));
        size(1280, 1000);
    }

    /** Returns Selenium's own view of the browser. */
    public ChromeDriver driver() {
        return driver;
    }

    /** Makes the page so wide and high, in CSS pixels, whatever the window's own limits are. */
    public void size(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    }

    /** Prefers a color scheme: {@code light} or {@code dark}. */
    public void scheme(String scheme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** Lets the page's script see a time zone, such as {@code Asia/Tokyo}. */
    public void zone(String zone) {
        driver.executeCdpCommand("Emulation.setTimezoneOverride", Map.of("timezoneId", zone));
    }

    /** Clicks an element as soon as it can be clicked. */
    public void click(String css) {
        until("a click on " + css, browser -> {
            browser.findElement(By.cssSelector(css)).click();
            return true;
        });
    }

    /** Presses the tabulator until an element is in focus that shows a text, and no other. */
    public WebElement tabTo(String text) {
        return tabTo("the text " + text, element -> element.getText().equals(text));
    }

    /**
     * Presses the tabulator until an element is in focus, and checks that a reader sees the focus.
     *
     * @param what what is looked for
     * @param wanted whether an element is it
     * @return the element
     */
    public WebElement tabTo(String what, Predicate<WebElement> wanted) {
        for (int i = 0; i < MOST_CONTROLS; i++) {
            // To the page: an input for files would take the key for a file's name.
            new Actions(driver).sendKeys(Keys.TAB).perform();
            WebElement focused = driver.switchTo().activeElement();
            if (wanted.test(focused)) {
                Object outline = driver.executeScript(
                        "const s = getComputedStyle(arguments[0]); return s.outlineStyle + s.boxShadow", focused);
                if ("nonenone".equals(outline)) {
                    throw new AssertionError("the focus on " + what + " does not show");
                }
                return focused;
            }
        }
        throw new AssertionError("nothing that is " + what + " gets the focus in " + driver.getCurrentUrl());
    }

    /** Finds an element as soon as it is there. */
    public WebElement find(String css) {
        return until(css, browser -> browser.findElement(By.cssSelector(css)));
    }

    /** Waits until the page shows a text. */
    public void shows(String text) {
        until(
                "the text " + text,
                browser -> browser.findElement(By.tagName("body")).getText().contains(text) ? true : null);
    }

    /**
     * Asks a question repeatedly until there is an answer.
     *
     * @param what describes the question
     * @param question answers null, or throws an exception of Selenium, to be asked again
     * @param <T> the answer's type
     * @return the answer
     */
    public <T> T until(String what, Function<ChromeDriver, @Nullable T> question) {
        AtomicReference<@Nullable T> answer = new AtomicReference<>();
        AtomicReference<Object> refusal = new AtomicReference<>("");
        Await.until(() -> what + " in " + driver.getCurrentUrl() + "; " + said() + "; " + refusal, () -> {
            try {
                answer.set(question.apply(driver));
            } catch (WebDriverException e) {
                refusal.set(e);
            }
            return answer.get() != null;
        });
        return Objects.requireNonNull(answer.get());
    }

    private String said() {
        return driver.findElements(By.cssSelector("[role='status']")).stream()
                .map(WebElement::getText)
                .reduce("", String::concat);
    }

    /**
     * Looks at the page in both color schemes and at every one of {@link #WIDTHS}: nothing is beyond the right edge,
     * the header covers nothing, no short word of a heading, a cell or a control is broken, axe finds no serious fault.
     * Keeps a picture of each.
     *
     * @param name the name of the pictures
     */
    public void looksRight(String name) throws IOException {
        for (String scheme : List.of("light", "dark")) {
            scheme(scheme);
            for (int width : WIDTHS) {
                String where = name + "-" + width + "-" + scheme;
                size(width, width < 600 ? 844 : 1000);
                // A chart takes a moment to follow the page's width.
                Await.until(() -> "beyond the edge of " + where + ": " + cutOff(), () -> cutOff().isEmpty());
                assertNoWordIsBroken(where);
                if (width == 390 || width == 1280) {
                    noSeriousFault(where);
                }
                picture(where);
            }
        }
        scheme("light");
        size(1280, 1000);
    }

    private List<?> cutOff() {
        return (List<?>) Objects.requireNonNull(driver.executeScript("""
                const width = document.documentElement.clientWidth;
                const scrolls = (e) => e && (['auto', 'scroll'].includes(getComputedStyle(e).overflowX)
                    || scrolls(e.parentElement));
                const over = document.documentElement.scrollWidth - width;
                const head = document.querySelector('header')?.getBoundingClientRect().bottom ?? 0;
                const main = document.querySelector('main')?.getBoundingClientRect().top ?? head;
                return (over > 0 ? ['the page scrolls by ' + over + ' px'] : []).concat(
                    main < head - 1 ? ['the header covers ' + (head - main) + ' px'] : [],
                    [...document.querySelectorAll('h1, h2, h3, p, pre, li, td, dd, summary, figure, a, button, input, select, textarea')]
                    .filter((e) => e.getClientRects().length && !scrolls(e.parentElement) && !e.closest('.skip'))
                    // A pixel may be lost by rounding.
                    .filter((e) => e.getBoundingClientRect().left < -1 || e.getBoundingClientRect().right > width + 1)
                    .map((e) => e.outerHTML.slice(0, 120)));
                """));
    }

    /** Looks at words that are as short as those of headings. A long name may be broken, but not "Chat" beside it. */
    private void assertNoWordIsBroken(String where) {
        Object broken = driver.executeScript("""
                const words = (element) => {
                    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
                    const found = [];
                    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
                        for (const word of text.data.matchAll(/(?<!\\S)[A-Za-z]{2,12}(?!\\S)/g)) {
                            const range = document.createRange();
                            range.setStart(text, word.index);
                            range.setEnd(text, word.index + word[0].length);
                            if (range.getClientRects().length > 1) { found.push(word[0]); }
                        }
                    }
                    return found;
                };
                return [...document.querySelectorAll('h1, h2, h3, th, td, dt, button, summary, label')]
                    .slice(0, 500).flatMap(words);
                """);
        if (!List.of().equals(broken)) {
            throw new AssertionError("words that are broken in " + where + ": " + broken);
        }
    }

    /**
     * Runs axe on the page, and fails if it finds a serious or critical fault, or too little contrast in a heading. Of rows
     * that are alike, it looks at the first.
     */
    public void noSeriousFault(String where) throws IOException {
        driver.executeScript(axe());
        Object faults = driver.executeAsyncScript("""
                const done = arguments[arguments.length - 1];
                const enhanced = {rules: {'color-contrast-enhanced': {enabled: true}}};
                const heading = (fault) => fault.nodes.some((node) => node.html.startsWith('<h1'));
                const rows = {exclude: [['tr:nth-child(n + 20)'], ['article:nth-of-type(n + 20)']]};
                axe.run(rows, enhanced).then((result) => done(result.violations
                    .filter((fault) => fault.id === 'color-contrast-enhanced'
                        ? heading(fault) : fault.impact === 'serious' || fault.impact === 'critical')
                    .map((fault) => fault.id + ': ' + fault.nodes.map((node) => node.html + ' ' + node.failureSummary)
                        .slice(0, 5).join(' | '))));
                """);
        if (!List.of().equals(faults)) {
            throw new AssertionError("faults that axe finds in " + where + ": " + faults);
        }
    }

    private static String axe() throws IOException {
        Properties about = new Properties();
        try (InputStream in = Objects.requireNonNull(Browser.class.getResourceAsStream(AXE_VERSION))) {
            about.load(in);
        }
        String script = AXE.formatted(about.getProperty("version"));
        try (InputStream in = Objects.requireNonNull(Browser.class.getResourceAsStream(script))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Keeps a picture of what can be seen. */
    public void picture(String name) throws IOException {
        Files.createDirectories(PICTURES);
        Files.write(PICTURES.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
    }

    @Override
    public void close() {
        driver.quit();
        service.stop();
    }
}
