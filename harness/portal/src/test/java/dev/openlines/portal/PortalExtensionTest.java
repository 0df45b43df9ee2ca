// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import dev.openlines.testkit.RecordingHandler;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherFactory;

/** Tests of a test's result beside its portal. The inner classes are run by hand, never by the build. */
class PortalExtensionTest {

    @Test
    void aCallThatWasNotDeclaredFailsTheTest() {
        List<Throwable> failures = run(Calls.class);

        assertThat(failures).hasSize(1);
        assertThat(failures.get(0))
                .isInstanceOf(AssertionError.class)
                .hasMessage("REST methods were called that the portal does not have and the test did not declare: "
                        + "crm.deal.productrows.get, nonsense. Declare an answer with portal.answer(...), or permit it with "
                        + "@SimulatedPortal(strict = false)");
    }

    @Test
    void aFailureCarriesTheJournalWithoutSecrets() {
        Throwable failure = run(Fails.class).get(0);

        assertThat(failure).hasMessage("as expected");
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(failure.getSuppressed()[0].getMessage())
                .containsPattern("journal of portal portal-\\d+-[0-9a-f]{4} at http://127\\.0\\.0\\.1:\\d+/[^ ]+/rest/,"
                        + " plan seed \\d+: as the platform\n"
                        + "  fault throttled on scope, first 1\n"
                        + "  delivery 1: ONSESSIONFINISH \\(platform\\) to http://127")
                .contains(
                        "\"application_token\":\"***\"",
                        "\n  call scope {\"auth\":\"***\"} -> 503 QUERY_LIMIT_EXCEEDED, because of the fault throttled")
                .doesNotContain(Fails.secret);
    }

    @Test
    void testsMayBePermittedToCallAnything() {
        assertThat(run(Lenient.class)).isEmpty();
        assertThat(run(RegisteredLenient.class)).isEmpty();
        assertThat(run(Outer.class, Outer.Inner.class)).isEmpty();
    }

    @Test
    void beforeAndAfterAndTheTestSeeOnePortal() {
        assertThat(run(SamePortal.class)).isEmpty();
    }

    private static List<Throwable> run(Class<?>... tests) {
        List<Throwable> failures = new ArrayList<>();
        var selectors = java.util.Arrays.stream(tests)
                .map(test -> selectClass(test))
                .toArray(org.junit.platform.engine.DiscoverySelector[]::new);
        LauncherFactory.create()
                .execute(
                        request()
                                .selectors(selectors)
                                .configurationParameter("junit.jupiter.execution.parallel.enabled", "false")
                                .build(),
                        new TestExecutionListener() {
                            @Override
                            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                                result.getThrowable().ifPresent(failures::add);
                            }
                        });
        return failures;
    }

    private static void call(Portal portal, String method) {
        new RestCaller()
                .get(portal.restUri()
                        .resolve(method + "?auth=" + portal.accessToken().reveal()));
    }

    @SimulatedPortal
    static final class Calls {
        @Test
        void callsWhatIsNotThere(Portal portal) {
            portal.answer("crm.lead.get", "{}");
            call(portal, "crm.lead.get");
            call(portal, "crm.deal.productrows.get");
            call(portal, "nonsense");
            call(portal, "scope");
        }
    }

    @SimulatedPortal
    static final class Fails {
        static String secret = "";

        @Test
        void fails(Portal portal) {
            secret = portal.applicationToken().reveal();
            try (RecordingHandler handler = RecordingHandler.start()) {
                portal.subscribe("ONSESSIONFINISH", handler.uri());
                portal.openLine("Support").openChat().close();
                portal.faults().add(Fault.throttled().on("scope").first(1));
                call(portal, "scope");
            }
            throw new AssertionError("as expected");
        }
    }

    @SimulatedPortal(strict = false)
    static final class Lenient {
        @Test
        void calls(Portal portal) {
            call(portal, "nonsense");
        }
    }

    static final class RegisteredLenient {
        @RegisterExtension
        static final PortalExtension PORTALS =
                PortalExtension.with(PortalSetup.minted().memberId("m1")).lenient();

        @Test
        void calls(Portal portal) {
            assertThat(portal.memberId()).isEqualTo("m1");
            call(portal, "nonsense");
        }
    }

    @SimulatedPortal(strict = false)
    static class Outer {
        @Nested
        class Inner {
            @Test
            void calls(Portal portal) {
                call(portal, "nonsense");
            }
        }
    }

    @SimulatedPortal
    static final class SamePortal {
        private String label = "";

        @BeforeEach
        void before(Portal portal) {
            label = portal.label();
        }

        @Test
        @Tag("inner")
        void during(Portal portal, Portal again) {
            assertThat(portal.label()).isEqualTo(label);
            assertThat(again).isSameAs(portal);
        }

        @AfterEach
        void after(Portal portal) {
            assertThat(portal.label()).isEqualTo(label);
        }
    }
}
