// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.io.IOException;
import java.util.List;

/**
 * A note of a run on its database file. It is kept in the lock file, so a copy of the database does not replace it.
 *
 * @param generations the runs that may be recorded in the file; none if nothing is known
 * @param sequence the file has at least the events up to this id
 * @param left the file's stamp after a clean stop, or while there is no log, or empty
 */
record SqliteNote(List<String> generations, long sequence, String left) {

    static SqliteNote read(ProcessLock lock) {
        String[] lines = lock.note().split("\n", 3);
        return lines.length == 3 && lines[1].matches("\\d{1,18}")
                ? new SqliteNote(List.of(lines[0].split(" ")), Long.parseLong(lines[1]), lines[2])
                : new SqliteNote(List.of(), 0, "");
    }

    void write(ProcessLock lock) throws IOException {
        lock.note(String.join(" ", generations) + '\n' + sequence + '\n' + left);
    }
}
