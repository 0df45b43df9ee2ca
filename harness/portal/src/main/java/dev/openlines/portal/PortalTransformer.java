// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.extension.ResponseDefinitionTransformerV2;
import com.github.tomakehurst.wiremock.http.ResponseDefinition;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Makes every answer of WireMock from the state of the portals. */
final class PortalTransformer implements ResponseDefinitionTransformerV2 {

    private final PortalServer server;

    PortalTransformer(PortalServer server) {
        this.server = server;
    }

    @Override
    public String getName() {
        return "openlines-portal";
    }

    @Override
    public ResponseDefinition transform(ServeEvent event) {
        LoggedRequest request = event.getRequest();
        Map<String, String> headers = new HashMap<>();
        request.getHeaders()
                .all()
                .forEach(header -> headers.put(header.key().toLowerCase(Locale.ROOT), header.firstValue()));
        RestReply reply =
                answer(RestRequest.of(request.getMethod().getName(), request.getUrl(), headers, request.getBody()));
        ResponseDefinitionBuilder response = ResponseDefinitionBuilder.responseDefinition()
                .withStatus(reply.status())
                .withBody(reply.body());
        reply.headers().forEach(response::withHeader);
        return response.build();
    }

    private RestReply answer(RestRequest request) {
        Optional<Portal> portal = server.portalOf(request);
        if (portal.isEmpty()) {
            return RestReply.text(404, "there is no such portal here");
        }
        return switch (request.place()) {
            case REST, AUTH_HOST_REST -> RestApi.answer(portal.get(), request);
            case OAUTH -> OAuthApi.answer(portal.get(), request);
            case LINK -> linked(portal.get(), request);
            case NOWHERE -> RestReply.text(404, "expected a path under rest/ or oauth/");
        };
    }

    private static RestReply linked(Portal portal, RestRequest request) {
        if (!request.httpMethod().equals("GET")) {
            return RestReply.text(405, "expected GET");
        }
        return portal.openLines()
                .file(file -> request.path().equals(List.of(file.link())))
                .map(PortalFile::download)
                .orElseGet(() -> RestReply.text(404, "there is no such file here"));
    }
}
