// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import dev.openlines.model.Event;
import dev.openlines.model.UnknownEvent;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.ReceiverContext;

/**
 * Runs each attempt to handle an event in a Micrometer observation, which the application's tracing makes a span. The
 * keys that begin with "messaging" are those of OpenTelemetry's semantic conventions. The class path of each Spring
 * application has this API, because Spring Framework itself needs it.
 */
final class ObservedHandlers {

    /** The name of the observation, and of its timer, beside the timer {@code openlines.handled} by outcome. */
    static final String NAME = "openlines.handler";

    private ObservedHandlers() {}

    /** Returns the handlers, each in an observation. An exception of a handler is its error. */
    static Handlers of(Handlers handlers, ObservationRegistry registry) {
        return handlers.around(handler -> (event, context) ->
                observation(event, context, registry).observeChecked(() -> handler.handle(event, context)));
    }

    private static Observation observation(Event event, EventContext context, ObservationRegistry registry) {
        // A portal may send any code, and every value of a key of low cardinality makes a meter.
        String known = event instanceof UnknownEvent ? "other" : event.code();
        return Observation.createNotStarted(NAME, () -> received(context), registry)
                .contextualName("process " + known)
                .lowCardinalityKeyValue("openlines.event", known)
                .lowCardinalityKeyValue("openlines.origin", context.origin().stored())
                .highCardinalityKeyValue("openlines.portal", context.memberId())
                .highCardinalityKeyValue("openlines.attempt", Integer.toString(context.attempt()))
                .highCardinalityKeyValue("messaging.system", "bitrix24")
                .highCardinalityKeyValue("messaging.operation.name", "process")
                .highCardinalityKeyValue("messaging.operation.type", "process")
                .highCardinalityKeyValue("messaging.destination.name", event.code())
                .highCardinalityKeyValue("messaging.message.id", context.idempotencyKey());
    }

    /** Returns a context that makes a span of the kind CONSUMER. The span has no parent, since no inbox stores one. */
    private static ReceiverContext<EventContext> received(EventContext context) {
        ReceiverContext<EventContext> received = new ReceiverContext<>((carrier, field) -> null);
        received.setCarrier(context);
        return received;
    }
}
