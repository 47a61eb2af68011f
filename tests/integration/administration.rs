//! API keys and users, in the console and at the command line.

use std::time::{Duration, Instant};

use clearhook::{
    auth::api_key,
    domain::{
        id::UserId,
        role::{Role, Scope},
        timestamp::Timestamp,
    },
    storage::{audit::Actor, users::UserRecord},
};
use reqwest::Method;
use serde_json::json;

use crate::support::{
    app::{JsonBody, TestApp},
    binary::Installation,
    database::TestDatabase,
    html::{Page, attribute},
    on_both,
    wait::wait_for,
};

on_both! {
    api_key_is_created_listed_and_revoked_immediately revoked_api_key_is_rejected_by_other_nodes api_key_expires user_is_added_and_changed unknown_user_is_not_found administrator_cannot_remove_own_access
    webhook_owners_are_set_in_the_form
}

/// The value of the field that shows a secret once.
fn made(html: &str) -> String {
    attribute(Page::of(html).one("[id=made] input, input[id=made]"), "value")
}

impl TestApp {
    async fn html(&self, path: &str, cookie: &str) -> String {
        let response = self.page(path, cookie).await;
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    }

    async fn known(&self, email: &str) -> UserRecord {
        self.store.user_by_email(email).await.unwrap().unwrap().0
    }

    async fn status_with(&self, key: &str) -> u16 {
        let url = format!("{}/api/v1/webhooks", self.url);
        self.http.get(url).bearer_auth(key).send().await.unwrap().status().as_u16()
    }
}

async fn api_key_is_created_listed_and_revoked_immediately(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    for (fields, words) in [
        (
            &[("name", ""), ("expires", "")][..],
            &["Enter a name.", "Choose at least one scope."][..],
        ),
        (
            &[("name", "HR"), ("scopes", "events:write"), ("expires", "2020-01-01")],
            &["Choose today or a later day."],
        ),
        (
            &[("name", "HR"), ("scopes", "everything"), ("expires", "soon")],
            &["`everything`", "Enter a day such as"],
        ),
    ] {
        let response = app.form("/api-keys/new", &cookie, fields).await;
        assert_eq!(response.status(), 422);
        let html = response.text().await.unwrap();
        for word in words {
            assert!(html.contains(word), "{word}: {html}");
        }
    }
    assert_eq!(database.count("api_keys WHERE name = 'HR'").await, 0);
    let fields = [
        ("name", "HR <sync>"),
        ("scopes", "webhooks:read"),
        ("scopes", "events:write"),
        ("expires", "2999-12-31"),
    ];
    let response = app.form("/api-keys/new", &cookie, &fields).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    let key = made(&response.text().await.unwrap());
    assert!(key.starts_with("chk_"), "{key}");
    assert_eq!(app.status_with(&key).await, 200);

    // A key is found by name, prefix and whole key; the key itself is not shown again.
    for q in ["hr%20%3Csy", &key[..8], key.as_str()] {
        let html = app.html(&format!("/api-keys?q={q}"), &cookie).await;
        assert!(
            html.contains("HR &lt;sync&gt;") && html.contains(&key[..10]) && !html.contains("tests"),
            "{q}: {html}"
        );
        assert!(html.contains("31 Dec 2999") || html.contains("1 Jan 3000"), "{html}");
        assert!(q == key || !html.contains(&key));
    }
    assert!(app.html("/api-keys?q=nobody", &cookie).await.contains("Nothing found"));
    assert!(!app.html("/api-keys", &cookie).await.contains(&key));
    wait_for("the use of the key to be noted", async || {
        let used = app
            .store
            .find_api_keys(Some("HR"), None, 1)
            .await
            .unwrap()
            .items
            .remove(0)
            .last_used_at;
        used.map(|_| ())
    })
    .await;

    // Revocation applies to the next request, although scopes of keys are cached.
    assert_eq!(app.status_with(&key).await, 200);
    let id = app
        .store
        .find_api_keys(Some("HR"), None, 1)
        .await
        .unwrap()
        .items
        .remove(0)
        .id
        .to_string();
    let response = app.form("/api-keys", &cookie, &[("id", &id)]).await;
    assert_eq!(response.headers()["location"], "/api-keys?done=revoked");
    assert_eq!(app.status_with(&key).await, 401);
    let html = app.html("/api-keys?done=revoked", &cookie).await;
    assert!(html.contains("The key was revoked.") && html.contains("Revoked"), "{html}");
    for unknown in ["", "nonsense", &id] {
        assert_eq!(
            app.form("/api-keys", &cookie, &[("id", unknown)]).await.headers()["location"],
            "/api-keys"
        );
    }
    assert_eq!(
        database
            .count("audit_log WHERE object_kind = 'api_key' AND actor_name = 'admin@example.com'")
            .await,
        2
    );
    assert_eq!(database.count(&format!("audit_log WHERE \"after\" LIKE '%{key}%'")).await, 0);
    app.stop().await;
}

/// A key that another process revokes, a node or a command, is rejected within about a second.
async fn revoked_api_key_is_rejected_by_other_nodes(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let create = async |name: &str| {
        let created = api_key::create(&app.store, &Actor::clearhook(), name, Scope::ALL, None).await;
        let (key, record) = created.unwrap();
        assert_eq!(app.status_with(&key).await, 200);
        (key, record.id)
    };
    let rejected_soon = async |by: &TestApp, key: &str| {
        let began = Instant::now();
        wait_for("the key to be rejected", async || (by.status_with(key).await == 401).then_some(())).await;
        // The cache of keys keeps them for a second.
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    };
    let (key, id) = create("by command").await;
    let here = Installation::new();
    let (id, secret) = (id.to_string(), database.key.reveal());
    let connection = ["--database-url", &database.url, "--master-key", &secret];
    here.answer(&[&["api-key", "revoke", &id][..], &connection].concat());
    rejected_soon(&app, &key).await;
    if database.url.starts_with("postgres") {
        let other = TestApp::start(&database).await;
        let (second, id) = create("by a node").await;
        assert_eq!(other.status_with(&second).await, 200);
        app.store.revoke_api_key(&Actor::clearhook(), id).await.unwrap();
        rejected_soon(&other, &second).await;
        other.stop().await;
    }
    app.stop().await;
}

async fn api_key_expires(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let soon = Timestamp::now().plus(Duration::from_millis(1_500));
    let (key, _) = api_key::create(&app.store, &Actor::clearhook(), "short", Scope::ALL, Some(soon))
        .await
        .unwrap();
    assert_eq!(app.status_with(&key).await, 200);
    wait_for("the key to end", async || (app.status_with(&key).await == 401).then_some(())).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    assert!(app.html("/api-keys?q=short", &cookie).await.contains("Expired"));
    app.stop().await;
}

async fn user_is_added_and_changed(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    for (fields, words) in [
        (&[("email", "nobody"), ("role", "api-owner")][..], "is not an email address"),
        (&[("email", "ADMIN@example.com"), ("role", "api-owner")], "There is a user"),
        (&[("email", "new@example.com"), ("role", "king")], "Choose a role."),
        (
            &[("email", "new@example.com"), ("role", "api-owner"), ("password", "short")],
            "Use at least 12 characters",
        ),
    ] {
        let response = app.form("/users/new", &cookie, fields).await;
        assert_eq!(response.status(), 422);
        let html = response.text().await.unwrap();
        assert!(html.contains(words) && !html.contains("\"short\""), "{words}: {html}");
    }
    let response = app
        .form("/users/new", &cookie, &[("email", "New@example.com"), ("role", "api-owner")])
        .await;
    let password = made(&response.text().await.unwrap());
    let user = app.known("new@example.com").await;
    let path = format!("/users/{}", user.id);
    let sign_in = async |password: &str| {
        app.form("/sign-in", "", &[("email", "new@example.com"), ("password", password)])
            .await
    };
    let response = sign_in(&password).await;
    assert_eq!(response.status(), 303);
    let theirs = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(app.page("/users", &theirs).await.status(), 404);
    assert!(!app.html("/webhooks", &theirs).await.contains("Audit log"));

    // A changed role applies to the next request.
    assert_eq!(
        app.form(&path, &cookie, &[("intent", "role"), ("role", "administrator")])
            .await
            .headers()["location"],
        format!("{path}?saved=role")
    );
    let html = app.html("/users", &theirs).await;
    assert!(
        html.contains("admin@example.com") && html.contains("new@example.com") && html.contains("Audit log"),
        "{html}"
    );
    assert_eq!(
        app.form(&path, &cookie, &[("intent", "role"), ("role", "api-owner")])
            .await
            .status(),
        303
    );
    assert_eq!(app.page("/users", &theirs).await.status(), 404);

    // A new password ends the sessions immediately, and so does disabling the user.
    let response = app
        .form(&path, &cookie, &[("intent", "reset-password"), ("password", "short")])
        .await;
    assert_eq!(response.status(), 422);
    let typed = [("intent", "reset-password"), ("password", "a password of my own")];
    let response = app.form(&path, &cookie, &typed).await;
    assert_eq!(response.headers()["location"].to_str().unwrap(), format!("{path}?saved=password"));
    assert!(
        app.html(&format!("{path}?saved=password"), &cookie)
            .await
            .contains("The password was reset;")
    );
    let response = app.form(&path, &cookie, &[("intent", "reset-password")]).await;
    assert_eq!(response.status(), 200);
    let second = made(&response.text().await.unwrap());
    assert_ne!(password, second);
    assert_eq!(app.page("/webhooks", &theirs).await.status(), 303);
    assert_eq!(sign_in(&password).await.status(), 401);
    let theirs = sign_in(&second).await.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(
        app.form(&path, &cookie, &[("intent", "disable")]).await.headers()["location"],
        format!("{path}?saved=disabled")
    );
    assert_eq!(app.page("/webhooks", &theirs).await.status(), 303);
    assert_eq!(sign_in(&second).await.status(), 401);
    let html = app.html(&format!("{path}?saved=disabled"), &cookie).await;
    assert!(
        html.contains("was disabled and signed out") && html.contains("value=\"enable\""),
        "{html}"
    );
    assert_eq!(app.form(&path, &cookie, &[("intent", "enable")]).await.status(), 303);
    assert_eq!(sign_in(&second).await.status(), 303);
    assert!(app.known("new@example.com").await.last_sign_in_at.is_some());
    assert!(app.html("/users?q=NEW@", &cookie).await.contains("new@example.com"));
    assert!(app.html("/users?q=zzz", &cookie).await.contains("Nothing found"));
    app.stop().await;
}

async fn unknown_user_is_not_found(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    for path in ["/users/nonsense", "/users/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05"] {
        assert_eq!(app.form(path, &cookie, &[("intent", "disable")]).await.status(), 404);
        assert_eq!(app.page(path, &cookie).await.status(), 404);
    }
    let own = format!("/users/{}", app.known("admin@example.com").await.id);
    assert_eq!(app.form(&own, &cookie, &[("intent", "explode")]).await.status(), 400);
    app.stop().await;
}

async fn administrator_cannot_remove_own_access(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let one = app.sign_in("one@example.com", Role::Administrator).await;
    let two = app.sign_in("two@example.com", Role::Administrator).await;
    let path = async |email: &str| format!("/users/{}", app.known(email).await.id);
    let (first, second) = (path("one@example.com").await, path("two@example.com").await);
    for fields in [
        &[("intent", "disable")][..],
        &[("intent", "role"), ("role", "api-owner")],
        &[("intent", "reset-password")],
    ] {
        let response = app.form(&first, &one, fields).await;
        assert_eq!(response.status(), 409);
        assert!(response.text().await.unwrap().contains("This is your own account"));
    }
    assert!(!app.html(&first, &one).await.contains("value=\"disable\""));
    // Of two administrators who disable each other at the same time, one stays enabled.
    let fields = [("intent", "disable")];
    tokio::join!(app.form(&second, &one, &fields), app.form(&first, &two, &fields));
    assert_eq!(database.count("users WHERE disabled_at IS NULL").await, 1);
    let left = if app.known("one@example.com").await.disabled_at.is_none() {
        "one@example.com"
    } else {
        "two@example.com"
    };
    // The command line cannot remove the last administrator either.
    let last: UserId = app.known(left).await.id;
    let refused = clearhook::services::users::change(
        &app.store,
        &clearhook::auth::principal::Principal::CommandLine,
        last,
        clearhook::storage::users::UserChange::Role(Role::ApiOwner),
    )
    .await;
    assert!(refused.unwrap_err().to_string().contains("last administrator"));
    app.stop().await;
}

async fn webhook_owners_are_set_in_the_form(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    assert!(app.html("/webhooks/new", &cookie).await.contains("There are no API owners yet."));
    let theirs = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let owner = app.known("owner@example.com").await.id.to_string();
    let fields = |owners: &[&'static str]| {
        let mut fields = vec![
            ("name", "Owned"),
            ("url", "https://example.com/"),
            ("events", "visit_event.created"),
            ("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ];
        fields.extend(owners.iter().map(|owner| ("owners", *owner)));
        fields
    };
    let owner: &'static str = Box::leak(owner.into_boxed_str());
    let response = app
        .form("/webhooks/new", &cookie, &fields(&["", "01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05"]))
        .await;
    assert_eq!(response.status(), 422);
    assert!(response.text().await.unwrap().contains("There is no user with this id."));
    let response = app.form("/webhooks/new", &cookie, &fields(&["", owner])).await;
    assert_eq!(response.status(), 303);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let path = location.split('?').next().unwrap();
    let html = app.html(path, &cookie).await;
    let ticked = format!("id=\"owner-{owner}\" name=\"owners\" value=\"{owner}\" checked");
    assert!(html.contains("owner@example.com") && html.contains(&ticked), "{html}");
    let seen = app.html(path, &theirs).await;
    assert!(
        seen.contains("Owned") && !seen.contains("name=\"owners\""),
        "owners see it, and not who else does"
    );
    assert!(app.html(&format!("/users/{owner}"), &cookie).await.contains(">Owned<"));
    // A form without the field keeps the owners; a form without a checked owner removes them.
    assert_eq!(app.form(path, &cookie, &fields(&[])).await.status(), 303);
    assert_eq!(app.page(path, &theirs).await.status(), 200);
    assert_eq!(app.form(path, &cookie, &fields(&[""])).await.status(), 303);
    assert_eq!(app.page(path, &theirs).await.status(), 404);
    let body = json!({ "owners": [owner] });
    assert_eq!(app.api(Method::PATCH, path).json_value(&body).send().await.unwrap().status(), 200);
    assert_eq!(app.page(path, &theirs).await.status(), 200);
    app.stop().await;
}

#[test]
fn command_line_change_is_audited_as_command_line() {
    let here = Installation::new();
    let email = ["--email", "a@example.com"];
    let user = |arguments: &[&str]| here.answer(&[&["user"], arguments, &email[..]].concat());
    user(&["create", "--role", "administrator"]);
    let email = ["--email", "b@example.com"];
    let user = |arguments: &[&str]| here.answer(&[&["user"], arguments, &email[..]].concat());
    user(&["create", "--role", "api-owner"]);
    user(&["disable"]);
    user(&["enable"]);
    assert!(user(&["set-role", "--role", "administrator"]).contains("administrator"));
    user(&["reset-password"]);
    let key = here.answer(&[
        "api-key",
        "create",
        "--name",
        "ingest",
        "--scope",
        "events:write",
        "--expires",
        "90d",
    ]);
    let list: serde_json::Value = serde_json::from_str(&here.answer(&["api-key", "list", "--json"])).unwrap();
    let (id, end) = (list[0]["id"].as_str().unwrap(), list[0]["expires_at"].as_str().unwrap());
    let days = Timestamp::parse(end).unwrap().since(Timestamp::now()).as_secs() / 86_400;
    assert!((89..=90).contains(&days), "{end}");
    assert!(key.starts_with("chk_"));
    here.answer(&["api-key", "revoke", id]);
    assert!(here.refusal(&["api-key", "revoke", id], 1).contains("api-key list"));
    here.answer(&["user", "disable", "--email", "a@example.com"]);
    let line = here.refusal(&["user", "disable", "--email", "b@example.com"], 1);
    assert!(line.contains("last administrator"), "{line}");
    assert_eq!(
        here.run(&["api-key", "create", "--name", "x", "--scope", "events:write", "--expires", "soon"])
            .status
            .code(),
        Some(2)
    );

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let entries = runtime.block_on(async {
        let url = format!("sqlite://{}/clearhook.db", here.data().display());
        let vault = clearhook::vault::Vault::new(&clearhook::vault::MasterKey::generate());
        let store = clearhook::storage::Store::open(&url.parse().unwrap(), vault, false).await.unwrap();
        store
            .audit_log(&clearhook::storage::audit::AuditFilter::default(), None, 200)
            .await
            .unwrap()
            .items
    });
    let mut actions: Vec<_> = entries
        .iter()
        .map(|entry| (entry.actor_kind.as_str(), entry.action.as_str()))
        .collect();
    actions.reverse();
    let by = |action| ("command_line", action);
    assert_eq!(
        actions,
        [
            by("user.created"),
            by("user.created"),
            by("user.disabled"),
            by("user.enabled"),
            by("user.role_changed"),
            by("user.password_reset"),
            by("api_key.created"),
            by("api_key.revoked"),
            by("user.disabled"),
        ]
    );
}
