// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import dev.openlines.server.ConfigurationException;
import dev.openlines.server.Settings;
import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * The environment variables that begin with {@code OPENLINES_}. Spring ignores one that is the name of no property, and so
 * a misspelled one. Other sources of properties are checked by the binding of {@link OpenlinesProperties}.
 */
final class EnvironmentNames {

    private EnvironmentNames() {}

    /**
     * Refuses a variable that sets nothing.
     *
     * @throws WrongSettingException with the nearest name
     */
    static void refuseUnknown(ConfigurableEnvironment environment) {
        if (!(environment.getPropertySources().get(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME)
                instanceof EnumerablePropertySource<?> variables)) {
            return;
        }
        Set<String> known = new HashSet<>();
        Set<String> alsoRead = new HashSet<>();
        for (RecordComponent component : OpenlinesProperties.class.getRecordComponents()) {
            known.add("OPENLINES_"
                    + component.getName().replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT));
            alsoRead.add("OPENLINES_" + component.getName().toUpperCase(Locale.ROOT));
        }
        Map<String, String> others = new HashMap<>();
        for (String name : variables.getPropertyNames()) {
            // Spring reads the elements of a list from NAME_0 and so on, and takes lower case as well.
            String one = name.toUpperCase(Locale.ROOT).replaceFirst("_\\d+_?$", "");
            if (!known.contains(one) && !alsoRead.contains(one)) {
                others.put(name, String.valueOf(variables.getProperty(name)));
            }
        }
        try {
            Settings.refuseUnknown(others, known);
        } catch (ConfigurationException e) {
            throw WrongSettingException.unknown(e);
        }
    }
}
