// SPDX-License-Identifier: Apache-2.0

/** Run as a source file, before anything is compiled. */
final class Progress {

    public static void main(String[] args) {
        System.out.println("building the portal and the application; the first time takes some minutes");
    }
}
