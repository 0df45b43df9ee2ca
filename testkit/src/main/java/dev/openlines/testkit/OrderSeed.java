// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Says after a failed run how to repeat its order of classes and methods.
 *
 * <p>The parent POM has both shuffled by a seed that is new in each build. JUnit finds this listener
 * as a service.
 */
public final class OrderSeed implements TestExecutionListener {

    private static final System.Logger LOG = System.getLogger(OrderSeed.class.getName());

    private final AtomicBoolean failed = new AtomicBoolean();

    /** Creates the listener. The service loader calls this. */
    public OrderSeed() {}

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (result.getStatus() == TestExecutionResult.Status.FAILED) {
            failed.set(true);
        }
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        if (failed.get()) {
            plan.getConfigurationParameters()
                    .get("junit.jupiter.execution.order.random.seed")
                    .ifPresent(seed -> LOG.log(
                            System.Logger.Level.INFO, "tests failed; to repeat their order: -Dtest.seed={0}", seed));
        }
    }
}
