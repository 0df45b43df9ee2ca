// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.testkit.SelfSigned;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Map;
import javax.net.ssl.X509TrustManager;

/** Takes a certificate that a test has made a moment ago. */
final class MadeJustNow implements X509TrustManager {

    /** Makes a certificate and its key, and returns the settings that name them. */
    static Map<String, String> certificate(Path directory) throws IOException, GeneralSecurityException {
        KeyStore keys = SelfSigned.keys("EC", "receiver");
        byte[] certificate = keys.getCertificate(SelfSigned.ALIAS).getEncoded();
        byte[] key = keys.getKey(SelfSigned.ALIAS, SelfSigned.password()).getEncoded();
        return Map.of(
                "OPENLINES_TLS_CERTIFICATE",
                SelfSigned.pem(directory.resolve("chain.pem"), "CERTIFICATE", certificate)
                        .toString(),
                "OPENLINES_TLS_KEY",
                SelfSigned.pem(directory.resolve("key.pem"), "PRIVATE KEY", key).toString());
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {
        // This is no server.
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
        if (Arrays.asList(chain).isEmpty()) {
            throw new AssertionError("no certificate");
        }
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
