// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a method of a bean that handles events. Its first parameter decides which events: a type of event such as
 * {@code OnSessionFinish}, or {@code Event} for every event without a method of its own. A second parameter, if there
 * is one, is the {@code EventContext}. Events without a method are of no interest to the application and count as
 * handled.
 *
 * <p>The method returns nothing. The event is done when it returns, and is retried later if it throws. It is called at
 * least once for each event, on a worker thread, which it may block. It may be transactional, but not asynchronous,
 * because an event must not count as done before its work is done.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface OpenLinesHandler {

    /**
     * Returns the code of the event, for events that have no type of their own. The first parameter is then {@code
     * Event} or {@code UnknownEvent}.
     *
     * @return such as {@code ONCRMDEALUPDATE}, or an empty text if the parameter's type decides
     */
    String value() default "";
}
