//! Hostile receivers: they send much of what is not a response, or what a client must not accept. Each costs its own attempt only.

use super::{
    End, Expected, answered, failed,
    http1::{self, Case},
    http2::{DATA, END_HEADERS, HEADERS, PING, SETTINGS, Step, fields, frame, head, ok},
};

const PRIORITY: u8 = 2;
const PUSH_PROMISE: u8 = 5;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const UNKNOWN: u8 = 0xfa;

/// How many frames are sent at a time.
const FRAMES: usize = 200;

pub(super) fn over_http2() -> Vec<(&'static str, Vec<Step>, Vec<Step>, Expected)> {
    let flood = |name, bytes: fn(u32) -> Vec<u8>, expected| (name, vec![Step::Flood(bytes)], vec![Step::Flood(bytes)], expected);
    let invalid = || failed("ResponseInvalid");
    let late = || failed("TimedOut");
    vec![
        flood(
            "informational responses without end",
            |stream| frame(HEADERS, END_HEADERS, stream, &head(103, &[("link", "</a>")])).repeat(FRAMES),
            invalid().detail(&["more than 4096 HEADERS frames"]),
        ),
        (
            "some informational responses",
            [vec![Step::Head(103, &[]); 100], vec![Step::HeadAndEnd(202)]].concat(),
            Vec::new(),
            answered("Accepted", 202),
        ),
        flood("PING without end", |_| frame(PING, 0, 0, &[7; 8]).repeat(FRAMES), late()),
        flood("SETTINGS without end", |_| frame(SETTINGS, 0, 0, &[]).repeat(FRAMES), late()),
        flood(
            "PRIORITY without end",
            |stream| frame(PRIORITY, 0, stream + 2, &[0; 5]).repeat(FRAMES),
            late(),
        ),
        flood(
            "unknown frames without end",
            |stream| frame(UNKNOWN, 0, stream, &[0; 64]).repeat(FRAMES),
            late(),
        ),
        flood(
            "WINDOW_UPDATE without end",
            |_| frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]).repeat(FRAMES),
            invalid().detail(&["not valid HTTP/2"]),
        ),
        flood(
            "CONTINUATION without end",
            |stream| {
                [
                    frame(HEADERS, 0, stream, &head(200, &[])),
                    frame(CONTINUATION, 0, stream, &fields(&[("a", "b")])).repeat(FRAMES),
                ]
                .concat()
            },
            invalid(),
        ),
        flood(
            "empty DATA without end",
            |stream| frame(DATA, 0, stream, &[]).repeat(FRAMES),
            invalid(),
        ),
        flood(
            "a push promise",
            |stream| frame(PUSH_PROMISE, END_HEADERS, stream, &[&[0, 0, 0, 2][..], &head(200, &[])].concat()),
            invalid(),
        ),
        flood(
            "a head that is too large",
            |stream| {
                frame(
                    HEADERS,
                    END_HEADERS,
                    stream,
                    &[head(200, &[]), fields(&[("name", "some value")]).repeat(600)].concat(),
                )
            },
            invalid(),
        ),
        (
            "empty DATA in the body without end",
            vec![
                Step::Head(200, &[]),
                Step::Flood(|stream| frame(DATA, 0, stream, &[]).repeat(FRAMES)),
            ],
            Vec::new(),
            ok().incomplete("The body"),
        ),
    ]
}

pub(super) fn over_http1() -> Vec<Case> {
    let head = |text: &str| format!("{text}Content-Length: 0\r\n\r\n").into_bytes();
    let reason = format!("HTTP/1.1 200 {}\r\n", "x".repeat(1_000_000));
    vec![
        (
            "many informational responses",
            head(&format!(
                "{}HTTP/1.1 202 Accepted\r\n",
                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(5_000)
            )),
            End::KeepOpen,
            answered("Accepted", 202),
        ),
        (
            "a reason phrase without end",
            head(&reason),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        // RFC 9110 §5.5 permits to reject it.
        (
            "a zero byte in a header",
            head("HTTP/1.1 200 OK\r\nX-Zero: a\0b\r\n"),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        (
            "a zero byte in a header name",
            head("HTTP/1.1 200 OK\r\nX\0: a\r\n"),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        (
            "a header without a name",
            head("HTTP/1.1 200 OK\r\n: a\r\n"),
            End::KeepOpen,
            http1::ok(),
        ),
        (
            "204 with chunks",
            b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n".to_vec(),
            End::KeepOpen,
            answered("NoContent", 204),
        ),
        (
            "an upgrade that was not asked for",
            http1::response("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", "whole"),
            End::KeepOpen,
            http1::ok().body("whole"),
        ),
        (
            "h2c that was not asked for",
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n".to_vec(),
            End::KeepOpen,
            answered("SwitchingProtocols", 101),
        ),
        (
            "a negative length",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n".to_vec(),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        (
            "a length beyond all numbers",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n".to_vec(),
            End::KeepOpen,
            failed("ResponseInvalid"),
        ),
        (
            "a huge length",
            http1::response("Content-Length: 9223372036854775807\r\n", "half"),
            End::Close,
            http1::ok().incomplete("closed").body("half"),
        ),
        (
            "trailers without end",
            http1::response(
                "Transfer-Encoding: chunked\r\n",
                &format!("4\r\nhalf\r\n0\r\n{}", "X-Trailer: a\r\n".repeat(20_000)),
            ),
            End::KeepOpen,
            http1::ok().incomplete("chunked encoding").body("half"),
        ),
    ]
}
