//! `clearhook apply` that ends half-way: by a failure, by a concurrent change, by Ctrl+C. It says what it has changed, and can be repeated.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{
    app::{JsonBody, TestApp},
    binary::Service,
    cli::{Cli, refused},
    database::TestDatabase,
    interceptor::{Fate, Interceptor},
    on_both,
    wait::wait_for,
};

on_both! {
    a_failure_half_way_is_reported_with_what_was_changed_and_can_be_continued
    a_concurrent_change_is_not_overwritten
    ctrl_c_ends_after_the_change_under_way
}

/// A server with two webhooks, and the command line with a file that changes both, and adds an owner, an event type and a webhook.
async fn prepared(app: &TestApp) -> (Cli, String) {
    for name in ["first", "second"] {
        let body = json!({ "name": name, "url": "https://example.com/", "events": ["*"] });
        assert_eq!(app.post("/webhooks", &body).await.0, 201);
    }
    let cli = Cli::of(app);
    let file = cli.here.folder().join("site.yaml");
    let text = "version: 1\nowners: [new@example.com]\nevent_types:\n  - type: order.placed\nwebhooks:\n  - name: first\n    description: changed\n  \
                - name: second\n    description: changed\n  - name: third\n    url: https://example.com/\n    events: [order.placed]\n    owners: [new@example.com]\n";
    fs::write(&file, text).unwrap();
    (cli, file.to_str().unwrap().to_owned())
}

/// What of the file is there: the owner, the event type, the descriptions of both webhooks, the third webhook.
async fn applied(app: &TestApp) -> (bool, bool, Vec<String>, bool) {
    let webhooks = app.get("/webhooks").await["items"].as_array().unwrap().clone();
    let named = |name: &str| webhooks.iter().find(|webhook| webhook["name"] == name);
    let description = |name: &str| named(name).unwrap()["description"].as_str().unwrap().to_owned();
    (
        app.store.user_by_email("new@example.com").await.unwrap().is_some(),
        app.api(Method::GET, "/event-types/order.placed").send().await.unwrap().status() == 200,
        vec![description("first"), description("second")],
        named("third").is_some(),
    )
}

/// Applies the file once more without disturbance. Everything is as it says then.
async fn continues(app: &TestApp, cli: &Cli, file: &str, changes: usize) {
    let said = cli.answer(&["apply", file]);
    assert!(said.contains(&format!("{changes} of {changes} changes were made")), "{said}");
    let changed = vec!["changed".to_owned(), "changed".to_owned()];
    assert_eq!(applied(app).await, (true, true, changed, true));
    assert_eq!(cli.run(&["diff", file]).status.code(), Some(0));
}

async fn a_failure_half_way_is_reported_with_what_was_changed_and_can_be_continued(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (cli, file) = prepared(&app).await;
    let mut patches = 0;
    let proxy = Interceptor::to(&app.url, move |request| {
        patches += usize::from(request.starts_with("PATCH"));
        if patches == 2 { Fate::Fail(500) } else { Fate::Forward }
    })
    .await;
    let output = cli.run(&["apply", &file, "--url", &proxy.url]);
    let error = refused(&output, 1, "a failure");
    for words in ["webhook second", "500", "3 of 5 changes were made before", "apply the file again"] {
        assert!(error.contains(words), "{error} lacks {words}");
    }
    let half = vec!["changed".to_owned(), String::new()];
    assert_eq!(applied(&app).await, (true, true, half, false));
    continues(&app, &cli, &file, 2).await;
    app.stop().await;
}

async fn a_concurrent_change_is_not_overwritten(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (cli, file) = prepared(&app).await;
    let first = app.get("/webhooks?q=first").await["items"][0]["id"].as_str().unwrap().to_owned();
    // Somebody else changes the webhook between the comparison and the change.
    let theirs = app
        .api(Method::PATCH, &format!("/webhooks/{first}"))
        .json_value(&json!({ "url": "https://example.org/", "description": "theirs" }));
    let theirs = Mutex::new(Some(theirs));
    let proxy = Interceptor::to(&app.url, move |request| {
        match theirs.lock().unwrap().take_if(|_| request.starts_with("PATCH")) {
            Some(theirs) => Fate::ForwardAfter(Box::pin(async move {
                assert_eq!(theirs.send().await.unwrap().status(), 200);
            })),
            None => Fate::Forward,
        }
    })
    .await;
    let output = cli.run(&["apply", &file, "--url", &proxy.url]);
    let error = refused(&output, 1, "a concurrent change");
    for words in ["webhook first", "412", "2 of 5 changes were made before", "apply the file again"] {
        assert!(error.contains(words), "{error} lacks {words}");
    }
    let half = vec!["theirs".to_owned(), String::new()];
    assert_eq!(applied(&app).await, (true, true, half, false));
    // The next comparison shows what they have changed; what the file does not mention stays.
    let differences = cli.run(&["diff", &file]);
    assert!(String::from_utf8_lossy(&differences.stdout).contains("description: theirs → changed"));
    continues(&app, &cli, &file, 3).await;
    assert_eq!(app.get(&format!("/webhooks/{first}")).await["url"], "https://example.org/");
    app.stop().await;
}

async fn ctrl_c_ends_after_the_change_under_way(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (cli, file) = prepared(&app).await;
    let (held, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (is_held, released) = (held.clone(), go_on.clone());
    let mut patches = 0;
    let proxy = Interceptor::to(&app.url, move |request| {
        patches += usize::from(request.starts_with("PATCH"));
        if patches != 1 || !request.starts_with("PATCH") {
            return Fate::Forward;
        }
        let (is_held, released) = (is_held.clone(), released.clone());
        Fate::ForwardAfter(Box::pin(async move {
            is_held.notify_one();
            released.notified().await;
        }))
    })
    .await;
    let command = Service::start(cli.command(&["apply", &file, "--url", &proxy.url]));
    held.notified().await;
    command.signal("-INT");
    command.line("the change under way").await;
    go_on.notify_one();
    let said = wait_for("the report", async || {
        Some(command.printed()).filter(|said| said.contains("were made before"))
    })
    .await;
    assert!(
        said.contains("interrupted; 3 of 5 changes were made before; apply the file again"),
        "{said}"
    );
    assert_eq!(command.ended().await, Some(130));
    let half = vec!["changed".to_owned(), String::new()];
    assert_eq!(applied(&app).await, (true, true, half, false));
    continues(&app, &cli, &file, 2).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prune_with_dry_run_changes_nothing() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let (cli, _) = prepared(&app).await;
    let file = cli.here.folder().join("none.yaml");
    fs::write(&file, "version: 1\nwebhooks: []\n").unwrap();
    let before = (database.count("audit_log").await, database.count("webhooks").await);
    let listed = cli.answer(&["apply", file.to_str().unwrap(), "--prune", "--dry-run"]);
    assert!(
        listed.contains("- webhook first") && listed.contains("- webhook second"),
        "{listed}"
    );
    let listed: Value = cli.json(&["apply", file.to_str().unwrap(), "--prune", "--dry-run", "--json"]);
    assert_eq!((&listed["equal"], listed["webhooks"].as_array().unwrap().len()), (&json!(false), 2));
    assert_eq!((database.count("audit_log").await, database.count("webhooks").await), before);
    app.stop().await;
}
