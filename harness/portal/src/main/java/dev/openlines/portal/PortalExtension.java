// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.util.List;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Makes a fresh {@link Portal} for each test that asks for one as a parameter. Use {@link
 * SimulatedPortal}, or register it to set the portals up:
 *
 * <pre>{@code static @RegisterExtension PortalExtension portals =
 *     PortalExtension.with(PortalSetup.minted().dialect(Dialect.DOCS_2026));}</pre>
 *
 * <p>A constructor, or a method that runs before all tests, cannot have such a parameter, because several tests would
 * share the portal.
 *
 * <p>A test fails if it made the handler call a REST method that the portal does not have and that the test did not
 * declare with {@link Portal#answer}; see {@link #lenient()}. If a test fails, the portal's journal is added to its
 * exception as a suppressed one, with secrets masked.
 */
public final class PortalExtension
        implements ParameterResolver, AfterTestExecutionCallback, TestExecutionExceptionHandler {

    private static final Namespace NAMESPACE = Namespace.create(PortalExtension.class);

    private final PortalSetup setup;
    private final boolean strict;

    /** Makes portals with random secrets. Called by JUnit. */
    public PortalExtension() {
        this(PortalSetup.minted(), true);
    }

    private PortalExtension(PortalSetup setup, boolean strict) {
        this.setup = setup;
        this.strict = strict;
    }

    /**
     * Makes portals of one setup.
     *
     * @param setup the start values of each test's portal. If it has a label, tests that run in parallel would use the
     *     same label, which fails
     * @return an extension to register
     */
    public static PortalExtension with(PortalSetup setup) {
        return new PortalExtension(setup, true);
    }

    /**
     * Lets tests pass even if the handler called methods that the portal does not have.
     *
     * @return an extension to register
     */
    public PortalExtension lenient() {
        return new PortalExtension(setup, false);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Portal.class
                && context.getTestMethod().isPresent();
    }

    @Override
    public Portal resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Store store = context.getStore(NAMESPACE);
        OfTest ofTest = store.get(OfTest.class, OfTest.class);
        if (ofTest == null) {
            ofTest = new OfTest(server(context).portal(setup));
            store.put(OfTest.class, ofTest);
        }
        return ofTest.portal();
    }

    /** Fails a test that passed, but called methods that were not declared. */
    @Override
    public void afterTestExecution(ExtensionContext context) {
        OfTest ofTest = context.getStore(NAMESPACE).get(OfTest.class, OfTest.class);
        if (ofTest == null || context.getExecutionException().isPresent() || !isStrict(context)) {
            return;
        }
        List<String> undeclared = ofTest.portal().calls().stream()
                .filter(call -> !call.declared())
                .map(PortalCall::method)
                .distinct()
                .toList();
        if (!undeclared.isEmpty()) {
            AssertionError error = new AssertionError(
                    "REST methods were called that the portal does not have and the test did not declare: "
                            + String.join(", ", undeclared)
                            + ". Declare an answer with portal.answer(...), or permit it with"
                            + " @SimulatedPortal(strict = false)");
            error.addSuppressed(new PortalJournal(ofTest.portal()));
            throw error;
        }
    }

    /** Adds the portal's journal to the exception of a failed test. */
    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        OfTest ofTest = context.getStore(NAMESPACE).get(OfTest.class, OfTest.class);
        if (ofTest != null) {
            failure.addSuppressed(new PortalJournal(ofTest.portal()));
        }
        throw failure;
    }

    private boolean isStrict(ExtensionContext context) {
        Class<?> type = context.getRequiredTestClass();
        while (type != null && !type.isAnnotationPresent(SimulatedPortal.class)) {
            type = type.getEnclosingClass();
        }
        return strict
                && (type == null || type.getAnnotation(SimulatedPortal.class).strict());
    }

    /** Returns one server for the whole run. The method that makes a missing one differs between JUnit 5 and 6. */
    private static PortalServer server(ExtensionContext context) {
        Store store = context.getRoot().getStore(NAMESPACE);
        synchronized (PortalExtension.class) {
            Running running = store.get(Running.class, Running.class);
            if (running == null) {
                running = new Running(PortalServer.start());
                store.put(Running.class, running);
            }
            return running.server();
        }
    }

    // JUnit 5.10 and later close such resources in their stores.
    @SuppressWarnings("deprecation")
    private record Running(PortalServer server) implements Store.CloseableResource, AutoCloseable {
        @Override
        public void close() {
            server.close();
        }
    }

    @SuppressWarnings("deprecation")
    private record OfTest(Portal portal) implements Store.CloseableResource, AutoCloseable {
        @Override
        public void close() {
            portal.close();
        }
    }
}
