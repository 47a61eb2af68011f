//! Conformance: common HTTP clients can read an error response that arrives while they are still sending (`tests/conformance`). A client
//! that is not installed fails the test.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use axum::{
    Router,
    extract::Path as Part,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use clearhook::web;
use http_server::{ServerLimits, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{app::TestApp, database::TestDatabase, python::python, wait::wait_for, wire::address};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");
const MIB: usize = 1024 * 1024;
/// Errors that may be sent before the body was read.
const STATUSES: [u16; 12] = [400, 401, 403, 404, 405, 408, 411, 413, 415, 422, 429, 503];

/// A request and its expected response.
struct Case {
    url: String,
    framing: &'static str,
    size: usize,
    status: u16,
    kind: String,
}

/// The service, with additional routes that send an error before they read the body.
struct Server {
    url: String,
    app: TestApp,
    stop: CancellationToken,
    here: TempDir,
    _database: TestDatabase,
}

async fn early(Part(status): Part<u16>) -> Response {
    let problem = format!("{{\"type\":\"urn:clearhook:problem:early-{status}\",\"status\":{status}}}");
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, "application/problem+json")], problem).into_response()
}

impl Server {
    async fn start() -> Self {
        let database = TestDatabase::sqlite();
        let app = TestApp::start(&database).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (router, stop) = (web::router(app.state.clone()), CancellationToken::new());
        let router = Router::new().route("/early/{status}", post(early)).merge(router);
        tokio::spawn(serve(listener, router, None, ServerLimits::default(), stop.clone()));
        Self {
            url,
            app,
            stop,
            here: TempDir::new().unwrap(),
            _database: database,
        }
    }

    fn cases(url: &str) -> Vec<Case> {
        let mut cases = Vec::new();
        let mut add = |path: String, framing, size, status, kind: &str| {
            cases.push(Case {
                url: format!("{url}{path}"),
                framing,
                size,
                status,
                kind: format!("urn:clearhook:problem:{kind}"),
            });
        };
        for framing in ["length", "chunked"] {
            for status in STATUSES {
                for size in [100, 2 * MIB] {
                    add(format!("/early/{status}"), framing, size, status, &format!("early-{status}"));
                }
            }
            for status in [401, 413, 429] {
                add(format!("/early/{status}"), framing, 20 * MIB, status, &format!("early-{status}"));
            }
            for size in [100, 2 * MIB, 20 * MIB] {
                add("/api/v1/events".to_owned(), framing, size, 401, "unauthenticated");
                add("/api/v1/nothing".to_owned(), framing, size, 404, "not-found");
            }
        }
        cases
    }

    /// Writes the requests of some cases for a client.
    fn file(&self, cases: &[Case]) -> PathBuf {
        let lines = cases.iter().map(|case| format!("{}\t{}\t{}\n", case.url, case.framing, case.size));
        let path = self.here.path().join("cases");
        fs::write(&path, lines.collect::<String>()).unwrap();
        path
    }

    async fn end(self) {
        self.stop.cancel();
        self.app.stop().await;
    }
}

async fn run(mut command: Command) -> Output {
    let name = command.get_program().display().to_string();
    let run = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output());
    run.await.unwrap().unwrap_or_else(|error| panic!("{name}: {error}; run make setup"))
}

/// Compares one line of output with each case.
fn check(cases: &[Case], output: &Output) {
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), cases.len(), "{text}\n{errors}");
    let wrong: Vec<String> = cases
        .iter()
        .zip(lines)
        .filter(|(case, line)| *line != format!("{} {}", case.status, case.kind) && !(case.status == 401 && *line == "401 not-shown"))
        .map(|(case, line)| format!("{} {} {}: {line}", case.url, case.framing, case.size))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

async fn see_the_error(mut command: Command) {
    let server = Server::start().await;
    let cases = Server::cases(&server.url);
    command.arg(server.file(&cases));
    check(&cases, &run(command).await);
    server.end().await;
}

fn node() -> Command {
    let mut command = Command::new("node");
    command.arg(format!("{FOLDER}/clients.mjs"));
    command
}

fn java(client: &str) -> Command {
    let mut command = Command::new("java");
    command.arg(format!("{FOLDER}/Clients.java")).arg(client);
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_requests_reads_early_errors() {
    see_the_error(python("clients.py")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_fetch_reads_early_errors() {
    see_the_error(node()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn java_clients_read_early_errors() {
    for client in ["http1", "http2", "url"] {
        see_the_error(java(client)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_reads_early_errors() {
    let server = Server::start().await;
    let cases = Server::cases(&server.url);
    for options in [
        &["--http1.1"][..],
        &["--http1.1", "-H", "Expect:"],
        &["--http1.1", "-H", "Expect: 100-continue"],
        &["--http1.0"],
        &["--http2-prior-knowledge"],
    ] {
        curl_sees_the_errors(&server, &cases, options).await;
    }
    server.end().await;
}

async fn curl_sees_the_errors(server: &Server, cases: &[Case], options: &[&str]) {
    let is_http2 = options == ["--http2-prior-knowledge"];
    // HTTP/1.0 has no chunks.
    let wanted = cases.iter().filter(|case| options != ["--http1.0"] || case.framing == "length");
    let wanted: Vec<&Case> = wanted.collect();
    // curl before 8.0 cannot use a connection of HTTP/2 without TLS twice.
    for group in wanted.chunks(if is_http2 { 1 } else { wanted.len() }) {
        let output = run(curl(server.here.path(), options, group)).await;
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), group.len(), "{options:?}: {text}\n{errors}");
        for (case, line) in group.iter().zip(lines) {
            let is_right = line.contains(&format!("\"{}\"", case.kind)) && line.ends_with(&case.status.to_string());
            assert!(
                is_right,
                "{options:?} {} {} {}: {line}\n{errors}",
                case.url, case.framing, case.size
            );
        }
    }
}

/// One invocation of curl for all cases.
fn curl(here: &Path, options: &[&str], cases: &[&Case]) -> Command {
    let mut command = Command::new("curl");
    for (number, case) in cases.iter().enumerate() {
        if number > 0 {
            command.arg("--next");
        }
        let body = here.join(case.size.to_string());
        if !body.exists() {
            fs::write(&body, vec![b' '; case.size]).unwrap();
        }
        command.args(["-s", "-S", "--noproxy", "*", "-m", "30", "-X", "POST"]);
        command.args(["-H", "Content-Type: application/cloudevents+json", "-w", " %{http_code}\n"]);
        command.args(options).arg(&case.url);
        if case.framing == "chunked" && !options.contains(&"--http2-prior-knowledge") {
            command.args(["-H", "Transfer-Encoding: chunked"]);
        }
        command.arg("--data-binary").arg(format!("@{}", body.display()));
    }
    command
}

/// nginx, ended with the test.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        // As a service manager would: with its workers.
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// Addresses of nginx: it passes a request on after it has read all of it, or at once; and the same over HTTP/2 (without TLS).
struct Addresses {
    buffered: String,
    streamed: String,
    buffered_http2: String,
    streamed_http2: String,
}

async fn nginx(folder: &Path, upstream: &str) -> (Nginx, Addresses) {
    let free = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let [buffered, streamed, buffered_http2, streamed_http2] = [free(), free(), free(), free()];
    let at = folder.display();
    let server = |address: std::net::SocketAddr, protocol: &str, buffering: &str| {
        format!(
            "server {{ listen {address} {protocol}; client_max_body_size 0; location / {{ proxy_pass http://clearhook; proxy_http_version 1.1; \
             proxy_set_header Connection \"\"; proxy_set_header Host $host; proxy_request_buffering {buffering}; }} }}"
        )
    };
    let config = format!(
        "daemon off; worker_processes 1; pid {at}/pid; error_log stderr error; events {{ worker_connections 256; }} http {{ access_log off; \
         client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s; \
         upstream clearhook {{ server {upstream}; keepalive 4; }} {} {} {} {} }}",
        server(buffered, "", "on"),
        server(streamed, "", "off"),
        server(buffered_http2, "http2", "on"),
        server(streamed_http2, "http2", "off")
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, config).unwrap();
    let program = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .expect("nginx is missing: run make setup");
    let child = Command::new(program)
        .arg("-c")
        .arg(&file)
        .arg("-p")
        .arg(folder)
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let nginx = Nginx(child);
    for address in [buffered, streamed, buffered_http2, streamed_http2] {
        wait_for("nginx", async || tokio::net::TcpStream::connect(address).await.ok()).await;
    }
    let url = |address: std::net::SocketAddr| format!("http://{address}");
    let addresses = Addresses {
        buffered: url(buffered),
        streamed: url(streamed),
        buffered_http2: url(buffered_http2),
        streamed_http2: url(streamed_http2),
    };
    (nginx, addresses)
}

/// The cases of the errors that publishers meet: 401, 413 and 429.
fn common_errors(url: &str) -> Vec<Case> {
    Server::cases(url)
        .into_iter()
        .filter(|case| [401, 413, 429].contains(&case.status))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_behind_nginx_read_early_errors() {
    let server = Server::start().await;
    let (nginx, at) = nginx(server.here.path(), address(&server.url)).await;
    for url in [&at.buffered, &at.streamed] {
        let cases = Server::cases(url);
        for mut client in [python("clients.py"), node()] {
            // nginx keeps connections open although it has not read the bodies, and closes them later: a fault of nginx.
            client.arg(server.file(&cases)).arg("close");
            check(&cases, &run(client).await);
        }
        // curl keeps its connection for all cases.
        let common = common_errors(url);
        curl_sees_the_errors(&server, &common, &["--http1.1"]).await;
        curl_sees_the_errors(&server, &common, &["--http1.1", "-H", "Connection: close"]).await;
        for client in ["http1", "url"] {
            let mut java = java(client);
            java.arg(server.file(&common)).arg("close");
            check(&common, &run(java).await);
        }
        // nginx reads small bodies to their end, so connections can be kept.
        let small: Vec<Case> = Server::cases(url).into_iter().filter(|case| case.size == 100).collect();
        for mut client in [python("clients.py"), node(), java("http1"), java("url")] {
            client.arg(server.file(&small));
            check(&small, &run(client).await);
        }
    }
    curl_sees_the_errors(&server, &common_errors(&at.buffered_http2), &["--http2-prior-knowledge"]).await;
    // After a whole response nginx resets the stream of a large body with NO_ERROR, as RFC 9113, section 8.1 permits; curl 7.88 then discards
    // the response, which that section forbids. So only small bodies are streamed over HTTP/2.
    let small: Vec<Case> = Server::cases(&at.streamed_http2)
        .into_iter()
        .filter(|case| case.size == 100)
        .collect();
    curl_sees_the_errors(&server, &small, &["--http2-prior-knowledge"]).await;
    drop(nginx);
    server.end().await;
}
