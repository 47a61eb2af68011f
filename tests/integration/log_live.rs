//! Server-sent events of a log: new callbacks, resumption and the end of a stream.

use std::thread;

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use clearhook::{
    catalogue::BuiltIn,
    domain::{id::CallbackId, role::Role},
    storage::{audit::Actor, new_id, users::UserChange},
    web,
};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{
    app::{JsonBody, TestApp, loopback, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! { live_log_ends_when_access_is_lost live_log_streams_per_user_are_limited live_log_resumes_after_the_last_event live_log_of_a_past_range_is_refused live_log_page_is_dropped_on_another_thread }

/// A stream of server-sent events.
struct Events {
    response: Response,
    text: String,
}

impl Events {
    async fn open(app: &TestApp, path: &str, cookie: &str, last: Option<&str>) -> Self {
        let request = app.http.get(format!("{}{path}", app.url)).header("cookie", cookie);
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next event: the number of new callbacks, and the id of the last one.
    async fn next(&mut self) -> (i64, String) {
        loop {
            while let Some((event, rest)) = self.text.clone().split_once("\n\n") {
                let field = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(|value| value.trim().to_owned())
                };
                let (data, id) = (field("data:"), field("id:"));
                rest.clone_into(&mut self.text);
                if let Some(data) = data {
                    return (data.parse().unwrap(), id.unwrap());
                }
            }
            let bytes = tokio::time::timeout(std::time::Duration::from_secs(20), self.response.chunk()).await;
            let bytes = bytes.expect("waited in vain for news").unwrap().expect("the stream goes on");
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// Adds up events until there are this many callbacks; returns the id of the last one.
    async fn sum(&mut self, count: i64) -> String {
        let mut all = 0;
        loop {
            let (some, last) = self.next().await;
            all += some;
            assert!(all <= count, "{all} news instead of {count}");
            if all == count {
                return last;
            }
        }
    }
}

async fn live_log_resumes_after_the_last_event(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    // On PostgreSQL another node makes the callbacks.
    let is_shared = database.url.starts_with("postgres");
    let other = if is_shared {
        Some(TestApp::start_with(&database, quick(), loopback(), new_id()).await)
    } else {
        None
    };
    let publisher = other.as_ref().unwrap_or(&app);
    let receiver = Receiver::start([Reply::status(202), Reply::status(202), Reply::status(202), Reply::status(500)]).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = format!("/webhooks/{}/callbacks/live", webhook["id"].as_str().unwrap());
    // The stream also exists before the first callback, so that the log can appear.
    let mut all = Events::open(&app, &path, &cookie, None).await;
    let mut failed = Events::open(&app, &format!("{path}?response=failed"), &cookie, None).await;
    for number in 0..3 {
        publisher.publish(BuiltIn::IdentityCreated, &number.to_string()).await;
    }
    let last = all.sum(3).await;
    let rows = app.log(&webhook, 3).await;
    assert!(rows.iter().any(|row| row["id"] == last.as_str()));
    drop(all);

    // While no stream is open: a failed callback and its retry.
    publisher.publish(BuiltIn::IdentityCreated, "3").await;
    failed.sum(1).await;
    app.log(&webhook, 5).await;
    let mut resumed = Events::open(&app, &path, &cookie, Some(&last)).await;
    let newest = resumed.sum(2).await;
    assert!(newest.parse::<CallbackId>().unwrap() > last.parse().unwrap());
    // A page that was hidden sends the id in the URL.
    let mut shown = Events::open(&app, &format!("{path}?since={last}"), &cookie, None).await;
    shown.sum(2).await;
    let mut current = Events::open(&app, &path, &cookie, Some(&newest)).await;
    publisher.publish(BuiltIn::IdentityCreated, "4").await;
    current.sum(1).await;

    assert_eq!(app.page(&path, "").await.status(), 401, "nobody follows");
    if let Some(other) = other {
        other.stop().await;
    }
    app.stop().await;
}

async fn live_log_of_a_past_range_is_refused(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = format!("/webhooks/{}/callbacks/live", webhook["id"].as_str().unwrap());
    for past in ["from=2026-01-01T00:00&to=2026-01-02T00:00", "from=soon&to=later"] {
        assert_eq!(app.page(&format!("{path}?{past}"), &cookie).await.status(), 204, "{past}");
    }
    let webhook = "/webhooks/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05/callbacks/live";
    assert_eq!(app.page(webhook, &cookie).await.status(), 404);
    // A range that ends in the future has a stream.
    let mut open = Events::open(&app, &format!("{path}?from=2026-01-01T00:00&to=2027-01-01T00:00"), &cookie, None).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    open.sum(1).await;
    app.stop().await;
}

/// A page that is larger than the send buffer is continued later, possibly by another thread.
async fn live_log_page_is_dropped_on_another_thread(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::VisitEventCreated]).await;
    let request = Request::get(format!("/webhooks/{}", webhook["id"].as_str().unwrap()))
        .header("host", "localhost")
        .header("cookie", &cookie)
        .body(Body::empty())
        .unwrap();
    let response = web::router(app.state.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let rest = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(to_bytes(response.into_body(), usize::MAX))
    });
    let page = rest.join().unwrap().unwrap();
    assert!(String::from_utf8(page.to_vec()).unwrap().contains("LogFollower"));
    app.stop().await;
}

async fn live_log_ends_when_access_is_lost(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("http://127.0.0.1:9/", &[BuiltIn::VisitEventCreated]).await;
    let id = webhook["id"].as_str().unwrap();
    let path = format!("/webhooks/{id}/callbacks/live");
    app.sign_in("other@example.com", Role::Administrator).await;
    let user = async |email: &str| app.store.user_by_email(email).await.unwrap().unwrap().0.id;
    let by = Actor::command_line();
    for (email, role, ends) in [
        ("disabled@example.com", Role::Administrator, "disabled"),
        ("out@example.com", Role::Administrator, "signed out"),
        ("owner@example.com", Role::ApiOwner, "no owner"),
    ] {
        let cookie = app.sign_in(email, role).await;
        let who = user(email).await;
        let owners = |owners: Value| json!({ "owners": owners });
        if role == Role::ApiOwner {
            let own = app
                .api(Method::PATCH, &format!("/webhooks/{id}"))
                .json_value(&owners(json!([who.to_string()])));
            assert_eq!(own.send().await.unwrap().status(), 200);
        }
        let mut events = Events::open(&app, &path, &cookie, None).await;
        match ends {
            "disabled" => drop(app.store.change_user(&by, who, UserChange::Disable).await.unwrap()),
            "signed out" => assert_eq!(app.form("/sign-out", &cookie, &[]).await.status(), 303),
            _ => {
                let none = app.api(Method::PATCH, &format!("/webhooks/{id}")).json_value(&owners(json!([])));
                assert_eq!(none.send().await.unwrap().status(), 200);
            }
        }
        let end = async { while events.response.chunk().await.unwrap().is_some() {} };
        tokio::time::timeout(std::time::Duration::from_secs(10), end)
            .await
            .unwrap_or_else(|_| panic!("{ends}: the stream goes on"));
    }
    app.stop().await;
}

async fn live_log_streams_per_user_are_limited(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("http://127.0.0.1:9/", &[BuiltIn::VisitEventCreated]).await;
    let path = format!("/webhooks/{}/callbacks/live", webhook["id"].as_str().unwrap());
    let cookie = app.sign_in("greedy@example.com", Role::Administrator).await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(Events::open(&app, &path, &cookie, None).await);
    }
    assert_eq!(app.page(&path, &cookie).await.status(), 503);
    let other = app.sign_in("other@example.com", Role::Administrator).await;
    Events::open(&app, &path, &other, None).await;
    // The place of a closed stream is free again.
    streams.pop();
    wait_for("a place", async || (app.page(&path, &cookie).await.status() == 200).then_some(())).await;
    app.stop().await;
}
