//! The service, running in the process of the test on its own port.

use std::sync::Arc;

use clearhook::{
    app::AppState,
    auth::{api_key, clock::Clock, password},
    catalogue::{BuiltIn, example::example_data},
    config::{FrontSettings, LogFormat},
    delivery::{BreakerSettings, DeliverySettings, Dispatcher, Running},
    domain::{
        id::NodeId,
        role::{Role, Scope},
        timestamp::Timestamp,
        url::UrlPolicy,
    },
    problem,
    registry::{Registry, RegistrySettings},
    storage::{Store, audit::Actor, new_id},
    telemetry,
    web::{self},
};
use http_server::ServerLimits;
use reqwest::{Client, Method, RequestBuilder, Response, redirect::Policy};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::support::{
    binary::client_builder,
    database::TestDatabase,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

/// A running service.
pub(crate) struct TestApp {
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) store: Store,
    pub(crate) node: NodeId,
    pub(crate) http: Client,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) clock: Clock,
    pub(crate) state: AppState,
    running: Running,
    server: JoinHandle<()>,
}

/// Settings for quick tests: short delays, receivers on this machine.
pub(crate) fn quick() -> DeliverySettings {
    DeliverySettings {
        schedule: "50ms,50ms,50ms".parse().unwrap(),
        timeout: std::time::Duration::from_secs(5),
        trouble_pause: std::time::Duration::from_millis(50),
        breaker: BreakerSettings {
            failures: 1_000,
            ..BreakerSettings::default()
        },
        ..DeliverySettings::default()
    }
}

/// A policy that permits receivers on this machine.
pub(crate) fn loopback() -> UrlPolicy {
    UrlPolicy {
        allow_http: true,
        allowed: "127.0.0.0/8".parse().unwrap(),
    }
}

/// As [`quick`], but with retries after an hour, so none happens during a test.
pub(crate) fn hourly() -> DeliverySettings {
    DeliverySettings {
        schedule: "1h".parse().unwrap(),
        ..quick()
    }
}

impl TestApp {
    pub(crate) async fn start(database: &TestDatabase) -> Self {
        Self::start_with(database, quick(), loopback(), new_id()).await
    }

    pub(crate) async fn start_with(database: &TestDatabase, settings: DeliverySettings, policy: UrlPolicy, node: NodeId) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::start_behind(
            database,
            settings,
            policy,
            node,
            listener,
            |_| (),
            ServerLimits::default(),
            RegistrySettings::default(),
        )
        .await
    }

    /// A service, a receiver that answers with these in order and then with 202, and a webhook for it.
    pub(crate) async fn start_with_receiver(
        database: &TestDatabase,
        settings: DeliverySettings,
        replies: impl IntoIterator<Item = Reply>,
    ) -> (Self, Receiver, Value) {
        let receiver = Receiver::start(replies).await;
        let app = Self::start_with(database, settings, loopback(), new_id()).await;
        let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
        (app, receiver, webhook)
    }

    /// Starts it with other settings of the catalogue.
    pub(crate) async fn start_with_types(database: &TestDatabase, types: RegistrySettings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = |_: &mut FrontSettings| ();
        Self::start_behind(
            database,
            quick(),
            loopback(),
            new_id(),
            listener,
            front,
            ServerLimits::default(),
            types,
        )
        .await
    }

    /// Starts it with other limits of connections.
    pub(crate) async fn start_limited(database: &TestDatabase, limits: ServerLimits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::start_behind(
            database,
            quick(),
            loopback(),
            new_id(),
            listener,
            |_| (),
            limits,
            RegistrySettings::default(),
        )
        .await
    }

    /// Starts it with other settings of the public URL, proxies and OpenID Connect.
    pub(crate) async fn start_at(database: &TestDatabase, adjust: impl FnOnce(&mut FrontSettings)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::start_on(database, listener, adjust).await
    }

    /// The same, on an address that is already known.
    pub(crate) async fn start_on(database: &TestDatabase, listener: TcpListener, adjust: impl FnOnce(&mut FrontSettings)) -> Self {
        Self::start_behind(
            database,
            quick(),
            loopback(),
            new_id(),
            listener,
            adjust,
            ServerLimits::default(),
            RegistrySettings::default(),
        )
        .await
    }

    #[allow(clippy::too_many_arguments, reason = "each kind of start sets others")]
    async fn start_behind(
        database: &TestDatabase,
        settings: DeliverySettings,
        policy: UrlPolicy,
        node: NodeId,
        listener: TcpListener,
        adjust: impl FnOnce(&mut FrontSettings),
        limits: ServerLimits,
        types: RegistrySettings,
    ) -> Self {
        if let Ok(filter) = std::env::var("CLEARHOOK_TEST_LOG") {
            // An error for all tests except the first, which installs the logger.
            let _ = telemetry::start(&filter, LogFormat::Text, None);
        }
        let store = database.open().await.with_patience(settings.patience);
        let policy = Arc::new(policy);
        let (dispatcher, running) = Dispatcher::start(store.clone(), node, policy.clone(), settings).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut front = FrontSettings::at(url.parse().unwrap());
        adjust(&mut front);
        let (key, _) = api_key::create(&store, &Actor::clearhook(), "tests", Scope::ALL, None)
            .await
            .unwrap();
        let clock = Clock::standing(Timestamp::now());
        let event_types = Registry::start(store.clone(), types).await.unwrap();
        let state = AppState::new(store.clone(), policy, dispatcher.clone(), node, front, clock.clone(), event_types);
        let limits = ServerLimits {
            error_body: problem::unreadable_request,
            ..limits
        };
        let served = http_server::serve(listener, web::router(state.clone()), None, limits, CancellationToken::new());
        let server = tokio::spawn(served);
        let http = client_builder().redirect(Policy::none()).build().unwrap();
        Self {
            url,
            key,
            store,
            node,
            http,
            dispatcher,
            clock,
            state,
            running,
            server,
        }
    }

    /// Stops it as SIGTERM does.
    pub(crate) async fn stop(self) {
        self.server.abort();
        self.running.stop().await;
        self.store.close().await.unwrap();
    }

    /// An API request with a key that has all scopes.
    pub(crate) fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}/api/v1{path}", self.url))
            .bearer_auth(&self.key)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.api(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json_value().await
    }

    /// Adds a webhook for these events.
    pub(crate) async fn webhook(&self, url: &str, events: &[BuiltIn]) -> Value {
        let body = json!({ "name": "Test", "url": url, "events": events });
        let response = self.api(Method::POST, "/webhooks").json_value(&body).send().await.unwrap();
        let status = response.status();
        let answer = response.json_value().await;
        assert_eq!(status, 201, "{answer}");
        answer
    }

    /// Publishes an event unchanged.
    pub(crate) async fn publish_raw(&self, event: &Value) -> Response {
        self.api(Method::POST, "/events")
            .header("content-type", "application/cloudevents+json")
            .body(event.to_string())
            .send()
            .await
            .unwrap()
    }

    /// Publishes the example of an event type with this id.
    pub(crate) async fn publish(&self, event: BuiltIn, id: &str) -> Value {
        let response = self.publish_raw(&cloud_event(event, id)).await;
        let status = response.status();
        let answer = response.json_value().await;
        assert_eq!(status, 202, "{answer}");
        answer["events"][0].clone()
    }

    /// Posts JSON to the API, and returns the status and the body.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.api(Method::POST, path).json_value(body).send().await.unwrap();
        (response.status().as_u16(), response.json_value().await)
    }

    /// Waits until this many deliveries are in this state.
    pub(crate) async fn deliveries(&self, database: &TestDatabase, state: &str, count: i64) {
        let table = format!("deliveries WHERE state = '{state}'");
        wait_for(&format!("{count} deliveries that are {state}"), async || {
            (database.count(&table).await == count).then_some(())
        })
        .await;
    }

    /// Waits until a webhook's log has this many callbacks, newest first.
    pub(crate) async fn log(&self, webhook: &Value, count: usize) -> Vec<Value> {
        let path = format!("/webhooks/{}/callbacks", webhook["id"].as_str().unwrap());
        let found = async || Some(self.get(&path).await["items"].as_array().unwrap().clone()).filter(|items| items.len() >= count);
        wait_for(&format!("{count} rows in the log"), found).await
    }

    /// Adds a user, signs in and returns the session cookie.
    pub(crate) async fn sign_in(&self, email: &str, role: Role) -> String {
        let secret = "correct horse battery";
        self.store
            .add_user(&Actor::clearhook(), email, password::hash(secret).await.unwrap(), role)
            .await
            .unwrap()
            .unwrap();
        let response = self.form("/sign-in", "", &[("email", email), ("password", secret)]).await;
        assert_eq!(response.status(), 303);
        cookie(&response, "clearhook_session").unwrap()
    }

    /// Posts a form as a browser would.
    pub(crate) async fn form(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded");
        request
            .header("sec-fetch-site", "same-origin")
            .header("cookie", cookie)
            .body(body)
            .send()
            .await
            .unwrap()
    }

    /// Requests a page.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> Response {
        self.http
            .get(format!("{}{path}", self.url))
            .header("cookie", cookie)
            .send()
            .await
            .unwrap()
    }
}

/// The cookie of this name that a response sets, as a browser sends it back. `None` if the response deletes it.
pub(crate) fn cookie(response: &Response, name: &str) -> Option<String> {
    let set = response.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let pairs = set.filter_map(|value| value.split(';').next());
    pairs
        .map(str::to_owned)
        .find(|pair| pair.strip_prefix(name).is_some_and(|rest| rest.len() > 1 && rest.starts_with('=')))
}

/// An event's example as a CloudEvent.
pub(crate) fn cloud_event(event: BuiltIn, id: &str) -> Value {
    json!({ "specversion": "1.0", "id": id, "source": "https://clearid.example.com", "type": event, "data": example_data(event) })
}

/// JSON over reqwest, whose own feature for it the product does not need.
pub(crate) trait JsonBody {
    fn json_value(self, body: &Value) -> Self;
}

impl JsonBody for RequestBuilder {
    fn json_value(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }
}

/// JSON of a response.
pub(crate) trait JsonAnswer {
    async fn json_value(self) -> Value;
}

impl JsonAnswer for Response {
    async fn json_value(self) -> Value {
        let text = self.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}
