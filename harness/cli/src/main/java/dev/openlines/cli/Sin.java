// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/**
 * The defects that the practice handler can have, one at a time, and the cases that catch each. The first 25 are
 * mistakes of real handlers. The others exist to prove that every must-case can fail.
 */
enum Sin {
    TRUSTS_USER_AGENT("takes the User-Agent for a proof", "101 112"),
    ANY_TOKEN("only looks whether there is a token", "101 103 104 110 215 217"),
    LOOSE_COMPARISON("compares tokens as numbers", "109"),
    IGNORES_MEMBER_ID("has one token for all portals", "105 104"),
    ACTS_BEFORE_CHECK("acts first, checks then", "102"),
    KEY_WITHOUT_TS("takes equal data for one event", "503"),
    NO_DEDUPLICATION("takes every delivery for an event", "501 502 509"),
    FORGETFUL_DEDUPLICATION("knows deliveries until it restarts", "116"),
    ACKNOWLEDGES_FIRST("answers 200, stores later", "601 602"),
    ACKNOWLEDGES_UNSTORED("answers 200 if storing fails", "603"),
    WAITS_FOR_PORTAL("calls the portal before it answers", "512"),
    REFRESHES_PER_EVENT("uses an event's refresh token", "023"),
    BELIEVES_INSTALLS("takes any installation's token", "117 118"),
    FOLLOWS_ENDPOINT("calls whatever address an event names", "120"),
    LOGS_REQUESTS("logs whole requests", "702"),
    ECHOES_BODY("answers errors with the request's body", "703 701"),
    FIRST_ELEMENT_ONLY("reads DATA[0] only", "001"),
    IDS_AS_FLOATS("keeps ids as floating-point numbers", "013"),
    REJECTS_OLD("refuses events older than five minutes", "115"),
    ONE_AT_A_TIME("has one worker for everything", "411 304"),
    UNBOUNDED_BODY("reads bodies of any size", "303"),
    ARRAY_BY_INDEX("allocates by an index in a key", "307"),
    BREAKS_ON_LIST("breaks down if the token is a list", "106"),
    EFFECT_ON_GET("acts on GET", "401"),
    HANGS_ON_BAD_TOKEN("leaves the denied waiting", "121"),

    NEEDS_ACCESS_TOKEN(
            "refuses events without an access token",
            "002 003",
            asked -> asked.text().contains("access_token%5D=") ? 0 : 400),
    REFUSES_UNKNOWN_KEYS(
            "refuses keys it does not know",
            "007",
            asked -> asked.matches("(^|&)(?!event|ts=|data|auth)[a-z_]+=") ? 400 : 0),
    NEEDS_LINE("breaks down without a line", "008", asked -> asked.isFinish("line%5D%5Bname") ? 0 : 500),
    NEEDS_HANDLER_ID("refuses events without a handler id", "009", asked -> asked.has("event_handler_id=") ? 0 : 400),
    ONE_SPELLING("reads keys as they stand, undecoded", "010", asked -> asked.has("auth%5Bmember_id%5D=") ? 0 : 403),
    ESCAPES_NAMES("keeps names as HTML", "011 211"),
    ONE_EVENT_ONLY("refuses other events", "015", asked -> asked.has("event=ON(?!SESSIONF|APP)") ? 400 : 0),
    FORGETS_ON_INSTALL("forgets the portal when it installs again", "016"),
    IGNORES_UNINSTALL("trusts who has uninstalled", "017"),
    BREAKS_ON_PLAIN_AUTH("breaks down if auth is a plain value", "107", asked -> asked.has("auth=") ? 500 : 0),
    TOKEN_FROM_ANYWHERE("takes the token from query, cookie or header", "114"),
    BELIEVES_UNINSTALLS("uninstalls for anybody", "119"),
    ACKNOWLEDGES_RUBBISH("answers 200 to what it cannot read", "201 202", asked -> asked.body().length == 0 ? 200 : 0),
    BREAKS_ON_ESCAPES("breaks down on a broken escape", "203", asked -> asked.matches("%(?![0-9a-fA-F]{2})") ? 500 : 0),
    BREAKS_ON_BRACKETS(
            "breaks down on odd brackets", "204", asked -> asked.matches("(^|&)(%5B|\\[|data%5BDATA=)") ? 500 : 0),
    BREAKS_WITHOUT_EVENT("breaks down without an event's name", "205", asked -> asked.has("event=ON") ? 0 : 500),
    BREAKS_WITHOUT_DATA("breaks down without data", "206", asked -> asked.has("data%5B") ? 0 : 500),
    LENIENT_NUMBERS("reads numbers as far as they go", "207"),
    NEEDS_TS("refuses events without a time", "209", asked -> asked.has("ts=[0-9]{1,10}(&|$)") ? 0 : 400),
    LOGS_NAMES("logs names as they are", "210"),
    ACKNOWLEDGES_OTHER_TYPES(
            "answers 200 to types it does not read",
            "404 212 213",
            asked -> asked.header("Content-Type").toLowerCase(Locale.ROOT).matches(".*(urlencoded|json).*") ? 0 : 200),
    SMALL_LIMIT("reads four kilobytes only", "301", asked -> asked.body().length > 4_096 ? 413 : 0),
    BREAKS_ON_SIZE("breaks down on large bodies", "305 306"),
    CUTS_PAIRS(
            "drops what is beyond a thousand pairs",
            "309",
            asked -> asked.text().chars().filter(c -> c == '&').count() > 1_000 ? 200 : 0),
    INFLATES("inflates whatever is said to be gzip", "310 419", Asked::inflated),
    EXACT_TYPE(
            "compares content types letter by letter",
            "403",
            asked -> asked.header("Content-Type").equals("application/x-www-form-urlencoded") ? 0 : 415),
    NEEDS_LENGTH(
            "reads no chunks", "405", asked -> asked.header("Transfer-Encoding").isEmpty() ? 0 : 411),
    REFUSES_EXPECT(
            "refuses to be asked first", "406", asked -> asked.header("Expect").isEmpty() ? 0 : 417),
    TIRES_OF_CONNECTIONS("refuses the 51st request of a connection", "409"),
    FEW_CONNECTIONS("takes fifty connections and no more", "412"),
    LAX_HTTP("reads contradictory lengths", "417"),
    PARTIAL_BODIES("acts on half a body", "416"),
    KEY_OF_SECONDS("takes all of a second for one event", "504"),
    NEWEST_ONLY("drops what is older than the newest", "507"),
    DROPS_WHEN_BUSY("drops what it has no room for", "508"),
    GIVES_UP("drops an event when the portal fails", "513 514"),
    WORKS_FIRST("answers when the work is done", "517"),
    FORGETS_WAITING("forgets at a restart what it had not done", "604"),
    TRIES_FOREVER("tries one event again until it succeeds", "605"),
    TOKEN_IN_ADDRESS("writes access tokens into addresses", "704"),
    TELLS_TRACES("answers errors with a stack trace", "705"),
    QUERIES_FROM_TEXT("writes the member id into its query", "126"),
    QUERIES_FROM_TOKEN("writes the application token into its query", "126"),
    CHATS_FROM_TEXT("writes the chat id into its statement, which computes with it", "218"),
    LINES_FROM_TEXT(
            "writes the line id into its statement, which breaks at a quote",
            "218",
            asked -> asked.has("data%5BDATA%5D%5Bconnector%5D%5Bline_id%5D=[^&]*%27") ? 500 : 0),
    USERS_FROM_TEXT(
            "writes the user id into its statement, which breaks at a quote",
            "218",
            asked -> asked.has("data%5BDATA%5D%5Bconnector%5D%5Buser_id%5D=[^&]*%27") ? 500 : 0),
    WRITES_FROM_TEXT("writes the connector code into its statement", "218"),
    MAKES_EFFECTS_UP("has effects for chats that no event named", "522"),
    RACES_FOR_THE_KEY("loses the race for a key in one of twenty times", "502"),
    STORES_REFUSED("stores requests before it checks them", "317"),
    STORES_TOKENS("stores application tokens in clear", "706"),
    PRINTS_TRACES("prints a stack trace for each request that it denies", "319"),
    DEDUPLICATES_ALONE("knows its own deliveries only, not those of another instance", "608"),
    REWRITES_AT_START("writes its journal anew at its start, while another instance adds to the old one", "615"),
    TRUSTS_JSON("looks for the application token in forms only, not in JSON", "427"),
    ROOM_FOR_FEW_BODIES("takes fifty unfinished bodies and refuses whoever comes then", "318"),
    FORGETS_NEAR_MISSES("answers 200 at any address and forgets the event", "426"),
    KNOWS_ITS_SESSION(
            "breaks down if the session has a field with fields of its own",
            "026",
            asked -> asked.has("data%5BDATA%5D(%5B0%5D)?%5Bsession%5D%5B\\w+%5D%5B") ? 500 : 0),
    NEVER_COMPARES("asks for no list of closed sessions", "901"),
    HANDLES_LISTED("handles each close that the portal lists, also if its event came", "902"),
    HANDLES_LATE("handles the late event of a close that it has found", "903");

    private final String description;
    private final String caughtBy;

    /** These are lambdas without state. */
    @SuppressWarnings("ImmutableEnumChecker")
    private final ToIntFunction<Asked> early;

    Sin(String description, String caughtBy) {
        this(description, caughtBy, asked -> 0);
    }

    /**
     * Creates a sin. {@code early} gives the status that answers a request before it is examined, or 0 to examine it.
     */
    Sin(String description, String caughtBy, ToIntFunction<Asked> early) {
        this.description = description;
        this.caughtBy = caughtBy;
        this.early = early;
    }

    String description() {
        return description;
    }

    /** Ids of cases, beginning with the one that was made for this sin. */
    List<String> caughtBy() {
        return Stream.of(caughtBy.split(" ")).map(number -> "OSF-C-" + number).toList();
    }

    int early(Asked asked) {
        return early.applyAsInt(asked);
    }

    /** Returns whether the suite must start the process itself, to restart it or to read its output. */
    boolean needsProcess() {
        return switch (this) {
            case FORGETFUL_DEDUPLICATION,
                    ACKNOWLEDGES_FIRST,
                    ACKNOWLEDGES_UNSTORED,
                    FORGETS_WAITING,
                    LOGS_REQUESTS,
                    LOGS_NAMES,
                    PRINTS_TRACES,
                    DEDUPLICATES_ALONE,
                    REWRITES_AT_START,
                    NEVER_COMPARES,
                    HANDLES_LISTED,
                    HANDLES_LATE -> true;
            default -> false;
        };
    }

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Sin of(String label) {
        for (Sin sin : values()) {
            if (sin.label().equals(label)) {
                return sin;
            }
        }
        throw new IllegalArgumentException(
                "expected the name of a mutant but found '" + label + "'; selftest --list shows them");
    }
}
