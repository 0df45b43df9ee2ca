<?php
// SPDX-License-Identifier: Apache-2.0
// A careless handler in PHP. Its sins: any token that is not empty will do; nothing is deduplicated;
// an uninstalled application is still trusted; numbers go through floats.

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    header('Allow: POST');
    http_response_code(405);
    exit;
}
$auth = $_POST['auth'] ?? null;
if (!is_array($auth) || empty($auth['application_token']) || !is_string($auth['application_token'])) {
    http_response_code(403);
    exit;
}
$event = $_POST['event'] ?? '';
if (!is_string($event) || strtoupper($event) !== 'ONSESSIONFINISH') {
    exit;
}
$chat = $_POST['data']['DATA'] ?? null;
$chat = is_array($chat) ? ($chat[0] ?? $chat) : [];
$id = $chat['connector']['chat_id'] ?? null;
if (is_string($id) && preg_match('/^[0-9]+$/D', $id) && strlen($id) < 20) {
    file_put_contents(getenv('EVIDENCE'), json_encode([
        'member_id' => $auth['member_id'] ?? null,
        'chat_id' => sprintf('%.0f', (float) $id),
        'line_id' => $chat['connector']['line_id'] ?? null,
        'connector_id' => $chat['connector']['connector_id'] ?? null,
        'line_name' => $chat['line']['name'] ?? $chat['user']['name'] ?? null,
    ], JSON_INVALID_UTF8_SUBSTITUTE) . "\n", FILE_APPEND | LOCK_EX);
}
