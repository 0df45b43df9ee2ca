// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.EventAuth;

/**
 * Finds out whether an installation event is genuine. Anybody can write one, with any addresses in it, so ask
 * an OAuth host of your own list, never one that only the event names; {@code OAuth.install} of
 * {@code openlines-client} does, and stores the tokens, which the receiver does not keep.
 *
 * <p>Applications implement it.
 */
@FunctionalInterface
public interface InstallationCheck {

    /**
     * Checks what an event claims. Called on one of four threads made for this, before the event is answered;
     * may block, but not for longer than a portal should wait, which is some seconds.
     *
     * @param claim the event's auth block with its tokens, believed in nothing
     * @return whether its tokens are good and of the very portal that {@link EventAuth#memberId()} names
     * @throws Exception where that cannot be told now, such as when the OAuth host cannot be reached: the
     *     event is answered 503 and nothing changes. Logged, so without a token in its message
     */
    boolean proves(EventAuth claim) throws Exception;
}
