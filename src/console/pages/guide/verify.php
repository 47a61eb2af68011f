<?php
/** Throws unless the signature of the raw body is valid and at most 5 minutes old. */
function verify(string $secret, string $id, string $timestamp, string $signatures, string $body, ?int $now = null): void
{
    if (!ctype_digit($timestamp) || abs(($now ?? time()) - (int) $timestamp) > 300) {
        throw new RuntimeException('the timestamp is too old or in the future');
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $signatures) as $signature) {
        if (hash_equals($expected, $signature)) {
            return;
        }
    }
    throw new RuntimeException('no signature matches');
}
