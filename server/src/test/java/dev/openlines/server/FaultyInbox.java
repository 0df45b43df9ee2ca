// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.StoreException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** Makes inboxes that pass each call on to another inbox, unless a test interferes with it. */
final class FaultyInbox {

    /** Sees each call first. */
    interface Fault {

        /** Throws, or returns the result of the call, or null to pass the call on. */
        Object instead(String method, Object[] arguments);
    }

    private FaultyInbox() {}

    static LeasingInbox of(LeasingInbox inbox, Fault fault) {
        return (LeasingInbox) Proxy.newProxyInstance(
                LeasingInbox.class.getClassLoader(),
                new Class<?>[] {LeasingInbox.class},
                (proxy, method, arguments) -> {
                    Object result = fault.instead(method.getName(), arguments);
                    if (result != null) {
                        return result;
                    }
                    try {
                        return method.invoke(inbox, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** Returns an inbox that stores and leases nothing while it is switched off. */
    static LeasingInbox switched(LeasingInbox inbox, AtomicBoolean off) {
        return of(inbox, (method, arguments) -> {
            StoreException failure = off.get() ? new StoreException("switched off", null) : null;
            if (failure == null) {
                return null;
            }
            return switch (method) {
                case "store", "storeInOrder", "settle" -> CompletableFuture.failedStage(failure);
                case "lease", "probe" -> throw failure;
                default -> null;
            };
        });
    }
}
