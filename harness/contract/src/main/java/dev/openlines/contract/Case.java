// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Makes a static method with a {@link CaseRun} the program of a case of the contract. The method reports findings to the
 * run, and throws for faults of the suite only.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Case {

    /** Returns the number in {@code OSF-C-101}. It is never reused. */
    int id();

    Level level();

    /** Returns all sources that the verdict is read from. */
    Oracle[] needs();

    Profile profile() default Profile.CORE;

    /** Returns the declarations that the case needs; without them it is not applicable. */
    Declaration[] declared() default {};

    Lane lane() default Lane.QUICK;

    /** Returns a phrase about the requests that the handler gets. */
    String sends();

    /** Returns the requirement on the handler, after "the handler must". */
    String requires();

    /** Returns the origin: the platform's source, its documentation, captured requests, a standard, or practice. */
    String source();
}
