// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The leads, deals, contacts and companies of a portal, with their timelines. Safe for use by several threads. */
public final class PortalCrm {

    static final Set<String> TYPES = Set.of("lead", "deal", "contact", "company");
    static final String EXPECTED_TYPE = "lead, deal, contact or company";

    /** An object as the REST methods read it. */
    record Item(String type, long id, String title) {}

    record Comment(long id, long authorId, String text) {}

    private final Portal portal;
    // Guarded by the portal.
    private final Map<String, Item> items = new LinkedHashMap<>();
    private final Map<String, List<Comment>> timelines = new LinkedHashMap<>();
    private long lastComment = 998;

    PortalCrm(Portal portal) {
        this.portal = portal;
    }

    /**
     * Adds an object, or renames it.
     *
     * @param type lead, deal, contact or company
     * @param id 1 or more
     * @param title its title as people see it; for a contact, the name
     * @throws IllegalArgumentException for another type and for an id below 1
     */
    public void add(String type, long id, String title) {
        String checked = checked(type, id);
        synchronized (portal) {
            items.put(key(checked, id), new Item(checked, id, title));
        }
    }

    /**
     * Returns the comments in an object's timeline.
     *
     * @param type lead, deal, contact or company
     * @param id the object
     * @return the oldest first; none if there is no such object
     */
    public List<String> comments(String type, long id) {
        synchronized (portal) {
            return timelines.getOrDefault(key(type, id), List.of()).stream()
                    .map(Comment::text)
                    .toList();
        }
    }

    static String checked(String type, long id) {
        if (!isType(type)) {
            throw new IllegalArgumentException(
                    "expected " + EXPECTED_TYPE + " as type but found " + ControlBody.quoted(type));
        }
        if (id < 1) {
            throw new IllegalArgumentException("expected the id of an object of the CRM but found " + id);
        }
        return type.toLowerCase(Locale.ROOT);
    }

    static boolean isType(String type) {
        return TYPES.contains(type.toLowerCase(Locale.ROOT));
    }

    private static String key(String type, long id) {
        return type + " " + id;
    }

    // The following methods are called under the portal's lock.

    /** Adds an object under a plain name unless it is there. */
    void addIfMissing(String type, long id) {
        String title = type.substring(0, 1).toUpperCase(Locale.ROOT) + type.substring(1) + " #" + id;
        items.putIfAbsent(key(type, id), new Item(type, id, title));
    }

    Optional<Item> find(String type, long id) {
        return Optional.ofNullable(items.get(key(type, id)));
    }

    List<Item> items() {
        return List.copyOf(items.values());
    }

    long comment(Item item, long authorId, String text) {
        lastComment++;
        timelines
                .computeIfAbsent(key(item.type(), item.id()), any -> new ArrayList<>())
                .add(new Comment(lastComment, authorId, text));
        return lastComment;
    }
}
