// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

/**
 * An event that a portal sent to an application.
 *
 * <p>The set of events grows: a {@code switch} over an {@code Event} needs a default, and events
 * that this version does not know arrive as {@link UnknownEvent} with their whole payload.
 */
public sealed interface Event
        permits OnSessionFinish,
                OnSessionStart,
                OnOpenLineMessageAdd,
                OnOpenLineMessageUpdate,
                OnOpenLineMessageDelete,
                OnImConnectorMessageAdd,
                OnImConnectorMessageUpdate,
                OnImConnectorMessageDelete,
                OnImConnectorDialogStart,
                OnImConnectorDialogFinish,
                OnImConnectorStatusDelete,
                OnImConnectorLineDelete,
                OnAppInstall,
                OnAppUpdate,
                OnAppUninstall,
                OnAppPayment,
                OnAppMethodConfirm,
                OnAppTest,
                OnOfflineEvent,
                OnSubscriptionRenew,
                UnknownEvent,
                ReservedEvent {

    /**
     * Returns the header that every event has: its code, when it was queued, and on whose behalf it was sent.
     *
     * @return the header, never null
     */
    EventHeader header();

    /**
     * Returns the symbolic code, such as {@code ONSESSIONFINISH}; wire field {@code event}.
     *
     * @return the code in upper case, as the platform stores it; never null
     */
    default String code() {
        return header().code();
    }
}
