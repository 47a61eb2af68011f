//! `clearhook listen --forward`: the real program, a real server, and a receiver as the local program.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use clearhook::{
    auth::api_key,
    catalogue::BuiltIn,
    domain::{role::Scope, secret::SigningSecret, timestamp::Timestamp},
    storage::{audit::Actor, new_id},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, cloud_event, loopback, quick},
    binary::{Installation, Service},
    database::TestDatabase,
    on_both,
    proxy::Proxy,
    receiver::{Receiver, Reply, Seen},
    wait::wait_for,
};

on_both! {
    callbacks_of_a_webhook_are_forwarded_exactly_as_they_were_sent
    each_event_is_forwarded_once_and_signed_with_the_printed_secret
    no_callback_is_lost_or_forwarded_twice_over_twenty_broken_connections
    refusals_of_the_server_end_the_command_with_what_to_do
}

fn id(webhook: &Value) -> &str {
    webhook["id"].as_str().unwrap()
}

/// Starts the command with these arguments and the key of the test.
fn listen(here: &Installation, url: &str, key: &str, target: &str, arguments: &[&str]) -> Service {
    let mut command = here.command(&["listen", "--forward", target]);
    command.args(arguments).env("CLEARHOOK_URL", url).env("CLEARHOOK_API_KEY", key);
    Service::start(command)
}

/// Waits until the live stream of the command is open.
async fn followed(app: &TestApp, webhook: &Value, local: &Receiver) {
    // A test is forwarded only if the stream was open before.
    let path = format!("/webhooks/{}/test", id(webhook));
    wait_for("a forwarded test", async || {
        let before = local.seen().len();
        assert_eq!(app.api(Method::POST, &path).send().await.unwrap().status(), 202);
        for _ in 0..50 {
            if local.seen().len() > before {
                return Some(());
            }
            crate::support::wait::pause().await;
        }
        None
    })
    .await;
    // All tests so far are logged and forwarded, so that what follows is not confused with them.
    let mut calm = 0;
    let mut count = local.seen().len();
    while calm < 30 {
        crate::support::wait::pause().await;
        calm = if local.seen().len() == count { calm + 1 } else { 0 };
        count = local.seen().len();
    }
}

fn header(seen: &Seen, name: &str) -> String {
    seen.headers
        .get(name)
        .unwrap_or_else(|| panic!("{name}"))
        .to_str()
        .unwrap()
        .to_owned()
}

/// The forwarded requests that are no tests of [`followed`].
fn real(local: &Receiver) -> Vec<Seen> {
    local
        .seen()
        .into_iter()
        .filter(|seen| !seen.body.contains("clearhook:test") && !seen.body.contains("/test"))
        .collect()
}

async fn callbacks_of_a_webhook_are_forwarded_exactly_as_they_were_sent(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let body = json!({
        "name": "Test", "url": receiver.url, "events": [BuiltIn::IdentityCreated],
        "headers": [
            { "name": "x-tenant", "value": "blue", "secret": false },
            { "name": "x-token", "value": "planted-secret", "secret": true },
        ],
    });
    let (status, webhook) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201, "{webhook}");
    let other = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let (here, local) = (Installation::new(), Receiver::start([]).await);
    let command = listen(&here, &app.url, &app.key, &local.url, &["--webhook", id(&webhook)]);
    command.line("Forwarding callbacks of webhook").await;
    followed(&app, &webhook, &local).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    // On a busy machine, tests of `followed` may still come, so this waits for the callbacks of the event itself.
    let row = wait_for("the callback of the event", async || {
        let rows = app.log(&webhook, 1).await;
        rows.into_iter().find(|row| row["trigger"] == "event")
    })
    .await;
    let message = format!("msg_{}", row["delivery_id"].as_str().unwrap());
    let of_message = |all: &[Seen]| -> Vec<Seen> { all.iter().filter(|seen| header(seen, "webhook-id") == message).cloned().collect() };
    wait_for("the forwarded callback", async || {
        (of_message(&local.seen()).len() == 1).then_some(())
    })
    .await;
    // A redelivery has the same message id.
    let path = format!("/callbacks/{}/redeliver", row["id"].as_str().unwrap());
    assert_eq!(app.api(Method::POST, &path).send().await.unwrap().status(), 202);
    let (sent, seen) = wait_for("both attempts", async || {
        let both = (of_message(&receiver.seen()), of_message(&local.seen()));
        (both.0.len() == 2 && both.1.len() == 2).then_some(both)
    })
    .await;
    let secret = SigningSecret::parse(webhook["secret"].as_str().unwrap()).unwrap();
    for (sent, seen) in sent.iter().zip(&seen) {
        assert_eq!(seen.body, sent.body);
        for name in ["webhook-timestamp", "webhook-signature", "content-type", "user-agent", "x-tenant"] {
            assert_eq!(header(seen, name), header(sent, name), "{name}");
        }
        assert!(!seen.headers.contains_key("x-token"), "its value is secret");
        let at = Timestamp(header(seen, "webhook-timestamp").parse::<i64>().unwrap() * 1_000);
        assert_eq!(header(seen, "webhook-signature"), secret.sign(&message, at, seen.body.as_bytes()));
    }
    // Those of the other webhook are not forwarded.
    let of_other = app.log(&other, 1).await;
    let other_message = format!("msg_{}", of_other[0]["delivery_id"].as_str().unwrap());
    assert!(local.seen().iter().all(|seen| header(seen, "webhook-id") != other_message));
    let printed = wait_for("the lines of both", async || {
        Some(command.printed()).filter(|printed| printed.matches(&message).count() == 2)
    })
    .await;
    assert!(
        printed.contains("202 Accepted") && printed.contains("(redelivery, attempt 2)") && printed.contains("(test)"),
        "{printed}"
    );
    assert!(
        printed.contains("The header x-token is not forwarded") && !printed.contains("planted"),
        "{printed}"
    );
    assert!(!printed.contains('\u{1b}'), "colours only on a terminal");
    assert_eq!(command.interrupt().await, None);
    app.stop().await;
}

async fn each_event_is_forwarded_once_and_signed_with_the_printed_secret(database: TestDatabase) {
    // The first attempt of one webhook fails, so there are a retry and two webhooks: three attempts of the event.
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let failing = Receiver::start([]).await;
    let one = app
        .webhook(&receiver.url, &[BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated])
        .await;
    let (here, local) = (Installation::new(), Receiver::start([]).await);
    let command = listen(&here, &app.url, &app.key, &local.url, &["--event", "identity.*"]);
    let secret = SigningSecret::parse(&command.line("Signing secret: ").await).unwrap();
    followed(&app, &one, &local).await;
    let broken = Receiver::start([Reply::status(500)]).await;
    drop(failing);
    let two = app.webhook(&broken.url, &[BuiltIn::IdentityCreated]).await;
    let before = local.seen().len();
    let event = app.publish(BuiltIn::IdentityCreated, "1").await;
    app.publish(BuiltIn::VisitEventCreated, "2").await;
    app.log(&two, 2).await;
    app.publish(BuiltIn::IdentityCreated, "3").await;
    let seen = local.wait(before + 2).await;
    let message = format!("msg_{}", event["id"].as_str().unwrap());
    let of_event: Vec<_> = seen.iter().filter(|seen| header(seen, "webhook-id") == message).collect();
    assert_eq!(of_event.len(), 1, "{of_event:?}");
    let at = Timestamp(header(of_event[0], "webhook-timestamp").parse::<i64>().unwrap() * 1_000);
    assert_eq!(
        header(of_event[0], "webhook-signature"),
        secret.sign(&message, at, of_event[0].body.as_bytes())
    );
    assert_eq!(header(of_event[0], "content-type"), "application/json");
    // A redelivery is forwarded again.
    let row = app
        .log(&two, 2)
        .await
        .into_iter()
        .find(|row| row["event_id"] == event["id"])
        .unwrap();
    let path = format!("/callbacks/{}/redeliver", row["id"].as_str().unwrap());
    assert_eq!(app.api(Method::POST, &path).send().await.unwrap().status(), 202);
    let seen = local.wait(before + 3).await;
    assert_eq!(seen.iter().filter(|seen| header(seen, "webhook-id") == message).count(), 2);
    assert!(seen.iter().all(|seen| !seen.body.contains("visit_event.created")));
    assert!(!real(&local).is_empty());
    // A secret of one's own, and JSON lines.
    let own = SigningSecret::generate();
    let second = Receiver::start([Reply::status(503)]).await;
    let mut quiet = here.command(&["listen", "--forward", &second.url, "--event", "identity.created", "--json"]);
    quiet
        .env("CLEARHOOK_URL", &app.url)
        .env("CLEARHOOK_API_KEY", &app.key)
        .env("CLEARHOOK_LISTEN_SECRET", own.reveal().as_str());
    let quiet = Service::start(quiet);
    followed(&app, &one, &second).await;
    let line = quiet.line("{").await;
    let line: Value = serde_json::from_str(&format!("{{{line}")).unwrap();
    assert_eq!(
        (&line["status"], &line["response"], &line["event_type"]),
        (&json!(503), &json!("ServiceUnavailable"), &json!("identity.created"))
    );
    let seen = second.seen().remove(0);
    let at = Timestamp(header(&seen, "webhook-timestamp").parse::<i64>().unwrap() * 1_000);
    assert_eq!(
        header(&seen, "webhook-signature"),
        own.sign(&header(&seen, "webhook-id"), at, seen.body.as_bytes())
    );
    app.stop().await;
}

async fn no_callback_is_lost_or_forwarded_twice_over_twenty_broken_connections(database: TestDatabase) {
    const CUTS: usize = 20;
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    // On PostgreSQL there is a second node. Both send, and each connection is to the other one than before.
    let other = if database.url.starts_with("postgres") {
        Some(TestApp::start_with(&database, quick(), loopback(), new_id()).await)
    } else {
        None
    };
    let (here, local) = (Installation::new(), Receiver::start([]).await);
    let nodes: Vec<&TestApp> = [&app].into_iter().chain(&other).collect();
    let address = |node: &&TestApp| node.url.trim_start_matches("http://").to_owned();
    let proxy = Proxy::to_each(nodes.iter().map(address).collect()).await;
    let url = format!("http://{}", proxy.address);
    let command = listen(&here, &url, &app.key, &local.url, &["--webhook", id(&webhook)]);
    followed(&app, &webhook, &local).await;
    let before = local.seen().len();
    let is_over = AtomicBool::new(false);
    let publish = async {
        // 200 events a second, as long as connections are cut.
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        let mut published = 0;
        while !is_over.load(Ordering::SeqCst) {
            tick.tick().await;
            let events: Vec<Value> = (published..published + 10)
                .map(|number: usize| cloud_event(BuiltIn::IdentityCreated, &number.to_string()))
                .collect();
            published += events.len();
            let request = nodes[published / 10 % nodes.len()]
                .api(Method::POST, "/events")
                .header("content-type", "application/cloudevents-batch+json")
                .body(json!(events).to_string());
            assert_eq!(request.send().await.unwrap().status(), 202);
        }
        published
    };
    let cut = async {
        for number in 1..=CUTS {
            let (made, forwarded) = (proxy.connections(), local.seen().len());
            proxy.cut();
            // The next one is cut only when the stream is open again and has sent something.
            wait_for(&format!("connection {number} after a cut"), async || {
                (proxy.connections() > made && local.seen().len() > forwarded).then_some(())
            })
            .await;
        }
        is_over.store(true, Ordering::SeqCst);
    };
    let (events, ()) = tokio::join!(publish, cut);
    assert!(proxy.connections() > CUTS);
    let seen = wait_for("all callbacks", async || {
        Some(local.seen()).filter(|seen| seen.len() >= before + events)
    })
    .await;
    // What comes after the last one would be a duplicate: one more callback shows that nothing else is under way.
    app.publish(BuiltIn::IdentityCreated, "last").await;
    let all = local.wait(before + events + 1).await;
    let mut counts: HashMap<String, usize> = HashMap::new();
    for seen in &all[before..] {
        *counts.entry(header(seen, "webhook-id")).or_default() += 1;
    }
    assert_eq!(
        (counts.len(), all.len(), seen.len() >= before + events),
        (events + 1, before + events + 1, true)
    );
    let printed = command.printed();
    assert!(
        printed.contains("broke off") && printed.contains("No callback is lost"),
        "{printed}"
    );
    if let Some(other) = other {
        other.stop().await;
    }
    app.stop().await;
}

async fn refusals_of_the_server_end_the_command_with_what_to_do(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    let here = Installation::new();
    let (weak, _) = api_key::create(&app.store, &Actor::clearhook(), "weak", &[Scope::WebhooksRead], None)
        .await
        .unwrap();
    let run = async |url: &str, key: &str, arguments: Vec<String>| {
        let mut command = here.command(&["listen", "--forward", "http://127.0.0.1:9/hook"]);
        command.args(&arguments).env("CLEARHOOK_URL", url);
        if !key.is_empty() {
            command.env("CLEARHOOK_API_KEY", key);
        }
        // The service under test runs in this process and must not be blocked.
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.lines().count() == 1 && error.starts_with("clearhook: "),
            "{arguments:?}: {error}"
        );
        (output.status.code().unwrap(), error)
    };
    let webhook_arguments = |id: &str| vec!["--webhook".to_owned(), id.to_owned()];
    let known = webhook_arguments(id(&webhook));
    for (url, key, arguments, code, words) in [
        (app.url.as_str(), "chk_wrong", known.clone(), 1, "check the API key"),
        (&app.url, &weak, known.clone(), 1, "scope callbacks:read"),
        (
            &app.url,
            &app.key,
            webhook_arguments("01890000-0000-7000-8000-000000000000"),
            1,
            "there is no such webhook",
        ),
        (&app.url, "", known.clone(), 1, "no API key"),
        ("http://127.0.0.1:9", &app.key, known.clone(), 1, "is the server running"),
        ("localhost", &app.key, known.clone(), 1, "is not a URL"),
        (
            &app.url,
            &app.key,
            vec!["--event".to_owned(), "no.such_type".to_owned()],
            1,
            "no.such_type",
        ),
        (&app.url, &app.key, vec!["--event".to_owned(), "identity*".to_owned()], 2, "--event"),
        (&app.url, &app.key, webhook_arguments("x"), 2, "--webhook"),
        (&app.url, &app.key, Vec::new(), 2, "--webhook"),
        (
            &app.url,
            &app.key,
            [known.clone(), vec!["--event".to_owned(), "*".to_owned()]].concat(),
            2,
            "cannot be used with",
        ),
        (
            &app.url,
            &app.key,
            [known.clone(), vec!["--respond".to_owned(), "500".to_owned()]].concat(),
            2,
            "cannot be used with",
        ),
    ] {
        let (status, error) = run(url, key, arguments.clone()).await;
        assert_eq!(status, code, "{arguments:?}: {error}");
        assert!(error.contains(words), "{arguments:?}: {error}");
        assert!(key.is_empty() || !error.contains(key), "{error}");
    }
    // A key that is revoked while the stream is open ends the command.
    let (key, record) = api_key::create(&app.store, &Actor::clearhook(), "short", &[Scope::CallbacksRead], None)
        .await
        .unwrap();
    let local = Receiver::start([]).await;
    let command = listen(&here, &app.url, &key, &local.url, &["--webhook", id(&webhook)]);
    followed(&app, &webhook, &local).await;
    app.store.revoke_api_key(&Actor::clearhook(), record.id).await.unwrap().unwrap();
    command.line("check the API key").await;
    assert_eq!(command.ended().await, Some(1));
    app.stop().await;
}
