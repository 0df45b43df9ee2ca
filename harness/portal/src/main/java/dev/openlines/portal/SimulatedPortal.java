// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test of a class its own {@link Portal}, as a parameter of the test or of a method that
 * runs before it. All portals of a test run live on one {@link PortalServer}, which JUnit stops.
 *
 * <p>Works with JUnit Jupiter 5.10 and later, in parallel runs too.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@ExtendWith(PortalExtension.class)
public @interface SimulatedPortal {

    /**
     * Tells whether a test fails if it made the handler call a REST method that the portal does not have and that the
     * test did not declare.
     *
     * @return true by default
     */
    boolean strict() default true;
}
