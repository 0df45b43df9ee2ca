// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Finds {@link AutoConfigureSimulatedPortal}. Loads no class of the portal without it. */
final class PortalContextFactory implements ContextCustomizerFactory {

    @Override
    public @Nullable ContextCustomizer createContextCustomizer(
            Class<?> testClass, List<ContextConfigurationAttributes> attributes) {
        AutoConfigureSimulatedPortal found =
                TestContextAnnotationUtils.findMergedAnnotation(testClass, AutoConfigureSimulatedPortal.class);
        return found == null ? null : new PortalContext(List.of(found.events()));
    }
}
