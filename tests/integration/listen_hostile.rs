//! `clearhook listen` between programs that misbehave: local programs that answer without end, not at all or elsewhere, servers that redirect,
//! and callbacks that a terminal would obey.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use clearhook::catalogue::BuiltIn;
use futures_util::stream;

use crate::support::{
    app::{TestApp, quick},
    binary::{Installation, Service, client},
    cli::Cli,
    database::TestDatabase,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// A response whose body has no end.
async fn without_end() -> Response {
    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
    Body::from_stream(stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone()))).into_response()
}

/// The memory that a process uses, in KiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_of_the_local_program_are_not_kept_and_not_followed() {
    let database = TestDatabase::sqlite();
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    let (endless, elsewhere) = (serve(Router::new().fallback(without_end)).await, Receiver::start([]).await);
    let moved = Receiver::start((0..50).map(|_| Reply {
        headers: vec![("location", Box::leak(elsewhere.url.clone().into_boxed_str()))],
        ..Reply::status(307)
    }))
    .await;
    let here = Installation::new();
    for (target, words) in [
        (endless.as_str(), "200 OK"),
        (&moved.url, "307 TemporaryRedirect"),
        ("http://127.0.0.1:9/", "not delivered"),
    ] {
        let mut command = here.command(&["listen", "--forward", target, "--webhook", webhook["id"].as_str().unwrap()]);
        command.env("CLEARHOOK_URL", &app.url).env("CLEARHOOK_API_KEY", &app.key);
        let command = Service::start(command);
        command.line("Forwarding callbacks").await;
        // The stream may not be open at the first event.
        wait_for(words, async || {
            app.publish(BuiltIn::IdentityCreated, &uuid::Uuid::now_v7().to_string()).await;
            (command.printed().matches(words).count() > 2).then_some(())
        })
        .await;
        assert!(resident(command.pid()) < 300 * 1024, "the answers are kept in memory");
    }
    assert_eq!(elsewhere.seen().len(), 0, "redirects are not followed");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_of_the_server_is_not_followed() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let other = serve(Router::new().fallback(move || async move {
        count.fetch_add(1, Ordering::SeqCst);
        StatusCode::OK
    }))
    .await;
    let moved = serve(Router::new().fallback(move || {
        let place = format!("{other}/api/v1/callbacks/live");
        async move { (StatusCode::FOUND, [(header::LOCATION, place)]) }
    }))
    .await;
    let here = Installation::new();
    for arguments in [
        &["listen", "--forward", "http://127.0.0.1:9/", "--event", "*"][..],
        &["callback", "follow"],
        &["webhook", "list"],
    ] {
        let mut command = here.command(arguments);
        command.env("CLEARHOOK_URL", &moved).env("CLEARHOOK_API_KEY", "chk_planted");
        let output = tokio::task::block_in_place(|| command.output().unwrap());
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.contains("302"), "{arguments:?}: {error}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0, "the key is sent to the given server only");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_cannot_control_the_terminal() {
    let here = Installation::new();
    let listen = Service::start(here.command(&["listen", "--addr", "127.0.0.1:0"]));
    let url = listen.line("Listening on ").await;
    let request = client().post(url.split(';').next().unwrap()).header("webhook-id", "msg_1");
    request.body("{\n\"a\": \"\u{1b}[2J\u{9b}31m\u{202e}\u{7}\"}").send().await.unwrap();
    let printed = wait_for("the callback", async || {
        Some(listen.printed()).filter(|printed| printed.contains("msg_1") && printed.contains("[2J"))
    })
    .await;
    for obeyed in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}'] {
        assert!(!printed.contains(obeyed), "{printed:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn usage_errors_name_the_command_and_its_help() {
    let app = TestApp::start(&TestDatabase::sqlite()).await;
    let cli = Cli::of(&app);
    for (arguments, code, words) in [
        (
            &["callback", "show", "x"][..],
            2,
            &["not an id", "see clearhook callback show --help"][..],
        ),
        (&["webhook", "shw"], 2, &["'show'", "see clearhook webhook --help"]),
        (
            &["webhook", "list", "--limit", "x"],
            2,
            &["--limit", "see clearhook webhook list --help"],
        ),
        (&["webhook", "list", "--api-key", "chk_a\nb"], 1, &["API key"]),
        (&["publish", "identity.created", "--data", "-"], 1, &["standard input is empty"]),
    ] {
        let error = cli.refusal(arguments, code);
        assert!(words.iter().all(|word| error.contains(word)), "{arguments:?}: {error}");
        assert!(!error.contains("For more information"), "{error}");
    }
    app.stop().await;
}
