// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.X509TrustManager;

/** Takes a certificate that a test has made a moment ago. */
final class MadeJustNow implements X509TrustManager {

    /** Makes a certificate and its key, and returns the settings that name them. */
    static Map<String, String> certificate(Path directory) throws IOException, GeneralSecurityException {
        Path store = directory.resolve("keys.p12");
        Process tool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "receiver",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=receiver",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool.log").toFile())
                .start();
        tool.onExit().join();
        KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        return Map.of(
                "OPENLINES_TLS_CERTIFICATE",
                pem(
                        directory.resolve("chain.pem"),
                        "CERTIFICATE",
                        keys.getCertificate("receiver").getEncoded()),
                "OPENLINES_TLS_KEY",
                pem(
                        directory.resolve("key.pem"),
                        "PRIVATE KEY",
                        keys.getKey("receiver", "changeit".toCharArray()).getEncoded()));
    }

    private static String pem(Path file, String label, byte[] content) throws IOException {
        return Files.writeString(
                        file,
                        "-----BEGIN " + label + "-----\n"
                                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END "
                                + label + "-----\n")
                .toString();
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
