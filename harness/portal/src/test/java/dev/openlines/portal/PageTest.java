// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Browser;
import dev.openlines.testkit.RecordingHandler;
import dev.openlines.testkit.RequiresTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The portal's page in a real Chromium. Leaves pictures under {@code target/screenshots}. */
@RequiresTool({"chromium", "chromedriver"})
@Tag("long")
class PageTest {

    private PortalServer server;
    private Portal portal;
    private RecordingHandler handler;
    private Browser browser;

    @BeforeEach
    void openThePage(@TempDir Path folder) {
        server = PortalServer.start();
        portal = server.portal(PortalSetup.minted().label("shop"));
        handler = RecordingHandler.start();
        portal.openLine("R&D \"<1>\" Поддержка");
        portal.subscribe("ONSESSIONFINISH", handler.uri());
        browser = new Browser(folder);
        browser.driver().get(server.uri().toString());
        browser.shows("● live");
    }

    @AfterEach
    void stop() {
        browser.close();
        handler.close();
        server.close();
    }

    @Test
    void aChatIsClosedItsDeliverySeenSentAgainAndEdited() throws IOException {
        browser.click("button[aria-label='Open chat on line 1']");
        browser.click("[data-chat='17'] button[data-close='agent']");
        WebElement row = browser.find("tr[data-delivery='1']");
        assertThat(row.getText()).contains("ONSESSIONFINISH").contains("✓ 200");

        browser.click("tr[data-delivery='1'] button");
        browser.shows("\"application_token\": \"***\"");
        assertThat(browser.find("#delivery").getText()).contains("Поддержка").contains("HTTP/1.1 200 OK");
        browser.picture("delivery");
        browser.click("#resend");
        browser.find("tr[data-delivery='2']");
        assertThat(handler.requests())
                .hasSize(2)
                .containsOnly(handler.requests().get(0));

        browser.click("#edit");
        WebElement body = browser.find("#edited");
        String seen = String.valueOf(body.getDomProperty("value"));
        assertThat(seen).contains("auth%5Bapplication_token%5D=***").contains("chat_id%5D=17");
        body.clear();
        body.sendKeys(seen.replace("chat_id%5D=17", "chat_id%5D=4711"));
        browser.click("#send-edited");
        browser.find("tr[data-delivery='3']");
        assertThat(handler.body(2)).isEqualTo(handler.body(0).replace("chat_id%5D=17", "chat_id%5D=4711"));
        unfoldClosed();
        assertThat(browser.find("[data-chat='17']").getText()).contains("closed");
        assertNoSecretIsShown();
    }

    @Test
    void changesMadeElsewhereArriveLive() throws IOException {
        portal.lines().get(0).openChat("viber").close(Closing.OPERATOR);
        new RestCaller()
                .get(portal.restUri()
                        .resolve("scope?auth=" + portal.accessToken().reveal()));

        assertThat(browser.find("tr[data-delivery='1']").getText()).contains("✓ 200");
        browser.shows("Closed chats (1)");
        unfoldClosed();
        browser.shows("Chat 17 (viber), closed");
        browser.shows("{\"auth\":\"***\"}");
        assertNoSecretIsShown();
    }

    @Test
    void aRecordOfListenIsReplayedWithThePortalsOwnTokens(@TempDir Path folder) throws IOException {
        Path record = Files.writeString(folder.resolve("1790000000000-1-ONSESSIONFINISH.json"), """
                {"event":"ONSESSIONFINISH","event_handler_id":"1","data":{"DATA":{"connector":{"connector_id":"livechat",\
                "line_id":"1","chat_id":"4711"},"chat":{"id":"4711"}}},"ts":"1790000000","auth":{"access_token":"***",\
                "application_token":"***","domain":"portal.bitrix24.test","member_id":"00000000000000000000000000000000",\
                "client_endpoint":"https://portal.bitrix24.test/rest/","status":"L"}}
                """);
        browser.find("#replay input[type='file']").sendKeys(record.toString());
        browser.click("#replay button");

        browser.shows("Replayed 1790000000000-1-ONSESSIONFINISH.json: 1 delivery");
        assertThat(browser.find("tr[data-delivery='1']").getText())
                .contains("ONSESSIONFINISH")
                .contains("✓ 200");
        assertThat(handler.body(0))
                .contains("chat_id%5D=4711")
                .contains("auth%5Bapplication_token%5D="
                        + portal.applicationToken().reveal())
                .contains("auth%5Bmember_id%5D=" + portal.memberId())
                .doesNotContain("***", "%2A%2A%2A", "portal.bitrix24.test");
        assertNoSecretIsShown();
    }

    @Test
    void aRecordThatCannotBeSentSaysWhy(@TempDir Path folder) throws IOException {
        Path rubbish = Files.writeString(folder.resolve("rubbish.json"), "{\"event\":");
        browser.find("#replay input[type='file']").sendKeys(rubbish.toString());
        browser.click("#replay button");
        browser.shows("Replayed rubbish.json failed: the recorded body cannot be read: ");

        Path start = Files.writeString(folder.resolve("start.txt"), "event=ONSESSIONSTART&ts=1&auth[member_id]=m");
        browser.find("#replay input[type='file']").sendKeys(start.toString());
        browser.click("#replay button");
        browser.shows("start.txt was not sent: its event has no handler, the application is not installed");
        assertThat(handler.requests()).isEmpty();
    }

    @Test
    void faultsAndTheClockAreSetFromThePage() throws IOException {
        WebElement first = browser.find("input[name='first']");
        first.sendKeys("2");
        browser.click("section[aria-labelledby='faults-title'] form button[type='submit']");
        browser.shows("throttled on *, first 2");
        assertThat(portal.faults().list()).hasToString("[throttled on *, first 2]");

        browser.driver().findElement(By.xpath("//button[text()='Freeze']")).click();
        browser.shows(", stands still");
        assertThat(portal.clock().frozen()).isTrue();
        browser.picture("faults");
    }

    @Test
    void everyControlCanBeReachedByKeyboardAndHasAName() throws IOException {
        browser.click("button[aria-label='Open chat on line 1']");
        browser.find("[data-chat='17']");

        Object nameless = browser.driver().executeScript("""
                const controls = [...document.querySelectorAll('button, input, select, textarea, a')];
                return controls.filter(c => c.tabIndex < 0 || !(c.getAttribute('aria-label') || c.textContent.trim()
                    || (c.labels && c.labels.length))).map(c => c.outerHTML);
                """);
        assertThat((List<?>) nameless).isEmpty();
        Object headings = browser.driver()
                .executeScript("return document.querySelectorAll('h1').length + ' ' + "
                        + "document.querySelectorAll('main').length + ' ' + document.documentElement.lang + ' ' + "
                        + "document.querySelectorAll('[role=status]').length");
        assertThat(headings).isEqualTo("1 1 en 1");
    }

    @Test
    void aChatIsClosedAndItsDeliverySentAgainByKeyboardAlone() {
        browser.tabTo("Skip to the chats").sendKeys(Keys.ENTER);
        assertThat(browser.driver().executeScript("return location.hash")).isEqualTo("#main");
        browser.tabTo("Open chat").sendKeys(Keys.ENTER);
        browser.find("[data-chat='17']");
        browser.tabTo("Close by time-out").sendKeys(Keys.SPACE);
        browser.find("tr[data-delivery='1']");
        browser.tabTo("1").sendKeys(Keys.ENTER);
        browser.shows("\"application_token\": \"***\"");
        browser.until(
                "the delivery in focus",
                driver -> "delivery".equals(driver.switchTo().activeElement().getDomAttribute("id")) ? true : null);
        browser.tabTo("Resend").sendKeys(Keys.ENTER);
        browser.find("tr[data-delivery='2']");
        browser.tabTo("Closed chats (1)").sendKeys(Keys.ENTER);
        browser.shows("Chat 17 (livechat), closed");
        assertThat(handler.requests()).hasSize(2);
    }

    @Test
    void openChatsComeFirstTheNewestAtTheTopAndClosedOnesAreFolded() {
        PortalLine line = portal.lines().get(0);
        PortalChat closed = line.openChat();
        PortalChat first = line.openChat();
        PortalChat second = line.openChat();
        closed.close();
        browser.shows("Closed chats (1)");

        assertThat(shownChats()).containsExactly(second.id(), first.id());
        unfoldClosed();
        assertThat(shownChats()).containsExactly(second.id(), first.id(), closed.id());

        first.close();
        browser.shows("Closed chats (2)");
        assertThat(shownChats()).as("stays unfolded").containsExactly(second.id(), first.id(), closed.id());
    }

    @Test
    void ofTenThousandChatsTheNewestAreShownAndTheOthersCounted() throws IOException {
        PortalLine line = portal.openLine("Many");
        for (int i = 0; i < 10_000; i++) {
            line.openChat();
        }
        browser.driver().navigate().refresh();

        browser.shows("9900 older ones are not shown");
        browser.looksRight("portal-ten-thousand");
        assertThat(shownChats()).hasSize(100);
    }

    @Test
    void ofManyDeliveriesTheNewestAreShownAndTheOthersCounted() throws IOException {
        browser.driver().get("about:blank");
        portal.sending().use(DeliveryPlan.platform().copies(2_000));
        portal.lines().get(0).openChat().close();
        browser.driver().get(server.uri().toString());

        browser.shows("1500 older ones are not shown");
        List<WebElement> rows = browser.driver().findElements(By.cssSelector("tr[data-delivery]"));
        assertThat(rows).hasSize(500);
        assertThat(rows.get(0).getDomAttribute("data-delivery")).isEqualTo("2000");
        browser.looksRight("portal-many");
    }

    @Test
    void timesAreThoseOfTheReadersZone() {
        portal.clock().freezeAt(Instant.parse("2026-11-29T21:30:00Z"));
        browser.zone("Asia/Tokyo");
        browser.driver().navigate().refresh();

        browser.shows("Nov 30, 2026, 6:30:00");
        assertThat(browser.find("section[aria-labelledby='clock-title'] time").getDomAttribute("title"))
                .isEqualTo("2026-11-29T21:30:00Z");
    }

    @Test
    void everyPageLooksRightAtEveryWidthInBothSchemes() throws IOException {
        browser.looksRight("portal-empty");
        PortalLine line = portal.openLine("Sehrlangerlinienname".repeat(8));
        portal.openLine("خط الدعم الفني للعملاء");
        line.openChat().close();
        line.openChat("connector_with_a_name_that_never_ends_".repeat(3));
        new RestCaller()
                .get(portal.restUri()
                        .resolve("scope?auth=" + portal.accessToken().reveal()));
        browser.click("[data-closed='2'] summary");
        browser.click("tr[data-delivery='1'] button");
        browser.shows("\"application_token\": \"***\"");
        browser.click("#edit");
        browser.find("#edited");

        assertThat(browser.driver().findElements(By.cssSelector("h3 bdi")))
                .extracting(name -> name.getCssValue("direction"))
                .containsExactly("ltr", "ltr", "rtl");
        browser.looksRight("portal");
    }

    private void unfoldClosed() {
        browser.click("[data-closed='1'] summary");
        browser.find("[data-closed='1'] li");
    }

    private List<Long> shownChats() {
        return browser.driver().findElements(By.cssSelector("[data-chat]")).stream()
                .map(chat -> Long.valueOf(chat.getDomAttribute("data-chat")))
                .toList();
    }

    private void assertNoSecretIsShown() {
        String page = String.valueOf(browser.driver()
                .executeScript("return document.documentElement.outerHTML + "
                        + "[...document.querySelectorAll('textarea, input')].map(e => e.value).join(' ')"));
        assertThat(page)
                .doesNotContain(portal.applicationToken().reveal())
                .doesNotContain(portal.clientSecret().reveal())
                .doesNotContain(portal.webhookCode().reveal())
                .doesNotContainPattern("[0-9a-f]{70}");
    }
}
