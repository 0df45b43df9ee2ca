// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.server.ConfigurationException;
import dev.openlines.server.ReceiverCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The main class of the jar: runs the application, or a command of its operator. */
final class Main {

    private Main() {}

    public static void main(String[] args) throws InterruptedException, IOException {
        if (args.length == 0) {
            run();
        } else if (args.length == 1 && args[0].equals("hash-password")) {
            System.exit(hashPassword());
        } else {
            System.exit(ReceiverCommand.run(List.of(args), System.getenv(), System.out::println, System.err::println));
        }
    }

    private static void run() throws InterruptedException {
        try (Application application = Application.start(System.getenv())) {
            System.out.println("receiver ready at " + application.endpoint());
            System.out.println("page ready at " + application.page());
            application.join();
        } catch (ConfigurationException e) {
            System.err.println(e.getMessage());
            System.exit(3);
        }
    }

    /** Reads a line, so that the password is in no list of processes and no history of a shell. */
    private static int hashPassword() throws IOException {
        String password = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        try {
            System.out.println(SignIn.hash(password == null ? "" : password));
            return 0;
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            return 3;
        }
    }
}
