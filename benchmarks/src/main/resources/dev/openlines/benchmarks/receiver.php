<?php
// SPDX-License-Identifier: Apache-2.0
// A handler as a team would write it: the token is checked, a repeat is told by a unique key, and the event and its
// effect are one transaction, on the disk before the answer.
$auth = $_POST['auth'] ?? [];
if (($auth['member_id'] ?? '') !== $_SERVER['MEMBER']
    || !hash_equals($_SERVER['TOKEN'], (string) ($auth['application_token'] ?? ''))) {
    http_response_code(403);
    exit;
}
$db = new PDO('sqlite:' . $_SERVER['DATABASE'], null, null, [
    PDO::ATTR_PERSISTENT => true,
    PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
]);
$db->exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 10000');
$db->exec('create table if not exists event (id integer primary key, event_key text not null unique,
    payload text not null, received_at integer not null)');
$db->exec('create table if not exists closed_chat (portal text not null, chat integer not null,
    closed_at integer not null)');
$payload = json_encode(['event' => $_POST['event'], 'data' => $_POST['data'], 'ts' => $_POST['ts']]);
$key = hash('sha256', $auth['member_id'] . $payload);
$db->exec('begin immediate');
$insert = $db->prepare('insert into event (event_key, payload, received_at) values (?, ?, ?)
    on conflict (event_key) do nothing');
$insert->execute([$key, $payload, (int) (microtime(true) * 1000)]);
if ($insert->rowCount() === 1) {
    $effect = $db->prepare('insert into closed_chat (portal, chat, closed_at) values (?, ?, ?)');
    $effect->execute([$auth['member_id'], (int) $_POST['data']['DATA']['connector']['chat_id'], (int) $_POST['ts']]);
}
$db->exec('commit');
