// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Test;

class PostgresInboxTest implements InboxContract {

    private final String url = PostgresServer.newSchema();

    @Override
    public Inbox open() {
        return Inbox.postgresql(url);
    }

    @Test
    void anUnreachableDatabaseIsNamedWithoutItsPassword() {
        assertThatThrownBy(() -> Inbox.postgresql("jdbc:postgresql://127.0.0.1:1/openlines?user=u&password=canary"))
                .isInstanceOf(StoreException.class)
                .hasMessage("cannot write to jdbc:postgresql://127.0.0.1:1/openlines")
                .satisfies(e -> assertThat(Throwables.getStackTrace(e)).doesNotContain("canary"));
    }
}
