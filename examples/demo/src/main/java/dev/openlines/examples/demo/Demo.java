// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.demo;

import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Starts a simulated portal, starts the closed-chats application in a second process, installs the application on the
 * portal, and closes chats: either three, or one every few seconds until Ctrl-C.
 */
public final class Demo {

    private static final int CHATS = 3;
    private static final Duration BETWEEN_CHATS = Duration.ofSeconds(5);
    private static final List<String> CONNECTORS = List.of("livechat", "telegrambot", "viber");
    private static final List<String[]> TALKS = List.of(
            new String[] {"Hello! Where is my parcel 4711?", "Good day. It leaves our house tonight."},
            new String[] {
                "Can I still change the address?", "Yes, until noon. Where shall it go?", "To the office, please."
            },
            new String[] {"<script>alert('boo')</script>", "That is text here, and stays text."},
            new String[] {"Добрый день! Где мой заказ?", "Здравствуйте! Уже в пути."});

    private static final CountDownLatch ENDING = new CountDownLatch(1);

    private Demo() {}

    /**
     * Runs the demo.
     *
     * @param args the application's jar; a folder for its files, which is emptied first; whether to end after three
     *     chats
     * @throws Exception if a process or file of the demo fails
     */
    public static void main(String[] args) throws Exception {
        Path folder = empty(Path.of(args[1]));
        boolean once = Boolean.parseBoolean(args[2]);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(once)));
        // A signal to Maven ends Maven alone.
        ProcessHandle.current().parent().ifPresent(maven -> {
            var unused = maven.onExit().thenRun(() -> System.exit(1));
        });
        System.out.println("starting a simulated portal");
        int exit = 1;
        try (PortalServer server = PortalServer.start()) {
            Portal portal = server.portal(PortalSetup.minted().label("shop").notInstalled());
            System.out.println("starting the application");
            try (ClosedChats application = ClosedChats.start(Path.of(args[0]), folder, portal)) {
                // Another signal than that of Ctrl-C ends this process alone.
                Runtime.getRuntime().addShutdownHook(new Thread(application::close));
                exit = run(server, portal, application, once);
            }
        } catch (Exception e) {
            if (!ending()) {
                throw e;
            }
        }
        System.exit(exit);
    }

    private static void end(boolean once) {
        ENDING.countDown();
        if (!once) {
            System.out.println(System.lineSeparator() + "the demo has ended");
        }
    }

    /**
     * Tells whether this process ends after a failure. Ctrl-C ends the application, too, and what waits for it may fail a
     * moment before this process knows of the signal.
     */
    private static boolean ending() {
        try {
            return ENDING.await(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    private static int failed(String why) {
        if (!ending()) {
            System.err.println(why);
        }
        return 1;
    }

    private static int run(PortalServer server, Portal portal, ClosedChats application, boolean once) throws Exception {
        System.out.println("installing the application on the portal");
        portal.subscribe("ONAPPINSTALL", application.endpoint());
        if (!accepted(portal.install()) || !application.awaitSubscribed()) {
            return failed("the application did not install itself; see " + application.log());
        }
        List<PortalLine> lines = List.of(portal.openLine("Support & sales"), portal.openLine("Returns"));
        if (!once) {
            System.out.println();
            System.out.println("a chat is closed every few seconds, until Ctrl-C");
            System.out.println("  the board:  " + application.page() + "  password " + application.password());
            System.out.println("  the portal: " + server.uri());
        }
        for (int i = 0; i < CHATS || !once; i++) {
            List<Delivery> deliveries = talk(lines.get(i % lines.size()), i);
            // Ctrl-C may have ended the application in the middle of a delivery: its end is looked at first.
            if (!once && application.ends(BETWEEN_CHATS)) {
                if (application.wasInterrupted()) {
                    return 0;
                }
                return failed("the application has ended; see " + application.log());
            }
            if (!accepted(deliveries)) {
                return 1;
            }
        }
        long shown = application.awaitRows(CHATS);
        System.out.println(
                CHATS + " chats closed on the portal, " + shown + " of them on the board at " + application.page());
        return shown == CHATS ? 0 : 1;
    }

    private static List<Delivery> talk(PortalLine line, int number) {
        PortalChat chat = line.openChat(CONNECTORS.get(number % CONNECTORS.size()));
        boolean customer = true;
        for (String text : TALKS.get(number % TALKS.size())) {
            if (customer) {
                chat.customerWrites(text);
            } else {
                chat.operatorWrites(text);
            }
            customer = !customer;
        }
        return chat.close();
    }

    private static boolean accepted(List<Delivery> deliveries) {
        for (Delivery delivery : deliveries) {
            if (!delivery.acknowledged()) {
                failed("not acknowledged: " + delivery);
                return false;
            }
        }
        return !deliveries.isEmpty();
    }

    private static Path empty(Path folder) throws IOException {
        Files.createDirectories(folder);
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        return folder;
    }
}
