// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.client.Doctor;
import dev.openlines.client.Finding;
import dev.openlines.client.Finding.Severity;
import dev.openlines.client.PortalClient;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.wire.EventBodies;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code openlines doctor}: finds out why no events arrive.
 *
 * <p>It takes an access token and not a refresh token, because renewing would end the application's own tokens.
 */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Checks the whole way of an event, from the portal to the handler, and says what is wrong",
            "and what to do. It changes nothing. Ends with 1 if something stops events."
        })
final class DoctorCommand implements Callable<Integer> {

    private static final Pattern CHAT = Pattern.compile("chat_id\"?\\s*[:=]\\s*\"?([0-9]{1,18})");

    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private PortalOptions portal = new PortalOptions();

    @Option(names = "--handler", required = true, paramLabel = "URL", description = "The address to get events.")
    private URI handler = URI.create("");

    @Option(names = "--event", paramLabel = "E", description = "Which event; OnSessionFinish by default.")
    private String event = OnSessionFinish.CODE;

    @Option(
            names = "--round-trip",
            paramLabel = "SOURCE",
            description = {
                "Has the portal send an OnAppTest, and waits for its NONCE to be seen in file:PATH or url:URL, where",
                "the application writes what it handled. ONAPPTEST must be bound."
            })
    private @Nullable String roundTrip;

    @Option(
            names = "--handled",
            paramLabel = "SOURCE",
            description = {
                "Compares the sessions that the portal closed in the last day with the closes in file:PATH or url:URL,",
                "where the application writes a chat_id for each close it handled."
            })
    private @Nullable String handled;

    @Option(names = "--wait", paramLabel = "SECONDS", description = "How long to wait; 30 by default.")
    private int wait = 30;

    @Option(names = "--format", paramLabel = "F", description = "text (default) or jsonl.")
    private SendCommand.Format format = SendCommand.Format.TEXT;

    private boolean harmful;

    private DoctorCommand() {}

    @Override
    public Integer call() {
        PortalClient calls = client();
        // A test event tries the application token, too.
        Doctor.examine(calls, event, handler).stream()
                .filter(finding -> roundTrip == null || !finding.check().equals("app-token"))
                .forEach(this::print);
        print(Doctor.lastDay(calls, handled == null ? null : closes(handled)));
        String source = roundTrip;
        if (source != null) {
            print(Doctor.roundTrip(calls, nonce -> seen(source, nonce), Duration.ofSeconds(wait)));
        }
        return harmful ? OpenlinesCommand.FAILED : 0;
    }

    /** Counts the closes of each chat in a source. */
    private LongToIntFunction closes(String source) {
        Map<Long, Integer> counts = new HashMap<>();
        HttpClient http =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
        String content = content(http, source);
        if (content.isEmpty()) {
            throw CommandFailure.failed("--handled: nothing can be read there");
        }
        Matcher chats = CHAT.matcher(content);
        while (chats.find()) {
            counts.merge(Long.valueOf(chats.group(1)), 1, Integer::sum);
        }
        return chat -> counts.getOrDefault(chat, 0);
    }

    private PortalClient client() {
        if (wait < 1) {
            throw wrong("expected at least 1 for --wait but found " + wait);
        }
        checkSource("--round-trip", roundTrip);
        checkSource("--handled", handled);
        return portal.access().client(Duration.ofSeconds(10));
    }

    private void checkSource(String option, @Nullable String source) {
        if (source != null && !source.matches("(?s)(file|url):.+")) {
            throw wrong("expected file:PATH or url:URL for " + option + " but found neither");
        }
    }

    private ParameterException wrong(String what) {
        return new ParameterException(spec.commandLine(), what);
    }

    private void print(Finding finding) {
        harmful |= finding.severity() == Severity.ERROR;
        PrintWriter out = spec.commandLine().getOut();
        String severity = finding.severity().name().toLowerCase(Locale.ROOT);
        if (format == SendCommand.Format.JSONL) {
            out.println(EventBodies.object()
                    .add("severity", severity)
                    .add("check", finding.check())
                    .add("text", finding.text())
                    .add("remedy", finding.remedy())
                    .build());
            return;
        }
        out.printf(Locale.ROOT, "%-8s %-13s %s%n", severity, finding.check(), finding.text());
        if (!finding.remedy().isEmpty()) {
            out.printf(Locale.ROOT, "%-22s > %s%n", "", finding.remedy());
        }
    }

    /** Completes when the source holds the nonce; cancelling ends the search. */
    private static CompletableFuture<Void> seen(String source, String nonce) {
        CompletableFuture<Void> seen = new CompletableFuture<>();
        HttpClient http =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
        Executor later = CompletableFuture.delayedExecutor(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
        later.execute(new Runnable() {
            @Override
            public void run() {
                if (content(http, source).contains(nonce)) {
                    seen.complete(null);
                } else if (!seen.isDone()) {
                    later.execute(this);
                }
            }
        });
        return seen;
    }

    /** Returns the contents of the source, or nothing if it does not exist yet. */
    private static String content(HttpClient http, String source) {
        String where = source.substring(source.indexOf(':') + 1);
        try {
            if (source.startsWith("file:")) {
                return Files.readString(Path.of(where), StandardCharsets.ISO_8859_1);
            }
            HttpRequest request = HttpRequest.newBuilder(URI.create(where))
                    .timeout(Duration.ofSeconds(5))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.ISO_8859_1))
                    .body();
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
