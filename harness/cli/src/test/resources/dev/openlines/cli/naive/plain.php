<?php
// SPDX-License-Identifier: Apache-2.0
// A handler as tutorials of PHP show one. Not to copy: FrameworksTest has the cases that it fails.
if ($_REQUEST['auth']['application_token'] != getenv('APPLICATION_TOKEN')) {
    http_response_code(403);
    die('Access denied');
}
if ($_REQUEST['event'] == 'ONSESSIONFINISH') {
    $data = $_REQUEST['data']['DATA'];
    $closed = [
        'member_id' => $_REQUEST['auth']['member_id'],
        'chat_id' => (int) $data['connector']['chat_id'],
        'line_id' => $data['connector']['line_id'],
        'connector_id' => $data['connector']['connector_id'],
        'line_name' => $data['line']['name'],
    ];
    file_put_contents(getenv('EVIDENCE'), json_encode($closed) . "\n", FILE_APPEND);
}
echo 'OK';
