// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** Where a verdict is read off. A case whose oracle is missing is not observed, never passed. */
public enum Oracle {
    /** The HTTP exchange with the handler. */
    H,
    /** Evidence of effects: a file, an address, a command or a lambda. */
    E,
    /** REST and OAuth requests that reach the simulated portal or the evil one. */
    R,
    /** What the handler's process prints, logs and occupies. */
    L,
    /** Control of the handler's process. */
    C
}
