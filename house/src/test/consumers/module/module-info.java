// SPDX-License-Identifier: Apache-2.0
/** An application of somebody else, with a module declaration. */
module consumer {
    requires dev.openlines.client;
    requires dev.openlines.receiver;
}
