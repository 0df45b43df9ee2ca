<?php
// SPDX-License-Identifier: Apache-2.0
// A handler in PHP: php -d display_errors=0 -d expose_php=0 -S 127.0.0.1:8080 hook.php
// MEMBER_ID, APPLICATION_TOKEN: whom to trust. STORE: a folder. EVIDENCE: in tests, a file that gets each effect.

declare(strict_types=1);

function answer(int $status): never
{
    http_response_code($status);
    exit;
}

function text(mixed $value): ?string
{
    return is_string($value) && $value !== '' ? $value : null;
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    header('Allow: POST');
    answer(405);
}
if (strtolower(trim(explode(';', $_SERVER['CONTENT_TYPE'] ?? '')[0])) !== 'application/x-www-form-urlencoded') {
    answer(415);
}
$body = file_get_contents('php://input');
if (strlen($body) > 65536) {
    answer(413);
}
// PHP drops pairs after the thousandth without a word; a token that comes twice proves nothing.
if (substr_count($body, '&') >= 1000 || substr_count($body, 'auth%5Bapplication_token%5D=') > 1) {
    answer(400);
}
$member = text($_POST['auth']['member_id'] ?? null);
$token = text($_POST['auth']['application_token'] ?? null);
$event = text($_POST['event'] ?? null);
if (!is_array($_POST['auth'] ?? null) || $event === null) {
    answer(400);
}
$store = getenv('STORE');
// Both are compared, in constant time, before anything else of the event is trusted.
$known = hash_equals(getenv('MEMBER_ID'), $member ?? '') & hash_equals(getenv('APPLICATION_TOKEN'), $token ?? '');
if (!$known || file_exists("$store/uninstalled")) {
    answer(403);
}
if (strtoupper($event) === 'ONAPPUNINSTALL') {
    touch("$store/uninstalled");
}
$data = $_POST['data']['DATA'] ?? null;
if (strtoupper($event) !== 'ONSESSIONFINISH' || !is_array($data)) {
    answer(200);
}
$lines = '';
// One chat, or a list of them: the documentation has shown both.
foreach (isset($data['connector']) || isset($data['chat']) ? [$data] : $data as $chat) {
    $id = text($chat['connector']['chat_id'] ?? $chat['chat']['id'] ?? null);
    if ($id === null || !preg_match('/^0*[1-9][0-9]{0,18}$/D', $id)) {
        continue;
    }
    $lines .= json_encode([
        'member_id' => $member,
        'chat_id' => ltrim($id, '0'),
        'line_id' => $chat['connector']['line_id'] ?? $chat['line']['id'] ?? null,
        'connector_id' => $chat['connector']['connector_id'] ?? null,
        'line_name' => $chat['line']['name'] ?? null,
    ], JSON_INVALID_UTF8_SUBSTITUTE) . "\n";
}
// No delivery has an id: portal, time and data are what makes an event the same. "x" creates or fails, at once.
$key = hash('sha256', serialize([$member, $_POST['ts'] ?? null, $_POST['data']]));
if (@fopen("$store/$key", 'x') !== false) {
    file_put_contents(getenv('EVIDENCE'), $lines, FILE_APPEND | LOCK_EX);
}
answer(200);
