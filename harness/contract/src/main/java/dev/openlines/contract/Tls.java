// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.H;

import java.io.IOException;
import java.net.Socket;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** Checks an https address in the way of the platform's sender. */
final class Tls {

    private static final Duration LEFT = Duration.ofDays(14);

    private Tls() {}

    @Case(
            id = 422,
            level = SHOULD,
            needs = H,
            sends = "a TLS handshake",
            requires = "show a chain that holds, TLS 1.2 or later, two weeks left",
            source = "documentation: no self-signed certificates")
    static void check(CaseRun run) {
        Wire wire = run.wire();
        if (!wire.secure()) {
            run.notObserved("TLS: the handler's address is plain http");
            return;
        }
        if (run.dry()) {
            return;
        }
        Wire strict = Wire.to(wire.target(), false);
        try (Socket socket = strict.connect()) {
            SSLSession session = ((SSLSocket) socket).getSession();
            if (!session.getProtocol().matches("TLSv1\\.[23]")) {
                run.fail("TLS 1.2 or later", session.getProtocol());
            }
            Certificate first = session.getPeerCertificates()[0];
            if (first instanceof X509Certificate certificate) {
                Instant until = certificate.getNotAfter().toInstant();
                if (until.isBefore(Instant.now().plus(LEFT))) {
                    run.fail("a certificate good for two more weeks", "one until " + until);
                }
            }
        } catch (SSLException e) {
            run.fail("a certificate that holds, for this host name", "a failed handshake");
        } catch (IOException e) {
            run.fail("a TLS handshake", "a broken connection");
        }
    }
}
