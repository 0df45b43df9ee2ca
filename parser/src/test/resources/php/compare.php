<?php
// SPDX-License-Identifier: Apache-2.0
// Reads lines "form BASE64" and "json BASE64", writes for each what PHP makes of it, as one line.
// Loops instead of functions that call themselves would hide what json_encode does: this recurses.
const FLAGS = JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES;

function tagged($value): string
{
    if (!is_array($value)) {
        return '"' . base64_encode($value) . '"';
    }
    $text = '[';
    foreach ($value as $key => $element) {
        $text .= (is_int($key) ? "i$key" : 's' . base64_encode($key)) . '>' . tagged($element) . ',';
    }
    return $text . ']';
}

while (($line = fgets(STDIN)) !== false) {
    [$what, $base64] = explode(' ', rtrim($line, "\n"));
    $input = base64_decode($base64, true);
    if ($what === 'form') {
        $array = [];
        parse_str($input, $array);
        echo tagged($array), "\t", base64_encode(json_encode($array, FLAGS, 1024)), "\n";
    } else {
        echo base64_encode(http_build_query(json_decode($input, true, 512, JSON_THROW_ON_ERROR))), "\n";
    }
}
