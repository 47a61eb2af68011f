//! The webhook form, as a browser without scripts sends it: rate limit, order, secret headers, and "Duplicate".

use clearhook::{catalogue::BuiltIn, domain::role::Role, storage::audit::AuditFilter};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonBody, TestApp, cookie},
    database::TestDatabase,
    forms::{fields, pairs, sent, typed},
    on_both,
};

on_both! {
    duplicate_has_every_field_except_the_secret rate_limit_and_order_are_set_in_the_form invalid_number_is_reported_at_its_field
    typed_values_are_kept_over_buttons_and_sign_in concurrent_edit_shows_rate_order_and_secret_headers
    header_is_secret_by_name_or_checkbox secret_checkbox_belongs_to_its_row owner_sees_names_of_headers_and_no_values
    patch_keeps_which_headers_are_secret secret_of_a_new_webhook_is_shown_once_in_its_session
}

const EMAIL: &str = "ann@example.com";

/// A webhook in which no field has its default value.
fn full() -> Value {
    json!({
        "name": "Everything", "description": "two\nlines", "url": "https://example.com/hooks?a=1&b=2",
        "events": ["identity.created", "visit_event.created"], "enabled": true,
        "headers": [
            { "name": "X-Tenant", "value": "7 \"<&'", "secret": true },
            { "name": "X-Api-Key", "value": "public", "secret": false },
            { "name": "X-Tenant", "value": "8", "secret": false },
        ],
        "rate_limit": { "per_second": 7, "burst": 21 }, "ordered": true,
    })
}

fn path_of(webhook: &Value) -> String {
    format!("/webhooks/{}", webhook["id"].as_str().unwrap())
}

async fn page(app: &TestApp, path: &str, cookie: &str) -> String {
    app.page(path, cookie).await.text().await.unwrap()
}

/// Saves the form at `path` with one field changed, and returns the status and the page.
async fn save(app: &TestApp, path: &str, cookie: &str, form: &[(String, String)]) -> (u16, String) {
    let response = app.form(path, cookie, &pairs(form)).await;
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn duplicate_has_every_field_except_the_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    app.sign_in("owner@example.com", Role::ApiOwner).await;
    let owner = app
        .store
        .users()
        .await
        .unwrap()
        .into_iter()
        .find(|user| user.role == Role::ApiOwner)
        .unwrap();
    let mut body = full();
    body["owners"] = json!([owner.id]);
    let (status, original) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201, "{original}");
    let form = sent(
        &page(&app, &format!("/webhooks/new?from={}", original["id"].as_str().unwrap()), &cookie).await,
        "/webhooks/new",
    );
    let response = app.form("/webhooks/new", &cookie, &pairs(&form)).await;
    assert_eq!(response.status(), 303);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let copy = app.get(location.strip_suffix("?saved=created").unwrap()).await;
    let (copy, original) = (copy.as_object().unwrap(), original.as_object().unwrap());
    for (field, value) in original {
        match field.as_str() {
            "id" | "created_at" | "updated_at" | "secret" => assert_ne!(copy.get(field), Some(value), "{field}"),
            "name" => assert_eq!(copy[field], "Everything (copy)"),
            // A copy is disabled until a user enables it, so that receivers get no event twice.
            "enabled" => assert_eq!(copy[field], false),
            _ => assert_eq!(&copy[field], value, "{field}"),
        }
    }
    // The copy has its own secret.
    let secret = form.iter().find(|(name, _)| name == "secret").unwrap();
    assert!(secret.1.starts_with("whsec_") && original["secret"] != secret.1.as_str());
    app.stop().await;
}

async fn rate_limit_and_order_are_set_in_the_form(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    let path = path_of(&webhook);
    let now = async || {
        let now = app.get(&path).await;
        (now["rate_limit"].clone(), now["ordered"].clone())
    };
    assert_eq!(now().await, (json!(null), json!(false)));
    let form = sent(&page(&app, &path, &cookie).await, &path);
    let form = typed(typed(form, "rate_limit-per_second", " 20 "), "rate_limit-burst", "5");
    let ticked = [&form[..], &[("ordered".to_owned(), "true".to_owned())]].concat();
    assert_eq!(save(&app, &path, &cookie, &ticked).await.0, 303);
    assert_eq!(now().await, (json!({ "per_second": 20, "burst": 5 }), json!(true)));
    // The page shows both values, and saving them unchanged keeps them.
    let form = sent(&page(&app, &path, &cookie).await, &path);
    for (name, value) in [("rate_limit-per_second", "20"), ("rate_limit-burst", "5"), ("ordered", "true")] {
        assert!(form.contains(&(name.to_owned(), value.to_owned())), "{form:?}");
    }
    assert_eq!(save(&app, &path, &cookie, &form).await.0, 303);
    assert_eq!(now().await, (json!({ "per_second": 20, "burst": 5 }), json!(true)));
    // A form without the two fields, as an older page had it, keeps both values.
    let old = [("name", "Renamed"), ("url", "https://example.com/"), ("events", "identity.created")];
    assert_eq!(app.form(&path, &cookie, &old).await.status(), 303);
    assert_eq!(now().await, (json!({ "per_second": 20, "burst": 5 }), json!(true)));
    // Empty fields and an unchecked box remove both.
    let form = sent(&page(&app, &path, &cookie).await, &path);
    let mut form = typed(typed(form, "rate_limit-per_second", ""), "rate_limit-burst", " ");
    form.retain(|(name, value)| name != "ordered" || value.is_empty());
    assert_eq!(save(&app, &path, &cookie, &form).await.0, 303);
    assert_eq!(now().await, (json!(null), json!(false)));
    app.stop().await;
}

async fn invalid_number_is_reported_at_its_field(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    let (_, webhook) = app.post("/webhooks", &full()).await;
    for path in [path_of(&webhook), "/webhooks/new".to_owned()] {
        let form = sent(&page(&app, &path, &cookie).await, &path);
        for (per_second, burst, wrong) in [
            ("0", "1", "per_second"),
            ("1", "0", "burst"),
            ("5", "", "burst"),
            ("", "5", "per_second"),
            ("100001", "1", "per_second"),
            ("1", "99999999999999999999", "burst"),
            ("-1", "1", "per_second"),
            ("1.5", "1", "per_second"),
            ("1", "many", "burst"),
        ] {
            let form = typed(typed(form.clone(), "rate_limit-per_second", per_second), "rate_limit-burst", burst);
            let (status, html) = save(&app, &path, &cookie, &form).await;
            assert_eq!(status, 422, "{path} {per_second} {burst}");
            assert!(
                html.contains(&format!("id=\"rate_limit-{wrong}-error\"")),
                "{path} {per_second} {burst}: {html}"
            );
            assert!(html.contains(&format!("href=\"#rate_limit-{wrong}\"")), "{per_second} {burst}");
            assert!(html.contains("Enter a whole number from 1 to 100,000."), "{html}");
            let again = sent(&html, &path);
            for (name, value) in [("rate_limit-per_second", per_second), ("rate_limit-burst", burst)] {
                assert!(
                    again.contains(&(name.to_owned(), value.to_owned())),
                    "what was typed stays: {again:?}"
                );
            }
        }
    }
    // The API has the same rules, and names the invalid number.
    let change = json!({ "rate_limit": { "per_second": 5, "burst": 100_001 } });
    let answer = app.api(Method::PATCH, &path_of(&webhook)).json_value(&change).send().await.unwrap();
    assert_eq!(answer.status(), 422);
    assert!(answer.text().await.unwrap().contains("/rate_limit/burst"));
    app.stop().await;
}

async fn typed_values_are_kept_over_buttons_and_sign_in(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie_of_ann = app.sign_in(EMAIL, Role::Administrator).await;
    let (_, webhook) = app.post("/webhooks", &full()).await;
    let kept = [
        ("rate_limit-per_second", "33"),
        ("rate_limit-burst", "x"),
        ("ordered", "true"),
        ("header_secret", "0"),
        ("header_name", "X-Tenant"),
    ];
    for path in [path_of(&webhook), "/webhooks/new".to_owned()] {
        let mut form = sent(&page(&app, &path, &cookie_of_ann).await, &path);
        form = typed(typed(form, "rate_limit-per_second", "33"), "rate_limit-burst", "x");
        if path == "/webhooks/new" {
            for (name, value) in [
                ("ordered", "true"),
                ("header_row", "0"),
                ("header_name", "X-Tenant"),
                ("header_value", "7"),
                ("header_secret", "0"),
            ] {
                form.push((name.to_owned(), value.to_owned()));
            }
        }
        for intent in ["add-header", "generate-secret", "remove-header-2"] {
            let form = typed(form.clone(), "intent", intent);
            let (status, html) = save(&app, &path, &cookie_of_ann, &form).await;
            assert_eq!(status, 200, "{path} {intent}");
            let again = sent(&html, &path);
            for (name, value) in kept {
                assert!(
                    again.contains(&(name.to_owned(), value.to_owned())),
                    "{path} {intent} {name}: {again:?}"
                );
            }
        }
        // After the session has expired, the form is replayed unchanged by signing in.
        let (status, html) = save(&app, &path, "clearhook_session=ended", &form).await;
        assert_eq!(status, 401);
        let mut signing_in = fields(&html, "/sign-in");
        signing_in.retain(|(name, _)| name.starts_with("kept") || name == "next");
        signing_in
            .extend([("email", EMAIL), ("password", "correct horse battery")].map(|(name, value)| (name.to_owned(), value.to_owned())));
        let response = app.form("/sign-in", "", &pairs(&signing_in)).await;
        assert_eq!(response.status(), 200);
        assert!(cookie(&response, "clearhook_session").is_some());
        assert_eq!(fields(&response.text().await.unwrap(), &path), form, "{path}");
    }
    app.stop().await;
}

async fn concurrent_edit_shows_rate_order_and_secret_headers(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    for (change, field) in [
        (json!({ "rate_limit": { "per_second": 1234, "burst": 5678 } }), "Rate limit"),
        (json!({ "ordered": false }), "Keep the order per subject"),
        (
            json!({ "headers": [{ "name": "X-Tenant", "value": "7 \"<&'", "secret": false }] }),
            "Additional headers",
        ),
    ] {
        let (_, webhook) = app.post("/webhooks", &full()).await;
        let path = path_of(&webhook);
        let form = sent(&page(&app, &path, &cookie).await, &path);
        let patched = app.api(Method::PATCH, &path).json_value(&change).send().await.unwrap();
        assert_eq!(patched.status(), 200);
        let (status, html) = save(&app, &path, &cookie, &typed(form.clone(), "name", "Of Ann")).await;
        assert_eq!(status, 409, "{change}");
        assert!(html.contains(&format!("<th scope=\"row\">{field}<")), "{change}: {html}");
        // Nothing was saved, and the form has the typed values.
        assert_eq!(app.get(&path).await["name"], "Everything");
        assert!(sent(&html, &path).contains(&("name".to_owned(), "Of Ann".to_owned())));
        // Saving again overwrites with the values of the form, including the old rate, order and checkboxes.
        assert_eq!(save(&app, &path, &cookie, &sent(&html, &path)).await.0, 303);
        let now = app.get(&path).await;
        assert_eq!(
            (&now["rate_limit"], &now["ordered"], &now["headers"]),
            (&full()["rate_limit"], &full()["ordered"], &full()["headers"])
        );
    }
    app.stop().await;
}

async fn header_is_secret_by_name_or_checkbox(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    let headers = json!([{ "name": "Authorization", "value": "Bearer a" }, { "name": "X-Tenant", "value": "7" }]);
    let body = json!({ "name": "By name", "url": "https://example.com/", "events": ["visit_event.created"], "headers": headers });
    let (status, webhook) = app.post("/webhooks", &body).await;
    assert_eq!(
        (status, &webhook["headers"][0]["secret"], &webhook["headers"][1]["secret"]),
        (201, &json!(true), &json!(false))
    );

    // Without scripts, a row is added and filled in, and no box is checked: the name decides.
    let path = path_of(&webhook);
    let form = typed(sent(&page(&app, &path, &cookie).await, &path), "intent", "add-header");
    let (_, html) = save(&app, &path, &cookie, &form).await;
    let mut form = sent(&html, &path);
    let last = form.iter().rposition(|(name, _)| name == "header_name").unwrap();
    "X-Api-Key".clone_into(&mut form[last].1);
    assert_eq!(save(&app, &path, &cookie, &form).await.0, 303);
    let flags = async || {
        app.get(&path).await["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|header| header["secret"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(flags().await, [true, false, true]);
    // After that the checkbox decides: unchecked, the header stays public.
    let mut form = sent(&page(&app, &path, &cookie).await, &path);
    form.retain(|(name, value)| name != "header_secret" || value != "2");
    form.push(("header_secret".to_owned(), "1".to_owned()));
    assert_eq!(save(&app, &path, &cookie, &form).await.0, 303);
    assert_eq!(flags().await, [true, true, false]);
    let html = page(&app, &path, &cookie).await;
    assert_eq!(sent(&html, &path).iter().filter(|(name, _)| name == "header_secret").count(), 2);

    // The audit log shows which headers changed, without values.
    let entry = app.store.audit_log(&AuditFilter::default(), None, 1).await.unwrap().items.remove(0);
    let (before, after) = (entry.before.unwrap(), entry.after.unwrap());
    assert_eq!(
        (&before["headers"][1]["secret"], &after["headers"][1]["secret"]),
        (&json!(false), &json!(true))
    );
    let shown = page(&app, &format!("/audit-log?entry={}", entry.id), &cookie).await;
    assert!(
        shown.contains("X-Tenant: •••••• (secret)") && shown.contains("X-Api-Key: ••••••"),
        "{shown}"
    );
    assert!(!shown.contains("Bearer a"));
    app.stop().await;
}

async fn secret_checkbox_belongs_to_its_row(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in(EMAIL, Role::Administrator).await;
    let (_, webhook) = app.post("/webhooks", &full()).await;
    let path = path_of(&webhook);
    let flags = async || {
        let now = app.get(&path).await;
        let headers = now["headers"].as_array().unwrap().clone();
        headers
            .iter()
            .map(|header| (header["value"].as_str().unwrap().to_owned(), header["secret"] == true))
            .collect::<Vec<_>>()
    };
    let before = flags().await;
    assert_eq!(before.iter().map(|(_, secret)| *secret).collect::<Vec<_>>(), [true, false, false]);
    // The first row is removed: the checkboxes of the other rows stay unchanged.
    let mut form = sent(&page(&app, &path, &cookie).await, &path);
    form.push(("header_secret".to_owned(), "2".to_owned()));
    let (_, html) = save(&app, &path, &cookie, &typed(form, "intent", "remove-header-0")).await;
    assert_eq!(save(&app, &path, &cookie, &sent(&html, &path)).await.0, 303);
    assert_eq!(flags().await, [("public".to_owned(), false), ("8".to_owned(), true)]);
    // Rows as scripts create them: row keys with gaps, in any order.
    let mut form = sent(&page(&app, &path, &cookie).await, &path);
    form.retain(|(name, _)| !name.starts_with("header_"));
    for (key, name, value, is_secret) in [("7", "X-A", "a", false), ("3", "X-B", "b", true), ("12", "X-Token", "c", false)] {
        for (field, value) in [("header_row", key), ("header_name", name), ("header_value", value)] {
            form.push((field.to_owned(), value.to_owned()));
        }
        if is_secret {
            form.push(("header_secret".to_owned(), key.to_owned()));
        }
    }
    assert_eq!(save(&app, &path, &cookie, &form).await.0, 303);
    assert_eq!(
        flags().await,
        [("a".to_owned(), false), ("b".to_owned(), true), ("c".to_owned(), false)]
    );
    app.stop().await;
}

async fn owner_sees_names_of_headers_and_no_values(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let id = app.store.users().await.unwrap().remove(0).id;
    let headers = json!([{ "name": "X-A", "value": "planted-secret", "secret": true }, { "name": "X-B", "value": "planted-plain" }]);
    let body =
        json!({ "name": "Mine", "url": "https://example.com/", "events": ["visit_event.created"], "owners": [id], "headers": headers });
    let (_, webhook) = app.post("/webhooks", &body).await;
    let path = path_of(&webhook);
    let html = page(&app, &path, &owner).await;
    assert!(!html.contains("planted-secret") && !html.contains("planted-plain"), "{html}");
    assert!(html.contains("X-A") && html.contains("X-B"), "{html}");
    let administrator = app.sign_in(EMAIL, Role::Administrator).await;
    // An administrator writes the value and does not read it: saving the mask keeps it.
    let html = page(&app, &path, &administrator).await;
    assert!(!html.contains("planted-secret") && html.contains("planted-plain"), "{html}");
    let form = sent(&html, &path);
    assert_eq!(
        save(&app, &path, &administrator, &typed(form.clone(), "name", "Renamed")).await.0,
        303
    );
    let stored = async || app.get(&path).await["headers"].clone();
    assert_eq!(stored().await[0]["value"], "planted-secret");
    // The mask means nothing under another name.
    let renamed = typed(sent(&page(&app, &path, &administrator).await, &path), "header_name", "X-Other");
    let (status, html) = save(&app, &path, &administrator, &renamed).await;
    assert_eq!(status, 422);
    assert!(html.contains("headers-0-value-error") && !html.contains("planted-secret"), "{html}");
    assert_eq!(
        stored().await[0],
        json!({ "name": "X-A", "value": "planted-secret", "secret": true })
    );
    app.stop().await;
}

async fn patch_keeps_which_headers_are_secret(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (_, webhook) = app.post("/webhooks", &full()).await;
    let path = path_of(&webhook);
    let patched = async |headers: Value| {
        let body = json!({ "headers": headers });
        let response = app.api(Method::PATCH, &path).json_value(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let now = app.get(&path).await;
        now["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|header| header["secret"] == true)
            .collect::<Vec<_>>()
    };
    // An omitted flag is kept, a given flag is stored, and a new header is classified by its name.
    let headers = json!([{ "name": "x-tenant", "value": "9" }, { "name": "X-API-KEY", "value": "b" }, { "name": "Cookie", "value": "c" }]);
    assert_eq!(patched(headers).await, [true, false, true]);
    let headers = json!([{ "name": "X-Tenant", "value": "9", "secret": false }, { "name": "X-Api-Key", "value": "b", "secret": true }]);
    assert_eq!(patched(headers).await, [false, true]);
    for bad in [json!("yes"), json!(1)] {
        let body = json!({ "headers": [{ "name": "X-A", "value": "1", "secret": bad }] });
        assert_eq!(app.api(Method::PATCH, &path).json_value(&body).send().await.unwrap().status(), 422);
    }
    app.stop().await;
}

async fn secret_of_a_new_webhook_is_shown_once_in_its_session(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in(EMAIL, Role::Administrator).await;
    let other_session = app.sign_in("ben@example.com", Role::Administrator).await;
    let form = sent(&page(&app, "/webhooks/new", &session).await, "/webhooks/new");
    let typed = |(name, value): (String, String)| match name.as_str() {
        "name" => (name, "New".to_owned()),
        "url" => (name, "https://example.com/".to_owned()),
        _ => (name, value),
    };
    let mut form: Vec<_> = form.into_iter().map(typed).collect();
    form.push(("events".to_owned(), "identity.created".to_owned()));
    let secret = form.iter().find(|(name, _)| name == "secret").unwrap().1.clone();
    let response = app.form("/webhooks/new", &session, &pairs(&form)).await;
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let sealed = cookie(&response, "clearhook_new_secret").unwrap();
    assert!(!sealed.contains(secret.trim_start_matches("whsec_")));
    let (_, other) = app.post("/webhooks", &full()).await;
    for (path, session) in [
        (location.as_str(), &other_session),
        (&path_of(&other), &session),
        (&location, &String::new()),
    ] {
        let response = app.page(path, &format!("{session}; {sealed}")).await;
        assert!(!response.text().await.unwrap().contains(&secret), "{path}");
    }
    for forged in [sealed.replace('=', "=A"), sealed[..sealed.len() - 4].to_owned()] {
        assert!(!page(&app, &location, &format!("{session}; {forged}")).await.contains(&secret));
    }
    let response = app.page(&location, &format!("{session}; {sealed}")).await;
    let deleted = response
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|set| set.to_str().unwrap().to_owned());
    let deleted: Vec<_> = deleted.filter(|set| set.starts_with("clearhook_new_secret=;")).collect();
    assert!(deleted.len() == 1 && deleted[0].contains("Max-Age=0"), "{deleted:?}");
    assert!(response.text().await.unwrap().contains(&secret));
    app.stop().await;
}
