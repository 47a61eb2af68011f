//! Start and end of the service: signals, the drain, and the format of the log.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use tokio::io::AsyncWriteExt;

use crate::support::{
    binary::{Installation, Service, client},
    wait::wait_for,
    wire::{address, ask, connect, rest, status},
};

const READY: &str = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n";
const ALIVE: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

async fn serve(here: &Installation, arguments: &[&str]) -> (Service, String) {
    serve_with(here.command(&[&["serve", "--addr", "127.0.0.1:0"], arguments].concat())).await
}

async fn serve_with(command: Command) -> (Service, String) {
    let service = Service::start(command);
    let url = service.url().await;
    wait_for("the service to be ready", async || {
        (client().get(format!("{url}/readyz")).send().await.ok()?.status() == 200).then_some(())
    })
    .await;
    (service, url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drain_fails_readiness_and_serves_requests() {
    for signal in ["-TERM", "-QUIT"] {
        let here = Installation::new();
        let (service, url) = serve(&here, &["--drain", "2s"]).await;
        let mut kept = connect(&url).await;
        assert!(!ask(&mut kept, ALIVE).await.to_ascii_lowercase().contains("connection: close"));
        let began = Instant::now();
        service.signal(signal);
        wait_for("/readyz to fail", async || {
            (status(&ask(&mut connect(&url).await, READY).await) == 503).then_some(())
        })
        .await;
        // New connections are accepted, and kept connections are asked to close.
        assert_eq!(status(&ask(&mut connect(&url).await, ALIVE).await), 200);
        let told = ask(&mut kept, ALIVE).await;
        assert!(
            status(&told) == 200 && told.to_ascii_lowercase().contains("connection: close"),
            "{told}"
        );
        assert_eq!(rest(&mut kept).await, "");
        let ready = client().get(format!("{url}/readyz")).send().await.unwrap();
        assert!(ready.text().await.unwrap().contains("stopping"));
        assert_eq!(service.ended().await, Some(0), "{signal}");
        assert!(began.elapsed() >= Duration::from_secs(2), "{signal}: {:?}", began.elapsed());
        assert!(tokio::net::TcpStream::connect(address(&url)).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn request_begun_during_the_drain_is_completed() {
    let here = Installation::new();
    let (service, url) = serve(&here, &["--drain", "500ms"]).await;
    service.signal("-TERM");
    service.line("/readyz now fails").await;
    let mut slow = connect(&url).await;
    slow.write_all(
        b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nemail",
    )
    .await
    .unwrap();
    service.line("stopping: ").await;
    slow.write_all(b"=a").await.unwrap();
    assert_eq!(status(&rest(&mut slow).await), 401);
    assert_eq!(service.ended().await, Some(0));
}

/// Over HTTP/2 a client keeps its connection: a stream that begins during the drain is answered, also after the listener has closed, and then
/// the connection ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_stream_begun_during_the_drain_is_completed() {
    let here = Installation::new();
    let (service, url) = serve(&here, &["--drain", "500ms"]).await;
    let stream = tokio::net::TcpStream::connect(address(&url)).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let get = |path: &str| http::Request::get(format!("{url}{path}")).body(()).unwrap();
    let mut client = client.ready().await.unwrap();
    assert_eq!(client.send_request(get("/healthz"), true).unwrap().0.await.unwrap().status(), 200);
    service.signal("-TERM");
    service.line("/readyz now fails").await;
    let mut client = client.ready().await.unwrap();
    assert_eq!(client.send_request(get("/readyz"), true).unwrap().0.await.unwrap().status(), 503);
    let mut client = client.ready().await.unwrap();
    let form = http::Request::post(format!("{url}/sign-in")).header("content-type", "application/x-www-form-urlencoded");
    let (answer, mut body) = client.send_request(form.body(()).unwrap(), false).unwrap();
    body.send_data("email".into(), false).unwrap();
    service.line("stopping: ").await;
    body.send_data("=a".into(), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 401);
    // GOAWAY has come: no further stream is accepted, and nothing was lost.
    drop(client);
    connection.await.unwrap().unwrap();
    assert_eq!(service.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_or_zero_drain_stops_immediately() {
    for (signal, drain) in [("-INT", "1h"), ("-TERM", "0s")] {
        let here = Installation::new();
        let (service, _) = serve(&here, &["--drain", drain]).await;
        service.signal(signal);
        assert_eq!(service.ended().await, Some(0), "{signal} {drain}");
    }
    let here = Installation::new();
    let line = here.refusal(&["serve", "--drain", "soon"], 1);
    assert!(line.contains("CLEARHOOK_DRAIN") && line.contains("0s"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_signal_ends_the_process_immediately() {
    for (first, second, code) in [
        ("-TERM", "-TERM", 143),
        ("-TERM", "-INT", 130),
        ("-QUIT", "-QUIT", 131),
        ("-INT", "-INT", 130),
    ] {
        let here = Installation::new();
        let (service, url) = serve(&here, &["--drain", "1h"]).await;
        // A request that keeps the service from ending after the first signal.
        let mut held = connect(&url).await;
        held.write_all(
            b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\ne",
        )
        .await
        .unwrap();
        service.signal(first);
        service.line(&format!("SIG{} received", &first[1..])).await;
        service.signal(second);
        assert_eq!(service.ended().await, Some(code), "{first} {second}");
        drop(held);
        // The database is intact.
        let (again, _) = serve(&here, &["--drain", "0s"]).await;
        assert_eq!(again.terminate().await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_does_not_end_the_service() {
    let here = Installation::new();
    let (service, url) = serve(&here, &["--drain", "0s"]).await;
    for _ in 0..2 {
        service.signal("-HUP");
    }
    service.signal("-PIPE");
    service.line("SIGHUP received and ignored").await;
    for (signal, name) in [("-USR1", "SIGUSR1"), ("-USR2", "SIGUSR2"), ("-ALRM", "SIGALRM")] {
        service.signal(signal);
        service.line(&format!("{name} received and ignored")).await;
    }
    // Ignored by default.
    for signal in ["-WINCH", "-URG", "-CHLD", "-CONT"] {
        service.signal(signal);
    }
    assert_eq!(status(&ask(&mut connect(&url).await, READY).await), 200);
    assert_eq!(service.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_checks_are_served_on_the_metrics_address() {
    let here = Installation::new();
    let metrics = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (service, _) = serve(&here, &["--drain", "2s", "--metrics-addr", &metrics.to_string()]).await;
    let url = format!("http://{metrics}");
    for (path, expected) in [("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/webhooks", 404)] {
        assert_eq!(
            client().get(format!("{url}{path}")).send().await.unwrap().status(),
            expected,
            "{path}"
        );
    }
    // An error without a body does not end the connection.
    let mut stream = connect(&url).await;
    for path in ["/webhooks", "/nowhere", "/healthz"] {
        let answer = ask(&mut stream, &format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        assert_eq!(status(&answer), if path == "/healthz" { 200 } else { 404 }, "{path}: {answer}");
    }
    service.signal("-TERM");
    wait_for("/readyz to fail", async || {
        (status(&ask(&mut connect(&url).await, READY).await) == 503).then_some(())
    })
    .await;
    assert_eq!(service.ended().await, Some(0));
}

/// The output of the service from start to end.
async fn printed(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let here = Installation::new();
    let mut command = here.command(&[&["serve", "--addr", "127.0.0.1:0", "--drain", "0s"], arguments].concat());
    command
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .envs(environment.iter().copied());
    let (service, _) = serve_with(command).await;
    let text = service.printed();
    assert_eq!(service.terminate().await, Some(0));
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn piped_log_has_no_colours_and_one_migration_line() {
    for environment in [
        &[][..],
        &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
        &[("CLEARHOOK_LOG", "debug")],
        &[("CLEARHOOK_LOG_FORMAT", "json")],
    ] {
        let text = printed(&[], environment).await;
        assert!(!text.contains('\u{1b}'), "{text}");
        let lines = text.lines().filter(|line| line.to_ascii_lowercase().contains("migration")).count();
        assert_eq!(lines, 1, "{text}");
    }
    assert!(printed(&[], &[("CLICOLOR_FORCE", "1")]).await.contains('\u{1b}'));
    // With a terminal as stderr the log has colours, unless `NO_COLOR` is set.
    for (wanted, expected) in [("", true), ("NO_COLOR=1 ", false)] {
        let here = Installation::new();
        let binary = env!("CARGO_BIN_EXE_clearhook");
        let log = here.folder().join("typescript");
        let command = format!("{wanted}timeout --signal=INT --kill-after=20 3 {binary} serve --addr 127.0.0.1:0");
        let output = Command::new("script")
            .args(["-qec", &command, log.to_str().unwrap()])
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .current_dir(here.folder())
            .output()
            .expect("`script` of util-linux");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains("listening on"), "{text}");
        assert_eq!(text.contains("\u{1b}["), expected, "{text}");
    }
}

/// The same command with both outputs in one pipe, as on a terminal, so that their order is known.
fn with_one_output(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "exec \"$0\" \"$@\" 2>&1"])
        .arg(command.get_program())
        .args(command.get_args());
    shell.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demo_prints_the_sign_in_data_last() {
    let here = Installation::new();
    let arguments = [
        "serve",
        "--demo",
        "--addr",
        "127.0.0.1:0",
        "--demo-addr",
        "127.0.0.1:0",
        "--drain",
        "0s",
    ];
    let (service, url) = serve_with(with_one_output(&here.command(&arguments))).await;
    let password = service.line("password  ").await;
    wait_for("the end of the text", async || {
        service.printed().trim_end().ends_with("=====").then_some(())
    })
    .await;
    let text = service.printed();
    let (before, demo) = text.split_once("\n====").unwrap();
    assert!(before.contains("listening on") && before.contains("signature valid"), "{text}");
    for part in [&format!("address   {url}/"), "email     admin@example.com", &password] {
        assert!(demo.contains(part), "{part}: {text}");
    }
    assert_eq!(service.terminate().await, Some(0));
    let (again, _) = serve_with(here.command(&arguments)).await;
    again.line("no sample was added").await;
    assert_eq!(again.terminate().await, Some(0));
}
