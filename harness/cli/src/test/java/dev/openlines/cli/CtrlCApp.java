// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.util.concurrent.CountDownLatch;

/**
 * A command that ends while its process ends, in each way that an argument names: {@code working} is interrupted, {@code
 * cleaning} is not, and {@code late} begins only then.
 */
final class CtrlCApp {

    private static final CountDownLatch TOLD = new CountDownLatch(1);

    private CtrlCApp() {}

    public static void main(String[] args) {
        // The process stays until the last line is out, whatever the command's own hook does.
        Runtime.getRuntime().addShutdownHook(new Thread(CtrlCApp::awaitTold));
        try {
            System.out.println(run(args[0]));
        } catch (RuntimeException e) {
            System.out.println(e);
        } finally {
            TOLD.countDown();
        }
    }

    private static String run(String way) {
        boolean interrupted;
        try (CtrlC ctrlC = CtrlC.watch()) {
            if (way.equals("cleaning")) {
                ctrlC.cleanUp();
            }
            new Thread(() -> System.exit(0)).start();
            while (!ctrlC.pressed()) {
                Thread.onSpinWait();
            }
            interrupted = Thread.interrupted();
            if (way.equals("late")) {
                CtrlC.watch().close();
            }
        }
        return "closed, interrupted: " + interrupted;
    }

    private static void awaitTold() {
        try {
            TOLD.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
