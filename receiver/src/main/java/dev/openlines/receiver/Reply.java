// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.net.URI;
import java.util.Map;

/**
 * The result of a delivery, and the HTTP answer for it. Bodies are empty.
 *
 * <p>The platform sends an event once and ignores the answer. The statuses are for people who examine the endpoint, and
 * for proxies.
 */
public sealed interface Reply {

    /**
     * Returns the HTTP status.
     *
     * @return a status between 200 and 599
     */
    int status();

    /**
     * Returns a stable word for logs and metric labels.
     *
     * @return a word of a closed set, in lower case
     */
    String reason();

    /**
     * Returns the text that the log has after the reason: what was found and what may help. It repeats nothing that was
     * sent, except the name of a known portal.
     *
     * @return text on one line, usually empty
     */
    default String detail() {
        return "";
    }

    /**
     * Returns the headers of the answer, besides those that every answer has.
     *
     * @return names and values, usually none; unmodifiable
     */
    default Map<String, String> headers() {
        return Map.of();
    }

    /** Verified and durably stored: 200. */
    record Accepted() implements Reply {
        @Override
        public int status() {
            return 200;
        }

        @Override
        public String reason() {
            return "accepted";
        }
    }

    /** Verified and already in the inbox: 200. It is not handled a second time. */
    record Duplicate() implements Reply {
        @Override
        public int status() {
            return 200;
        }

        @Override
        public String reason() {
            return "duplicate";
        }
    }

    /**
     * An installation or uninstallation that cannot be checked now; durably kept, and checked again for an hour: 200.
     * Nothing is changed yet.
     */
    record Kept() implements Reply {
        @Override
        public int status() {
            return 200;
        }

        @Override
        public String reason() {
            return "kept";
        }
    }

    /**
     * The installer page was opened by an administrator of a portal, which is trusted now: 200, with a page.
     *
     * @param portal the portal's REST address as its OAuth host gave it
     */
    record Installed(URI portal) implements Reply {
        @Override
        public int status() {
            return 200;
        }

        @Override
        public String reason() {
            return "installed";
        }
    }

    /** Not POST: 405. */
    record NotPost() implements Reply {
        @Override
        public int status() {
            return 405;
        }

        @Override
        public String reason() {
            return "not-post";
        }

        @Override
        public Map<String, String> headers() {
            return Map.of("Allow", "POST");
        }
    }

    /** Another path than the endpoint's: 404. */
    record Elsewhere() implements Reply {
        @Override
        public int status() {
            return 404;
        }

        @Override
        public String reason() {
            return "elsewhere";
        }
    }

    /**
     * A path that is nearly the endpoint's, such as one with another slash: 404. The sender of events may have been
     * given a wrong address.
     *
     * @param served the endpoint's path
     */
    record NearMiss(String served) implements Reply {
        @Override
        public int status() {
            return 404;
        }

        @Override
        public String reason() {
            return "near-miss";
        }

        @Override
        public String detail() {
            return "the path is nearly right: events are received at " + served + " alone";
        }
    }

    /**
     * Neither a form nor JSON: 415.
     *
     * @param found the type that it has instead, a word of a closed set
     */
    record WrongType(String found) implements Reply {
        @Override
        public int status() {
            return 415;
        }

        @Override
        public String reason() {
            return "wrong-type";
        }

        @Override
        public String detail() {
            return "application/x-www-form-urlencoded or JSON is expected, found " + found;
        }
    }

    /** A body that is compressed: 415. It is not inflated. */
    record Compressed() implements Reply {
        @Override
        public int status() {
            return 415;
        }

        @Override
        public String reason() {
            return "compressed";
        }

        @Override
        public String detail() {
            return "the body is compressed; the platform sends it plain, so a proxy may have changed it";
        }
    }

    /** More bytes than the limit, as declared or as sent: 413, and the connection closes. */
    record TooLarge() implements Reply {
        @Override
        public int status() {
            return 413;
        }

        @Override
        public String reason() {
            return "too-large";
        }

        @Override
        public Map<String, String> headers() {
            return Map.of("Connection", "close");
        }
    }

    /**
     * The body took too long to come: 408, and the connection closes. An adapter that can only close the
     * connection does that.
     */
    record TooSlow() implements Reply {
        @Override
        public int status() {
            return 408;
        }

        @Override
        public String reason() {
            return "too-slow";
        }

        @Override
        public Map<String, String> headers() {
            return Map.of("Connection", "close");
        }
    }

    /**
     * The body ended before it was complete, as if the connection was cut, or its transfer coding is wrong: 400, and
     * the connection closes. The platform does not send the event again.
     */
    record BrokenOff() implements Reply {
        @Override
        public int status() {
            return 400;
        }

        @Override
        public String reason() {
            return "broken-off";
        }

        @Override
        public Map<String, String> headers() {
            return Map.of("Connection", "close");
        }
    }

    /** More complete requests wait for their answer than there is memory for: 503, nothing acknowledged. */
    record Busy() implements Reply {
        @Override
        public int status() {
            return 503;
        }

        @Override
        public String reason() {
            return "busy";
        }

        @Override
        public Map<String, String> headers() {
            return Map.of("Retry-After", "1", "Connection", "close");
        }
    }

    /**
     * Dropped before it was complete, because other requests needed the memory: 503, nothing acknowledged, and the
     * connection closes. An adapter that can only close the connection does that.
     */
    record Dropped() implements Reply {
        @Override
        public int status() {
            return 503;
        }

        @Override
        public String reason() {
            return "dropped";
        }

        @Override
        public Map<String, String> headers() {
            return Map.of("Retry-After", "1", "Connection", "close");
        }
    }

    /**
     * Not an event: 400.
     *
     * @param kind a guess at what it is
     * @param message what was expected, what was found and where, without content
     */
    record Malformed(NotAnEvent kind, String message) implements Reply {
        @Override
        public int status() {
            return 400;
        }

        @Override
        public String reason() {
            return kind.reason();
        }

        @Override
        public String detail() {
            return message + kind.hint();
        }
    }

    /**
     * Not proven to come from a known portal: 403. The answer is the same if the portal is unknown, and if the token is
     * wrong or missing.
     */
    record Refused() implements Reply {
        @Override
        public int status() {
            return 403;
        }

        @Override
        public String reason() {
            return "refused";
        }
    }

    /**
     * Names a known portal, but has not its token: 403, the same answer as {@link Refused}.
     *
     * @param memberId the known portal
     * @param difference the fault of the token, without the token itself
     */
    record WrongToken(String memberId, String difference) implements Reply {
        @Override
        public int status() {
            return 403;
        }

        @Override
        public String reason() {
            return "wrong-token";
        }

        @Override
        public String detail() {
            return difference;
        }
    }

    /** Verified but not stored, because the store is down or too busy: 503, nothing acknowledged. */
    record Unavailable() implements Reply {
        @Override
        public int status() {
            return 503;
        }

        @Override
        public String reason() {
            return "unavailable";
        }

        @Override
        public Map<String, String> headers() {
            return Map.of("Retry-After", "5");
        }
    }
}
