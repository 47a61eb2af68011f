//! A service with one webhook, and ways to publish to it.

use clearhook::catalogue::{BuiltIn, example::example_data};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, TestApp},
    database::TestDatabase,
    receiver::{Receiver, Seen},
    wait::wait_for,
};

/// The attributes that CloudEvents 1.0.2 itself defines.
pub(super) const CONTEXT_ATTRIBUTES: [&str; 8] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
];

pub(super) const STRUCTURED: &str = "application/cloudevents+json";
pub(super) const BATCH: &str = "application/cloudevents-batch+json";
/// An event type with fields that accept any JSON.
pub(super) const EVENT: BuiltIn = BuiltIn::IdentityCreated;

/// A service, and the receiver of its webhook.
pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) database: TestDatabase,
    pub(super) receiver: Receiver,
    pub(super) webhook: Value,
}

/// The response to a publish request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    /// The pointers of its errors.
    pub(super) fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect()
    }

    /// Asserts that only this field was rejected, with a message.
    pub(super) fn refuses(&self, status: u16, pointer: &str, what: &str) {
        assert_eq!((self.status, self.pointers()), (status, vec![pointer]), "{what}: {}", self.body);
        assert!(
            self.body["errors"][0]["detail"].as_str().unwrap().len() > 15,
            "{what}: {}",
            self.body
        );
    }

    pub(super) fn accepts(&self, what: &str) {
        assert_eq!(self.status, 202, "{what}: {}", self.body);
    }
}

impl Stage {
    pub(super) async fn set() -> Self {
        Self::set_on(TestDatabase::sqlite()).await
    }

    pub(super) async fn set_on(database: TestDatabase) -> Self {
        let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
        let webhook = app.webhook(&receiver.url, &[EVENT]).await;
        Self {
            app,
            database,
            receiver,
            webhook,
        }
    }

    pub(super) fn post(&self, query: &str) -> RequestBuilder {
        self.app.api(Method::POST, &format!("/events{query}"))
    }

    pub(super) async fn answer(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let media = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(media == "application/problem+json", status >= 400, "{status} {media}");
        Answer {
            status,
            body: response.json_value().await,
        }
    }

    /// Publishes a body as this media type.
    pub(super) async fn send(&self, media: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.answer(self.post("").header("content-type", media).body(body.into())).await
    }

    /// Publishes one event in the JSON format.
    pub(super) async fn structured(&self, event: &Value) -> Answer {
        self.send(STRUCTURED, event.to_string()).await
    }

    /// Publishes one event in binary mode: required headers that are not among these are added.
    pub(super) async fn binary(&self, id: &str, headers: &[(&str, &[u8])], body: impl Into<Vec<u8>>) -> Answer {
        let event_type = EVENT.as_str().as_bytes();
        let required: [(&str, &[u8]); 5] = [
            ("ce-specversion", b"1.0"),
            ("ce-id", id.as_bytes()),
            ("ce-source", b"/binary"),
            ("ce-type", event_type),
            ("content-type", b"application/json"),
        ];
        let mut request = self.post("").body(body.into());
        for (name, value) in required {
            if !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)) {
                request = request.header(name, value);
            }
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(request).await
    }

    /// The callback of an event: headers and body.
    pub(super) async fn seen(&self, ce_id: &str) -> Seen {
        let beginning = format!("{{\"id\":{},", json!(ce_id));
        wait_for(&format!("the callback of {ce_id}"), async || {
            self.receiver.seen().into_iter().find(|seen| seen.body.starts_with(&beginning))
        })
        .await
    }

    /// The body of its callback.
    pub(super) async fn delivered(&self, ce_id: &str) -> Value {
        serde_json::from_str(&self.seen(ce_id).await.body).unwrap()
    }

    /// Asserts that nothing was stored.
    pub(super) async fn is_empty(&self) {
        for table in ["events", "event_keys", "deliveries"] {
            assert_eq!(self.database.count(table).await, 0, "{table}");
        }
    }
}

/// An event with these members added or replaced. Null members are removed.
pub(super) fn event(id: &str, members: Value) -> Value {
    let mut event = json!({ "specversion": "1.0", "id": id, "source": "/json", "type": EVENT, "data": data() });
    for (name, value) in members.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
        .as_object_mut()
        .unwrap()
        .retain(|name, value| !value.is_null() || name == "data");
    event
}

pub(super) fn data() -> Value {
    example_data(EVENT)
}

/// Data whose custom field is this JSON, as text.
pub(super) fn data_with(custom: &str) -> String {
    let mut data = data();
    data["identity"]["custom_fields"] = json!({ "x": "HERE" });
    data.to_string().replace("\"HERE\"", custom)
}
