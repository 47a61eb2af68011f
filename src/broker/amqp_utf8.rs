//! Makes short strings of AMQP valid UTF-8, as AMQP 0-9-1 demands of publishers (section 4.2.5.3). `RabbitMQ` takes any bytes, and the
//! library ends the connection when it receives others, so one message with such a header would be delivered again for ever, before all
//! that follow it. Bytes that are not UTF-8 are replaced by `?`, so that the message is read, and accepted or rejected, as any other.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Type, channel and size of a frame; the byte at its end (section 4.2.3).
const FRAME_HEAD: usize = 7;
const FRAME_END: usize = 1;
/// Frame types: method, content header, body, and heartbeat with the number that `RabbitMQ` gives it.
const METHOD: u8 = 1;
const HEADER: u8 = 2;
const BODY: u8 = 3;
const HEARTBEAT: u8 = 8;
/// Larger than any frame that is negotiated.
const FRAME_MAX: usize = 16 * 1024 * 1024;
/// The class `basic` and its method `deliver`.
const BASIC: u16 = 60;
const DELIVER: u16 = 60;
/// Tables in tables are followed to this depth.
const DEPTH_MAX: u32 = 32;

/// A connection whose frames are corrected as they are read.
pub(super) struct Utf8Frames<S> {
    inner: S,
    /// The beginning of a frame.
    incoming: BytesMut,
    /// Whole frames.
    outgoing: BytesMut,
    /// The bytes that were read are not AMQP frames, so they are passed on unchanged.
    is_raw: bool,
}

impl<S> Utf8Frames<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            is_raw: false,
        }
    }

    /// Corrects the whole frames that were read, and passes them on.
    fn pass_on(&mut self) {
        while !self.is_raw {
            let [kind, _, _, a, b, c, d, ..] = *self.incoming else { return };
            let size = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
            // A server of another version answers with its version instead of a frame (section 2.2.4).
            if !matches!(kind, METHOD | HEADER | BODY | HEARTBEAT) || size > FRAME_MAX {
                self.is_raw = true;
                break;
            }
            let whole = FRAME_HEAD + size + FRAME_END;
            if self.incoming.len() < whole {
                return;
            }
            let mut frame = self.incoming.split_to(whole);
            if let Some(payload) = frame.get_mut(FRAME_HEAD..FRAME_HEAD + size) {
                // `None` is the end of the payload or an unknown type of a value, about which the library decides.
                let _ = correct(kind, payload);
            }
            self.outgoing.unsplit(frame);
        }
        let rest = self.incoming.split();
        self.outgoing.unsplit(rest);
    }
}

fn correct(kind: u8, payload: &mut [u8]) -> Option<()> {
    let mut fields = Fields { bytes: payload, at: 0 };
    match kind {
        METHOD => {
            if (fields.u16()?, fields.u16()?) != (BASIC, DELIVER) {
                return None;
            }
            fields.short_string()?;
            // The delivery tag, and a bit.
            fields.skip(9)?;
            fields.short_string()?;
            fields.short_string()
        }
        HEADER => {
            // Class, weight and size of the body.
            fields.skip(12)?;
            let flags = fields.u16()?;
            // The properties in the order of their bits, from the highest one.
            for bit in (2..16).rev() {
                if flags & (1 << bit) == 0 {
                    continue;
                }
                match bit {
                    13 => fields.table(0)?,
                    12 | 11 => fields.skip(1)?,
                    6 => fields.skip(8)?,
                    _ => fields.short_string()?,
                }
            }
            Some(())
        }
        _ => None,
    }
}

/// The fields of a payload. `None` means that the payload has ended.
struct Fields<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let field = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += N;
        Some(*field)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(self.array()?)).ok()
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    fn short_string(&mut self) -> Option<()> {
        let [length] = self.array()?;
        let begin = self.at;
        self.skip(length.into())?;
        make_utf8(self.bytes.get_mut(begin..self.at)?);
        Some(())
    }

    fn table(&mut self, depth: u32) -> Option<()> {
        let size = self.size()?;
        let end = self.at.checked_add(size)?;
        while self.at < end {
            self.short_string()?;
            self.value(depth)?;
        }
        Some(())
    }

    /// A value of a table, by the types that `RabbitMQ` knows.
    fn value(&mut self, depth: u32) -> Option<()> {
        let [kind] = self.array()?;
        match kind {
            b'V' => Some(()),
            b't' | b'b' | b'B' => self.skip(1),
            b's' | b'u' | b'U' => self.skip(2),
            b'I' | b'i' | b'f' => self.skip(4),
            b'D' => self.skip(5),
            b'l' | b'L' | b'd' | b'T' => self.skip(8),
            b'S' | b'x' => {
                let size = self.size()?;
                self.skip(size)
            }
            b'F' if depth < DEPTH_MAX => self.table(depth + 1),
            b'A' if depth < DEPTH_MAX => {
                let size = self.size()?;
                let end = self.at.checked_add(size)?;
                while self.at < end {
                    self.value(depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }
}

/// Replaces each byte that is not UTF-8 by `?`, so that the length stays.
fn make_utf8(mut bytes: &mut [u8]) {
    while let Err(error) = std::str::from_utf8(bytes) {
        let wrong = error.valid_up_to();
        let count = error.error_len().unwrap_or(bytes.len() - wrong);
        if let Some(wrong) = bytes.get_mut(wrong..wrong + count) {
            wrong.fill(b'?');
        }
        bytes = bytes.get_mut(wrong + count..).unwrap_or_default();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Utf8Frames<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.outgoing.is_empty() {
            let mut bytes = [0; 16 * 1024];
            let mut read = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                // The end of the connection, perhaps in the middle of a frame.
                this.outgoing.unsplit(this.incoming.split());
                break;
            }
            this.incoming.extend_from_slice(read.filled());
            this.pass_on();
        }
        let count = this.outgoing.len().min(to.remaining());
        to.put_slice(&this.outgoing.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Utf8Frames<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&[kind, 0, 1][..], &size, payload, &[0xCE]].concat()
    }

    /// What is read, in the pieces in which a slow network brings it.
    async fn read(bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut stream = tokio_test_stream(bytes, piece);
        let mut out = Vec::new();
        Utf8Frames::new(&mut stream).read_to_end(&mut out).await.unwrap();
        out
    }

    fn tokio_test_stream(bytes: &[u8], piece: usize) -> impl AsyncRead + Unpin {
        let chunks: Vec<_> = bytes
            .chunks(piece)
            .map(|chunk| Ok::<_, io::Error>(bytes::Bytes::copy_from_slice(chunk)))
            .collect();
        let reader = futures_util::stream::iter(chunks);
        Box::pin(Chunks(reader))
    }

    struct Chunks<S>(S);

    impl<S: futures_util::Stream<Item = io::Result<bytes::Bytes>> + Unpin> AsyncRead for Chunks<S> {
        fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            if let Some(chunk) = ready!(Pin::new(&mut self.get_mut().0).poll_next(context)) {
                to.put_slice(&chunk?);
            }
            Poll::Ready(Ok(()))
        }
    }

    /// A content header with a content type and a table.
    fn header(content_type: &[u8], name: &[u8], inner: &[u8]) -> Vec<u8> {
        let sized = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
        let short = |bytes: &[u8]| [&[u8::try_from(bytes.len()).unwrap()][..], bytes].concat();
        let inner_table = sized(&[short(inner), b"I\xff\xff\xff\xff".to_vec()].concat());
        let array = sized(&[b"T\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(), b"V".to_vec()].concat());
        let long = sized(b"\xff\xfe");
        let table = [
            [short(name), b"S".to_vec(), long].concat(),
            [short(b"f"), b"F".to_vec(), inner_table].concat(),
            [short(b"a"), b"A".to_vec(), array].concat(),
        ]
        .concat();
        let head = [&[0, 60, 0, 0][..], &[0xff; 8], &[0b1010_0000, 0b0100_0000]].concat();
        frame(HEADER, &[head, short(content_type), sized(&table), vec![0xff; 8]].concat())
    }

    #[tokio::test]
    async fn short_strings_become_utf8_and_all_else_stays() {
        let deliver = |key: &[u8]| {
            let short = |bytes: &[u8]| [&[u8::try_from(bytes.len()).unwrap()][..], bytes].concat();
            let payload = [&[0, 60, 0, 60][..], &short(b"tag"), &[0xff; 9], &short(b""), &short(key)].concat();
            frame(METHOD, &payload)
        };
        let body = frame(BODY, b"\xff\xfe");
        let given = [
            deliver(b"k\xe9y"),
            header(b"caf\xe9", b"\xc3\xa9\xff", b"\xf0\x9f"),
            body.clone(),
            deliver("é".as_bytes()),
        ]
        .concat();
        let expected = [
            deliver(b"k?y"),
            header(b"caf?", "é?".as_bytes(), b"??"),
            body,
            deliver("é".as_bytes()),
        ]
        .concat();
        for piece in [1, 3, 50, 10_000] {
            assert_eq!(read(&given, piece).await, expected, "{piece}");
        }
    }

    #[tokio::test]
    async fn what_is_no_frame_is_passed_on() {
        for bytes in [
            b"AMQP\x00\x00\x09\x01".to_vec(),
            b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            frame(METHOD, b"\0")[..5].to_vec(),
        ] {
            assert_eq!(read(&bytes, 3).await, bytes);
        }
        // Sizes that lead beyond the payload.
        for payload in [vec![0xff; 40], vec![0; 3], [&[0; 12][..], &[0xff, 0xfc, 0xff]].concat()] {
            for kind in [METHOD, HEADER] {
                let bytes = frame(kind, &payload);
                assert_eq!(read(&bytes, 7).await.len(), bytes.len());
            }
        }
    }
}
