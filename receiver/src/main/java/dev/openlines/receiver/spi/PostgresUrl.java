// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver.spi;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Optional;
import java.util.regex.Pattern;

/** Checks the JDBC URL of a PostgreSQL database, which may hold a password. No message repeats the URL. */
public final class PostgresUrl {

    private static final Pattern FORM = Pattern.compile("jdbc:postgresql:(//[\\w.,:\\[\\]-]*/)?[^/?:@]*(\\?.*)?");

    private PostgresUrl() {}

    /** Returns whether a URL has the form that is accepted: a password, if any, only behind the question mark. */
    public static boolean isWellFormed(String url) {
        return FORM.matcher(url).matches();
    }

    /**
     * Returns why a URL cannot be used, or empty if it can. It is checked before the driver sees it, because the driver
     * logs a URL that it cannot read, with the password.
     */
    public static Optional<String> refusal(String url) {
        try {
            if (isWellFormed(url) && DriverManager.getDriver(url) != null) {
                return Optional.empty();
            }
        } catch (SQLException e) {
            if (DriverManager.drivers()
                    .noneMatch(driver -> driver.getClass().getName().startsWith("org.postgresql."))) {
                return Optional.of("jdbc:postgresql: needs org.postgresql:postgresql on the class path");
            }
        }
        return Optional.of(
                "expected jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD, found another form"
                        + " of address");
    }
}
