// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Browser;
import dev.openlines.testkit.RequiresTool;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The page of dead letters in a real Chromium. Leaves pictures under {@code target/screenshots}. */
@RequiresTool({"chromium", "chromedriver"})
@Tag("long")
class DeadLettersPageTest {

    private static final String RIGHT_TO_LEFT = "لم يُعثر على المحادثة 17";
    private static final String PAYLOAD = "{\"event\":\"ONSESSIONFINISH\",\"text\":\"" + RIGHT_TO_LEFT + "\"}";

    @TempDir
    private Path profile;

    @TempDir
    private Path folder;

    private Running running;
    private Browser browser;

    @BeforeEach
    void signIn() throws IOException {
        running = Running.in(folder);
        browser = new Browser(profile);
        browser.driver().get(running.page("/").toString());
        browser.find("input[type='password']").sendKeys(Running.PASSWORD, Keys.ENTER);
        browser.shows("● live");
    }

    @AfterEach
    void stop() {
        browser.close();
        running.close();
    }

    /** Stores so many dead letters of an event and a portal. They died at half past nine in the evening, UTC. */
    private void dead(int letters, String event, String memberId, String reason) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("chats.db"));
                PreparedStatement insert = connection.prepareStatement("""
                    with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
                    insert into inbox (idempotency_key, member_id, event, order_key, payload, body_bytes, received_at, state,
                      not_before, attempts, finished_at, dead_reason)
                    select ? || i, ?, ?, '', ?, 100, 1795987700000, 'dead', 0, 12, 1795987800000, ? from n""")) {
            insert.setInt(1, letters);
            insert.setString(2, event);
            insert.setString(3, memberId);
            insert.setString(4, event);
            insert.setString(5, PAYLOAD);
            insert.setString(6, reason);
            insert.executeUpdate();
        }
    }

    private void open() {
        browser.driver().get(running.page("/dead-letters").toString());
        browser.shows("Events that could not be handled");
    }

    private List<String> ids() {
        return browser.driver().findElements(By.cssSelector("[data-letter]")).stream()
                .map(letter -> String.valueOf(letter.getDomAttribute("data-letter")))
                .toList();
    }

    @Test
    void withoutALetterItLooksRight() throws IOException {
        open();

        browser.shows("There is no dead letter.");
        browser.looksRight("dead-letters-empty");
    }

    @Test
    void longNamesAndRightToLeftTextLookRight() throws Exception {
        dead(1, "ON" + "EVENTWITHALONGNAME".repeat(12), "portal".repeat(40), "unbrokenreason".repeat(40));
        dead(1, "ONSESSIONFINISH", "portal", RIGHT_TO_LEFT);
        open();
        for (WebElement summary : browser.driver().findElements(By.cssSelector("details summary"))) {
            summary.sendKeys(Keys.ENTER);
        }

        List<WebElement> reasons = browser.driver().findElements(By.cssSelector("[data-letter] h2 + p"));
        assertThat(reasons)
                .extracting(reason -> reason.getCssValue("direction"))
                .containsExactly("ltr", "rtl");
        browser.looksRight("dead-letters-long");
    }

    @Test
    void ofTenThousandAPageShowsSomeAndLeadsToTheOthers() throws Exception {
        dead(10_000, "ONSESSIONFINISH", "portal", "the portal is away");
        open();
        browser.shows("Dead letters (100 or more)");
        List<String> first = ids();
        assertThat(first).hasSize(100);
        browser.looksRight("dead-letters-many");

        browser.driver().findElement(By.linkText("Later dead letters")).sendKeys(Keys.ENTER);
        browser.shows("The first dead letters");
        assertThat(ids()).hasSize(100).doesNotContainAnyElementsOf(first);

        browser.driver()
                .get(running.page("/dead-letters?after=" + Long.MAX_VALUE / 10).toString());
        browser.shows("There is no later dead letter.");
    }

    @Test
    void thePageThatHoldsTheLastLettersLeadsToNoOthers() throws Exception {
        dead(101, "ONSESSIONFINISH", "portal", "the portal is away");
        open();
        assertThat(ids()).hasSize(100);

        browser.driver().findElement(By.linkText("Later dead letters")).sendKeys(Keys.ENTER);
        browser.shows("The first dead letters");
        assertThat(ids()).hasSize(1);
        assertThat(browser.driver().findElements(By.linkText("Later dead letters")))
                .isEmpty();
    }

    @Test
    void timesAreThoseOfTheReadersZone() throws Exception {
        dead(1, "ONSESSIONFINISH", "portal", "the portal is away");
        browser.zone("Asia/Tokyo");
        open();

        WebElement time = browser.find("[data-letter] time + time");
        browser.until("a time in Tokyo", driver -> time.getText().startsWith("Nov 30, 2026, 6:30:00") ? true : null);
        assertThat(time.getDomAttribute("title")).isEqualTo("2026-11-29T21:30:00Z");
    }

    @Test
    void aLetterIsReadAndHandledAgainByKeyboardAlone() throws Exception {
        dead(1, "ONSESSIONFINISH", "portal", "the portal is away");
        open();

        browser.tabTo("The event, without tokens").sendKeys(Keys.ENTER);
        browser.shows(RIGHT_TO_LEFT);
        browser.tabTo("Handle again").sendKeys(Keys.ENTER);
        browser.shows("The event is handled again.");
    }
}
