// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.PortalChat;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Browser;
import dev.openlines.testkit.RequiresTool;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;

/** The board in a real Chromium beside the portal's own page. Leaves pictures under {@code target/screenshots}. */
@RequiresTool({"chromium", "chromedriver"})
@Tag("long")
class BoardTest {

    private static final String RIGHT_TO_LEFT = "محمد عبد الله الأنصاري";

    @TempDir
    private Path profile;

    private Running running;
    private Browser browser;
    private String board;

    @TempDir
    private Path folder;

    @BeforeEach
    void openTheBoard() throws IOException {
        // Compared at each look of the reconciler.
        running = Running.in(folder, Map.of("OPENLINES_RECONCILE", "PT1S", "OPENLINES_CRM_NOTES", "on"));
        browser = new Browser(profile);
        browser.driver().get(running.page("/").toString());
        board = browser.driver().getWindowHandle();
    }

    @AfterEach
    void stop() {
        browser.close();
        running.close();
    }

    /** Archives so many chats, the first of them last. */
    private void fill(int chats) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("chats.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    with recursive n(i) as (select 1 union all select i + 1 from n where i < %d)
                    insert into closed_chat (event_key, member_id, chat_id, line_id, line, connector, customer, operator,
                      closed_at, messages, reconciled)
                    select 'key-' || i, 'portal', i, 1, 'Support', 'livechat', 'Customer ' || i, 'Olga Ivanova',
                      1795950000000 - i * 60000, 3, 0 from n""".formatted(chats));
        }
    }

    /** Opens the board again and again, each time until it is live, and not as fast as it can. */
    private void refreshedUntil(String text) {
        Await.until("the text " + text, () -> {
            browser.driver().navigate().refresh();
            browser.shows("● live");
            return browser.find("main").getText().contains(text);
        });
    }

    private void signIn() {
        browser.find("input[type='password']").sendKeys(Running.PASSWORD, Keys.ENTER);
        browser.shows("● live");
    }

    @Test
    void aChatThatIsClosedOnThePortalsPageAppearsByItself() {
        signIn();
        running.portal.openLine("Support");
        browser.driver()
                .switchTo()
                .newWindow(WindowType.WINDOW)
                .get(running.server.uri().toString());
        browser.click("button[aria-label='Open chat on line 1']");
        browser.click("[data-chat='17'] button[data-close='agent']");
        browser.driver().switchTo().window(board);
        browser.find("tr[data-chat='1']");
        browser.shows(" new");
        assertThat(browser.find("#none").isDisplayed()).isFalse();
    }

    @Test
    void aBoardThatFindsNoPlaceIsLiveOnceThereIsOne() throws Exception {
        signIn();
        String cookies = browser.driver().manage().getCookies().stream()
                .map(cookie -> cookie.getName() + "=" + cookie.getValue())
                .collect(Collectors.joining("; "));
        browser.driver().get("about:blank");
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpRequest stream = HttpRequest.newBuilder(running.page("/stream?after=0"))
                .header("Cookie", cookies)
                .build();
        List<InputStream> readers = new ArrayList<>();
        Await.until("all places taken", () -> {
            HttpResponse<InputStream> answer = client.send(stream, HttpResponse.BodyHandlers.ofInputStream());
            if (answer.statusCode() == 200) {
                readers.add(answer.body());
            } else {
                assertThat(answer.statusCode()).isEqualTo(503);
            }
            return readers.size() == Live.READERS;
        });

        browser.driver().get(running.page("/").toString());
        browser.shows("○ not connected, trying again");
        for (InputStream reader : readers) {
            reader.close();
        }

        browser.shows("● live");
    }

    @Test
    void aChatWhoseEventNeverCameIsMarkedAndTheBoardSaysWhenItCompared() {
        signIn();
        refreshedUntil("Last compared with the portals' own lists of sessions: ");
        PortalChat lost = running.portal.openLine("Support").openChat();
        lost.customerWrites("no event tells of this");
        lost.session().breakOff();
        running.portal.clock().advance(Duration.ofMinutes(10));

        refreshedUntil("found");
        assertThat(browser.find("tr[data-chat='1'] .found").getAttribute("title"))
                .startsWith("No event came");
        browser.find("tr[data-chat='1'] a").sendKeys(Keys.ENTER);
        browser.shows("no event tells of this");
        assertThat(browser.find(".facts").getText()).contains("No event came", "session " + lost.sessionId());

        browser.driver().get(running.page("/").toString());
        running.portal.lines().get(0).openChat().close();
        browser.find("tr[data-chat='2']");
        assertThat(browser.driver().findElements(By.cssSelector("tr[data-chat='2'] .found")))
                .isEmpty();
    }

    @Test
    void aClosedGroupChatShowsItsPeopleFilesRatingAndDeal() {
        signIn();
        running.portal.crm().add("deal", 7, "Big <b>order</b>");
        PortalChat chat = running.portal.openLine("Support").openGroupChat("telegrambot", "Anna");
        long boris = chat.addCustomer("Boris");
        long bot = chat.addBot("Robo");
        chat.customerWrites("Good day");
        chat.write(bot, "An operator will come");
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("photo.png", new byte[3000]);
        files.put("<script>.pdf", new byte[] {1});
        chat.send(boris, "see", files);
        chat.operatorWrites("Thank you");
        chat.linkToCrm("deal", 7);
        chat.session().rateBySupervisor(4, "good");
        chat.close();

        browser.find("tr[data-chat='1'] a").sendKeys(Keys.ENTER);
        browser.shows("An operator will come");
        String facts = browser.find(".facts").getText();
        assertThat(facts).contains("Anna, Boris", "Olga Operator", "Robo", "4 of 5");
        assertThat(roles()).containsExactly("system", "customer", "bot", "customer", "operator", "system");
        assertThat(browser.driver().findElements(By.cssSelector("ul.files li")))
                .extracting(WebElement::getText)
                .containsExactly("photo.png image, 2 KiB", "<script>.pdf file, 1 byte");
        assertThat(browser.find("ul.files a").getDomAttribute("href")).contains("disk.api.file.download", "fileId=");
        WebElement deal = browser.find("#crm");
        assertThat(deal.getText()).isEqualTo("Big <b>order</b> (deal 7)");
        assertThat(deal.getDomAttribute("href")).endsWith("/crm/deal/details/7/");
        Await.until(
                "the note in the deal",
                () -> running.portal.crm().comments("deal", 7).size() == 1);
        assertThat(running.portal.crm().comments("deal", 7).get(0))
                .isEqualTo("Chat 17 was closed on Support. Customer: Anna, Boris. Operator: Olga Operator."
                        + " Messages: 6, files: 2.");
    }

    private List<String> roles() {
        return browser.driver().findElements(By.cssSelector("ol.transcript > li")).stream()
                .map(message -> message.getDomAttribute("class"))
                .toList();
    }

    @Test
    void aTranscriptOpensAScriptStaysTextAndSearchFindsAWord() {
        signIn();
        PortalChat chat = running.portal.openLine("R&D <i>").openChat();
        chat.customerWrites("my parcel <script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>");
        chat.operatorWrites("Leave it to us");
        chat.close();
        // Two closes at once are archived in either order.
        browser.find("tr[data-chat='1']");
        running.portal.lines().get(0).openChat("viber").close();
        browser.find("tr[data-chat='2']");

        browser.find("tr[data-chat='1'] a").sendKeys(Keys.ENTER);
        browser.shows("my parcel <script>window.hacked = 1</script><img src=x");
        assertThat(browser.driver().executeScript("return window.hacked")).isNull();
        assertThat(browser.driver().findElements(By.cssSelector(".transcript img")))
                .isEmpty();

        browser.driver().get(running.page("/").toString());
        browser.find("input[name='q']").sendKeys("parc", Keys.ENTER);
        browser.shows("Chats that fit");
        browser.find("tr[data-chat='1']");
        assertThat(browser.driver().findElements(By.cssSelector("tr[data-chat='2']")))
                .isEmpty();
        assertThat(browser.driver().executeScript("return window.hacked")).isNull();
        // Chats outside the filter do not come by the stream either; those inside do.
        running.portal.lines().get(0).openChat("viber").close();
        PortalChat another = running.portal.lines().get(0).openChat();
        another.customerWrites("another parcel");
        another.close();
        browser.find("tr[data-chat='4']");
        assertThat(browser.driver().findElements(By.cssSelector("tr[data-chat='3']")))
                .isEmpty();
    }

    @Test
    void aChatIsFoundAndReadByKeyboardAlone() {
        browser.driver().switchTo().activeElement().sendKeys(Running.PASSWORD, Keys.ENTER);
        browser.shows("● live");
        PortalChat chat = running.portal.openLine("Support").openChat();
        chat.customerWrites("my parcel");
        chat.close();
        browser.find("tr[data-chat='1']");

        browser.tabTo("Skip to the content").sendKeys(Keys.ENTER);
        assertThat(browser.driver().executeScript("return location.hash")).isEqualTo("#main");
        browser.driver().switchTo().activeElement().sendKeys(Keys.TAB);
        assertThat(browser.driver().switchTo().activeElement().getDomAttribute("name"))
                .isEqualTo("q");
        browser.driver().switchTo().activeElement().sendKeys("parcel", Keys.ENTER);
        browser.shows("Chats that fit");
        browser.tabTo("Guest").sendKeys(Keys.ENTER);
        browser.shows("my parcel");
        browser.tabTo("Dead letters (0)").sendKeys(Keys.ENTER);
        browser.shows("There is no dead letter.");
        browser.tabTo("Sign out").sendKeys(Keys.ENTER);
        browser.find("input[type='password']");
    }

    @Test
    void anExportIsDownloaded() throws IOException {
        signIn();
        running.portal.openLine("Support").openChat().close();
        browser.find("tr[data-chat='1']");

        browser.driver().findElement(By.linkText("CSV")).click();
        Path file = profile.resolve("downloads").resolve("closed-chats.csv");
        browser.until("the file", driver -> Files.exists(file) ? true : null);
        assertThat(Files.readString(file)).startsWith("id,portal,chat,").contains(",Support,livechat,");
    }

    @Test
    void aDeadLetterIsRequeued() {
        String method = "imopenlines.session.history.get";
        running.portal.answer(method, "[]");
        running.portal.openLine("Support").openChat().close();
        signIn();
        browser.until("the dead letter", driver -> {
            driver.get(running.page("/dead-letters").toString());
            return driver.findElement(By.cssSelector("[data-letter]"));
        });
        running.portal.answer(method, "{\"sessionId\":1,\"chatId\":17,\"message\":{},\"users\":{}}");

        browser.click("[data-letter] button");

        browser.shows("The event is handled again.");
        browser.driver().get(running.page("/").toString());
        browser.find("tr[data-chat='1']");
    }

    @Test
    void everyPageLooksRightAtEveryWidthInBothSchemes() throws IOException {
        browser.looksRight("sign-in");
        running.portal.answer("imopenlines.session.history.get", "[]");
        running.portal.openLine("Sehrlangerlinienname".repeat(6)).openChat().close();
        signIn();
        browser.looksRight("board-empty");
        browser.until("the dead letter", driver -> {
            driver.get(running.page("/dead-letters").toString());
            return driver.findElement(By.cssSelector("[data-letter]"));
        });
        browser.looksRight("dead-letters");
        browser.driver().get(running.page("/").toString());
        browser.shows("● live");
        running.portal.openLine("Support & sales");
        busyDay();
        browser.driver().navigate().refresh();
        browser.shows("● live");
        assertThat(browser.driver().findElement(By.linkText(RIGHT_TO_LEFT)).getCssValue("direction"))
                .isEqualTo("rtl");
        browser.looksRight("board");
        browser.click("tbody tr[data-chat='2'] a");
        browser.shows("parcel");
        browser.looksRight("transcript");
    }

    @Test
    void ofTenThousandChatsAPageShowsTheNewestAndLeadsToTheOthers() throws Exception {
        fill(10_000);
        signIn();

        assertThat(browser.driver().findElements(By.cssSelector("tbody tr[data-chat]")))
                .hasSizeBetween(50, 200);
        browser.looksRight("board-many");
        browser.driver().findElement(By.linkText("Earlier chats")).sendKeys(Keys.ENTER);
        browser.shows("Earlier chats; new ones do not appear here.");
        assertThat(browser.driver().findElements(By.cssSelector("tbody tr[data-chat]")))
                .hasSizeBetween(50, 200);
    }

    @Test
    void timesAreThoseOfTheReadersZone() {
        running.portal.openLine("Support").openChat().close();
        signIn();
        String closed = browser.find("tr[data-chat='1'] time").getDomAttribute("datetime");
        browser.zone("Asia/Kathmandu");
        browser.driver().navigate().refresh();
        browser.shows("● live");

        ZonedDateTime there = Instant.parse(closed).atZone(ZoneId.of("Asia/Kathmandu"));
        assertThat(browser.find("tr[data-chat='1'] time").getText())
                .contains(there.format(DateTimeFormatter.ofPattern("h:mm:ss", Locale.ROOT)));
    }

    /** Has something to show. */
    private void busyDay() {
        String answer = "{\"sessionId\":%d,\"chatId\":17,\"message\":{"
                + "\"1\":{\"id\":1,\"senderid\":0,\"date\":\"%s\",\"text\":\"New conversation started.\"},"
                + "\"2\":{\"id\":2,\"senderid\":%d,\"date\":\"%s\",\"text\":\"Hello! Where is my parcel <4711>?\"},"
                + "\"3\":{\"id\":3,\"senderid\":5,\"date\":\"%s\",\"text\":\"Good day. It leaves tonight.\"}},"
                + "\"users\":{\"%d\":{\"id\":%d,\"name\":\"%s\"},\"5\":{\"id\":5,\"name\":\"Olga Ivanova\"}}}";
        List<String> customers = List.of(
                "Anna Schmidt",
                "Пётр Иванов",
                RIGHT_TO_LEFT,
                "Mei Lin",
                "Wolfeschlegelsteinhausenbergerdorff".repeat(2));
        List<String> connectors = List.of("livechat", "telegrambot", "viber", "whatsapp");
        Instant now = Instant.now();
        for (int i = 0; i < 8; i++) {
            PortalChat chat = running.portal.lines().get(i == 5 ? 0 : 1).openChat(connectors.get(i % 4));
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
            browser.find("tr[data-chat='" + (i + 1) + "']");
        }
    }
}
