//! Clients that misuse HTTP/2 (RFC 9113): floods of frames that cost the server more than the client. The connection ends or is limited,
//! other clients are served meanwhile, and the memory of the service stays bounded.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Notify,
    time::{Instant, timeout},
};

use crate::{
    receivers::{DATA, END_HEADERS, END_STREAM, HEADERS, PING, RST_STREAM, SETTINGS, frame},
    support::{
        binary::{Installation, Service},
        wire::{ask, connect, status},
    },
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const PRIORITY: u8 = 2;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const CANCEL: [u8; 4] = [0, 0, 0, 8];
/// Frames of a flood, more than any client needs on a connection.
const FRAMES: u32 = 60_000;
/// Frames per write.
const GROUP: u32 = 200;
/// How long a server may leave bytes unread before the flood counts as limited.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most memory that one flood may cost, in KiB. A build for debugging needs more than a release.
const GROWTH: u64 = 48 * 1024;

/// How a flood went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The server ended the connection.
    Ended,
    /// The server stopped reading.
    Limited,
    /// The server took everything.
    Taken,
}

/// A flood of frames on one connection.
struct Flood {
    name: &'static str,
    /// What is sent first.
    first: Vec<u8>,
    /// The frames of this number.
    unit: fn(u32) -> Vec<u8>,
    /// Whether the server may take all of it, because it costs nothing.
    may_be_taken: bool,
}

/// A header block (HPACK, RFC 7541) of a request without compression.
fn request(method: u8, path: &str) -> Vec<u8> {
    // `:method` and `:scheme` are in the static table; `:path` and `:authority` are literals with a name of the static table.
    let mut block = vec![method, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend(path.as_bytes());
    block.extend([0x01, 1, b'a']);
    block
}

fn get() -> Vec<u8> {
    request(0x82, "/healthz")
}

/// The number of the client's stream.
fn stream(number: u32) -> u32 {
    2 * number + 1
}

fn floods() -> Vec<Flood> {
    let open = |block: Vec<u8>| frame(HEADERS, END_HEADERS, 1, &block);
    let costly = |name, first, unit| Flood {
        name,
        first,
        unit,
        may_be_taken: false,
    };
    let harmless = |name, first, unit| Flood {
        name,
        first,
        unit,
        may_be_taken: true,
    };
    vec![
        // CVE-2023-44487.
        costly("rapid reset", vec![], |number| {
            let begin = frame(HEADERS, END_HEADERS | END_STREAM, stream(number), &get());
            [begin, frame(RST_STREAM, 0, stream(number), &CANCEL)].concat()
        }),
        costly("rapid reset of unfinished requests", vec![], |number| {
            let begin = frame(HEADERS, END_HEADERS, stream(number), &request(0x83, "/sign-in"));
            [begin, frame(RST_STREAM, 0, stream(number), &CANCEL)].concat()
        }),
        // The server resets the stream because of an invalid window ("MadeYouReset", CVE-2025-8671).
        costly("resets by the server", vec![], |number| {
            let begin = frame(HEADERS, END_HEADERS | END_STREAM, stream(number), &get());
            [begin, frame(WINDOW_UPDATE, 0, stream(number), &[0; 4])].concat()
        }),
        // CVE-2024-27316 and others.
        costly("CONTINUATION flood", frame(HEADERS, 0, 1, &get()), |number| {
            let name = format!("x-{number:06}");
            let mut block = vec![0x00, u8::try_from(name.len()).unwrap()];
            block.extend(name.as_bytes());
            block.extend([1, b'x']);
            frame(CONTINUATION, 0, 1, &block)
        }),
        costly("empty CONTINUATION flood", frame(HEADERS, 0, 1, &get()), |_| {
            frame(CONTINUATION, 0, 1, &[])
        }),
        // CVE-2019-9518.
        costly("empty DATA flood", open(request(0x83, "/sign-in")), |_| frame(DATA, 0, 1, &[])),
        costly("DATA of padding only", open(request(0x83, "/sign-in")), |_| {
            frame(DATA, 0x08, 1, &[10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        }),
        // CVE-2019-9512, CVE-2019-9515 and others.
        harmless("PING flood", vec![], |number| frame(PING, 0, 0, &u64::from(number).to_be_bytes())),
        harmless("SETTINGS flood", vec![], |_| frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100])),
        harmless("large SETTINGS flood", vec![], |_| {
            frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0xff, 0xff].repeat(50))
        }),
        harmless("PRIORITY flood", vec![], |number| {
            frame(PRIORITY, 0, stream(number), &[0, 0, 0, 0, 16])
        }),
        harmless("WINDOW_UPDATE flood", vec![], |_| frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        harmless("flood of an unknown frame", vec![], |_| frame(0xbe, 0, 0, &[0; 100])),
        // One header in the dynamic table, and many references to it in each request.
        costly("HPACK bomb", vec![], |number| {
            let mut block = get();
            if number == 0 {
                block.extend([0x40, 1, b'x', 0x7f, 0x81, 0x1e]);
                block.extend(vec![b'x'; 4_000]);
            }
            block.extend(vec![0xbe; 8_000]);
            frame(HEADERS, END_HEADERS | END_STREAM, stream(number), &block)
        }),
        // More requests than may run at once.
        costly("requests without an end", vec![], |number| {
            frame(HEADERS, END_HEADERS, stream(number), &request(0x83, "/sign-in"))
        }),
    ]
}

/// Sends a flood. `reads` says whether the client reads meanwhile what the server answers, or only afterwards.
async fn send(url: &str, flood: &Flood, reads: bool) -> Outcome {
    let (mut from, mut to) = connect(url).await.into_split();
    let ended = Arc::new(AtomicBool::new(false));
    let (noted, start) = (ended.clone(), Arc::new(Notify::new()));
    if reads {
        start.notify_one();
    }
    let started = start.clone();
    let reader = tokio::spawn(async move {
        started.notified().await;
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(1..) = from.read(&mut buffer).await {}
        noted.store(true, Ordering::SeqCst);
    });
    let mut outcome = Outcome::Taken;
    let beginning = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &flood.first].concat();
    let groups = std::iter::once(beginning).chain((0..FRAMES / GROUP).map(|group| {
        let numbers = group * GROUP..(group + 1) * GROUP;
        numbers.flat_map(flood.unit).collect()
    }));
    for bytes in groups {
        match timeout(PATIENCE, to.write_all(&bytes)).await {
            Ok(Ok(())) if !ended.load(Ordering::SeqCst) => {}
            Ok(_) => outcome = Outcome::Ended,
            Err(_) => outcome = Outcome::Limited,
        }
        if outcome != Outcome::Taken {
            break;
        }
    }
    if outcome == Outcome::Taken && !flood.may_be_taken {
        // What the server answered, and the last bytes of the flood, may still be in the buffers of the sockets.
        start.notify_one();
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until && outcome == Outcome::Taken {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if ended.load(Ordering::SeqCst) || to.write_all(&frame(PING, 0, 0, &[0; 8])).await.is_err() {
                outcome = Outcome::Ended;
            }
        }
    }
    reader.abort();
    outcome
}

/// The resident memory of a process, in KiB.
fn memory(service: &Service) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", service.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Asks for the health of the service on new connections until the flood has ended; returns the longest time that took.
async fn longest_answer(url: &str, over: Arc<AtomicBool>) -> Duration {
    let mut longest = Duration::ZERO;
    loop {
        let began = Instant::now();
        let answer = timeout(Duration::from_secs(5), async {
            ask(&mut connect(url).await, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await
        });
        assert_eq!(status(&answer.await.expect("other clients are served")), 200);
        longest = longest.max(began.elapsed());
        if over.load(Ordering::SeqCst) {
            return longest;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_of_http2_frames_harm_neither_others_nor_the_service() {
    let here = Installation::new();
    let service = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0"]));
    let url = service.url().await;
    // The first requests need memory that is kept.
    longest_answer(&url, Arc::new(AtomicBool::new(true))).await;
    let before = memory(&service);
    for flood in &floods() {
        for reads in [true, false] {
            let over = Arc::new(AtomicBool::new(false));
            let watch = tokio::spawn({
                let (url, over) = (url.clone(), over.clone());
                async move { longest_answer(&url, over).await }
            });
            let outcome = send(&url, flood, reads).await;
            over.store(true, Ordering::SeqCst);
            let longest = watch.await.unwrap();
            let grown = memory(&service).saturating_sub(before);
            let seen = format!(
                "{} ({}): {outcome:?}, others waited {longest:?} at most, memory grew by {grown} KiB",
                flood.name,
                if reads { "read" } else { "not read" }
            );
            println!("{seen}");
            assert!(flood.may_be_taken || outcome != Outcome::Taken, "{seen}");
            assert!(longest < Duration::from_secs(3), "{seen}");
            assert!(grown < GROWTH, "{seen}");
        }
    }
    assert_eq!(service.interrupt().await, Some(0));
}
