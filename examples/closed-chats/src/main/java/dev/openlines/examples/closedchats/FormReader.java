// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import java.nio.charset.Charset;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.eclipse.jetty.server.FormFields;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Reads small forms as they arrive, without a thread that waits for the rest. If a form is not complete in time, its
 * connection is closed, however often the sender sends a byte.
 */
final class FormReader {

    private static final int FIELDS = 5;
    private static final int BYTES = 8 * 1024;
    private static final long PATIENCE_SECONDS = 10;

    private FormReader() {}

    /**
     * Reads the form of a request. Calls one of the two consumers once, on a thread that may block.
     *
     * @param whole gets the fields; there are none if the body is no form
     * @param broken gets the reason if the form cannot be read
     */
    static void read(Request request, Consumer<Fields> whole, Consumer<Throwable> broken) {
        Charset charset;
        try {
            charset = FormFields.getFormEncodedCharset(request);
        } catch (IllegalArgumentException e) {
            broken.accept(e);
            return;
        }
        if (charset == null) {
            whole.accept(Fields.EMPTY);
            return;
        }
        AtomicBoolean reading = new AtomicBoolean(true);
        Scheduler.Task deadline = request.getComponents()
                .getScheduler()
                .schedule(
                        () -> {
                            if (reading.compareAndSet(true, false)) {
                                close(request);
                            }
                        },
                        PATIENCE_SECONDS,
                        TimeUnit.SECONDS);
        FormFields.onFields(
                request,
                charset,
                FIELDS,
                BYTES,
                Promise.Invocable.from(Invocable.InvocationType.BLOCKING, (fields, failure) -> {
                    deadline.cancel();
                    boolean inTime = reading.compareAndSet(true, false);
                    if (failure != null) {
                        broken.accept(failure);
                    } else if (inTime) {
                        whole.accept(fields);
                    } else {
                        broken.accept(new TimeoutException("the form took too long"));
                    }
                }));
    }

    /** Closes the connection. Reading from it fails then. */
    private static void close(Request request) {
        request.getConnectionMetaData()
                .getConnection()
                .getEndPoint()
                .close(new TimeoutException("the form took too long"));
    }
}
