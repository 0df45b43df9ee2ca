// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The entries of a report that can be read by a growing offset only. */
final class OffsetPages<T> implements Iterator<T> {

    private final PortalClient portal;
    private final String method;
    private final Map<String, Object> params;
    private final String list;
    private final Function<Fields, T> reading;

    private Iterator<T> ready = List.<T>of().iterator();
    private int offset;
    private boolean more = true;

    OffsetPages(
            PortalClient portal, String method, Map<String, Object> params, String list, Function<Fields, T> reading) {
        this.portal = portal;
        this.method = method;
        this.params = params;
        this.list = list;
        this.reading = reading;
    }

    /** Streams the entries of an iterator without reading ahead. */
    static <T> Stream<T> stream(Iterator<T> entries) {
        return StreamSupport.stream(
                Spliterators.spliteratorUnknownSize(entries, Spliterator.ORDERED | Spliterator.NONNULL), false);
    }

    Stream<T> stream() {
        return stream(this);
    }

    @Override
    public boolean hasNext() {
        while (!ready.hasNext() && more) {
            Map<String, Object> page = new LinkedHashMap<>(params);
            page.put("offset", offset);
            page.put("limit", SessionFilter.LARGEST_PAGE);
            Fields result = portal.call(method, page).fields();
            List<T> entries =
                    result.member(list).elementsOrNone().stream().map(reading).toList();
            more = result.member("hasNextPage").flag();
            if (more && (entries.isEmpty() || offset > SessionFilter.LAST_OFFSET)) {
                // Asking again would never end.
                throw new UnexpectedReplyException(method, "an end", "the word of more", "$.result.hasNextPage");
            }
            offset += entries.size();
            ready = entries.iterator();
        }
        return ready.hasNext();
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.next();
    }
}
