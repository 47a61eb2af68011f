//! The pages of the console with 10,000 webhooks, 1,000,000 callbacks and 500 event types of one's own: each page and each action is measured.
//! `scripts/soak.sh` runs it with these numbers and prints the times; the ordinary suite has fewer rows.

use std::time::{Duration, Instant};

use clearhook::{catalogue::BuiltIn, domain::role::Role, services::webhooks::BULK_MAX};
use reqwest::{Method, Response};
use serde_json::{Map, Value, json};

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    html::Page,
    many, on_both,
    receiver::Receiver,
};

on_both! { pages_are_quick_however_much_there_is }

/// The time within which 95 of 100 pages are answered. Neither the service of a test nor its SQLite is optimised, and other tests keep the machine
/// busy: this finds what grows with the rows. `make bench PARTS=pages` measures the release.
const LIMIT: Duration = Duration::from_secs(5);
const REQUESTS: usize = 20;
const WARM_UP: usize = 2;
const TYPES: usize = 500;

fn of_environment(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |count| count.parse().unwrap())
}

/// Adds event types of one's own, in groups of 25.
async fn add_types(app: &TestApp) {
    for group in 0..TYPES / 25 {
        let types: Map<String, Value> = (0..25)
            .map(|at| {
                (
                    format!("shop{group}.thing{at}.changed"),
                    json!({ "type": "object", "description": format!("Thing {at}.") }),
                )
            })
            .collect();
        let path = format!("/event-types/import?group=Shop%20{group}");
        let answer = app.api(Method::POST, &path).json_value(&Value::Object(types)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}

/// A server function, as a script calls it.
async fn call(app: &TestApp, function: &str, cookie: &str, fields: &[(&str, &str)]) -> Response {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = app.http.post(format!("{}/fn/{function}", app.url)).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("sec-fetch-site", "same-origin").header("accept", "application/json");
    request.header("cookie", cookie).send().await.unwrap()
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is run for")]
fn report(text: &str) {
    println!("console_scale: {text}");
}

/// Asks again and again, prints the median and the 95th percentile, and compares that with the limit.
async fn measured(name: &str, mut ask: impl AsyncFnMut() -> Response) {
    let (mut times, mut bytes) = (Vec::new(), 0);
    for number in 0..WARM_UP + REQUESTS {
        let began = Instant::now();
        let response = ask().await;
        let status = response.status();
        bytes = response.bytes().await.unwrap().len();
        assert!(status.is_success() || status.is_redirection(), "{name}: {status}");
        if number >= WARM_UP {
            times.push(began.elapsed());
        }
    }
    times.sort_unstable();
    let (median, p95) = (times[REQUESTS / 2], times[REQUESTS * 95 / 100 - 1]);
    let (median_ms, p95_ms) = (median.as_secs_f64() * 1e3, p95.as_secs_f64() * 1e3);
    report(&format!("{name}: p50 {median_ms:.0} ms, p95 {p95_ms:.0} ms, {} kB", bytes / 1_000));
    assert!(p95 < LIMIT, "{name}: {p95:?}");
}

async fn pages_are_quick_however_much_there_is(database: TestDatabase) {
    let kind = if database.url.starts_with("postgres") {
        "PostgreSQL"
    } else {
        "SQLite"
    };
    let (webhooks, callbacks) = (
        of_environment("CLEARHOOK_TEST_WEBHOOKS", 300),
        of_environment("CLEARHOOK_TEST_CALLBACKS", 5_000),
    );
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    add_types(&app).await;
    let webhook = app
        .webhook(&receiver.url, &[BuiltIn::IdentityCreated, BuiltIn::IdentityUpdated])
        .await;
    let id = webhook["id"].as_str().unwrap();
    many::webhooks(&database, &webhook, webhooks).await;
    many::callbacks(&database, &webhook, callbacks).await;
    database.execute("ANALYZE").await;

    let newest = app.get(&format!("/webhooks/{id}/callbacks?limit=1")).await["items"][0].clone();
    let text = |name: &str| newest[name].as_str().unwrap().to_owned();
    let log = |query: &str| format!("/webhooks/{id}?{query}");
    let mut pages: Vec<(String, String)> = [
        ("overview", "/"),
        ("list", "/webhooks"),
        ("list, last page", &format!("/webhooks?page={}", webhooks / 25)),
        ("list, by status", "/webhooks?sort=status&dir=desc"),
        ("list, by event", "/webhooks?sort=event"),
        ("list, by last response", "/webhooks?sort=last&dir=desc"),
        ("list, failing", "/webhooks?status=failing"),
        ("list, of an event", "/webhooks?event=visit_event.approved"),
        ("list, search", "/webhooks?q=host-9"),
        ("list, search that finds nothing", "/webhooks?q=nothing-like-it"),
        ("catalogue", "/event-types"),
        ("catalogue, search", "/event-types?q=thing7"),
        ("event type", "/event-types/visit_event.approved"),
        ("picker, new webhook", "/webhooks/new"),
        ("picker, stored webhook", &log("edit=all")),
        ("audit log", "/audit-log"),
        ("log", &log("")),
        ("log, last hour", &log("range=1h")),
        ("log, 30 days", &log("range=30d")),
        ("log, 12 months", &log("range=12m")),
        ("log, failed (none is)", &log("range=24h&response=failed")),
        ("log, succeeded", &log("range=24h&response=succeeded")),
        ("log, no response (none is)", &log("range=24h&response=none")),
        ("log, of an event", &log("range=24h&event=identity.created")),
        ("log, of an event without callbacks", &log("range=24h&event=identity.updated")),
        ("log, waiting", &log("response=waiting")),
        ("log, held", &log("response=held")),
        ("log, search by event id", &log(&format!("range=24h&q={}", text("event_id")))),
        (
            "log, search by message id",
            &log(&format!("range=24h&q=msg_{}", text("delivery_id"))),
        ),
        ("log, search by the publisher's id", &log("range=24h&q=many-7")),
        ("log, search by subject", &log("range=24h&q=everybody")),
        ("log, search that finds nothing", &log("range=12m&q=nothing-like-it")),
        ("log, with an open callback", &log(&format!("callback={}", text("id")))),
        ("dialog Send again", &log("again=all")),
        ("guide of the webhook", &format!("/webhooks/{id}/verify")),
        ("webhook, from a list by URL", &log("list=sort%3Durl")),
        ("webhook, from a search", &log("list=q%3Dhost-9")),
        ("webhook, from a list by last response", &log("list=sort%3Dlast%26dir%3Ddesc")),
    ]
    .map(|(name, path)| (name.to_owned(), path.to_owned()))
    .into();
    // The pages after the first are found by their links, which contain a cursor.
    let mut path = log("range=24h");
    for number in 2..4 {
        let html = app.page(&path, &cookie).await.text().await.unwrap();
        let older = Page::of(&html)
            .all("a[rel=next]")
            .first()
            .and_then(|link| link.attr("href").map(str::to_owned));
        path = older.expect("an older page");
        pages.push((format!("log, page {number}"), path.clone()));
    }
    for (name, path) in &pages {
        measured(&format!("{kind}: {name}"), async || app.page(path, &cookie).await).await;
    }
    for query in ["q=host-9&sort=url", "page=3"] {
        let fragment = async || call(&app, "list_fragment", &cookie, &[("query", query)]).await;
        measured(&format!("{kind}: live list {query}"), fragment).await;
    }

    several_at_once(&app, &cookie, kind).await;
    app.stop().await;
}

/// Switches as many webhooks as a page can have.
async fn several_at_once(app: &TestApp, cookie: &str, kind: &str) {
    let listed = app.get(&format!("/webhooks?limit={BULK_MAX}")).await["items"].clone();
    let ids: Vec<String> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    for act in ["disable", "enable"] {
        let began = Instant::now();
        let fields: Vec<(&str, &str)> = ids.iter().map(|id| ("ids", id.as_str())).chain([("act", act)]).collect();
        assert_eq!(app.form("/webhooks/actions", cookie, &fields).await.status(), 303);
        let took = began.elapsed().as_secs_f64() * 1e3;
        report(&format!("{kind}: {act} {} at once: {took:.0} ms", ids.len()));
    }
}
