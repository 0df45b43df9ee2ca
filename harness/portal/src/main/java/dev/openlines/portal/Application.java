// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.portal.wire.Minting;
import java.util.Arrays;
import java.util.List;

/** The application on a portal: its credentials and whether it is installed. Guarded by its portal. */
final class Application {

    /** Row number of the application on its portal; {@code ID} of {@code app.info}. */
    static final int ID = 3;

    private final String clientId;
    private final Secret clientSecret;
    private final List<String> scope;
    private Secret applicationToken;
    private boolean installed;
    private boolean paid = true;
    private boolean extendedOffline = true;
    private int version = 1;

    Application(PortalSetup setup) {
        clientId = setup.clientId();
        clientSecret = setup.clientSecret();
        scope = setup.scope();
        applicationToken = setup.applicationToken();
        installed = setup.installed();
    }

    String clientId() {
        return clientId;
    }

    Secret clientSecret() {
        return clientSecret;
    }

    List<String> scope() {
        return scope;
    }

    /** Returns whether the application has a scope, or one of several scopes separated by commas. */
    boolean permits(String wanted) {
        return wanted.isEmpty() || Arrays.stream(wanted.split(",")).anyMatch(scope::contains);
    }

    Secret applicationToken() {
        return applicationToken;
    }

    boolean installed() {
        return installed;
    }

    /** Returns whether events are sent, which needs a finished installation and a paid application. */
    boolean receivesEvents() {
        return installed && paid;
    }

    boolean paid() {
        return paid;
    }

    void paid(boolean value) {
        paid = value;
    }

    /** Returns whether offline events may be taken and cleared in two steps, which cheap plans do not allow. */
    boolean extendedOffline() {
        return extendedOffline;
    }

    void extendedOffline(boolean value) {
        extendedOffline = value;
    }

    int version() {
        return version;
    }

    /** Installs the application. A new installation has a new row on the portal, and so a new application token. */
    void install(boolean again) {
        if (again) {
            applicationToken = Secret.of(Minting.hex(32));
        }
        installed = true;
    }

    void uninstall() {
        installed = false;
    }

    int update() {
        return version++;
    }

    void renewToken() {
        applicationToken = Secret.of(Minting.hex(32));
    }
}
