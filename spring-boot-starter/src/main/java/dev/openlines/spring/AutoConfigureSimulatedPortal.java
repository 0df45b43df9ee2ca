// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import dev.openlines.model.OnSessionFinish;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Adds a simulated portal to the application of a test with {@code @SpringBootTest(webEnvironment = RANDOM_PORT)}. The
 * portal is a bean of type {@code dev.openlines.portal.Portal}. The application trusts it, has
 * the tokens of its administrator, and is subscribed with its endpoint; inbox and tokens are in memory unless the test's
 * own properties say otherwise.
 *
 * <p>Needs {@code dev.openlines:openlines-portal} in test scope. Tests that share an application share its portal.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface AutoConfigureSimulatedPortal {

    /**
     * Returns the events that the application is subscribed to.
     *
     * @return codes of events
     */
    String[] events() default {OnSessionFinish.CODE};
}
