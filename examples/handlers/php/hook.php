<?php
// SPDX-License-Identifier: Apache-2.0
// A handler in PHP 8.1 or newer, without libraries. Behind nginx and PHP-FPM, or to try it:
//   php -d display_errors=0 -d expose_php=0 -S 127.0.0.1:8080 hook.php
// MEMBER_ID and APPLICATION_TOKEN: the portal to trust. STORE: a folder that PHP may write to.

declare(strict_types=1);

const LONGEST_BODY = 524288;

function answer(int $status): never
{
    http_response_code($status);
    header('Content-Type: text/plain');
    exit;
}

function text(mixed $value): ?string
{
    return is_string($value) && $value !== '' ? $value : null;
}

/** One line of JSON for each closed chat: what your own code works on. */
function closes(string $member, array $data): string
{
    $lines = '';
    // One chat, or a list of them: the documentation has shown both.
    foreach (isset($data['connector']) || isset($data['chat']) ? [$data] : $data as $chat) {
        $id = text($chat['connector']['chat_id'] ?? $chat['chat']['id'] ?? null);
        if ($id === null || !preg_match('/^0*([1-9][0-9]{0,18})$/D', $id, $found)) {
            continue;
        }
        $lines .= json_encode([
            'member_id' => $member,
            'chat_id' => $found[1],
            'line_id' => $chat['connector']['line_id'] ?? $chat['line']['id'] ?? null,
            'connector_id' => $chat['connector']['connector_id'] ?? null,
            'line_name' => $chat['line']['name'] ?? $chat['user']['name'] ?? null,
        ], JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE) . "\n";
    }
    return $lines;
}

/** Writes a file once, whole and on disk, however many processes try at a time; false if that is not possible. */
function store(string $name, string $content): bool
{
    $folder = getenv('STORE');
    if (file_exists("$folder/$name")) {
        return true;
    }
    $part = "$folder/" . bin2hex(random_bytes(16)) . '.part';
    $file = @fopen($part, 'x');
    $whole = $file !== false && @fwrite($file, $content) === strlen($content) && fflush($file) && fsync($file);
    // A link to a name that exists already fails: of equal events at a time, one wins.
    $stored = $whole && (@link($part, "$folder/$name") || file_exists("$folder/$name"));
    @unlink($part);
    return $stored;
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    header('Allow: POST');
    answer(405);
}
if (strtolower(trim(explode(';', $_SERVER['CONTENT_TYPE'] ?? '')[0])) !== 'application/x-www-form-urlencoded') {
    answer(415);
}
$body = (int) ($_SERVER['CONTENT_LENGTH'] ?? 0) > LONGEST_BODY ? null : file_get_contents('php://input');
if ($body === null || strlen($body) > LONGEST_BODY) {
    answer(413);
}
// PHP drops pairs after the thousandth without a word; a token that comes twice proves nothing.
if (substr_count($body, '&') >= 1000 || substr_count($body, 'auth%5Bapplication_token%5D=') > 1) {
    answer(400);
}
$event = text($_POST['event'] ?? null);
if (!is_array($_POST['auth'] ?? null) || $event === null) {
    answer(400);
}
$member = text($_POST['auth']['member_id'] ?? null) ?? '';
$token = text($_POST['auth']['application_token'] ?? null) ?? '';
// Both are compared, in constant time, before anything else of the event is read.
$right = hash_equals(getenv('MEMBER_ID'), $member) & hash_equals(getenv('APPLICATION_TOKEN'), $token);
if (!$right || file_exists(getenv('STORE') . '/uninstalled')) {
    answer(403);
}
if (strtoupper($event) === 'ONAPPUNINSTALL') {
    answer(store('uninstalled', "\n") ? 200 : 503);
}
$data = $_POST['data']['DATA'] ?? null;
if (strtoupper($event) !== 'ONSESSIONFINISH' || !is_array($data)) {
    answer(200);
}
$lines = closes($member, $data);
// No delivery has an id: portal, time and data are what makes an event the same. auth differs each time.
$key = hash('sha256', serialize([$member, $_POST['ts'] ?? null, $_POST['data']]));
answer($lines === '' || store("$key.json", $lines) ? 200 : 503);
