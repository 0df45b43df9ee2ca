// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** A command that has run: its exit code and the texts that it printed. */
record Ran(int exit, String out, String err) {

    static Ran of(List<String> arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = OpenlinesCommand.execute(
                new PrintWriter(out, true), new PrintWriter(err, true), arguments.toArray(new String[0]));
        return new Ran(exit, out.toString(), err.toString());
    }
}
