// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.Configuration;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import dev.openlines.model.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;

/**
 * Encrypts stored tokens with AES-256-GCM, through Google Tink. The seal of a grant covers its portal, so that one
 * portal's row cannot replace another's.
 *
 * <p>The key is a Tink keyset. A keyset with several keys seals with the primary key and opens with all of them, so the
 * key can be changed. Keep it apart from the database, for example in a secret manager.
 */
public final class TokenSeal {

    /** The kind of a sealed record, which its seal covers too. */
    static final String GRANT = "grant";

    static final String KEPT = "kept";

    private final Aead aead;

    private TokenSeal(Aead aead) {
        this.aead = aead;
    }

    /**
     * Returns a seal.
     *
     * @param keyset a Tink keyset in its JSON format, such as {@link #newKeyset} makes
     * @return a seal
     * @throws IllegalArgumentException if the text is no keyset for authenticated encryption
     */
    public static TokenSeal of(Secret keyset) {
        try {
            AeadConfig.register();
            Configuration registered = RegistryConfiguration.get();
            KeysetHandle handle =
                    TinkJsonProtoKeysetFormat.parseKeyset(keyset.reveal(), registered, InsecureSecretKeyAccess.get());
            return new TokenSeal(handle.getPrimitive(registered, Aead.class));
        } catch (GeneralSecurityException e) {
            // The cause is left out, because its message may quote the keyset.
            throw new IllegalArgumentException("expected a Tink keyset for authenticated encryption in JSON"
                    + " but found text (" + keyset.reveal().length() + " characters)");
        }
    }

    /**
     * Makes a key.
     *
     * @return a new keyset of one AES-256-GCM key, in Tink's JSON format
     */
    public static Secret newKeyset() {
        try {
            AeadConfig.register();
            Configuration registered = RegistryConfiguration.get();
            KeysetHandle handle = KeysetHandle.generateNew(PredefinedAeadParameters.AES256_GCM, registered);
            return Secret.of(
                    TinkJsonProtoKeysetFormat.serializeKeyset(handle, registered, InsecureSecretKeyAccess.get()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Tink always makes AES-GCM keys", e);
        }
    }

    byte[] seal(String kind, String id, byte[] open) {
        try {
            return aead.encrypt(open, binding(kind, id));
        } catch (GeneralSecurityException e) {
            throw new ClientStoreException("cannot seal the " + kind + " of " + id, e);
        }
    }

    byte[] open(String kind, String id, byte[] sealed) {
        try {
            return aead.decrypt(sealed, binding(kind, id));
        } catch (GeneralSecurityException e) {
            throw new ClientStoreException(
                    "cannot open the " + kind + " of " + id + ": sealed with another key, or altered", e);
        }
    }

    private static byte[] binding(String kind, String id) {
        return ("openlines " + kind + " 1\n" + id).getBytes(StandardCharsets.UTF_8);
    }
}
