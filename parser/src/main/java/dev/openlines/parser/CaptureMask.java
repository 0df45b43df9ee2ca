// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Replaces the values of one request, and its unknown names, by others of the same shape: the same kind, class of
 * length, and classes of characters. Equal texts get equal replacements, different texts get different ones, and no
 * text stays as it was. The key of the replacement is random and is lost with this object, so that no text can be found
 * by trying.
 */
final class CaptureMask {

    /** 2026-01-01T00:00:00Z: the replacement of the request's {@code ts}. */
    private static final long TIME = 1_767_225_600;

    private static final int YEAR = 31_536_000;
    private static final int HOUR = 3600;

    /** Longest text, in characters. */
    private static final int LONGEST = 4096;

    /** The longest scope that is split into its codes, because matching a list takes stack. */
    private static final int LONGEST_SCOPE = 1000;

    /** The number of attempts to find an unused text before a longer one is tried. */
    private static final int ATTEMPTS = 16;

    /** Names that the platform is known to send in events and the decoder does not read. */
    private static final Set<String> UNREAD =
            words("client_id APP_ID EXTRA_URL image url urlDownload urlPreview title extension");

    /** Names whose values are codes of the platform, and neither ids nor a person's text. */
    private static final Set<String> CODED = words(
            "ACTIVE INSTALLED CLEAN CONFIRMED PAYMENT_EXPIRED STATUS CONNECTOR connector connector_id closed system"
                    + " no_session status scope type");

    /** Codes of the platform, which tell nothing about a person. */
    private static final Set<String> CODES = words(
            "1 Y N y n true false null undefined L F D T P S livechat telegrambot viber whatsapp facebook instagram"
                    + " vkgroup network imopenlines imconnector crm im user user_brief user_basic placement imbot"
                    + " contact_center");

    private static final Set<String> OAUTH_HOSTS =
            Set.of("https://oauth.bitrix.info/rest/", "https://oauth.bitrix24.tech/rest/");

    private static final Pattern DIGITS = Pattern.compile("-?[0-9]{1,30}");
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{32}|[0-9a-f]{70}");
    private static final Pattern TIMES =
            Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})");
    private static final Pattern LIST_OF_CODES = Pattern.compile("[a-z_0-9.]+(?:[, ]+[a-z_0-9.]+)*");
    private static final Pattern CODE = Pattern.compile("[a-z_0-9.]+");

    private static final String HEX_DIGITS = "0123456789abcdef";
    private static final String LOWER = "abcdefghijklmnopqrstuvwxyz";
    private static final String UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final String NUMBERS = "0123456789";

    private final Mac mac;
    private final long sentAt;
    private final Map<String, String> replaced = new HashMap<>();
    private final Set<String> taken = new HashSet<>();

    /**
     * Makes the mask of one request.
     *
     * @param sentAt the request's {@code ts}, or 0
     */
    CaptureMask(long sentAt) {
        this.sentAt = sentAt;
        byte[] key = new byte[32];
        new SecureRandom().nextBytes(key);
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HMAC", e);
        }
    }

    private static Set<String> words(String words) {
        return Arrays.stream(words.split(" ")).collect(Collectors.toUnmodifiableSet());
    }

    /** Replaces everything in a body except the event's code. */
    JsonObject body(JsonObject body) {
        JsonObjectBuilder out = TreeJson.provider().createObjectBuilder();
        body.forEach(
                (name, value) -> out.add(name(name), name.equals(Name.EVENT.text) ? value : replacement(name, value)));
        return out.build();
    }

    private String name(String name) {
        return name.isEmpty() || Name.isKnown(name) || UNREAD.contains(name) ? name : text(name);
    }

    /** Replaces a value; calls itself as deep as the limits let a body be. */
    private JsonValue replacement(String name, JsonValue value) {
        if (value instanceof JsonObject object) {
            JsonObjectBuilder out = TreeJson.provider().createObjectBuilder();
            object.forEach((key, member) -> out.add(name(key), replacement(key, member)));
            return out.build();
        }
        if (value instanceof JsonArray array) {
            JsonArrayBuilder out = TreeJson.provider().createArrayBuilder();
            array.forEach(item -> out.add(replacement(name, item)));
            return out.build();
        }
        if (value instanceof JsonString string) {
            return TreeJson.provider().createValue(value(name, string.getString()));
        }
        return value instanceof JsonNumber number ? number(name, number) : value;
    }

    /** Makes a number of the same sign, with a fraction or without. */
    private JsonValue number(String name, JsonNumber number) {
        String literal = number.toString();
        String digits = literal.replaceAll("[^0-9]", "");
        String whole = (literal.startsWith("-") ? "-" : "") + digits.substring(0, Math.min(18, digits.length()));
        String made = value(name, whole);
        long like = Long.parseLong(DIGITS.matcher(made).matches() ? made : text(whole));
        return number.isIntegral()
                ? TreeJson.provider().createValue(like)
                : TreeJson.provider().createValue(like + 0.5);
    }

    private String value(String name, String value) {
        if (value.isEmpty() || value.equals("0") || CODED.contains(name) && CODES.contains(value)) {
            return value;
        }
        return switch (name) {
            case "domain" -> "portal.bitrix24.test";
            case "client_endpoint" -> "https://portal.bitrix24.test/rest/";
            case "server_endpoint" -> OAUTH_HOSTS.contains(value) ? value : "https://oauth.bitrix24.test/rest/";
            case "ts", "expires" -> DIGITS.matcher(value).matches() ? time(value) : text(value);
            case "expires_in" -> value.equals(Integer.toString(HOUR)) ? value : text(value);
            case "scope" -> scope(value);
            default -> text(value);
        };
    }

    /** Keeps the difference of an hour, which comes from the platform and not from the request. */
    private String time(String seconds) {
        return Long.toString(seconds.equals(Long.toString(sentAt + HOUR)) ? TIME + HOUR : TIME);
    }

    /** Keeps the known codes and the characters between them. */
    private String scope(String value) {
        return value.length() <= LONGEST_SCOPE && LIST_OF_CODES.matcher(value).matches()
                ? CODE.matcher(value)
                        .replaceAll(code -> CODES.contains(code.group()) ? code.group() : text(code.group()))
                : text(value);
    }

    private String text(String text) {
        return replaced.computeIfAbsent(text, original -> {
            SplittableRandom random = new SplittableRandom(seed(original));
            for (int attempt = 0; ; attempt++) {
                String made = made(original, attempt / ATTEMPTS, random);
                if (!made.equals(original) && taken.add(made)) {
                    return made;
                }
            }
        });
    }

    /** Makes a text that is longer than its class by this number of characters. */
    private static String made(String text, int longer, SplittableRandom random) {
        if (TIMES.matcher(text).matches()) {
            String made = Instant.ofEpochSecond(TIME + random.nextInt(YEAR)).toString();
            return text.endsWith("Z") ? made : made.replace("Z", "+00:00");
        }
        if (HEX.matcher(text).matches()) {
            return letters(random, HEX_DIGITS, text.length());
        }
        if (DIGITS.matcher(text).matches()) {
            String sign = text.startsWith("-") ? "-" : "";
            int digits = Math.min(18, rounded(text.length() - sign.length()) + longer);
            // The first digit is one that cannot make it 0 or 1, which have a meaning.
            return sign + (2 + random.nextInt(8)) + letters(random, NUMBERS, digits - 1);
        }
        return mixed(text, longer, random);
    }

    /** Makes a text of the same classes of characters, in an order of its own. */
    private static String mixed(String text, int longer, SplittableRandom random) {
        StringBuilder classes = new StringBuilder();
        for (int i = 0; i < text.length() && classes.length() < 32; i++) {
            String stands = standIn(text.charAt(i));
            if (classes.indexOf(stands) < 0) {
                classes.append(stands);
            }
        }
        int length = Math.min(LONGEST, Math.max(rounded(text.length()), classes.length())) + longer;
        StringBuilder out = new StringBuilder(length + classes.length());
        while (out.length() < length) {
            for (int i = 0; i < classes.length(); i++) {
                char c = classes.charAt(i);
                out.append(
                        switch (c) {
                            case 'a' -> LOWER.charAt(random.nextInt(LOWER.length()));
                            case 'A' -> UPPER.charAt(random.nextInt(UPPER.length()));
                            case '0' -> NUMBERS.charAt(random.nextInt(NUMBERS.length()));
                            default -> c;
                        });
            }
        }
        return out.toString();
    }

    /**
     * Returns the character that stands for a class. Each sign of ASCII is a class by itself; a class of other
     * characters is at most a plane.
     */
    private static String standIn(char c) {
        if (c < 0x80) {
            return LOWER.indexOf(c) >= 0
                    ? "a"
                    : UPPER.indexOf(c) >= 0 ? "A" : NUMBERS.indexOf(c) >= 0 ? "0" : String.valueOf(c);
        }
        return Character.isSurrogate(c) ? "\uD83D\uDE00" : c < 0x800 ? "\u00E9" : "\u20AC";
    }

    private static String letters(SplittableRandom random, String letters, int length) {
        StringBuilder out = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            out.append(letters.charAt(random.nextInt(letters.length())));
        }
        return out.toString();
    }

    /** Rounds a length up to the longest of its class, which is a power of two, or ten for times in seconds. */
    private static int rounded(int length) {
        return length == 9 || length == 10 ? 10 : length <= 1 ? length : Integer.highestOneBit(length - 1) << 1;
    }

    private long seed(String text) {
        byte[] hash = mac.doFinal(text.getBytes(UTF_8));
        return ByteBuffer.wrap(hash).getLong();
    }
}
