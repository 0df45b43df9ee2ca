// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.MicrometerTelemetry;
import dev.openlines.receiver.Telemetry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Answers {@code /health/live} with 200, {@code /health/ready} with 200 while events can be stored and otherwise with
 * 503, and {@code /metrics} with all meters for Prometheus. It is for a port that is not reachable from the internet.
 */
final class MonitoringHandler extends Handler.Abstract.NonBlocking {

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final InboxMonitor monitor;
    private final InstantSource clock;

    MonitoringHandler(InboxMonitor monitor, InstantSource clock) {
        this.monitor = monitor;
        this.clock = clock;
    }

    Telemetry telemetry() {
        return new MicrometerTelemetry(registry).watch(monitor, clock);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        switch (Request.getPathInContext(request)) {
            case "/health/live" -> answer(200, "live\n", response, callback);
            case "/health/ready" -> {
                boolean ready = monitor.ready();
                answer(ready ? 200 : 503, ready ? "ready\n" : "not ready\n", response, callback);
            }
            case "/metrics" -> answer(200, registry.scrape(), response, callback);
            default -> answer(404, "", response, callback);
        }
        return true;
    }

    private static void answer(int status, String text, Response response, Callback callback) {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
        response.write(true, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), callback);
    }
}
