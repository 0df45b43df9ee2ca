// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** The source of a verdict. A case whose oracle is missing is not observed, never passed. */
public enum Oracle {
    /** The HTTP exchange with the handler. */
    H,
    /** Evidence of effects: a file, an address, a command or a lambda. */
    E,
    /** REST and OAuth requests that reach the simulated portal or the evil one. */
    R,
    /** The handler's process: its output, its log, its memory and files. */
    L,
    /** Control of the handler's process. */
    C
}
