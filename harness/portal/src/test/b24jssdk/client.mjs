// SPDX-License-Identifier: Apache-2.0
// Binds, lists, batches, unbinds and refreshes through the official client, unchanged. Its argument is JSON of what
// an installed application knows of its portal. Prints one line of JSON, or fails.
import assert from 'node:assert/strict';
import { B24OAuth } from '@bitrix24/b24jssdk';

const known = JSON.parse(process.argv[2]);
const handler = 'http://127.0.0.1:8080/bitrix?a=1&b=%D0%9F';

const b24 = new B24OAuth(
  {
    applicationToken: known.application_token,
    userId: 1,
    memberId: known.member_id,
    accessToken: known.expired_token,
    refreshToken: known.refresh_token,
    // For the client, its token is valid; the portal refuses it.
    expires: Math.floor(Date.now() / 1000) + 3600,
    expiresIn: 3600,
    scope: 'imopenlines',
    domain: known.domain,
    clientEndpoint: known.client_endpoint,
    serverEndpoint: known.server_endpoint,
    status: 'L',
    issuer: 'store',
  },
  { clientId: known.client_id, clientSecret: known.client_secret },
);
b24.offClientSideWarning();
const refreshed = [];
b24.setCallbackRefreshAuth(async ({ authData, b24OAuthParams }) => refreshed.push({ authData, b24OAuthParams }));

async function call(client, method, params = {}) {
  const response = await client.actions.v2.call.make({ method, params, requestId: 'openlines-' + method });
  assert.ok(response.isSuccess, method + ': ' + response.getErrorMessages().join('; '));
  assert.ok(response.getData().time.start > 0, 'time of ' + method);
  return response.getData().result;
}

assert.equal(await call(b24, 'event.bind', { event: 'OnSessionFinish', handler }), true);
assert.equal(refreshed.length, 1, 'the expired token was refreshed once');
assert.notEqual(refreshed[0].authData.refresh_token, known.refresh_token);
assert.equal(refreshed[0].b24OAuthParams.clientEndpoint, known.client_endpoint);
assert.equal(refreshed[0].authData.member_id, known.member_id);

const bound = await call(b24, 'event.get');
assert.deepEqual(bound, [{ event: 'ONSESSIONFINISH', handler, auth_type: '0', offline: 0 }]);

const twice = await b24.actions.v2.call.make({ method: 'event.bind', params: { event: 'OnSessionFinish', handler } })
  .then((response) => response.getErrorMessages().join(), (error) => String(error.message ?? error));
assert.match(twice, /already binded/);

const batch = await b24.actions.v2.batch.make({
  calls: {
    me: { method: 'profile', params: {} },
    line: { method: 'imopenlines.config.get', params: { CONFIG_ID: 1 } },
    events: { method: 'event.get', params: {} },
  },
  options: { isHaltOnError: true, returnAjaxResult: false, requestId: 'openlines-batch' },
});
assert.ok(batch.isSuccess, batch.getErrorMessages().join('; '));
assert.equal(batch.getData().me.ID, '1');
assert.equal(batch.getData().line.LINE_NAME, 'R&D "<Поддержка>"');
assert.equal(batch.getData().events.length, 1);

assert.deepEqual(await call(b24, 'event.unbind', { event: 'OnSessionFinish', handler }), { count: 1 });
await b24.initIsAdmin();
assert.equal(b24.auth.isAdmin, true);

assert.deepEqual(await call(b24, 'scope'), ['imopenlines', 'imconnector', 'im', 'user_brief']);

console.log(JSON.stringify({ refreshed: refreshed.length, target: b24.getTargetOrigin() }));
