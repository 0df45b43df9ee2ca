// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.testkit.Bodies;

/** A receiver as a process of its own. It prints its address, then each chat that its handler has seen. */
public final class CrashApp {

    private CrashApp() {}

    public static void main(String[] args) throws Exception {
        Handlers handlers = Handlers.on(
                        OnSessionFinish.class,
                        (finish, context) ->
                                print("chat " + finish.chats().get(0).chatId()))
                .otherwise((event, context) -> {});
        try (ReceiverServer server = ReceiverServer.builder(handlers)
                .settings(Settings.fromEnvironment())
                .installations(claim -> Bodies.MEMBER.equals(claim.memberId())
                        ? InstallationCheck.Answer.VERIFIED
                        : InstallationCheck.Answer.REFUSED)
                .start()) {
            print("ready " + server.url());
            server.monitorUrl().ifPresent(url -> print("monitor " + url));
            server.join();
        }
    }

    private static synchronized void print(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
