// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Makes keys with certificates that they have signed themselves. The JDK has a tool for that, and no API. */
public final class SelfSigned {

    /** The alias of the key and its certificate. */
    public static final String ALIAS = "self-signed";

    private static final String PASSWORD = "changeit";

    private SelfSigned() {}

    /** Returns the password of the key store and of the key. */
    public static char[] password() {
        return PASSWORD.toCharArray();
    }

    /**
     * Makes a key.
     *
     * @param algorithm such as {@code EC}
     * @param name the certificate's common name
     * @param extensions of the certificate, such as {@code san=ip:127.0.0.1}
     */
    public static KeyStore keys(String algorithm, String name, String... extensions)
            throws IOException, GeneralSecurityException {
        Path folder = Files.createTempDirectory("openlines-keys");
        Path store = folder.resolve("keys.p12");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                algorithm,
                "-dname",
                "CN=" + name,
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString()));
        for (String extension : extensions) {
            command.addAll(List.of("-ext", extension));
        }
        try {
            Process tool = new ProcessBuilder(command).redirectErrorStream(true).start();
            byte[] said = tool.getInputStream().readAllBytes();
            if (tool.onExit().join().exitValue() != 0) {
                throw new IllegalStateException("keytool: " + new String(said, StandardCharsets.UTF_8));
            }
            return KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        } finally {
            Files.deleteIfExists(store);
            Files.delete(folder);
        }
    }

    /**
     * Writes a file in PEM.
     *
     * @param label such as {@code CERTIFICATE}
     */
    public static Path pem(Path file, String label, byte[] content) throws IOException {
        return Files.writeString(
                file,
                "-----BEGIN " + label + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + label
                        + "-----\n");
    }
}
