//! The real binary: the demo, the commands `publish` and `listen`, and a database that needs a migration.

use std::fs;

use clearhook::catalogue::BuiltIn;
use serde_json::Value;

use crate::support::{
    app::JsonAnswer,
    binary::{Installation, Service, client, client_builder, example_file},
    database::TestDatabase,
    html::{Page, attribute},
    postgres,
    wait::wait_for,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demo_shows_a_webhook_with_a_callback() {
    let here = Installation::new();
    let demo = Service::start(here.command(&["serve", "--demo", "--addr", "127.0.0.1:0", "--demo-addr", "127.0.0.1:0"]));
    let url = demo.url().await;
    let (email, password) = (demo.line("email     ").await, demo.line("password").await);
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("email", &email)
        .append_pair("password", &password)
        .finish();
    let http = client_builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = http
        .post(format!("{url}/sign-in"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let response = request.body(form).send().await.unwrap();
    assert_eq!(response.status(), 303);
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let page = async |path: &str| {
        http.get(format!("{url}{path}"))
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    let list = page("/webhooks").await;
    assert!(list.contains("Sample receiver"));
    let link = attribute(Page::of(&list).by_role_and_name("link", "Sample receiver"), "href");
    let id = link.strip_prefix("/webhooks/").unwrap();
    wait_for("a callback in the log", async || {
        page(&format!("/webhooks/{id}")).await.contains("Accepted").then_some(())
    })
    .await;
    assert!(demo.printed().contains("signature valid"));
    // A second service on the same database is rejected; other commands work at the same time.
    let second = here.refusal(&["serve", "--addr", "127.0.0.1:0"], 1);
    assert!(second.contains("another `clearhook serve`"), "{second}");
    here.answer(&["api-key", "create", "--name", "beside", "--scope", "events:write"]);
    // An open live log does not delay the shutdown.
    let live = format!("{url}/webhooks/{id}/callbacks/live");
    let following = http.get(live).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(following.status(), 200);
    assert_eq!(demo.terminate().await, Some(0));
    drop(following);
    // A second start adds nothing, and prints how to sign in.
    let again = Service::start(here.command(&["serve", "--demo", "--addr", "127.0.0.1:0", "--demo-addr", "127.0.0.1:0"]));
    again.line("no sample was added").await;
    assert_eq!(again.terminate().await, Some(0));
}

async fn publish_and_listen(here: &Installation, database: &[&str]) {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let listen = Service::start(here.command(&["listen", "--addr", "127.0.0.1:0", "--secret", secret, "--respond", "204"]));
    let receiver = listen.line("Listening on ").await.split(';').next().unwrap().to_owned();
    let with = |arguments: &[&'static str]| [arguments, database].concat();
    let key = here
        .answer(&with(&[
            "api-key",
            "create",
            "--name",
            "all",
            "--scope",
            "events:write",
            "webhooks:write",
            "callbacks:read",
        ]))
        .trim()
        .to_owned();
    let serve = with(&[
        "serve",
        "--addr",
        "127.0.0.1:0",
        "--allow-http",
        "true",
        "--allowed-networks",
        "127.0.0.0/8",
    ]);
    let serve = Service::start(here.command(&serve));
    let url = serve.url().await;
    let body = serde_json::json!({ "name": "L", "url": format!("{receiver}/hook"), "events": ["visit_event.created"], "secret": secret });
    let add = client()
        .post(format!("{url}/api/v1/webhooks"))
        .bearer_auth(&key)
        .header("content-type", "application/json");
    let webhook = add.body(body.to_string()).send().await.unwrap().json_value().await;
    let file = example_file(here.folder(), BuiltIn::VisitEventCreated);
    let publish = [
        "publish",
        "visit_event.created",
        "--data",
        &file,
        "--url",
        &url,
        "--api-key",
        &key,
        "--id",
        "42",
    ];
    let answer: Value = serde_json::from_str(&here.answer(&publish)).unwrap();
    assert_eq!(
        (&answer["events"][0]["deliveries"], &answer["events"][0]["duplicate"]),
        (&Value::from(1), &Value::from(false))
    );
    assert!(listen.line("signature valid, ").await.contains("204"));
    assert!(here.answer(&publish).contains("\"duplicate\":true"));
    fs::write(&file, "{}").unwrap();
    let line = here.refusal(
        &["publish", "visit_event.created", "--data", &file, "--url", &url, "--api-key", &key],
        1,
    );
    assert!(line.contains("422") && line.contains("/data"), "{line}");
    let line = here.refusal(
        &[
            "publish",
            "visit_event.created",
            "--data",
            &file,
            "--url",
            &url,
            "--api-key",
            "chk_wrong",
        ],
        1,
    );
    assert!(line.contains("401") && !line.contains("chk_wrong"), "{line}");
    let log = format!("{url}/api/v1/webhooks/{}/callbacks", webhook["id"].as_str().unwrap());
    wait_for("the log", async || {
        let log = client().get(&log).bearer_auth(&key).send().await.unwrap().json_value().await;
        (log["items"][0]["response"] == "NoContent").then_some(())
    })
    .await;
    assert_eq!(serve.terminate().await, Some(0));
    let line = here.refusal(
        &["publish", "visit_event.created", "--data", &file, "--url", &url, "--api-key", &key],
        1,
    );
    assert!(line.contains("is the server running"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publish_reaches_listen_on_sqlite() {
    publish_and_listen(&Installation::new(), &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publish_reaches_listen_on_postgres() {
    let database = TestDatabase::postgres().await;
    publish_and_listen(&Installation::new(), &["--database-url", &database.url]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outdated_database_is_not_served_without_migration() {
    let here = Installation::new();
    let line = here.refusal(&["serve", "--no-migrate", "--addr", "127.0.0.1:0"], 1);
    assert!(line.contains("clearhook migrate"), "{line}");
    let server = tokio::task::spawn_blocking(postgres::server).await.unwrap();
    let line = here.refusal(&["migrate", "--database-url", &format!("{server}/not_there")], 1);
    assert!(line.contains("not_there"), "{line}");
}
