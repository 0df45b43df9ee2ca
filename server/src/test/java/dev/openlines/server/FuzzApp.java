// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.InstallationCheck;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/**
 * A whole receiver as a process of its own. Prints its addresses; then, for each line it reads, in one line: the bytes of
 * heap in use after a collection, how many files and sockets are open, how many genuine chats were handled, the names
 * of the receiver's threads, and the threads that have ended by an exception. Stops at the end of its input.
 */
final class FuzzApp {

    /** The least number of a genuine chat. Others are smaller. */
    static final long FIRST = 1_000_000_000;

    private static final BitSet HANDLED = new BitSet();

    private FuzzApp() {}

    public static void main(String[] args) throws Exception {
        Queue<String> ended = new ConcurrentLinkedQueue<>();
        Thread.setDefaultUncaughtExceptionHandler((thread, e) -> ended.add(thread.getName() + ": " + e));
        Handlers handlers = Handlers.on(
                        OnSessionFinish.class,
                        (finish, context) -> finish.chats().forEach(FuzzApp::handled))
                .otherwise((event, context) -> {});
        try (ReceiverServer server = ReceiverServer.builder(handlers)
                .settings(Settings.fromEnvironment())
                .installations(claim -> InstallationCheck.Answer.REFUSED)
                .installerPage("/install")
                .start()) {
            System.out.println(server.url());
            System.out.println(server.monitorUrl().orElseThrow());
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            while (in.readLine() != null) {
                System.gc();
                System.out.println(state() + " " + String.join("; ", ended));
            }
        }
    }

    private static String state() {
        String threads = Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("openlines-"))
                .sorted()
                .collect(Collectors.joining(","));
        long files =
                ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() + " " + files + " " + count() + " "
                + threads;
    }

    private static synchronized void handled(OpenLineChat chat) {
        // A body that was changed at random may have any number.
        if (chat.chatId() >= FIRST && chat.chatId() < FIRST + 10_000_000) {
            HANDLED.set((int) (chat.chatId() - FIRST));
        }
    }

    private static synchronized int count() {
        return HANDLED.cardinality();
    }
}
