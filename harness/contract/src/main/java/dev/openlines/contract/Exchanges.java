// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The exchanges of one run of a case. Each has a number, from 1, in the order of the case's requests: the
 * same seed gives a request the same number, however many are sent at a time. Thread-safe.
 */
final class Exchanges {

    private static final int KEPT = 60;

    private static final Pattern CHAT =
            Pattern.compile("(?:connector%5D%5Bchat_id%5D|connector\\]\\[chat_id\\])=([0-9]+)");

    private final boolean all;
    private final SortedMap<Integer, Reply> kept = new TreeMap<>();
    private final Map<String, Integer> byChat = new HashMap<>();
    private final IdentityHashMap<Reply, Integer> numbers = new IdentityHashMap<>();
    private final Set<String> acknowledged = new HashSet<>();
    private int numbered;
    private int count;

    /** Creates a store of every exchange, or of only the first ones and those that a finding names. */
    Exchanges(boolean all) {
        this.all = all;
    }

    /** Returns the chats that a request names as closed, by the connector's id. */
    static List<String> chats(byte[] sent) {
        List<String> chats = new ArrayList<>();
        Matcher chat = CHAT.matcher(new String(sent, StandardCharsets.ISO_8859_1));
        while (chat.find()) {
            chats.add(chat.group(1));
        }
        return chats;
    }

    /** Reserves numbers that nothing else gets, and returns the first. */
    synchronized int reserve(int requests) {
        int first = numbered + 1;
        numbered += requests;
        return first;
    }

    synchronized void add(int number, Reply reply) {
        count++;
        if (all || kept.size() < KEPT) {
            kept.put(number, reply);
        }
        chats(reply.sent()).forEach(chat -> names(chat, number, reply));
    }

    /** Notes that a request names chats, if any, in places of its own, and keeps the number of its reply. */
    synchronized void names(List<String> chats, Reply reply, int number) {
        numbers.put(reply, number);
        chats.forEach(chat -> names(chat, number, reply));
    }

    private void names(String chat, int number, Reply reply) {
        byChat.merge(chat, number, Math::min);
        if (reply.is2xx()) {
            acknowledged.add(chat);
        }
    }

    /** Returns a reply's number, 0 if it has none; keeps it for the report. */
    synchronized int numberOf(Reply reply) {
        for (Map.Entry<Integer, Reply> one : kept.entrySet()) {
            if (one.getValue() == reply) {
                return one.getKey();
            }
        }
        int number = chats(reply.sent()).stream()
                .mapToInt(chat -> byChat.getOrDefault(chat, 0))
                .findFirst()
                .orElseGet(() -> numbers.getOrDefault(reply, 0));
        if (number > 0) {
            kept.putIfAbsent(number, reply);
        }
        return number;
    }

    /** Returns the number of the first request that names the chat, 0 if none does. */
    synchronized int numberOf(String chat) {
        return byChat.getOrDefault(chat, 0);
    }

    /** Returns whether the chat's event was sent and never acknowledged. Its effect need not be waited for. */
    synchronized boolean refused(String chat) {
        return byChat.containsKey(chat) && !acknowledged.contains(chat);
    }

    synchronized SortedMap<Integer, Reply> kept() {
        return Collections.unmodifiableSortedMap(new TreeMap<>(kept));
    }

    synchronized int count() {
        return count;
    }
}
