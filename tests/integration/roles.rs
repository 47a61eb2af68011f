//! Who may do what: every route of the service, tried as everybody who could come along.

use std::fmt::Write;

use axum::{body::Body, http::Request, routing::get};
use clearhook::{
    auth::{
        api_key,
        principal::{KeyHolder, Principal, SignedIn},
    },
    catalogue::EventType,
    domain::role::{Role, Scope},
    routes::{Kind, Row, Rule},
    storage::{audit::Actor, new_id},
    web,
};
use reqwest::{Method, Response};
use serde_json::json;
use tower::ServiceExt;

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    on_both,
    receiver::Receiver,
};

on_both! { every_route_is_tried_as_everybody a_route_without_a_rule_is_refused another_owners_ids_and_cursors_find_nothing }

const OWNER: &str = "owner@example.com";
const OTHER: &str = "other@example.com";
const ADMINISTRATOR: &str = "administrator@example.com";

/// Who comes along.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Administrator,
    Owner,
    OtherOwner,
    Key(Scope),
    Nobody,
}

/// What they meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    /// They are let in; what they sent may still be refused for what it says.
    In,
    /// They are told that they may not.
    Forbidden,
    /// They find nothing.
    Nothing,
    /// They are asked who they are.
    Who,
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

    fn principal(self) -> Option<Principal> {
        match self {
            Self::Nobody => None,
            Self::Key(scope) => Some(Principal::Key(KeyHolder {
                key: new_id(),
                name: String::new(),
                scopes: vec![scope],
                expires_at: None,
                address: None,
            })),
            Self::Administrator | Self::Owner | Self::OtherOwner => Some(Principal::User(SignedIn {
                session: new_id(),
                user: new_id(),
                email: String::new(),
                role: if self == Self::Administrator {
                    Role::Administrator
                } else {
                    Role::ApiOwner
                },
                address: None,
            })),
        }
    }
}

/// What the rule of a route promises.
fn promised(row: &Row, rule: Rule, subject: Subject) -> Met {
    let action = match (rule, subject) {
        (Rule::Open | Rule::Guest, _) => return Met::In,
        (Rule::Session(_), Subject::Key(_) | Subject::Nobody) => return Met::Who,
        (Rule::Key(_), subject) if !matches!(subject, Subject::Key(_)) => return Met::Who,
        (Rule::Session(action) | Rule::Key(action), _) => action,
    };
    let of_one = row.path.contains("{id}");
    if subject == Subject::OtherOwner && action.is_of_a_webhook() && of_one {
        return Met::Nothing;
    }
    match subject.principal().unwrap().may(action, true) {
        Ok(()) => Met::In,
        Err(_) if row.kind == Kind::Page => Met::Nothing,
        Err(_) => Met::Forbidden,
    }
}

fn met(rule: Rule, response: &Response) -> Met {
    let status = response.status().as_u16();
    assert!(status < 500, "{status} {}", response.url());
    let asked = response
        .headers()
        .get("location")
        .is_some_and(|to| to.to_str().unwrap().starts_with("/sign-in"));
    match status {
        401 => Met::Who,
        403 => Met::Forbidden,
        303 if asked && rule != Rule::Guest => Met::Who,
        404 if !matches!(rule, Rule::Open | Rule::Guest) => Met::Nothing,
        _ => Met::In,
    }
}

struct Stage {
    app: TestApp,
    receiver: Receiver,
    callback: String,
    event: String,
    webhook: String,
    keys: Vec<(Scope, String)>,
}

impl Stage {
    /// A webhook of the owner with a callback, and everybody who comes along.
    async fn set(database: &TestDatabase) -> Self {
        let (app, receiver) = (TestApp::start(database).await, Receiver::start([]).await);
        for (email, role) in [
            (ADMINISTRATOR, Role::Administrator),
            (OWNER, Role::ApiOwner),
            (OTHER, Role::ApiOwner),
        ] {
            app.sign_in(email, role).await;
        }
        let mut keys = Vec::new();
        for scope in Scope::ALL {
            let key = api_key::create(&app.store, &Actor::clearhook(), scope.as_str(), &[*scope], None).await;
            keys.push((*scope, key.unwrap().0));
        }
        let mut stage = Self {
            app,
            receiver,
            callback: String::new(),
            event: String::new(),
            webhook: String::new(),
            keys,
        };
        stage.webhook = stage.owned_webhook().await;
        stage.app.publish(EventType::IdentityCreated, "1").await;
        let row = stage.app.log(&json!({ "id": stage.webhook }), 1).await.remove(0);
        row["id"].as_str().unwrap().clone_into(&mut stage.callback);
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

    async fn cookie(&self, email: &str) -> String {
        let fields = [("email", email), ("password", "correct horse battery")];
        let response = self.app.form("/sign-in", "", &fields).await;
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The path with ids of things that there are.
    async fn path(&self, row: &Row) -> String {
        let id = if row.method == Method::DELETE {
            self.owned_webhook().await
        } else if row.path.contains("/callbacks/{id}") {
            self.callback.clone()
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
            .replace("{type}", "identity.created")
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
        request.send().await.unwrap()
    }
}

#[expect(clippy::print_stdout, reason = "the table is there to be read")]
async fn every_route_is_tried_as_everybody(database: TestDatabase) {
    let stage = Stage::set(&database).await;
    let (_, rows) = web::routes(&stage.app.state).into_parts();
    assert!(rows.len() > 25, "{} routes", rows.len());
    let mut table = format!("{:<7}{:<38}", "", "");
    for subject in subjects() {
        write!(table, "{:<15}", subject.title()).unwrap();
    }
    let mut broken = Vec::new();
    for row in &rows {
        let rule = row
            .rule
            .unwrap_or_else(|| panic!("{} {} has no rule: say who may use it (see web::pages)", row.method, row.path));
        write!(table, "\n{:<7}{:<38}", row.method.as_str(), row.path).unwrap();
        for subject in subjects() {
            let (promised, met) = (promised(row, rule, subject), met(rule, &stage.try_as(row, subject).await));
            let word = match met {
                Met::In => "yes",
                Met::Forbidden => "403",
                Met::Nothing => "404",
                Met::Who => "who?",
            };
            write!(table, "{word:<15}").unwrap();
            if promised != met {
                broken.push(format!(
                    "{} {} as {}: {met:?}, not {promised:?}",
                    row.method,
                    row.path,
                    subject.title()
                ));
            }
        }
    }
    println!("{table}\n{} routes, {} kinds of callers", rows.len(), subjects().len());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    stage.app.stop().await;
}

async fn a_route_without_a_rule_is_refused(database: TestDatabase) {
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

async fn another_owners_ids_and_cursors_find_nothing(database: TestDatabase) {
    let stage = Stage::set(&database).await;
    let (app, other) = (&stage.app, stage.cookie(OTHER).await);
    let body = json!({ "name": "Secret name", "url": "https://example.com/secret-path", "events": ["visit.created"] });
    for _ in 0..3 {
        assert_eq!(app.post("/webhooks", &body).await.0, 201);
    }
    // A cursor of an administrator's list leads an owner nowhere, and a callback of another webhook opens nothing.
    let cursor = app.get("/webhooks?limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    let callback = &stage.callback;
    for path in [
        format!("/webhooks?after={cursor}"),
        format!("/webhooks/{}?callback={callback}", stage.webhook),
        format!("/webhooks/{}", stage.webhook),
    ] {
        let text = app.page(&path, &other).await.text().await.unwrap();
        for hidden in ["Secret name", "secret-path", "Owned", stage.receiver.url.as_str()] {
            assert!(!text.contains(hidden), "{path} shows {hidden}");
        }
    }
    let mine = json!({ "name": "Mine", "url": "https://example.com/", "events": ["visit.created"], "owners": [app.store.user_by_email(OTHER).await.unwrap().unwrap().0.id] });
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
    // What people own they do not change, and nothing tells them more.
    let response = app
        .api(Method::PATCH, &format!("/webhooks/{own}"))
        .json_value(&json!({ "owners": [new_id::<clearhook::domain::id::UserId>()] }));
    assert_eq!(response.send().await.unwrap().status(), 422);
    stage.app.stop().await;
}
