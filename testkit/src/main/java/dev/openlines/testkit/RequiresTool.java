// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test, or a class of tests, that runs a program from outside Maven.
 *
 * <p>If a program is missing, the test is skipped and the report names the program. With {@code -Dtools=required} the
 * test fails instead, so that a machine that should have everything cannot pass by skipping.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@ExtendWith(ToolCondition.class)
public @interface RequiresTool {

    /**
     * Names the programs that the test needs, as they are called on the {@code PATH}.
     *
     * @return names such as {@code php}
     */
    String[] value();
}
