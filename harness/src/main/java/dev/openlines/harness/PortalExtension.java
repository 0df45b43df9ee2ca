// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Makes a fresh {@link Portal} for each test that asks for one as a parameter. Use {@link
 * SimulatedPortal}, or register it to set the portals up:
 *
 * <pre>{@code static @RegisterExtension PortalExtension portals =
 *     PortalExtension.with(PortalSetup.minted().dialect(Dialect.DOCS_2026));}</pre>
 *
 * <p>A parameter of a constructor or of a method that runs before all tests is refused, because such a
 * portal would be shared.
 */
public final class PortalExtension implements ParameterResolver {

    private static final Namespace NAMESPACE = Namespace.create(PortalExtension.class);

    private final PortalSetup setup;

    /** Makes portals whose every secret is minted. Called by JUnit. */
    public PortalExtension() {
        this(PortalSetup.minted());
    }

    private PortalExtension(PortalSetup setup) {
        this.setup = setup;
    }

    /**
     * Makes portals of one setup.
     *
     * @param setup what each test's portal starts with; a label in it must not meet itself in a
     *     parallel run
     * @return an extension to register
     */
    public static PortalExtension with(PortalSetup setup) {
        return new PortalExtension(setup);
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

    /** One server for the whole run: the lookups that make what is missing differ between JUnit 5 and 6. */
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

    // JUnit 5.10 closes such resources of its stores, and later versions still do.
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
