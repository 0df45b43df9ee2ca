// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.client.PortalClient;
import dev.openlines.client.RestClient;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.ReconcileSettings;
import dev.openlines.receiver.spi.Gate;
import dev.openlines.receiver.spi.OneLine;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The operator's settings of a receiver, from environment variables and perhaps a file: one way to fill a {@link
 * ReceiverServerBuilder}. Every setting is checked here, so that a wrong one is known before anything is opened.
 *
 * <p>The page {@code docs/operations.md} lists the settings with their defaults. {@code OPENLINES_CONFIG} names a Java
 * properties file in UTF-8 with the same names. If a name is in both, the environment's value counts.
 */
public final class Settings {

    /** 64 MiB. */
    private static final int LARGEST = 64 << 20;

    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._~/-]*");

    /** The shortest interval. A drain takes at least two calls, and a portal allows two calls a second in all. */
    private static final Duration SHORTEST = Duration.ofSeconds(10);

    private static final List<String> RECONCILE = List.of(
            "OPENLINES_RECONCILE",
            "OPENLINES_RECONCILE_GRACE",
            "OPENLINES_RECONCILE_SWEEP",
            "OPENLINES_RECONCILE_MAX_AGE");

    /** The names that are not always read, or that other parts of this project read. */
    private static final List<String> OF_OTHER_PARTS = List.of(
            "OPENLINES_CONFIG",
            "OPENLINES_INBOX",
            "OPENLINES_HOST",
            "OPENLINES_MONITOR_HOST",
            "OPENLINES_RECONCILE_SINCE",
            "OPENLINES_OFFLINE",
            "OPENLINES_WEBHOOK",
            "OPENLINES_NEW_INBOX",
            "OPENLINES_ACCESS_TOKEN");

    private final Map<String, String> values;
    private final SettingNames names = new SettingNames();
    private final int port;
    private final int monitorPort;
    private final int workers;
    private final boolean ordered;
    private final List<Secret> tokens;
    private final TrustedProxies proxies;
    private final @Nullable Duration attemptLimit;
    private final @Nullable Duration keepDone;
    private final @Nullable Duration keepDead;
    private final @Nullable ReconcileSettings reconcile;
    private final @Nullable Duration offline;
    private @Nullable RestClient client;

    private Settings(Map<String, String> values, Collection<String> others) {
        this.values = Map.copyOf(values);
        this.port = number("OPENLINES_PORT", 8080, 0, 65535);
        this.monitorPort = text("OPENLINES_MONITOR_PORT") == null ? -1 : number("OPENLINES_MONITOR_PORT", 0, 0, 65535);
        this.workers = number("OPENLINES_WORKERS", 4, 0, 1000);
        this.ordered = yes("OPENLINES_ORDERED");
        this.proxies = TrustedProxies.setting("OPENLINES_TRUSTED_PROXIES", text("OPENLINES_TRUSTED_PROXIES"));
        this.attemptLimit = duration("OPENLINES_ATTEMPT_LIMIT");
        this.keepDone = days("OPENLINES_KEEP_DONE_DAYS");
        this.keepDead = days("OPENLINES_KEEP_DEAD_DAYS");
        this.reconcile = reconciling();
        this.offline = draining();
        this.tokens = Stream.of("OPENLINES_APPLICATION_TOKEN", "OPENLINES_PREVIOUS_APPLICATION_TOKEN")
                .map(this::text)
                .filter(Objects::nonNull)
                .map(Secret::of)
                .toList();
        if (!PATH.matcher(path()).matches()) {
            throw ConfigurationException.wrong(
                    "OPENLINES_PATH", "a path such as /bitrix24 of letters, digits and . _ ~ - /", path());
        }
        if (memberId() != null && tokens.isEmpty()) {
            throw none("OPENLINES_APPLICATION_TOKEN");
        }
        if (memberId() == null && !tokens.isEmpty()) {
            throw none("OPENLINES_MEMBER_ID");
        }
        String page = text("OPENLINES_INSTALLER_PATH");
        if (page != null && (!PATH.matcher(page).matches() || page.equals(path()))) {
            throw ConfigurationException.wrong(
                    "OPENLINES_INSTALLER_PATH", "a path such as /install, other than OPENLINES_PATH,", page);
        }
        boolean certificate = file("OPENLINES_TLS_CERTIFICATE") != null;
        if (certificate != (file("OPENLINES_TLS_KEY") != null)) {
            throw none(certificate ? "OPENLINES_TLS_KEY" : "OPENLINES_TLS_CERTIFICATE");
        }
        webhooks();
        captures();
        file("OPENLINES_EVIDENCE");
        spool();
        limits(Limits.DEFAULT);
        if (keepDone != null && inbox().startsWith("kafka:")) {
            throw new ConfigurationException(
                    "OPENLINES_KEEP_DONE_DAYS: expected none, since Kafka forgets by its topic's retention.ms, found \""
                            + text("OPENLINES_KEEP_DONE_DAYS") + '"',
                    null);
        }
        Stream.of(RECONCILE, OF_OTHER_PARTS, ClientSettings.NAMES, others).forEach(names::know);
        names.refuseUnknown(values);
    }

    /**
     * Reads the environment variables of this process, and the file that {@code OPENLINES_CONFIG} names. A name that
     * begins with {@code OPENLINES_} and is no setting is refused, because it may be misspelled.
     *
     * @param own names of settings that the application reads itself, from {@link #values()}
     * @return the settings
     * @throws ConfigurationException if one is wrong; the message names it
     */
    public static Settings fromEnvironment(String... own) {
        return of(System.getenv(), own);
    }

    /**
     * Reads settings as {@link #fromEnvironment} does, from the names and values of an application or a test.
     *
     * @param environment names and values
     * @param own names of settings that the application reads itself, from {@link #values()}
     * @return the settings
     * @throws ConfigurationException if one is wrong; the message names it
     */
    public static Settings of(Map<String, String> environment, String... own) {
        return new Settings(SettingsFile.beside(environment), List.of(own));
    }

    /**
     * Refuses a name that begins with {@code OPENLINES_} and is no setting, for an application that reads its settings in
     * its own way. Names without a value, and those that a container platform sets, are none.
     *
     * @param environment names and values
     * @param known the names of the settings
     * @throws ConfigurationException if there is one; the message names the first, and the nearest setting
     */
    public static void refuseUnknown(Map<String, String> environment, Collection<String> known) {
        SettingNames names = new SettingNames();
        names.know(known);
        names.refuseUnknown(environment);
    }

    /** Reads settings for an operator's command, which may run in the environment of any application. */
    static Settings ofCommand(Map<String, String> environment) {
        Map<String, String> all = SettingsFile.beside(environment);
        return new Settings(all, all.keySet());
    }

    /**
     * Returns all names and values of the environment and the file, including an application's own settings. Some
     * values are secrets.
     *
     * @return a map that cannot be changed
     */
    public Map<String, String> values() {
        return values;
    }

    /**
     * Returns the address of the inbox: a file, a {@code jdbc:postgresql:} URL, which may hold a password, or one
     * that begins with {@code kafka:}.
     *
     * @return the value of {@code OPENLINES_INBOX}
     */
    public String inbox() {
        String value = text("OPENLINES_INBOX");
        return value == null ? "openlines.db" : value;
    }

    /**
     * Returns how many events are handled at the same time.
     *
     * @return the value of {@code OPENLINES_WORKERS}; 0 if this node only receives
     */
    public int workers() {
        return workers;
    }

    /**
     * Returns the client of the application that portals install, for calls of these portals. It is the one that {@link
     * ReceiverServerBuilder#settings} gives to the receiver. The first call opens the token store; later ones return
     * the same client.
     *
     * @return empty if neither {@code OPENLINES_CLIENT_ID} nor {@code OPENLINES_CLIENT_SECRET} is set
     * @throws ConfigurationException if a setting of the application is missing or wrong, or the store cannot be used
     */
    public synchronized Optional<RestClient> client() {
        if (client == null) {
            client = new ClientSettings(values).open();
        }
        return Optional.ofNullable(client);
    }

    /**
     * Tells whether a connection comes from a proxy of {@code OPENLINES_TRUSTED_PROXIES}, for a page of the
     * application's own that is behind the same proxies.
     *
     * @param peer the other end of the connection
     * @return false if no proxy is set
     */
    public boolean isTrustedProxy(InetAddress peer) {
        return proxies.trusts(peer);
    }

    /**
     * Returns the source that a request counts for, as in the receiver. With it, an application's own page can limit
     * each source. {@code X-Forwarded-For} counts only if a proxy of {@code OPENLINES_TRUSTED_PROXIES} sent it.
     *
     * @param peer the other end of the connection
     * @param forwarded the values of {@code X-Forwarded-For}, in their order
     * @return a text that is equal for the requests of one IPv4 address, or of one IPv6 network of 64 bits
     */
    public String source(InetAddress peer, List<String> forwarded) {
        return Gate.source(proxies.sender(peer, forwarded));
    }

    /** Returns the names that are settings of a receiver or of another part of this project. */
    Set<String> names() {
        return names.known();
    }

    @Nullable
    String memberId() {
        return text("OPENLINES_MEMBER_ID");
    }

    /** Returns how portals' lists of closed sessions are compared with the events, or null if they are not. */
    @Nullable
    ReconcileSettings reconcile() {
        return reconcile;
    }

    /** Returns how often portals' offline queues are drained, or null if they are not. */
    @Nullable
    Duration offline() {
        return offline;
    }

    @Nullable
    Path spool() {
        return file("OPENLINES_SPOOL");
    }

    List<Secret> tokens() {
        return tokens;
    }

    private String path() {
        String value = text("OPENLINES_PATH");
        return value == null ? "/" : value;
    }

    /** Applies the present settings, and leaves the rest unchanged. */
    void fill(ReceiverServerBuilder builder) {
        builder.port(port)
                .path(path())
                .inbox(inbox())
                .workers(workers)
                .ordered(ordered)
                .attemptLimit(attemptLimit)
                .limits(limits(builder.limits))
                .reconcile(reconcile)
                .offline(offline);
        builder.proxies = proxies;
        client().ifPresent(builder::application);
        String host = text("OPENLINES_HOST");
        if (host != null) {
            builder.host(host);
        }
        if (monitorPort >= 0) {
            String monitorHost = text("OPENLINES_MONITOR_HOST");
            builder.monitor(monitorHost == null ? "127.0.0.1" : monitorHost, monitorPort);
        }
        String memberId = memberId();
        if (memberId != null) {
            tokens.forEach(token -> builder.trust(memberId, token));
            String webhook = text("OPENLINES_WEBHOOK");
            if (webhook != null) {
                builder.webhook(memberId, Secret.of(webhook));
            }
        }
        String page = text("OPENLINES_INSTALLER_PATH");
        if (page != null) {
            builder.installerPage(page);
        }
        Path certificate = file("OPENLINES_TLS_CERTIFICATE");
        Path key = file("OPENLINES_TLS_KEY");
        if (certificate != null && key != null) {
            builder.tls(certificate, key);
        }
        Path evidence = file("OPENLINES_EVIDENCE");
        if (evidence != null) {
            builder.evidence(evidence);
        }
        Optional.ofNullable(spool()).ifPresent(builder::spool);
        captures().ifPresent(captures -> builder.captures(captures.folder(), captures.each()));
        if (keepDone != null) {
            builder.keepDone(keepDone);
        }
        if (keepDead != null) {
            builder.keepDead(keepDead);
        }
    }

    /**
     * Shows only two values, because the others may hold secrets.
     *
     * @return port and path
     */
    @Override
    public String toString() {
        return "Settings[port=" + port + ", path=" + path() + "]";
    }

    static ConfigurationException none(String name) {
        return new ConfigurationException(name + ": expected a value but found none", null);
    }

    /** Returns the limits that are set, with defaults for the others. */
    private Limits limits(Limits usual) {
        return new Limits(
                number("OPENLINES_MAX_BODY_BYTES", usual.bodyBytes(), 1, LARGEST),
                number("OPENLINES_MAX_PAIRS", usual.pairs(), 1, LARGEST),
                number("OPENLINES_MAX_DEPTH", usual.depth(), 1, 64),
                number("OPENLINES_MAX_KEY_BYTES", usual.keyBytes(), 1, LARGEST),
                number("OPENLINES_MAX_VALUE_BYTES", usual.valueBytes(), 1, LARGEST));
    }

    private int number(String name, int otherwise, int min, int max) {
        String value = text(name);
        if (value == null) {
            return otherwise;
        }
        if (SettingNames.isInjected(value)) {
            throw new ConfigurationException(
                    name + ": expected a number from " + min + " to " + max + ", found \"" + OneLine.of(value, 60)
                            + "\". A container platform sets this for a service of that name: set " + name
                            + " yourself, or turn that off (Kubernetes: enableServiceLinks: false)",
                    null);
        }
        if (!value.matches("[0-9]{1,9}") || Integer.parseInt(value) < min || Integer.parseInt(value) > max) {
            throw ConfigurationException.wrong(name, "a number from " + min + " to " + max, value);
        }
        return Integer.parseInt(value);
    }

    private @Nullable Duration days(String name) {
        String value = text(name);
        if (value == null) {
            return null;
        }
        if (!value.matches("[1-9][0-9]{0,4}")) {
            throw ConfigurationException.wrong(name, "a number of days from 1 to 99999", value);
        }
        return Duration.ofDays(Long.parseLong(value));
    }

    private @Nullable Duration duration(String name) {
        String value = text(name);
        if (value == null) {
            return null;
        }
        try {
            Duration duration = Duration.parse(value);
            if (duration.compareTo(Duration.ZERO) > 0) {
                return duration;
            }
        } catch (DateTimeParseException e) {
            // It is refused like a time that is not above zero.
        }
        throw ConfigurationException.wrong(name, "a duration above zero such as PT5M", value);
    }

    private @Nullable ReconcileSettings reconciling() {
        if ("off".equals(text("OPENLINES_RECONCILE"))) {
            return null;
        }
        ReconcileSettings usual = ReconcileSettings.DEFAULT;
        Duration[] times = {usual.interval(), usual.grace(), usual.sweep(), usual.maxAge()};
        ReconcileSettings read = usual;
        for (int i = 0; i < times.length; i++) {
            String name = RECONCILE.get(i);
            String value = text(name);
            try {
                times[i] = value == null ? times[i] : Duration.parse(value);
                read = new ReconcileSettings(times[0], times[1], times[2], times[3], usual.doubtAbove());
            } catch (DateTimeParseException e) {
                throw ConfigurationException.wrong(name, "a duration such as " + times[i], value == null ? "" : value);
            } catch (IllegalArgumentException e) {
                throw new ConfigurationException(name + ": " + e.getMessage(), e);
            }
        }
        return read.since(since());
    }

    private @Nullable Instant since() {
        String value = text("OPENLINES_RECONCILE_SINCE");
        try {
            return value == null ? null : Instant.parse(value);
        } catch (DateTimeParseException e) {
            throw ConfigurationException.wrong(
                    "OPENLINES_RECONCILE_SINCE", "a time such as 2026-01-31T10:00:00Z", value);
        }
    }

    /**
     * Returns the portal that is asked by an incoming webhook, if there is one.
     *
     * @throws ConfigurationException if its address is wrong; the message does not repeat it
     */
    Map<String, PortalClient> webhooks() {
        return new ClientSettings(values).webhooks(memberId());
    }

    private Optional<CaptureSettings> captures() {
        Path folder = file("OPENLINES_CAPTURES");
        int each = number("OPENLINES_CAPTURES_EACH", 3, 1, CaptureSettings.MOST);
        if (folder == null && text("OPENLINES_CAPTURES_EACH") != null) {
            throw none("OPENLINES_CAPTURES");
        }
        return Optional.ofNullable(folder).map(found -> new CaptureSettings(found, each));
    }

    private @Nullable Duration draining() {
        String value = text("OPENLINES_OFFLINE");
        if (value == null || value.equals("off")) {
            return null;
        }
        try {
            Duration interval = Duration.parse(value);
            if (interval.compareTo(SHORTEST) >= 0) {
                return interval;
            }
        } catch (DateTimeParseException e) {
            throw ConfigurationException.wrong("OPENLINES_OFFLINE", "off or a duration such as PT1M", value);
        }
        throw ConfigurationException.wrong("OPENLINES_OFFLINE", "at least " + SHORTEST, value);
    }

    private boolean yes(String name) {
        String value = text(name);
        return switch (value == null ? "no" : value) {
            case "yes" -> true;
            case "no" -> false;
            default -> throw ConfigurationException.wrong(name, "yes or no", String.valueOf(value));
        };
    }

    private @Nullable String text(String name) {
        names.know(List.of(name));
        String value = values.getOrDefault(name, "");
        return value.isBlank() ? null : value;
    }

    private @Nullable Path file(String name) {
        String value = text(name);
        return value == null ? null : Store.path(name, value);
    }
}
