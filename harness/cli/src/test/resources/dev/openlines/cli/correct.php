<?php
// SPDX-License-Identifier: Apache-2.0
// A right handler in PHP, for: php -d display_errors=0 -d expose_php=0 -S 127.0.0.1:PORT correct.php

declare(strict_types=1);

function answer(int $status): never
{
    http_response_code($status);
    header('Content-Type: text/plain');
    exit;
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    header('Allow: POST');
    answer(405);
}
$type = strtolower(trim(explode(';', $_SERVER['CONTENT_TYPE'] ?? '')[0]));
if ($type !== 'application/x-www-form-urlencoded') {
    answer(415);
}
$body = file_get_contents('php://input');
if (strlen($body) > 524288) {
    answer(413);
}
// Beyond a thousand PHP drops pairs without a word; a token given twice is no token.
if (substr_count($body, '&') >= 1000 || substr_count($body, 'auth%5Bapplication_token%5D=') > 1) {
    answer(400);
}
$auth = $_POST['auth'] ?? null;
if (!is_array($auth)) {
    answer(400);
}
$member = $auth['member_id'] ?? '';
$token = $auth['application_token'] ?? '';
if (!is_string($member) || !is_string($token)) {
    answer(400);
}
$store = getenv('STORE');
$right = hash_equals(getenv('MEMBER_ID'), $member) & hash_equals(getenv('APPLICATION_TOKEN'), $token);
if (!$right || file_exists("$store/uninstalled")) {
    answer(403);
}
$event = $_POST['event'] ?? '';
if (!is_string($event) || $event === '') {
    answer(400);
}
if (strtoupper($event) === 'ONAPPUNINSTALL') {
    touch("$store/uninstalled");
    answer(200);
}
if (strtoupper($event) !== 'ONSESSIONFINISH') {
    answer(200);
}
$data = $_POST['data']['DATA'] ?? null;
if (!is_array($data)) {
    answer(200);
}
$chats = isset($data['connector']) || isset($data['chat']) ? [$data] : $data;
$effects = [];
foreach ($chats as $chat) {
    $connector = is_array($chat) && is_array($chat['connector'] ?? null) ? $chat['connector'] : [];
    $id = $connector['chat_id'] ?? $chat['chat']['chat_id'] ?? $chat['chat']['id'] ?? '';
    if (!is_string($id) || !preg_match('/^0*([1-9][0-9]{0,18})$/D', $id, $found)) {
        continue;
    }
    $effects[] = json_encode([
        'member_id' => $member,
        'chat_id' => $found[1],
        'line_id' => $connector['line_id'] ?? $chat['line']['id'] ?? null,
        'connector_id' => $connector['connector_id'] ?? null,
        'line_name' => $chat['line']['name'] ?? $chat['user']['name'] ?? null,
    ], JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE) . "\n";
}
// The same portal, time and data are the same event; the tokens differ from delivery to delivery.
$key = hash('sha256', serialize([$member, $_POST['ts'] ?? null, $_POST['data']]));
$new = @fopen("$store/$key", 'x');
if ($new !== false) {
    file_put_contents(getenv('EVIDENCE'), implode('', $effects), FILE_APPEND | LOCK_EX);
}
answer(200);
