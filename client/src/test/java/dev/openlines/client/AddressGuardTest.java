// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Secret;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressGuardTest {

    private static final URI NAMED = URI.create("https://portal.example/rest/");

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, a loopback",
        "127.8.9.1, a loopback",
        "::1, a loopback",
        "::ffff:127.0.0.1, a loopback",
        "64:ff9b::7f00:1, a loopback",
        "169.254.169.254, a link-local",
        "fe80::1, a link-local",
        "0.0.0.0, a private or reserved",
        "::, a private or reserved",
        "10.1.2.3, a private or reserved",
        "172.16.0.1, a private or reserved",
        "172.31.255.255, a private or reserved",
        "192.168.1.1, a private or reserved",
        "100.64.0.1, a private or reserved",
        "192.0.0.192, a private or reserved",
        "198.18.0.1, a private or reserved",
        "198.19.255.255, a private or reserved",
        "203.0.113.9, a private or reserved",
        "224.0.0.1, a private or reserved",
        "255.255.255.255, a private or reserved",
        "fd00:ec2::254, a private or reserved",
        "fec0::1, a private or reserved",
        "ff02::1, a private or reserved",
        "2001:db8::1, a private or reserved",
        "2001::1, a private or reserved",
        "::10.0.0.1, a private or reserved",
        "2002:a00:1::1, a private or reserved",
        "64:ff9b::a9fe:a9fe, a link-local"
    })
    void aNameThatResolvesInwardsIsRefused(String address, String kind) throws Exception {
        assertThat(resolvingTo(address).objectionToHost(NAMED)).isEqualTo("the host resolves to " + kind + " address");
        assertThat(resolvingTo("93.184.216.34", address).objectionToHost(NAMED))
                .isEqualTo("the host resolves to " + kind + " address");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "93.184.216.34",
                "172.15.255.255",
                "172.32.0.1",
                "100.63.255.255",
                "100.128.0.1",
                "192.0.1.1",
                "192.169.0.1",
                "198.17.255.255",
                "198.20.0.1",
                "223.255.255.255",
                "2606:4700::1111",
                "2002:5db8:d822::1",
                "64:ff9b::5db8:d822"
            })
    void aPublicAddressPasses(String address) throws Exception {
        AddressGuard guard = resolvingTo(address);

        assertThat(guard.passedLately(NAMED)).isFalse();
        assertThat(guard.objectionToHost(NAMED)).isNull();
        assertThat(guard.passedLately(NAMED)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "::ffff:127.0.0.1"})
    void loopbackPassesWhereAllowedAndNothingElseDoes(String address) throws Exception {
        AddressGuard guard = new AddressGuard(true, host -> new InetAddress[] {InetAddress.getByName(address)});
        assertThat(guard.objectionToHost(NAMED)).isNull();

        AddressGuard both = new AddressGuard(
                true, host -> new InetAddress[] {InetAddress.getByName(address), InetAddress.getByName("10.0.0.1")});
        assertThat(both.objectionToHost(NAMED)).isEqualTo("the host resolves to a private or reserved address");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://2130706433/rest/",
                "https://0x7f.1/rest/",
                "https://[::ffff:7f00:1]/rest/",
                "https://127.1/rest/",
                "https://[::1]/rest/"
            })
    void anAddressInOddDigitsIsRefusedOrNoAddress(String address) {
        RestClient strict = RestClient.builder().patience(Duration.ZERO).build();
        assertThatThrownBy(
                        () -> strict.portal(URI.create(address), Secret.of("t")).call("profile", Map.of()))
                .message()
                .isIn(
                        "profile: address refused: the host resolves to a loopback address",
                        "profile: no answer: the host name is unknown (the call did not run)",
                        "expected https://HOST/rest/ but found no absolute address with a host");
    }

    @Test
    void aNameThatTurnsInwardsLaterIsForgotten() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AddressGuard guard = new AddressGuard(false, host ->
                new InetAddress[] {InetAddress.getByName(asked.getAndIncrement() == 0 ? "93.184.216.34" : "10.0.0.1")});
        assertThat(guard.objectionToHost(NAMED)).isNull();
        assertThat(guard.objectionToHost(NAMED)).isEqualTo("the host resolves to a private or reserved address");
        assertThat(guard.passedLately(NAMED)).isFalse();
    }

    @Test
    void aNameThatIsUnknownIsNoAnswer() {
        RestClient client = RestClient.builder()
                .patience(Duration.ZERO)
                .patience(Duration.ZERO)
                .resolver(host -> {
                    throw new UnknownHostException(host);
                })
                .build();
        assertThatThrownBy(() -> client.portal(NAMED, Secret.of("t")).call("profile", Map.of()))
                .isInstanceOf(NoAnswerException.class)
                .hasMessage("profile: no answer: the host name is unknown (the call did not run)");
    }

    @Test
    void aCallToAnInnerNameSendsNothing() {
        try (FakePortal inner = FakePortal.answering("{\"result\":true}")) {
            RestClient client = RestClient.builder()
                    .patience(Duration.ZERO)
                    .patience(Duration.ZERO)
                    .resolver(host -> new InetAddress[] {InetAddress.getLoopbackAddress()})
                    .build();
            URI address = URI.create("https://portal.example:" + inner.rest().getPort() + "/rest/");

            assertThatThrownBy(() -> client.portal(address, Secret.of("t")).call("profile", Map.of()))
                    .isInstanceOf(AddressRefusedException.class)
                    .hasMessage("profile: address refused: the host resolves to a loopback address");
            assertThat(inner.asked).isEmpty();
        }
    }

    private static AddressGuard resolvingTo(String... addresses) {
        return new AddressGuard(false, host -> {
            InetAddress[] resolved = new InetAddress[addresses.length];
            for (int i = 0; i < addresses.length; i++) {
                resolved[i] = InetAddress.getByName(addresses[i]);
            }
            return resolved;
        });
    }
}
