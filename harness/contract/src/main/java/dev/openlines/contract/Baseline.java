// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Known failures that are accepted for a while: a JSON array of {@code {"id","reason","owner","until"}}. An entry whose
 * case no longer fails, or whose day is over, makes the run inconclusive. Immutable.
 */
public final class Baseline {

    private record Entry(String reason, String owner, LocalDate until) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final LocalDate today;

    private Baseline(LocalDate today) {
        this.today = today;
    }

    /**
     * Returns a baseline that expects no failure.
     *
     * @return an empty one
     */
    public static Baseline none() {
        return new Baseline(LocalDate.now(ZoneOffset.UTC));
    }

    /**
     * Reads a file.
     *
     * @param file a JSON array of entries
     * @param today the day that {@code until} is compared with; an entry holds on its last day too
     * @return a baseline
     * @throws IllegalArgumentException if it cannot be read, is no such array, or has an entry without a known id, a
     *     reason or a day; the message is a line for the user
     */
    public static Baseline read(Path file, LocalDate today) {
        Baseline baseline = new Baseline(today);
        try {
            String text = Files.readString(file);
            for (JsonValue value : Json.createReader(new StringReader(text)).readArray()) {
                baseline.add(value.asJsonObject());
            }
            return baseline;
        } catch (IOException e) {
            throw new IllegalArgumentException("the baseline " + file + " cannot be read", e);
        } catch (JsonException | ClassCastException e) {
            throw new IllegalArgumentException("the baseline " + file + ": expected a JSON array of objects", e);
        }
    }

    private void add(JsonObject entry) {
        String id = entry.getString("id", "");
        String reason = entry.getString("reason", "");
        if (Catalogue.find(id).isEmpty()) {
            throw new IllegalArgumentException("the baseline: expected the id of a case but found '" + id + "'");
        }
        if (reason.isBlank()) {
            throw new IllegalArgumentException("the baseline: expected a reason for " + id);
        }
        try {
            entries.put(
                    id, new Entry(reason, entry.getString("owner", ""), LocalDate.parse(entry.getString("until", ""))));
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("the baseline: expected a day such as 2027-01-31 as until of " + id, e);
        }
    }

    boolean expects(String id) {
        Entry entry = entries.get(id);
        return entry != null && !today.isAfter(entry.until());
    }

    /** Returns the reason, the owner and the last day of a failure that is expected. */
    String told(String id) {
        Entry entry = entries.get(id);
        return entry == null
                ? ""
                : "known until " + entry.until() + ", "
                        + (entry.owner().isBlank() ? "without an owner" : "owner " + entry.owner()) + ": "
                        + entry.reason();
    }

    /** Adds reason, owner and day of an expected failure as members of an object. */
    void tell(String id, JsonObjectBuilder to) {
        Entry entry = entries.get(id);
        if (entry != null && expects(id)) {
            to.add(
                    "known",
                    Json.createObjectBuilder()
                            .add("reason", entry.reason())
                            .add("owner", entry.owner())
                            .add("until", entry.until().toString()));
        }
    }

    /**
     * Returns why the baseline no longer fits a run.
     *
     * @param report of the run
     * @return a sentence for each entry that is over or whose case no longer fails; empty if it fits
     */
    public List<String> drift(ContractReport report) {
        List<String> drift = new ArrayList<>();
        entries.forEach((id, entry) -> {
            boolean failed = report.result(id)
                    .filter(result -> result.verdict() == Verdict.FAIL)
                    .isPresent();
            if (today.isAfter(entry.until())) {
                drift.add(id + " was expected to fail until " + entry.until() + " only: " + entry.reason());
            } else if (!failed && report.result(id).isPresent()) {
                drift.add(id + " was expected to fail and did not: take it out of the baseline");
            }
        });
        return drift;
    }
}
