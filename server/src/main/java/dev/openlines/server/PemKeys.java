// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A certificate with its chain and key from two PEM files, as the tools of certificate authorities write them. The key
 * is PKCS #8 without a password ({@code BEGIN PRIVATE KEY}), RSA, EC or EdDSA.
 */
final class PemKeys {

    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

    private final Path certificate;
    private final Path key;

    PemKeys(Path certificate, Path key) {
        this.certificate = certificate;
        this.key = key;
    }

    /** Reads both files. */
    KeyStore load() {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            PrivateKey privateKey = privateKey();
            Certificate[] chain = chain();
            if (!fits(privateKey, chain[0].getPublicKey())) {
                throw new ConfigurationException(
                        "OPENLINES_TLS_KEY: expected the key of the certificate in " + certificate
                                + " but found another's in " + key,
                        null);
            }
            store.setKeyEntry("receiver", privateKey, new char[0], chain);
            return store;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("a new key store takes a key and its chain", e);
        }
    }

    /** Identifies a version of the files. */
    List<FileTime> version() throws IOException {
        return List.of(Files.getLastModifiedTime(certificate), Files.getLastModifiedTime(key));
    }

    /**
     * Returns whether key and certificate belong together. A renewal writes one file after the other. In between they
     * do not, and every handshake would fail.
     */
    private static boolean fits(PrivateKey privateKey, PublicKey publicKey) throws GeneralSecurityException {
        String algorithm = switch (privateKey.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> "EdDSA";
        };
        byte[] text = {1, 2, 3};
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(privateKey);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(text);
            return signature.verify(signed);
        } catch (InvalidKeyException | SignatureException e) {
            // The key is of another algorithm or size.
            return false;
        }
    }

    private Certificate[] chain() {
        try {
            byte[] pem = Files.readAllBytes(certificate);
            Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem))
                    .toArray(new Certificate[0]);
            if (chain.length > 0) {
                return chain;
            }
        } catch (IOException | GeneralSecurityException e) {
            throw wrongCertificate(e);
        }
        throw wrongCertificate(null);
    }

    private ConfigurationException wrongCertificate(@Nullable Exception cause) {
        return new ConfigurationException(
                "OPENLINES_TLS_CERTIFICATE: expected certificates in PEM in " + certificate, cause);
    }

    private PrivateKey privateKey() throws GeneralSecurityException {
        byte[] encoded;
        try {
            Matcher pem = KEY.matcher(Files.readString(key, StandardCharsets.US_ASCII));
            if (!pem.find()) {
                throw wrongKey();
            }
            encoded = Base64.getMimeDecoder().decode(pem.group(1));
        } catch (IOException e) {
            throw new ConfigurationException("OPENLINES_TLS_KEY: cannot read " + key, e);
        }
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            } catch (InvalidKeySpecException e) {
                // The key is of another algorithm, or none. The cause is dropped, because it may quote the key.
            }
        }
        throw wrongKey();
    }

    private ConfigurationException wrongKey() {
        return new ConfigurationException(
                "OPENLINES_TLS_KEY: expected a PKCS #8 key in PEM without a password in " + key, null);
    }
}
