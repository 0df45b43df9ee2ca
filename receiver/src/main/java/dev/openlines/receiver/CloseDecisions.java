// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Decides about the events of one commit, one after the other. */
final class CloseDecisions {

    /** The most seconds between the events of one close that two subscriptions deliver. */
    static final long APART = 2;

    private final Map<SessionLedger.Chat, List<LedgerRow>> near;
    final List<LedgerRow> added = new ArrayList<>();
    /** The changed rows; the key is the row before the change. */
    final Map<LedgerRow, LedgerRow> changed = new LinkedHashMap<>();

    final List<VerifiedDelivery> late = new ArrayList<>();

    CloseDecisions(Map<SessionLedger.Chat, List<LedgerRow>> near) {
        this.near = near;
    }

    /** Returns the event with the chats that are to be handled, or null if none is. */
    @Nullable
    VerifiedDelivery decide(VerifiedDelivery delivery) {
        VerifiedDelivery.Finish finish = delivery.finish();
        if (finish == null) {
            return delivery;
        }
        for (ClosePlace place : finish.places()) {
            for (LedgerRow known : rows(delivery, place)) {
                if (known.key().equals(delivery.idempotencyKey())) {
                    return isAnotherClose(delivery, finish.handlerId(), known) ? delivery : null;
                }
            }
        }
        List<Integer> fresh = new ArrayList<>();
        Map<Object, LedgerRow> own = new HashMap<>();
        for (int i = 0; i < finish.places().size(); i++) {
            ClosePlace place = finish.places().get(i);
            if (own.containsKey(place.group())) {
                continue;
            }
            LedgerRow row = row(delivery, place, finish.handlerId());
            own.put(place.group(), row);
            if (row.state() == LedgerRow.State.COUNTED) {
                fresh.add(i);
            }
        }
        own.values().forEach(row -> {
            added.add(row);
            rows(delivery, row.place()).add(row);
        });
        return fresh.isEmpty() ? null : delivery.only(fresh);
    }

    /**
     * Tells whether an event whose key is known is a close of its own after all. It was taken for a repeat of a close,
     * but its subscription has delivered another event of that close.
     */
    private boolean isAnotherClose(VerifiedDelivery delivery, long handlerId, LedgerRow known) {
        List<LedgerRow> rows = rows(delivery, known.place());
        boolean another = known.state() == LedgerRow.State.REPEAT
                && rows.stream()
                        .anyMatch(row -> isEvent(row)
                                && !row.key().equals(known.key())
                                && row.handlerId() == handlerId
                                && row.origin() == delivery.origin()
                                && row.counts().equals(known.counts()));
        if (!another) {
            return false;
        }
        LedgerRow found = foundBefore(known, rows);
        LedgerRow own = found == null
                ? known.with(LedgerRow.State.COUNTED, null).withoutClose()
                : claim(known, found, rows, delivery);
        rows.remove(known);
        rows.add(own);
        changed.put(known, own);
        return own.state() == LedgerRow.State.COUNTED;
    }

    private List<LedgerRow> rows(VerifiedDelivery delivery, ClosePlace place) {
        return near.computeIfAbsent(
                new SessionLedger.Chat(delivery.memberId(), place.chatId()), key -> new ArrayList<>());
    }

    private LedgerRow row(VerifiedDelivery delivery, ClosePlace place, long handlerId) {
        List<LedgerRow> rows = rows(delivery, place);
        LedgerRow row = new LedgerRow(
                delivery.memberId(),
                SessionLedger.at(delivery),
                place,
                delivery.idempotencyKey(),
                null,
                LedgerRow.State.COUNTED,
                delivery.origin(),
                handlerId,
                null,
                null,
                0,
                0,
                delivery.receivedAt());
        LedgerRow same = sameByAnotherWay(row, rows);
        if (same != null) {
            return row.of(same).with(LedgerRow.State.REPEAT, same.counts());
        }
        LedgerRow found = foundBefore(row, rows);
        return found == null ? row : claim(row, found, rows, delivery);
    }

    private LedgerRow claim(LedgerRow row, LedgerRow found, List<LedgerRow> rows, VerifiedDelivery delivery) {
        rows.remove(found);
        if (found.state() == LedgerRow.State.REPORTED) {
            LedgerRow repeat = found.with(LedgerRow.State.REPEAT, row.key());
            rows.add(repeat);
            changed.put(found, repeat);
            return row.of(found).with(LedgerRow.State.COUNTED, null);
        }
        LedgerRow claimed = found.with(LedgerRow.State.CLAIMED, null);
        rows.add(claimed);
        changed.put(found, claimed);
        late.add(delivery);
        return row.of(found).with(LedgerRow.State.REPEAT, found.key());
    }

    /** Returns the latest close that was found without an event and may be the close of this event. */
    private static @Nullable LedgerRow foundBefore(LedgerRow row, List<LedgerRow> rows) {
        LedgerRow latest = null;
        for (LedgerRow other : rows) {
            if (other.state().claimable()
                    && fits(row.at(), other)
                    && other.place().group().equals(row.place().group())
                    && (latest == null || other.at() > latest.at())) {
                latest = other;
            }
        }
        return latest;
    }

    private static boolean fits(long event, LedgerRow close) {
        long closed = Objects.requireNonNull(close.closedAt());
        return CloseMatching.fits(event, closed)
                || close.hour() > 0
                        && (CloseMatching.fits(event - close.hour(), closed)
                                || CloseMatching.fits(event + close.hour(), closed));
    }

    /** Returns the nearest event of the chat that another subscription or the offline queue brought. */
    static @Nullable LedgerRow sameByAnotherWay(LedgerRow row, List<LedgerRow> rows) {
        LedgerRow nearest = null;
        for (LedgerRow other : rows) {
            long apart = Math.abs(other.at() - row.at());
            if (apart <= APART
                    && isEvent(other)
                    && !sameWay(row, other)
                    && other.place().group().equals(row.place().group())
                    && (nearest == null || apart < Math.abs(nearest.at() - row.at()))
                    && rows.stream()
                            .noneMatch(third -> isEvent(third)
                                    && third.counts().equals(other.counts())
                                    && (sameWay(row, third) || Math.abs(third.at() - row.at()) > APART))) {
                nearest = other;
            }
        }
        return nearest;
    }

    private static boolean isEvent(LedgerRow row) {
        return row.origin() != Origin.RECONCILED;
    }

    private static boolean sameWay(LedgerRow one, LedgerRow other) {
        return one.origin() == other.origin() && one.handlerId() == other.handlerId();
    }
}
