// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * A process that fills a table with a unique key and a text, over plain JDBC and without a request: the limit of a store for
 * receivers that commit together. Prints a line; then, for each line with a number of rows and a number of seconds, commits
 * so many rows at a time for so long, and prints the rows per second and the median and the 99th percentile of a commit in
 * milliseconds.
 */
public final class RawStore {

    private static final int KEY_BYTES = 32;

    private static final String PAYLOAD = "x".repeat(330);

    private RawStore() {}

    /**
     * Runs until its input ends.
     *
     * @param args the URL of the database
     * @throws Exception if the database cannot be used
     */
    public static void main(String[] args) throws Exception {
        try (Connection connection = DriverManager.getConnection(args[0]);
                Statement statement = connection.createStatement()) {
            if (args[0].startsWith("jdbc:sqlite:")) {
                statement.execute("pragma journal_mode = wal");
                statement.execute("pragma synchronous = full");
            }
            statement.execute("create table event (event_key text not null unique, payload text not null)");
            connection.setAutoCommit(false);
            System.out.println("0");
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] numbers = line.split(" ");
                run(connection, Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
            }
        }
    }

    private static void run(Connection connection, int rows, int seconds) throws SQLException {
        SplittableRandom random = new SplittableRandom();
        byte[] key = new byte[KEY_BYTES];
        long[] commits = new long[1024];
        int count = 0;
        long begun = System.nanoTime();
        long end = begun + TimeUnit.SECONDS.toNanos(seconds);
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into event (event_key, payload) values (?, ?) on conflict (event_key) do nothing")) {
            for (long now = begun; now < end; count++) {
                for (int i = 0; i < rows; i++) {
                    random.nextBytes(key);
                    // Keys come in the order of time, as those of events do.
                    insert.setString(
                            1, now / 1_000_000_000 + "-" + HexFormat.of().formatHex(key));
                    insert.setString(2, PAYLOAD);
                    insert.addBatch();
                }
                insert.executeBatch();
                connection.commit();
                long after = System.nanoTime();
                if (count == commits.length) {
                    commits = Arrays.copyOf(commits, 2 * count);
                }
                commits[count] = after - now;
                now = after;
            }
        }
        double took = (System.nanoTime() - begun) / 1e9;
        Arrays.sort(commits, 0, count);
        System.out.printf(
                Locale.ROOT,
                "%.1f %.3f %.3f%n",
                (double) count * rows / took,
                commits[count / 2] / 1e6,
                commits[(int) (count * 0.99)] / 1e6);
    }
}
