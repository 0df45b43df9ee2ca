// SPDX-License-Identifier: Apache-2.0
/** An application outside this project, with a module declaration. */
module consumer {
    requires dev.openlines.client;
    requires dev.openlines.receiver;
}
