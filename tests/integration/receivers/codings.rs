//! Bodies with a content coding (RFC 9110 §8.4). clearhook does not ask for one, but without `Accept-Encoding` a receiver may choose one.
//! The log has them as received.

use std::io::Write;

use super::{
    End,
    http1::{Case, ok, response},
};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A response with this content coding; `missing` bytes are missing at the end of the data.
fn coded(coding: &str, data: &[u8], missing: usize) -> Vec<u8> {
    let data = &data[..data.len() - missing];
    let head = response(&format!("Content-Encoding: {coding}\r\nContent-Length: {}\r\n", data.len()), "");
    [&head, data].concat()
}

pub(super) fn bodies() -> Vec<Case> {
    vec![
        ("gzip", coded("gzip", &gzip(b"whole"), 0), End::KeepOpen, ok().body("\u{1f}")),
        (
            "gzip twice",
            coded("x-gzip, GZIP", &gzip(&gzip(b"whole")), 0),
            End::KeepOpen,
            ok().body("\u{1f}"),
        ),
        (
            "gzip cut",
            coded("gzip", &gzip(&b"half".repeat(2_000)), 10),
            End::KeepOpen,
            ok().body("\u{1f}"),
        ),
        (
            "gzip that expands a lot",
            coded("gzip", &gzip(&vec![b'x'; 2_000_000]), 0),
            End::KeepOpen,
            ok().body("\u{1f}"),
        ),
    ]
}
