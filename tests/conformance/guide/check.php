<?php
// Runs the PHP code of the guide to signatures. The argument is the file with the code.
require $argv[1];
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const BODY = '{"test": 2432232314}';
const NOW = 1614265330;
foreach ([
    [true, ID, '1614265330', 'v1,AAAA ' . SIGNATURE, BODY, NOW + 299],
    [false, ID, '1614265330', 'v1,AAAA', BODY, NOW],
    [false, ID, '1614265330', 'v1a,x', BODY, NOW],
    [false, 'msg_x', '1614265330', SIGNATURE, BODY, NOW],
    [false, ID, '1614265330', SIGNATURE, BODY . ' ', NOW],
    [false, ID, '1614265330', SIGNATURE, BODY, NOW + 301],
    [false, ID, '1614265330', SIGNATURE, BODY, NOW - 301],
    [false, ID, 'now', SIGNATURE, BODY, NOW],
] as $row) {
    [$valid, $id, $timestamp, $signatures, $body, $now] = $row;
    $accepted = true;
    try {
        verify('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', $id, $timestamp, $signatures, $body, $now);
    } catch (RuntimeException $refused) {
        $accepted = false;
    }
    if ($accepted !== $valid) {
        fwrite(STDERR, json_encode($row) . "\n");
        exit(1);
    }
}
