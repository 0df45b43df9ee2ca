<?php
// SPDX-License-Identifier: Apache-2.0
// Calls a portal in the request forms of the vendor's PHP SDK, and reads answers as that does. Arguments: JSON.
$known = json_decode($argv[1], true);

function call(string $method, string $url, ?array $json): array
{
    $context = stream_context_create(['http' => [
        'method' => $method,
        'ignore_errors' => true,
        'follow_location' => 0,
        'header' => "Accept: application/json\r\nAccept-Charset: utf-8\r\n"
            . ($json === null ? '' : "Content-Type: application/json\r\n"),
        'content' => $json === null ? '' : json_encode($json),
    ]]);
    $body = file_get_contents($url, false, $context);
    preg_match('{HTTP/\S+ (\d+)}', $http_response_header[0], $status);
    return [(int)$status[1], json_decode($body, true)];
}

function check(string $what, bool $holds, $found): void
{
    if (!$holds) {
        fwrite(STDERR, "$what does not hold; found " . json_encode($found) . "\n");
        exit(1);
    }
    echo "$what\n";
}

$client = substr($known['client_endpoint'], 0, -strlen('/rest/'));
$server = substr($known['server_endpoint'], 0, -strlen('/rest/'));
$query = '?bx24_request_id=7c0e3ca6-15ab-4d4e-8b7f-5bd0f0c0c1fd';

[$status, $info] = call('POST', "$server/rest/app.info$query",
    ['IS_NEED_OAUTH_SECURE_CHECK' => true, 'auth' => $known['access_token']]);
check('app.info of the OAuth host answers', $status === 200, $info);
check('install.uri is the domain of the credentials', $info['result']['install']['uri'] === $client, $info);

[$status, $info] = call('POST', "$client/rest/app.info$query", ['auth' => $known['access_token']]);
foreach (['ID', 'CODE', 'VERSION', 'STATUS', 'INSTALLED', 'PAYMENT_EXPIRED', 'DAYS', 'LANGUAGE_ID', 'LICENSE',
    'LICENSE_TYPE', 'LICENSE_FAMILY'] as $name) {
    check("app.info has $name", array_key_exists($name, $info['result']), $info);
}

$token = fn (string $id, string $secret, string $refresh) => call('GET', "$server/oauth/token/?" . http_build_query([
    'grant_type' => 'refresh_token', 'client_id' => $id, 'client_secret' => $secret, 'refresh_token' => $refresh,
    'bx24_request_id' => 'x']), null);
[$status, $answer] = $token('app.unknown', 'x', 'y');
check('an unknown client is wrong_client in a success', $status === 200 && $answer === ['error' => 'wrong_client'],
    [$status, $answer]);
[$status, $answer] = $token($known['client_id'], 'wrong', 'y');
check('a wrong secret is invalid_client', $status === 401 && $answer['error'] === 'invalid_client', $answer);
[$status, $answer] = $token($known['client_id'], $known['client_secret'], 'y');
check('a wrong refresh token is invalid_grant', $status === 400 && $answer['error'] === 'invalid_grant', $answer);
[$status, $answer] = $token($known['client_id'], $known['client_secret'], $known['refresh_token']);
foreach (['access_token', 'refresh_token', 'expires', 'member_id', 'client_endpoint', 'server_endpoint', 'status',
    'domain'] as $name) {
    check("renewed tokens have $name", $status === 200 && array_key_exists($name, $answer), $answer);
}
check('the portal stays where it is', $answer['client_endpoint'] === $known['client_endpoint'], $answer);

[$status, $answer] = call('POST', "$client/rest/api/main.eventlog.list", ['auth' => $known['access_token']]);
check('REST 3.0 says that it is not there', $status === 501
    && $answer['error']['code'] === 'SIMULATOR_LACKS_IT' && $answer['error']['message'] !== '', $answer);
echo "done\n";
