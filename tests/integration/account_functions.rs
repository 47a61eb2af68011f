//! Server functions of account, API keys, users and preferences, called as programs call them.

use clearhook::domain::role::Role;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, cookie},
    database::TestDatabase,
    on_both,
};

on_both! {
    a_key_is_created_and_revoked_by_calls a_wrong_password_is_an_error_of_its_field a_generated_password_is_in_the_answer_only
    preferences_are_cookies_of_the_answer the_current_session_is_replaced_by_a_password_change
}

async fn call(app: &TestApp, function: &str, cookie: &str, fields: &[(&str, &str)]) -> Response {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = app.http.post(format!("{}/fn/{function}", app.url)).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("sec-fetch-site", "same-origin").header("accept", "application/json");
    request.header("cookie", cookie).send().await.unwrap()
}

async fn json_of(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

async fn a_key_is_created_and_revoked_by_calls(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let admin = app.sign_in("admin@example.com", Role::Administrator).await;
    let fields = [("form[name]", "By call"), ("form[scopes][0]", "webhooks:read")];
    let (status, created) = json_of(call(&app, "create_api_key", &admin, &fields).await).await;
    let key = created["secret"].as_str().unwrap().to_owned();
    assert!(
        status == 200 && created["name"] == "By call" && key.starts_with("chk_"),
        "{status} {created}"
    );
    let invalid = json_of(call(&app, "create_api_key", &admin, &[("form[name]", "")]).await).await;
    let fields: Vec<_> = invalid.1["Invalid"]["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["field"])
        .collect();
    assert_eq!((invalid.0, fields), (422, vec![&json!("name"), &json!("scopes")]));
    let stored = app.store.find_api_keys(Some("By call"), None, 1).await.unwrap().items.remove(0);
    let id = stored.id.to_string();
    assert_eq!(
        json_of(call(&app, "revoke_api_key", &admin, &[("id", &id)]).await).await,
        (200, Value::Null)
    );
    for unknown in [id.as_str(), "", "nonsense"] {
        let again = json_of(call(&app, "revoke_api_key", &admin, &[("id", unknown)]).await).await;
        assert_eq!(again, (404, json!("NotFound")), "{unknown}");
    }
    app.stop().await;
}

async fn a_wrong_password_is_an_error_of_its_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in("admin@example.com", Role::Administrator).await;
    let wrong = [("form[intent]", "begin-factor"), ("form[current]", "guessed")];
    let mut last = (0, Value::Null);
    for attempt in 0..20 {
        last = json_of(call(&app, "change_account", &session, &wrong).await).await;
        if last.0 == 429 {
            break;
        }
        assert_eq!(
            (last.0, &last.1["Invalid"]["errors"][0]["field"]),
            (422, &json!("current")),
            "{attempt}"
        );
    }
    assert!(last.0 == 429 && last.1["Wait"]["seconds"].as_u64().unwrap() > 0, "{last:?}");
    app.stop().await;
}

async fn a_generated_password_is_in_the_answer_only(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let admin = app.sign_in("admin@example.com", Role::Administrator).await;
    let fields = [("form[email]", "new@example.com"), ("form[role]", "api-owner")];
    let (status, created) = json_of(call(&app, "create_user", &admin, &fields).await).await;
    let (id, password) = (
        created["id"].as_str().unwrap().to_owned(),
        created["generated"]["secret"].as_str().unwrap().to_owned(),
    );
    assert_eq!(status, 200, "{created}");
    let sign_in = [("email", "new@example.com"), ("password", password.as_str())];
    assert_eq!(app.form("/sign-in", "", &sign_in).await.status(), 303);
    let page = app.page(&format!("/users/{id}"), &admin).await.text().await.unwrap();
    assert!(!page.contains(&password), "{page}");
    let change = |intent: &'static str| [("form[id]", id.as_str()), ("form[intent]", intent)].map(|(name, value)| (name, value.to_owned()));
    let disable = change("disable");
    let disable: Vec<_> = disable.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (status, changed) = json_of(call(&app, "change_user", &admin, &disable).await).await;
    assert_eq!((status, &changed["saved"]), (200, &json!("disabled")));
    assert_eq!(app.form("/sign-in", "", &sign_in).await.status(), 401);
    app.stop().await;
}

async fn preferences_are_cookies_of_the_answer(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let answer = call(&app, "set_preferences", "", &[("lang", "fr"), ("theme", "plaid")]).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(cookie(&answer, "lang").as_deref(), Some("lang=fr"));
    assert_eq!(cookie(&answer, "theme"), None, "there is no such theme");
    app.stop().await;
}

async fn the_current_session_is_replaced_by_a_password_change(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in("admin@example.com", Role::Administrator).await;
    let fields = [
        ("form[intent]", "password"),
        ("form[current]", "correct horse battery"),
        ("form[new]", "another long password of mine"),
    ];
    let answer = call(&app, "change_account", &session, &fields).await;
    let renewed = cookie(&answer, "clearhook_session").unwrap();
    assert_eq!(json_of(answer).await, (200, json!("Done")));
    assert_eq!(app.page("/account", &session).await.status(), 303);
    assert_eq!(app.page("/account", &renewed).await.status(), 200);
    app.stop().await;
}
