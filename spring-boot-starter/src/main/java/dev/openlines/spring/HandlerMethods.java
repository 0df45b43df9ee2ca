// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import dev.openlines.model.Event;
import dev.openlines.model.UnknownEvent;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.EventHandler;
import dev.openlines.receiver.Handlers;
import io.micrometer.observation.ObservationRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.scheduling.annotation.Async;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Makes {@link Handlers} of the methods with {@link OpenLinesHandler}, or takes the application's own bean. Each attempt
 * is observed, if the application has a registry of observations.
 */
final class HandlerMethods {

    private final ConfigurableListableBeanFactory beans;

    HandlerMethods(ConfigurableListableBeanFactory beans) {
        this.beans = beans;
    }

    /**
     * Returns the handlers. Call this when all bean definitions exist, because it creates the beans that have such
     * methods.
     */
    Handlers handlers() {
        ObservationRegistry registry =
                beans.getBeanProvider(ObservationRegistry.class).getIfUnique(() -> ObservationRegistry.NOOP);
        return ObservedHandlers.of(unobserved(), registry);
    }

    private Handlers unobserved() {
        Found found = new Found();
        for (String name : beans.getBeanDefinitionNames()) {
            Class<?> type = ScopedProxyUtils.isScopedTarget(name) ? null : beans.getType(name, false);
            if (type == null) {
                continue;
            }
            Map<Method, OpenLinesHandler> methods = MethodIntrospector.selectMethods(
                    ClassUtils.getUserClass(type), (MethodIntrospector.MetadataLookup<OpenLinesHandler>)
                            method -> AnnotatedElementUtils.findMergedAnnotation(method, OpenLinesHandler.class));
            methods.forEach((method, mark) -> {
                Object bean = beans.getBean(name);
                Method invocable = AopUtils.selectInvocableMethod(method, bean.getClass());
                ReflectionUtils.makeAccessible(invocable);
                found.add(bean, invocable, method, mark.value());
            });
        }
        Handlers own = beans.getBeanProvider(Handlers.class).getIfAvailable();
        if (own == null) {
            return found.handlers();
        }
        if (!found.names.isEmpty()) {
            throw new WrongSettingException("expected a bean of type Handlers or methods with @OpenLinesHandler,"
                    + " found both: " + String.join(", ", found.names.values()));
        }
        return own;
    }

    /** The methods found so far. */
    private static final class Found {

        /** The events that are handled, and the method's name. */
        final Map<Object, String> names = new HashMap<>();

        private Handlers.@Nullable Routes routes;
        private @Nullable EventHandler<Event> otherwise;

        void add(Object bean, Method invocable, Method declared, String code) {
            Class<? extends Event> type = type(declared, code);
            EventHandler<Event> handler = (event, context) -> call(bean, invocable, type, event, context);
            String name = name(declared);
            Object key = code.isEmpty() ? type : code;
            String before = names.putIfAbsent(key, name);
            if (before != null) {
                throw new WrongSettingException("expected one method with @OpenLinesHandler for " + type.getSimpleName()
                        + ", found " + before + " and " + name);
            }
            if (!code.isEmpty()) {
                routes = routes == null ? Handlers.on(code, handler) : routes.on(code, handler);
            } else if (type == Event.class) {
                otherwise = handler;
            } else {
                routes = routes == null ? Handlers.on(type, handler) : routes.on(type, handler);
            }
        }

        Handlers handlers() {
            EventHandler<Event> rest = otherwise == null ? (event, context) -> {} : otherwise;
            if (names.isEmpty()) {
                throw new WrongSettingException("expected a method with @OpenLinesHandler or a bean of type Handlers,"
                        + " found none; set openlines.workers=0 if other processes handle the events");
            }
            return routes == null ? Handlers.all(rest) : routes.otherwise(rest);
        }

        private static Class<? extends Event> type(Method method, String code) {
            Class<?>[] parameters = method.getParameterTypes();
            if (parameters.length == 0
                    || parameters.length > 2
                    || !Event.class.isAssignableFrom(parameters[0])
                    || parameters.length == 2 && parameters[1] != EventContext.class) {
                throw wrong(method, "expected an event, and perhaps an EventContext, as parameters");
            }
            Class<? extends Event> type = parameters[0].asSubclass(Event.class);
            if (!code.isEmpty() && type != Event.class && type != UnknownEvent.class) {
                throw wrong(method, "expected Event or UnknownEvent as the parameter, since it names a code");
            }
            if (method.getReturnType() != void.class) {
                throw wrong(method, "expected no return value, since the event is done when the method returns");
            }
            if (AnnotatedElementUtils.hasAnnotation(method, Async.class)
                    || AnnotatedElementUtils.hasAnnotation(method.getDeclaringClass(), Async.class)) {
                throw wrong(method, "expected no @Async, since the event is done when the method returns");
            }
            return type;
        }

        private static WrongSettingException wrong(Method method, String reason) {
            return new WrongSettingException("@OpenLinesHandler " + name(method) + ": " + reason);
        }

        private static String name(Method method) {
            return method.getDeclaringClass().getSimpleName() + "." + method.getName();
        }

        private static void call(
                Object bean, Method method, Class<? extends Event> type, Event event, EventContext context)
                throws Exception {
            if (!type.isInstance(event)) {
                throw new IllegalStateException(name(method) + " takes " + type.getSimpleName() + ", but "
                        + event.code() + " is an " + event.getClass().getSimpleName());
            }
            try {
                if (method.getParameterCount() == 1) {
                    method.invoke(bean, event);
                } else {
                    method.invoke(bean, event, context);
                }
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }
    }
}
