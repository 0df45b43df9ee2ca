// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Decides for {@link RequiresTool}: run, skip by name, or fail. */
final class ToolCondition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return AnnotationSupport.findAnnotation(context.getElement(), RequiresTool.class)
                .map(RequiresTool::value)
                .map(names -> evaluate(
                        names, context.getConfigurationParameter("tools").orElse("optional")))
                .orElseGet(() -> ConditionEvaluationResult.enabled("needs no tool"));
    }

    private static ConditionEvaluationResult evaluate(String[] names, String mode) {
        String missing =
                Arrays.stream(names).filter(name -> Tool.find(name).isEmpty()).collect(Collectors.joining(", "));
        if (missing.isEmpty()) {
            return ConditionEvaluationResult.enabled("found " + String.join(", ", names));
        }
        if (mode.equals("required")) {
            throw new IllegalStateException("not on the PATH, and -Dtools=required: " + missing);
        }
        return ConditionEvaluationResult.disabled("not on the PATH: " + missing);
    }
}
