<?php
// SPDX-License-Identifier: Apache-2.0
// An application in PHP, by its own streams: binds, lists, refreshes by GET, batches and unbinds, in the forms that
// libraries of the language send. Its argument is JSON of what an installed application knows of its portal.
$known = json_decode($argv[1], true);
$handler = 'http://127.0.0.1:8080/h?a=1&b=%D0%9F';

function check(bool $holds, mixed $seen): void
{
    if (!$holds) {
        fwrite(STDERR, json_encode($seen) . "\n" . (new Exception())->getTraceAsString() . "\n");
        exit(1);
    }
}

function ask(string $address, ?string $body = null, string $type = 'application/json'): array
{
    global $known;
    $http = ['ignore_errors' => true, 'timeout' => 30, 'protocol_version' => '1.1'];
    if ($body !== null) {
        $http += ['method' => 'POST', 'content' => $body, 'header' => ["Content-Type: $type", 'Connection: close']];
    }
    $text = file_get_contents($address, false, stream_context_create([
        'http' => $http, 'ssl' => ['cafile' => $known['certificate'], 'verify_peer' => true]]));
    return [(int) explode(' ', $http_response_header[0])[1], json_decode($text, true)];
}

function call(string $method, string $token, array $parameters = []): array
{
    global $known;
    return ask($known['client_endpoint'] . "/$method?bx24_request_id=0190", json_encode($parameters + ['auth' => $token]));
}

[$status, $answer] = call('profile', $known['expired_token']);
check($status === 401 && $answer['error'] === 'expired_token', $answer);

[$status, $granted] = ask($known['oauth'] . '?' . http_build_query([
    'grant_type' => 'refresh_token', 'client_id' => $known['client_id'], 'client_secret' => $known['client_secret'],
    'refresh_token' => $known['refresh_token']]));
check($status === 200 && $granted['client_endpoint'] === $known['client_endpoint'], $granted['client_endpoint'] ?? $granted);
check($granted['domain'] === $known['domain'] && abs($granted['expires'] - time() - 3600) < 300, $granted['domain']);
$token = $granted['access_token'];

[, $answer] = call('event.bind', $token, ['event' => 'OnSessionFinish', 'handler' => $handler, "event_type\t" => 'online']);
check($answer['result'] === true && $answer['time']['duration'] >= 0, $answer);
[, $answer] = ask($known['client_endpoint'] . "event.get/?auth=$token", '[]');
check($answer['result'] === [['event' => 'ONSESSIONFINISH', 'handler' => $handler, 'auth_type' => '0', 'offline' => 0]], $answer);
[, $answer] = ask($known['client_endpoint'] . 'batch', http_build_query(['auth' => $token, 'halt' => 0, 'cmd' => [
    'me' => 'profile', 'line' => 'imopenlines.config.get?' . http_build_query(['CONFIG_ID' => 1])]]),
    'application/x-www-form-urlencoded');
check($answer['result']['result']['line']['LINE_NAME'] === 'R&D "<Поддержка>"', $answer);
[, $answer] = ask($known['webhook'] . '/profile/', '[]');
check($answer['result']['ID'] === '1' && isset($answer['time']), $answer);
[, $answer] = call('event.unbind', $token, ['event' => 'ONSESSIONFINISH', 'handler' => $handler]);
check($answer['result'] === ['count' => 1], $answer);
echo "done\n";
