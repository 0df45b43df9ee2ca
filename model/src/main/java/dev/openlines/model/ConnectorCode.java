// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import java.util.Set;

/**
 * The channel a chat came through; wire field {@code connector_id}.
 *
 * <p>An open set: applications register connectors of their own. A code without a constant here keeps
 * its text and is not {@link #known()}.
 *
 * @param code the connector's code, as sent; may be empty
 */
public record ConnectorCode(String code) {

    /** {@code livechat}: the portal's own site widget. */
    public static final ConnectorCode LIVECHAT = new ConnectorCode("livechat");

    /** {@code telegrambot}: Telegram. */
    public static final ConnectorCode TELEGRAM = new ConnectorCode("telegrambot");

    /** {@code viber}: Viber. */
    public static final ConnectorCode VIBER = new ConnectorCode("viber");

    /** {@code whatsappbyedna}: WhatsApp through edna. */
    public static final ConnectorCode WHATSAPP_EDNA = new ConnectorCode("whatsappbyedna");

    /** {@code whatsappbytwilio}: WhatsApp through Twilio. */
    public static final ConnectorCode WHATSAPP_TWILIO = new ConnectorCode("whatsappbytwilio");

    /** {@code facebook}: Facebook messages. */
    public static final ConnectorCode FACEBOOK = new ConnectorCode("facebook");

    /** {@code fbinstagramdirect}: Instagram Direct. */
    public static final ConnectorCode INSTAGRAM_DIRECT = new ConnectorCode("fbinstagramdirect");

    /** {@code vkgroup}: VK communities. */
    public static final ConnectorCode VK = new ConnectorCode("vkgroup");

    /** {@code network}: Bitrix24.Network. */
    public static final ConnectorCode NETWORK = new ConnectorCode("network");

    private static final Set<ConnectorCode> KNOWN =
            Set.of(LIVECHAT, TELEGRAM, VIBER, WHATSAPP_EDNA, WHATSAPP_TWILIO, FACEBOOK, INSTAGRAM_DIRECT, VK, NETWORK);

    public ConnectorCode {
        Objects.requireNonNull(code, "code");
    }

    /**
     * Tells whether this is one of the constants.
     *
     * @return false for an application's own connector and for codes without a constant here
     */
    public boolean known() {
        return KNOWN.contains(this);
    }

    /**
     * Returns the code for a log or a terminal. Since an application may have registered any text, a space stands for each
     * character that breaks a line, steers a terminal or changes the direction of writing. {@link #code()} has the code
     * as sent.
     *
     * @return one line
     */
    @Override
    public String toString() {
        return Printed.line(code);
    }
}
