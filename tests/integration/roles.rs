//! Access rights: every route is requested by every kind of caller, and the answers are compared with the table in `roles.txt`.

use std::{collections::HashMap, fmt::Write, fs, path::Path, sync::Mutex};

use axum::{body::Body, http::Request, routing::get};
use clearhook::{
    auth::api_key,
    catalogue::BuiltIn,
    domain::{
        role::{Role, Scope},
        timestamp::Timestamp,
    },
    routes::{Row, Rule},
    storage::{
        audit::{Actor, AuditFilter},
        new_id,
    },
    web,
};
use reqwest::{Method, Response};
use serde_json::json;
use tower::ServiceExt;

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    history::history,
    on_both,
    receiver::Receiver,
};

on_both! { every_route_answers_every_caller_as_roles_txt_says route_without_a_rule_is_not_found another_owners_ids_and_cursors_are_not_found }

const OWNER: &str = "owner@example.com";
const OTHER: &str = "other@example.com";
/// A user whom programs change.
const CHANGED: &str = "changed@example.com";
const ADMINISTRATOR: &str = "administrator@example.com";

/// The first lines of the table.
const HEADER: &str = "\
# Who may use each route. \"yes\": the request is let in (what it contains may still be invalid). \"sign in\": redirected to the sign-in page.
# 401, 403, 404: refused with this status. A test requests every route as every caller and compares the answers with this file.
# After an intended change: RENEW=1 cargo test --features ssr --test integration -- roles::every_route
";

/// A kind of caller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Administrator,
    /// Owns the webhook that paths name.
    Owner,
    OtherOwner,
    /// An API key with one scope.
    Key(Scope),
    /// Neither session nor key.
    Nobody,
}

fn subjects() -> Vec<Subject> {
    let people = [Subject::Administrator, Subject::Owner, Subject::OtherOwner];
    let keys = Scope::ALL.iter().map(|scope| Subject::Key(*scope));
    people.into_iter().chain(keys).chain([Subject::Nobody]).collect()
}

impl Subject {
    fn title(self) -> String {
        match self {
            Self::Administrator => "administrator".to_owned(),
            Self::Owner => "owner".to_owned(),
            Self::OtherOwner => "other owner".to_owned(),
            Self::Key(scope) => scope.to_string(),
            Self::Nobody => "nobody".to_owned(),
        }
    }

    fn email(self) -> Option<&'static str> {
        match self {
            Self::Administrator => Some(ADMINISTRATOR),
            Self::Owner => Some(OWNER),
            Self::OtherOwner => Some(OTHER),
            Self::Key(_) | Self::Nobody => None,
        }
    }
}

/// The answer as a word of the table. A route without authentication refuses nobody: it may answer that a file or page does not exist, or
/// redirect to the sign-in page because that is the next step.
fn word(rule: Rule, response: &Response) -> String {
    let status = response.status().as_u16();
    assert!(status < 500, "{status} {}", response.url());
    let is_open = matches!(rule, Rule::Open | Rule::Guest);
    let location = response.headers().get("location").and_then(|to| to.to_str().ok());
    match status {
        401 | 403 => status.to_string(),
        404 if !is_open => status.to_string(),
        303 if !is_open && location.is_some_and(|to| to.starts_with("/sign-in")) => "sign in".to_owned(),
        _ => "yes".to_owned(),
    }
}

struct Stage {
    app: TestApp,
    receiver: Receiver,
    callback: String,
    delivery: String,
    event: String,
    webhook: String,
    keys: Vec<(Scope, String)>,
    /// Sessions of people, until a request of theirs may have ended them.
    cookies: Mutex<HashMap<&'static str, String>>,
}

impl Stage {
    /// A webhook of the owner with a callback, the people, and a key for each scope.
    async fn set(database: &TestDatabase) -> Self {
        let (app, receiver) = (TestApp::start(database).await, Receiver::start([]).await);
        for (email, role) in [
            (ADMINISTRATOR, Role::Administrator),
            (OWNER, Role::ApiOwner),
            (OTHER, Role::ApiOwner),
        ] {
            app.sign_in(email, role).await;
        }
        app.sign_in(CHANGED, Role::ApiOwner).await;
        let mut keys = Vec::new();
        for scope in Scope::ALL {
            let key = api_key::create(&app.store, &Actor::clearhook(), scope.as_str(), &[*scope], None).await;
            keys.push((*scope, key.unwrap().0));
        }
        let mut stage = Self {
            app,
            receiver,
            callback: String::new(),
            delivery: String::new(),
            event: String::new(),
            webhook: String::new(),
            keys,
            cookies: Mutex::default(),
        };
        stage.webhook = stage.owned_webhook().await;
        stage.app.publish(BuiltIn::IdentityCreated, "1").await;
        let row = stage.app.log(&json!({ "id": stage.webhook }), 1).await.remove(0);
        row["id"].as_str().unwrap().clone_into(&mut stage.callback);
        row["delivery_id"].as_str().unwrap().clone_into(&mut stage.delivery);
        row["event_id"].as_str().unwrap().clone_into(&mut stage.event);
        stage
    }

    async fn owned_webhook(&self) -> String {
        let owner = self.app.store.user_by_email(OWNER).await.unwrap().unwrap().0.id;
        let body = json!({ "name": "Owned", "url": self.receiver.url, "events": ["identity.created"], "owners": [owner] });
        let (status, webhook) = self.app.post("/webhooks", &body).await;
        assert_eq!(status, 201, "{webhook}");
        webhook["id"].as_str().unwrap().to_owned()
    }

    async fn cookie(&self, email: &'static str) -> String {
        let known = self.cookies.lock().unwrap().get(email).cloned();
        if let Some(known) = known {
            return known;
        }
        let fields = [("email", email), ("password", "correct horse battery")];
        let response = self.app.form("/sign-in", "", &fields).await;
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        self.cookies.lock().unwrap().insert(email, cookie.clone());
        cookie
    }

    /// The path with ids that exist.
    async fn path(&self, row: &Row) -> String {
        let id = if row.path.contains("/api-keys/{id}") {
            let key = api_key::create(&self.app.store, &Actor::clearhook(), "key", &[Scope::CallbacksRead], None).await;
            key.unwrap().1.id.to_string()
        } else if row.path.contains("/audit/{id}") {
            let entries = self.app.store.audit_log(&AuditFilter::default(), None, 1).await.unwrap();
            entries.items[0].id.to_string()
        } else if row.path.starts_with("/api/v1/users/") {
            // Not one of the subjects, whose password would be reset.
            let found = self.app.store.user_by_email(CHANGED).await.unwrap();
            found.unwrap().0.id.to_string()
        } else if row.method == Method::DELETE {
            self.owned_webhook().await
        } else if row.path.contains("/callbacks/{id}") {
            self.callback.clone()
        } else if row.path.contains("/deliveries/{id}") {
            self.delivery.clone()
        } else if row.path.contains("/events/{id}") {
            self.event.clone()
        } else if row.path.starts_with("/users/") {
            self.app.store.user_by_email(OTHER).await.unwrap().unwrap().0.id.to_string()
        } else {
            self.webhook.clone()
        };
        row.path
            .replace("{id}", &id)
            .replace("{callback}", &self.callback)
            .replace("{delivery}", &self.delivery)
            .replace("{type}", "identity.created")
            .replace("{version}", "1")
            .replace("{*path}", "x")
    }

    async fn try_as(&self, row: &Row, subject: Subject) -> Response {
        let url = format!("{}{}", self.app.url, self.path(row).await);
        let mut request = self
            .app
            .http
            .request(row.method.clone(), url)
            .header("sec-fetch-site", "same-origin");
        if let Some(email) = subject.email() {
            request = request.header("cookie", self.cookie(email).await);
        }
        if let Subject::Key(scope) = subject {
            let (_, key) = self.keys.iter().find(|(of, _)| *of == scope).unwrap();
            request = request.bearer_auth(key);
        }
        let response = request.send().await.unwrap();
        if row.method != Method::GET
            && let Some(email) = subject.email()
        {
            self.cookies.lock().unwrap().remove(email);
        }
        response
    }
}

async fn every_route_answers_every_caller_as_roles_txt_says(database: TestDatabase) {
    let stage = Stage::set(&database).await;
    let (_, rows) = web::routes(&stage.app.state).into_parts();
    assert!(rows.len() > 25, "{} routes", rows.len());
    let width = rows.iter().map(|row| row.path.len()).max().unwrap_or_default() + 2;
    let mut table = format!("{HEADER}\n{:<7}{:<width$}", "", "");
    for subject in subjects() {
        write!(table, "{:<15}", subject.title()).unwrap();
    }
    for row in &rows {
        let rule = row
            .rule
            .unwrap_or_else(|| panic!("{} {} has no rule: add one (see console::app)", row.method, row.path));
        table.truncate(table.trim_end().len());
        write!(table, "\n{:<7}{:<width$}", row.method.as_str(), row.path).unwrap();
        for subject in subjects() {
            write!(table, "{:<15}", word(rule, &stage.try_as(row, subject).await)).unwrap();
        }
    }
    let table = format!("{}\n", table.trim_end());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/roles.txt");
    if std::env::var_os("RENEW").is_some() {
        fs::write(&file, &table).unwrap();
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    let missing = |from: &str, to: &str, sign: &str| {
        let lines = from.lines().filter(|line| !to.lines().any(|other| other == *line));
        lines.map(|line| format!("{sign} {line}\n")).collect::<Vec<_>>().concat()
    };
    assert!(
        stored == table,
        "the routes answer differently from {} (- the file, + the routes):\n{}{}If this is intended, renew the file with the command in its \
         first lines, and have the difference reviewed.",
        file.display(),
        missing(&stored, &table, "-"),
        missing(&table, &stored, "+"),
    );
    stage.app.stop().await;
}

async fn route_without_a_rule_is_not_found(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(ADMINISTRATOR, Role::Administrator).await;
    let routes = web::routes(&app.state).map(|router| router.route("/forgotten", get(async || "a secret")));
    let router = web::behind_gate(routes, app.state.clone());
    let ask = async |path: &str| {
        let request = Request::get(path)
            .header("host", "localhost")
            .header("cookie", &cookie)
            .body(Body::empty())
            .unwrap();
        router.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!((ask("/forgotten").await, ask("/webhooks").await), (404, 200));
    app.stop().await;
}

async fn another_owners_ids_and_cursors_are_not_found(database: TestDatabase) {
    let stage = Stage::set(&database).await;
    let (app, other) = (&stage.app, stage.cookie(OTHER).await);
    let body = json!({ "name": "Secret name", "url": "https://example.com/secret-path", "events": ["visit_event.created"] });
    // More than a page of the console.
    for _ in 0..60 {
        assert_eq!(app.post("/webhooks", &body).await.0, 201);
    }
    history(&database, &json!({ "id": stage.webhook }), Timestamp::now(), 1_000, 120).await;
    let log = app.get(&format!("/webhooks/{}/callbacks?limit=50", stage.webhook)).await;
    let cursor = log["next_cursor"].as_str().unwrap().to_owned();
    let administrator = stage.cookie(ADMINISTRATOR).await;
    let second = app.page("/webhooks?page=2", &administrator).await.text().await.unwrap();
    assert!(second.contains("Secret name"), "the second page of an administrator: {second}");
    // No page of a list, no cursor of a log and no id shows an owner the webhooks of others.
    let callback = &stage.callback;
    for path in [
        "/webhooks?page=2".to_owned(),
        "/webhooks?page=1&q=Secret".to_owned(),
        "/webhooks?page=2&q=secret-path".to_owned(),
        format!("/webhooks/{}?callback={callback}", stage.webhook),
        format!("/webhooks/{}?range=24h&after={cursor}", stage.webhook),
        format!("/webhooks/{}?range=24h&before={cursor}", stage.webhook),
        format!("/webhooks/{}/callbacks/export?range=24h", stage.webhook),
        format!("/webhooks/{}", stage.webhook),
    ] {
        let text = app.page(&path, &other).await.text().await.unwrap();
        for hidden in ["Secret name", "secret-path", "Owned", "hook?n=", stage.receiver.url.as_str()] {
            assert!(!text.contains(hidden), "{path} shows {hidden}");
        }
    }
    let mine = json!({ "name": "Mine", "url": "https://example.com/", "events": ["visit_event.created"], "owners": [app.store.user_by_email(OTHER).await.unwrap().unwrap().0.id] });
    let own = app.post("/webhooks", &mine).await.1["id"].as_str().unwrap().to_owned();
    let html = app
        .page(&format!("/webhooks/{own}?callback={callback}"), &other)
        .await
        .text()
        .await
        .unwrap();
    assert!(
        html.contains("Mine") && !html.contains("id=\"callback\"") && !html.contains(callback.as_str()),
        "{html}"
    );
    // A cursor of another log does not lead into that log.
    for position in ["after", "before"] {
        let path = format!("/webhooks/{own}?range=24h&{position}={cursor}");
        let html = app.page(&path, &other).await.text().await.unwrap();
        assert!(html.contains("Mine") && !html.contains("hook?n="), "{path}: {html}");
    }
    // A webhook cannot be given to a user who does not exist.
    let response = app
        .api(Method::PATCH, &format!("/webhooks/{own}"))
        .json_value(&json!({ "owners": [new_id::<clearhook::domain::id::UserId>()] }));
    assert_eq!(response.send().await.unwrap().status(), 422);
    stage.app.stop().await;
}
