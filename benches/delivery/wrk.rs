//! The part `wrk`: single publishes by wrk, received by nginx. Neither is ours, so that others can repeat the comparison with other services.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use clearhook::catalogue::{BuiltIn, example::example_data};
use reqwest::Client;
use tempfile::TempDir;

use crate::{
    report::Report,
    service::{Kind, Service},
};

const CONNECTIONS: u32 = 64;
const SECONDS: u32 = 12;

/// The script of wrk: each request publishes an event with an id of its own.
const SCRIPT: &str = r#"
local thread_number = 0
function setup(thread) thread:set("tid", thread_number); thread_number = thread_number + 1 end
local n = 0
local data = io.open(os.getenv("DATA")):read("*a")
local source = "https://bench.example.com/" .. os.getenv("PADDING")
wrk.headers["Content-Type"] = "application/cloudevents+json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("KEY")
function request()
  n = n + 1
  return wrk.format("POST", nil, nil, '{"specversion":"1.0","type":"identity.created","source":"' .. source .. '","id":"' .. tid .. '-' .. n .. '","data":' .. data .. '}')
end
"#;

/// Bytes of an event.
const SIZE: usize = 1_024;

/// Single publishes over 64 connections, each delivered to one receiver.
pub(crate) async fn wrk(report: &mut Report, kind: Kind) {
    let service = Service::start(kind).await;
    let receiver = Nginx::start().await;
    service.webhook(&receiver.url, BuiltIn::IdentityCreated).await;
    let folder = TempDir::new().unwrap();
    let (script, data) = (folder.path().join("publish.lua"), folder.path().join("data.json"));
    let example = example_data(BuiltIn::IdentityCreated).to_string();
    fs::write(&script, SCRIPT).unwrap();
    fs::write(&data, &example).unwrap();
    let (began, cpu) = (Instant::now(), service.cpu());
    let command = Command::new(program("wrk"))
        .args(["-t2", &format!("-c{CONNECTIONS}"), &format!("-d{SECONDS}s"), "--latency", "-s"])
        .arg(&script)
        .arg(format!("{}/api/v1/events", service.url))
        .env("KEY", &service.key)
        .env("DATA", &data)
        .env("PADDING", "x".repeat(SIZE.saturating_sub(example.len() + 130)))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = tokio::task::spawn_blocking(|| command.wait_with_output().unwrap()).await.unwrap();
    let (took, during) = (began.elapsed().as_secs_f64(), receiver.received().await);
    assert!(output.status.success(), "wrk failed");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Non-2xx"), "void: publishes were refused: {text}");
    let published: f64 = text
        .split(" requests in")
        .next()
        .unwrap()
        .split_whitespace()
        .last()
        .unwrap()
        .parse()
        .unwrap();
    service.logged().await;
    let all = receiver.received().await;
    // wrk does not count the requests that it has open when it ends.
    let stored = service.metric("clearhook_events_accepted_total").await as u64;
    assert_eq!(all, stored, "void: {stored} events were stored and {all} callbacks received");
    report.line("wrk: published", "events/s", published / took, None);
    report.line("wrk: delivered meanwhile", "deliveries/s", during as f64 / took, None);
    report.line("wrk: all delivered and logged after", "s", began.elapsed().as_secs_f64(), None);
    report.line(
        "wrk: CPU of the service",
        "µs per event",
        (service.cpu() - cpu) * 1e6 / all as f64,
        None,
    );
    for (name, mark) in [("p50", "50%"), ("p99", "99%")] {
        let latency = after(&text, mark).and_then(|text| milliseconds(text.split_whitespace().next()?));
        report.line(&format!("wrk: publish {name}"), "ms", latency.unwrap(), None);
    }
}

/// What follows the first occurrence of a mark.
fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

/// A duration as wrk prints it: `850.00us`, `7.51ms`, `1.20s`.
fn milliseconds(text: &str) -> Option<f64> {
    for (unit, factor) in [("us", 0.001), ("ms", 1.0), ("s", 1_000.0)] {
        if let Some(number) = text.strip_suffix(unit) {
            return Some(number.parse::<f64>().ok()? * factor);
        }
    }
    None
}

/// A receiver that answers 200 to everything.
struct Nginx {
    url: String,
    http: Client,
    child: Child,
    /// The number of requests to the status page.
    asked: AtomicU64,
    _folder: TempDir,
}

impl Nginx {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let port = free_port();
        let configuration = format!(
            "daemon off; worker_processes 1; pid nginx.pid; error_log nginx.err; events {{ worker_connections 4096; }}\n\
             http {{ access_log off; keepalive_requests 100000000; client_body_buffer_size 64k; client_body_temp_path body; \
             proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n\
             server {{ listen 127.0.0.1:{port}; location /status {{ stub_status; }} location / {{ return 200; }} }} }}\n"
        );
        fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let child = Command::new(program("nginx"))
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let nginx = Self {
            url: format!("http://127.0.0.1:{port}"),
            http: Client::builder().no_proxy().build().unwrap(),
            child,
            asked: AtomicU64::new(0),
            _folder: folder,
        };
        let end = Instant::now() + Duration::from_secs(10);
        while nginx.requests().await.is_none() {
            assert!(Instant::now() < end, "nginx does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        nginx
    }

    /// The number of callbacks.
    async fn received(&self) -> u64 {
        self.requests().await.unwrap() - self.asked.load(Ordering::Relaxed)
    }

    /// The number of all requests, those to this page included.
    async fn requests(&self) -> Option<u64> {
        let response = self.http.get(format!("{}/status", self.url)).send().await.ok()?;
        self.asked.fetch_add(1, Ordering::Relaxed);
        let text = response.text().await.ok()?;
        // Connections accepted, connections handled, requests.
        text.lines().nth(2)?.split_whitespace().nth(2)?.parse().ok()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its worker ends with it.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program of Debian's, which may be where only administrators look.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let found = places.find_map(|folder| Some(folder.join(name)).filter(|program| Path::is_file(program)));
    found.unwrap_or_else(|| panic!("{name} is missing: install Debian's package {name}"))
}
