// SPDX-License-Identifier: Apache-2.0
/** An application outside this project that needs one module of it. */
module consumer {
    requires dev.openlines.client;
}
