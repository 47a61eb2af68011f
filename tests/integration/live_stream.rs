//! The live stream of attempts for programs: `GET /callbacks/live`.

use std::{collections::HashSet, time::Duration};

use clearhook::{
    auth::api_key,
    catalogue::BuiltIn,
    domain::{id::CallbackId, role::Scope, secret::SigningSecret, timestamp::Timestamp},
    storage::{audit::Actor, new_id},
};
use reqwest::{Method, Response, StatusCode};
use sea_orm::{ConnectionTrait, Database, DatabaseTransaction, TransactionTrait};
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, TestApp, loopback, quick},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! {
    each_event_is_an_attempt_with_its_signed_request_and_its_response
    stream_continues_after_each_position_without_loss_or_duplicates
    stream_has_the_attempts_of_the_filter_only
    stream_continues_from_the_database_for_a_slow_reader
    stream_ends_when_its_key_is_revoked_its_webhook_is_deleted_or_the_service_drains
    streams_of_a_key_are_limited
    unusable_streams_are_refused_with_the_parameter
}

/// A stream of server-sent events.
pub(crate) struct LiveStream {
    response: Response,
    text: String,
    /// The id of the last event, or where the stream begins.
    last: String,
    /// Whether the last attempt had an id.
    is_placed: bool,
}

impl LiveStream {
    pub(crate) async fn open(app: &TestApp, query: &str, last: Option<&str>) -> Self {
        let request = app.api(Method::GET, &format!("/callbacks/live{query}"));
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{query}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self::of(response)
    }

    fn of(response: Response) -> Self {
        Self {
            last: response.headers()["last-event-id"].to_str().unwrap().to_owned(),
            is_placed: true,
            response,
            text: String::new(),
        }
    }

    /// The next event, or `None` when the stream has ended.
    pub(crate) async fn try_next(&mut self) -> Option<Value> {
        loop {
            while let Some((event, rest)) = self.text.clone().split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let (data, id) = (field("data:").map(str::to_owned), field("id:").map(str::to_owned));
                rest.clone_into(&mut self.text);
                if let Some(data) = data {
                    let data: Value = serde_json::from_str(&data).unwrap();
                    self.is_placed = id.is_some();
                    self.last = id.unwrap_or_else(|| self.last.clone());
                    return Some(data);
                }
            }
            let piece = tokio::time::timeout(Duration::from_secs(20), self.response.chunk()).await;
            let piece = piece.expect("waited in vain for an event").ok()??;
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    pub(crate) async fn next(&mut self) -> Value {
        self.try_next().await.expect("the stream goes on")
    }

    /// The ids of the next events.
    async fn ids(&mut self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        while ids.len() < count {
            ids.push(self.next().await["id"].as_str().unwrap().to_owned());
        }
        ids
    }

    /// Waits for its end. What comes before is ignored.
    async fn end(mut self) {
        while self.try_next().await.is_some() {}
    }
}

async fn refusal(app: &TestApp, query: &str) -> (StatusCode, Value) {
    let response = app.api(Method::GET, &format!("/callbacks/live{query}")).send().await.unwrap();
    let status = response.status();
    (
        status,
        if status.is_success() {
            Value::Null
        } else {
            response.json_value().await
        },
    )
}

fn header<'a>(attempt: &'a Value, name: &str) -> &'a str {
    let headers = attempt["request"]["headers"].as_array().unwrap();
    let found = headers.iter().find(|header| header["name"] == name);
    found.unwrap_or_else(|| panic!("{name} in {attempt}"))["value"].as_str().unwrap()
}

async fn each_event_is_an_attempt_with_its_signed_request_and_its_response(database: TestDatabase) {
    let answer = Reply {
        body: "later".to_owned(),
        ..Reply::status(503)
    };
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, quick(), [answer]).await;
    let secret = SigningSecret::parse(webhook["secret"].as_str().unwrap()).unwrap();
    let mut stream = LiveStream::open(&app, "", None).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let (first, second) = (stream.next().await, stream.next().await);
    assert_eq!(
        (&first["status"], &first["trigger"], &first["received"]["body"]),
        (&json!(503), &json!("event"), &json!("later"))
    );
    assert_eq!(
        (&second["status"], &second["trigger"], &second["attempt"]),
        (&json!(202), &json!("retry"), &json!(2))
    );
    assert_eq!(first["ce_id"], "1");
    for (attempt, seen) in [&first, &second].into_iter().zip(receiver.wait(2).await) {
        assert_eq!(attempt["request"]["body"], seen.body.as_str());
        assert_eq!(attempt["webhook_id"], webhook["id"]);
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "user-agent"] {
            assert_eq!(header(attempt, name), seen.headers[name], "{name}");
        }
        let at = Timestamp(header(attempt, "webhook-timestamp").parse::<i64>().unwrap() * 1_000);
        let expected = secret.sign(header(attempt, "webhook-id"), at, seen.body.as_bytes());
        assert_eq!(header(attempt, "webhook-signature"), expected);
        // It is what the callback's own address answers.
        let stored = app.get(&format!("/callbacks/{}", attempt["id"].as_str().unwrap())).await;
        assert_eq!(&stored, attempt);
    }
    app.stop().await;
}

async fn stream_continues_after_each_position_without_loss_or_duplicates(database: TestDatabase) {
    // On PostgreSQL a second node sends as well, and commits at other times.
    let app = TestApp::start(&database).await;
    let is_shared = database.url.starts_with("postgres");
    let other = if is_shared {
        Some(TestApp::start_with(&database, quick(), loopback(), new_id()).await)
    } else {
        None
    };
    let receiver = Receiver::start([]).await;
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let publish = async {
        for number in 0..120 {
            let node = other.as_ref().filter(|_| number % 2 == 1).unwrap_or(&app);
            node.publish(BuiltIn::IdentityCreated, &number.to_string()).await;
        }
    };
    // Opened before anything is published: a stream begins with what comes after it.
    let mut stream = LiveStream::open(&app, "", None).await;
    let read = async {
        let (mut ids, mut again) = (Vec::new(), HashSet::new());
        let next = async |stream: &mut LiveStream, ids: &mut Vec<String>, again: &mut HashSet<String>| {
            let id = stream.next().await["id"].as_str().unwrap().to_owned();
            // An attempt without a position is sent again by the next connection.
            if !again.contains(&id) {
                ids.push(id.clone());
            }
            if stream.is_placed {
                again.clear();
            } else {
                again.insert(id);
            }
        };
        // Each connection reads a few attempts, the first none, and breaks off with others under way.
        for round in 0..12 {
            for _ in 0..round % 5 {
                next(&mut stream, &mut ids, &mut again).await;
            }
            let last = stream.last.clone();
            drop(stream);
            // The other node continues where this one was.
            let node = other.as_ref().filter(|_| round % 2 == 1).unwrap_or(&app);
            stream = LiveStream::open(node, "", Some(&last)).await;
        }
        while ids.len() < 120 {
            next(&mut stream, &mut ids, &mut again).await;
        }
        ids
    };
    let (ids, ()) = tokio::join!(read, publish);
    let distinct: HashSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), 120, "an attempt was sent twice: {ids:?}");
    let all = app.get("/callbacks?limit=200").await;
    let logged: HashSet<&str> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    assert_eq!(logged, ids.iter().map(String::as_str).collect());

    // From the query, for clients that cannot set headers; the header has precedence.
    let mut sorted = ids.clone();
    sorted.sort();
    let mut again = LiveStream::open(&app, &format!("?last_event_id={}", sorted[100]), None).await;
    assert_eq!(again.ids(19).await, sorted[101..]);
    let mut again = LiveStream::open(&app, &format!("?last_event_id={}", sorted[3]), Some(&sorted[117])).await;
    assert_eq!(again.ids(2).await, sorted[118..]);
    if let Some(other) = other {
        other.stop().await;
    }
    app.stop().await;
}

async fn stream_has_the_attempts_of_the_filter_only(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let one = app
        .webhook(&receiver.url, &[BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated])
        .await;
    let other = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let id = |webhook: &Value| webhook["id"].as_str().unwrap().to_owned();
    let filters = [
        (String::new(), 3),
        (format!("?webhook={}", id(&one)), 2),
        (format!("?webhook={}", id(&other)), 1),
        ("?event=identity.*".to_owned(), 2),
        ("?event=visit_event.created".to_owned(), 1),
        ("?event=*".to_owned(), 3),
        (format!("?webhook={}&event=identity.*", id(&one)), 1),
    ];
    let mut streams = Vec::new();
    for (query, _) in &filters {
        streams.push(LiveStream::open(&app, query, None).await);
    }
    app.publish(BuiltIn::VisitEventCreated, "1").await;
    app.publish(BuiltIn::IdentityCreated, "2").await;
    app.log(&one, 2).await;
    app.log(&other, 1).await;
    for ((query, count), stream) in filters.iter().zip(&mut streams) {
        let mut found = HashSet::new();
        for _ in 0..*count {
            let attempt = stream.next().await;
            assert!(
                !query.contains("identity") || attempt["event_type"] == "identity.created",
                "{query}"
            );
            assert!(!query.contains(&id(&one)) || attempt["webhook_id"] == one["id"], "{query}");
            assert!(found.insert(attempt["id"].as_str().unwrap().to_owned()), "{query}");
        }
    }
    // The next attempt comes next, so none of another filter was in between.
    app.publish(BuiltIn::IdentityCreated, "3").await;
    let next = streams[5].next().await;
    assert_eq!(next["ce_id"], "3");
    app.stop().await;
}

async fn stream_continues_from_the_database_for_a_slow_reader(database: TestDatabase) {
    let (app, _receiver, _) = TestApp::start_with_receiver(&database, quick(), []).await;
    let mut stream = LiveStream::open(&app, "", None).await;
    // More than sockets and buffers hold: 150 events of 60 kB.
    let large = "x".repeat(60_000);
    for number in 0..150 {
        let event = json!({
            "specversion": "1.0", "type": "identity.created", "source": "tests", "id": number.to_string(), "note": large,
            "data": clearhook::catalogue::example::example_data(BuiltIn::IdentityCreated),
        });
        let response = app.publish_raw(&event).await;
        assert_eq!(response.status(), 202, "{}", response.text().await.unwrap());
    }
    app.deliveries(&database, "succeeded", 150).await;
    let mut seen = HashSet::new();
    for _ in 0..150 {
        let attempt = stream.next().await;
        assert!(attempt["request"]["body"].as_str().unwrap().contains(&large));
        assert!(seen.insert(attempt["ce_id"].as_str().unwrap().to_owned()));
    }
    app.stop().await;
}

async fn stream_ends_when_its_key_is_revoked_its_webhook_is_deleted_or_the_service_drains(database: TestDatabase) {
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    let (key, record) = api_key::create(&app.store, &Actor::clearhook(), "reader", &[Scope::CallbacksRead], None)
        .await
        .unwrap();
    let open = app.http.get(format!("{}/api/v1/callbacks/live", app.url)).bearer_auth(&key);
    let response = open.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let revoked = LiveStream::of(response);
    let deleted = LiveStream::open(&app, &format!("?webhook={}", webhook["id"].as_str().unwrap()), None).await;
    let mut other = LiveStream::open(&app, "", None).await;
    app.store.revoke_api_key(&Actor::clearhook(), record.id).await.unwrap().unwrap();
    revoked.end().await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    assert_eq!(other.next().await["ce_id"], "1");
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    assert_eq!(app.api(Method::DELETE, &path).send().await.unwrap().status(), 204);
    deleted.end().await;
    app.state.draining.cancel();
    other.end().await;
    let refused = app.api(Method::GET, "/callbacks/live").send().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (503, &"5".parse().unwrap())
    );
    app.stop().await;
}

async fn streams_of_a_key_are_limited(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let mut streams = Vec::new();
    for _ in 0..32 {
        streams.push(LiveStream::open(&app, "", None).await);
    }
    let refused = app.api(Method::GET, "/callbacks/live").send().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"5".parse().unwrap())
    );
    let problem = refused.json_value().await;
    assert_eq!(problem["type"], "urn:clearhook:problem:busy");
    // Another key has streams of its own.
    let (key, _) = api_key::create(&app.store, &Actor::clearhook(), "other", &[Scope::CallbacksRead], None)
        .await
        .unwrap();
    let other = app.http.get(format!("{}/api/v1/callbacks/live", app.url)).bearer_auth(&key);
    assert_eq!(other.send().await.unwrap().status(), 200);
    streams.clear();
    wait_for("a free stream", async || (refusal(&app, "").await.0 == 200).then_some(())).await;
    app.stop().await;
}

async fn unusable_streams_are_refused_with_the_parameter(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    for (query, status, pointer) in [
        ("?webhook=x".to_owned(), 422, "/webhook"),
        (format!("?webhook={}", CallbackId(new_id::<CallbackId>().0)), 404, ""),
        ("?event=identity*".to_owned(), 422, "/event"),
        ("?event=no.such_type".to_owned(), 422, "/event"),
        ("?event=".to_owned(), 422, "/event"),
        ("?last_event_id=x".to_owned(), 422, "/last_event_id"),
        (format!("?last_event_id={}/1:1:x", new_id::<CallbackId>()), 422, "/last_event_id"),
        (format!("?last_event_id={}/9:1:", new_id::<CallbackId>()), 422, "/last_event_id"),
        ("?events=*".to_owned(), 400, "/events"),
        ("?event=*&event=*".to_owned(), 400, "/event"),
    ] {
        let (answer, problem) = refusal(&app, &query).await;
        assert_eq!(answer.as_u16(), status, "{query}: {problem}");
        if !pointer.is_empty() {
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{query}: {problem}");
        }
    }
    let request = app.api(Method::GET, "/callbacks/live").header("last-event-id", "nothing");
    assert_eq!(request.send().await.unwrap().status(), 422);
    // Such as an id of another server: the stream would never send anything.
    let request = app
        .api(Method::GET, "/callbacks/live")
        .header("last-event-id", "ffffffff-ffff-7fff-bfff-ffffffffffff");
    assert_eq!(request.send().await.unwrap().status(), 422);
    // A client that has received no id yet sends an empty one.
    let request = app.api(Method::GET, "/callbacks/live").header("last-event-id", "");
    assert_eq!(request.send().await.unwrap().status(), 200);
    app.stop().await;
}

/// Writes a callback, a copy of a stored one, in a transaction that is not committed yet: what a slow node does.
async fn late_callback(database: &TestDatabase) -> (String, DatabaseTransaction) {
    let id = new_id::<CallbackId>().to_string();
    let connection = Database::connect(&database.url).await.unwrap();
    let transaction = connection.begin().await.unwrap();
    for sql in [
        "CREATE TEMPORARY TABLE late ON COMMIT DROP AS SELECT * FROM callbacks LIMIT 1",
        &format!("UPDATE late SET id = '{id}'"),
        "ALTER TABLE late DROP COLUMN stored_in",
        "INSERT INTO callbacks SELECT * FROM late",
    ] {
        transaction.execute_unprepared(sql).await.unwrap();
    }
    (id, transaction)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempt_that_another_node_commits_late_is_sent_once_postgres() {
    let database = TestDatabase::postgres().await;
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    app.publish(BuiltIn::IdentityCreated, "first").await;
    app.log(&webhook, 1).await;
    let mut stream = LiveStream::open(&app, "", None).await;
    // Committed after a later one was sent, while the stream is open, and while it is not.
    for is_open in [true, false, true, false] {
        let mut late = Vec::new();
        for _ in 0..3 {
            late.push(late_callback(&database).await);
        }
        app.publish(BuiltIn::IdentityCreated, &new_id::<CallbackId>().to_string()).await;
        let sent = stream.next().await;
        let mut expected = HashSet::new();
        for (id, transaction) in late {
            assert!(sent["id"].as_str().unwrap() > id.as_str());
            transaction.commit().await.unwrap();
            expected.insert(id);
        }
        if !is_open {
            stream = LiveStream::open(&app, "", Some(&stream.last)).await;
        }
        let found: HashSet<String> = stream.ids(3).await.into_iter().collect();
        assert_eq!(found, expected, "open: {is_open}");
        assert!(stream.is_placed, "after the last of them, the stream continues there");
    }
    // None of them comes again, neither now nor after another connection, nor when a late body is added to its row.
    database.execute("UPDATE callbacks SET response_body = ''").await;
    stream = LiveStream::open(&app, "", Some(&stream.last)).await;
    for number in ["a", "b"] {
        app.publish(BuiltIn::IdentityCreated, number).await;
        assert_eq!(stream.next().await["ce_id"], number);
    }
    app.stop().await;
}
