//! The console as a browser without scripts sees it.

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use reqwest::Method;
use serde_json::json;

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp},
    database::TestDatabase,
    html::{Page, text_of},
    on_both,
    receiver::Receiver,
};

on_both! { links_of_other_sites_show_no_notice console_requires_a_session webhook_form_saves_and_keeps_typed_values_on_errors owner_with_one_webhook_begins_at_its_page owner_reads_only_own_webhooks webhook_page_shows_the_log }

async fn console_requires_a_session(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let response = app.page("/webhooks?q=a", "").await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (303, &"/sign-in?next=%2Fwebhooks%3Fq%3Da".parse().unwrap())
    );
    assert_eq!(app.page("/event-types/identity.created/schema", "").await.status(), 303);
    assert_eq!(app.form("/webhooks/new", "", &[("name", "x")]).await.status(), 401);

    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    for (email, password) in [("admin@example.com", "wrong"), ("nobody@example.com", "correct horse battery")] {
        let response = app
            .form(
                "/sign-in",
                "",
                &[("email", email), ("password", password), ("next", "/webhooks?q=a")],
            )
            .await;
        assert_eq!(response.status(), 401);
        let html = response.text().await.unwrap();
        assert!(
            html.contains("Email or password is wrong.") && html.contains(email) && !html.contains("correct horse"),
            "{html}"
        );
    }
    let away = app
        .form(
            "/sign-in",
            "",
            &[
                ("email", "admin@example.com"),
                ("password", "correct horse battery"),
                ("next", "//evil.example"),
            ],
        )
        .await;
    assert_eq!(away.headers()["location"], "/webhooks");
    let flags = away.headers()["set-cookie"].to_str().unwrap().to_owned();
    for flag in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(flags.contains(flag), "{flag}: {flags}");
    }

    let page = app.page("/webhooks", &cookie).await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.contains("script-src 'self' 'nonce-") && policy.contains("style-src 'self';"),
        "{policy}"
    );
    let html = page.text().await.unwrap();
    assert!(html.contains("No webhooks yet") && html.contains("admin@example.com"), "{html}");
    assert_eq!(app.page("/nowhere", &cookie).await.status(), 404);
    assert_eq!(
        app.page("/webhooks/01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05", &cookie).await.status(),
        404
    );
    let schema = app.page("/event-types/identity.created/schema", &cookie).await;
    assert_eq!(
        schema.headers()["content-disposition"],
        "attachment; filename=\"identity.created.schema.json\""
    );
    let example = app.page("/event-types/identity.created/example", &cookie).await;
    assert_eq!(
        example.headers()["content-disposition"],
        "attachment; filename=\"identity.created.example.json\""
    );
    let example: serde_json::Value = serde_json::from_str(&example.text().await.unwrap()).unwrap();
    assert_eq!(example["type"], "identity.created");
    assert_eq!(app.page("/event-types/no.such/example", &cookie).await.status(), 404);

    let cross = app
        .http
        .post(format!("{}/sign-out", app.url))
        .header("cookie", &cookie)
        .header("sec-fetch-site", "cross-site")
        .send()
        .await
        .unwrap();
    assert_eq!(cross.status(), 403);
    assert_eq!(app.page("/webhooks", &cookie).await.status(), 200);
    assert_eq!(app.form("/sign-out", &cookie, &[]).await.headers()["location"], "/sign-in");
    assert_eq!(app.page("/webhooks", &cookie).await.status(), 303);
    app.stop().await;
}

async fn webhook_form_saves_and_keeps_typed_values_on_errors(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let html = app.page("/webhooks/new", &cookie).await.text().await.unwrap();
    assert!(html.contains("value=\"whsec_"));
    let name = "<script>alert(1)</script>";
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let fields = |url: &'static str, intent: &'static str| {
        [
            ("name", name),
            ("description", "two\r\nlines"),
            ("url", url),
            ("enabled", "true"),
            ("secret", secret),
            ("events", "identity.created"),
            ("events", "visit_event.approved"),
            ("header_name", "X-A"),
            ("header_value", "one"),
            ("intent", intent),
        ]
    };
    let response = app.form("/webhooks/new", &cookie, &fields("nonsense", "save")).await;
    assert_eq!(response.status(), 422);
    let html = response.text().await.unwrap();
    for kept in [
        "Enter a whole URL",
        "nonsense",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        secret,
        "X-A",
        "two\nlines",
        "aria-invalid=\"true\"",
    ] {
        assert!(html.contains(kept), "{kept}: {html}");
    }
    assert!(!html.contains("<script>alert(1)"));
    assert_eq!(html.matches(" checked").count(), 3, "enabled and two events");

    let response = app
        .form("/webhooks/new", &cookie, &fields("https://example.com/", "add-header"))
        .await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap().matches("name=\"header_name\"").count(), 2);
    assert_eq!(database.count("webhooks").await, 0);

    let response = app.form("/webhooks/new", &cookie, &fields("https://example.com/", "save")).await;
    assert_eq!(response.status(), 303);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let path = location.strip_suffix("?saved=created").unwrap();
    let html = app.page(&location, &cookie).await.text().await.unwrap();
    assert!(html.contains("Webhook added.") && html.contains("&lt;script&gt;") && !html.contains(secret) && !html.contains("id=\"logs\""));

    let response = app
        .form(
            path,
            &cookie,
            &[("name", ""), ("url", "https://example.com/"), ("events", "visit_event.created")],
        )
        .await;
    assert_eq!(response.status(), 422);
    let response = app
        .form(
            path,
            &cookie,
            &[("name", "New"), ("url", "https://example.com/"), ("events", "visit_event.created")],
        )
        .await;
    assert_eq!(response.headers()["location"].to_str().unwrap(), format!("{path}?saved=changed"));
    let stored = app.get(path).await;
    assert_eq!(
        json!([stored["name"], stored["enabled"], stored["events"], stored["headers"]]),
        json!(["New", false, ["visit_event.created"], []])
    );
    app.stop().await;
}

async fn owner_with_one_webhook_begins_at_its_page(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("owner@example.com", Role::ApiOwner).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let owner = app.store.users().await.unwrap().remove(0).id;
    let begins = async |email: &str, next: &str| {
        let fields = [("email", email), ("password", "correct horse battery"), ("next", next)];
        let response = app.form("/sign-in", "", &fields).await;
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    let add = async |name: &str| {
        let body = json!({ "name": name, "url": "https://example.com/", "events": ["visit_event.created"], "owners": [owner] });
        let response = app.api(Method::POST, "/webhooks").json_value(&body).send().await.unwrap();
        response.json_value().await["id"].as_str().unwrap().to_owned()
    };
    assert_eq!(begins("owner@example.com", "").await, "/webhooks", "none yet");
    let first = add("First").await;
    for start in ["", "/", "/webhooks", "https://elsewhere.example.com/"] {
        assert_eq!(begins("owner@example.com", start).await, format!("/webhooks/{first}"), "{start}");
    }
    assert_eq!(
        begins("owner@example.com", "/account").await,
        "/account",
        "whoever asks for a page gets it"
    );
    assert_eq!(begins("admin@example.com", "").await, "/webhooks");
    let second = add("Second").await;
    assert_eq!(begins("owner@example.com", "").await, "/webhooks", "two are a list");
    let deleted = app.api(Method::DELETE, &format!("/webhooks/{second}")).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert_eq!(
        begins("owner@example.com", "").await,
        format!("/webhooks/{first}"),
        "a deleted one does not count"
    );
    app.stop().await;
}

async fn owner_reads_only_own_webhooks(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let owner = app.store.users().await.unwrap().remove(0).id;
    let mine = json!({ "name": "Mine", "url": "https://example.com/", "events": ["visit_event.created"], "owners": [owner] });
    let theirs = json!({ "name": "Theirs", "url": "https://example.com/", "events": ["visit_event.created"] });
    let mut ids = Vec::new();
    for body in [&mine, &theirs] {
        let response = app.api(Method::POST, "/webhooks").json_value(body).send().await.unwrap();
        ids.push(
            response.headers()["location"]
                .to_str()
                .unwrap()
                .rsplit_once('/')
                .unwrap()
                .1
                .to_owned(),
        );
    }
    let list = app.page("/webhooks", &cookie).await.text().await.unwrap();
    assert!(list.contains("Mine") && !list.contains("Theirs") && !list.contains("Add webhook"));
    assert_eq!(app.page(&format!("/webhooks/{}", ids[0]), &cookie).await.status(), 200);
    assert_eq!(app.page(&format!("/webhooks/{}", ids[1]), &cookie).await.status(), 404);
    assert_eq!(app.page("/webhooks/new", &cookie).await.status(), 404);
    for (id, status) in ids.iter().zip([403, 404]) {
        let response = app
            .form(
                &format!("/webhooks/{id}"),
                &cookie,
                &[
                    ("name", "Taken"),
                    ("url", "https://example.com/"),
                    ("events", "visit_event.created"),
                ],
            )
            .await;
        assert_eq!(response.status(), status);
    }
    assert_eq!(app.get(&format!("/webhooks/{}", ids[0])).await["name"], "Mine");
    app.stop().await;
}

async fn webhook_page_shows_the_log(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
    let html = app.page(&path, &cookie).await.text().await.unwrap();
    assert!(!html.contains(">Logs<"));
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    let html = app.page(&path, &cookie).await.text().await.unwrap();
    for shown in [">Logs<", "Callback date", "202 Accepted", "Identity created", "times in UTC"] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    let paris = app.page(&path, &format!("{cookie}; tz=Europe/Paris")).await.text().await.unwrap();
    assert!(paris.contains("times in Europe/Paris"));
    let open = app
        .page(&format!("{path}?callback={}", row["id"].as_str().unwrap()), &cookie)
        .await
        .text()
        .await
        .unwrap();
    assert!(open.contains("webhook-signature") && open.contains("Message id"));
    let ids = format!("{}<", row["event_id"].as_str().unwrap());
    let shown = Page::of(&open);
    assert!(open.contains(&ids), "{open}");
    assert_eq!(text_of(shown.one("#publisher-id")), "1");
    assert_eq!(text_of(shown.one("#event-source")), "https://clearid.example.com");
    let past = app
        .page(&format!("{path}?from=2020-01-01T00:00&to=2020-01-02T00:00"), &cookie)
        .await
        .text()
        .await
        .unwrap();
    assert!(past.contains("No callbacks in this range."));
    // A cursor of another log, or a truncated one, shows the first page of this log.
    let other = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    app.publish(BuiltIn::VisitEventCreated, "2").await;
    let foreign = app.log(&other, 1).await.remove(0)["id"].as_str().unwrap().to_owned();
    for query in [
        "after=nonsense".to_owned(),
        "before=nonsense".to_owned(),
        "callback=nonsense".to_owned(),
        "callback=01935a7e-5b60-7c3e-9f4a-2d8c1b7e6a05".to_owned(),
        format!("callback={foreign}"),
    ] {
        let page = app.page(&format!("{path}?{query}"), &cookie).await;
        assert_eq!(page.status(), 200, "{query}");
        let html = page.text().await.unwrap();
        assert!(
            html.contains("202 Accepted") && !html.contains(&format!("id=\"callback-{foreign}")),
            "{query}"
        );
        assert!(!html.contains("Message id"), "no callback is open: {query}");
    }
    for (range, words) in [
        ("from=2026-01-02T00:00&to=2026-01-01T00:00", "Choose an end after the beginning."),
        ("from=2020-01-01T00:00&to=2026-01-01T00:00", "Choose at most one year"),
        ("from=soon&to=later", "Enter both times"),
    ] {
        let html = app.page(&format!("{path}?{range}"), &cookie).await.text().await.unwrap();
        assert!(html.contains(words), "{range}");
    }
    app.stop().await;
}

async fn links_of_other_sites_show_no_notice(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let open = async |path: &str, site: &str| {
        let page = app.http.get(format!("{}{path}", app.url)).header("cookie", &cookie);
        page.header("sec-fetch-site", site).send().await.unwrap()
    };
    let path = "/webhooks?done=delete-all&count=9876";
    let own = open(path, "same-origin").await.text().await.unwrap();
    assert!(own.contains("9,876"), "{own}");
    let signed_out = app.page(path, "").await;
    let sign_in = signed_out.headers()["location"].to_str().unwrap();
    assert!(sign_in.starts_with("/sign-in?next="), "{sign_in}");
    let fields = [
        ("email", "admin@example.com"),
        ("password", "correct horse battery"),
        ("next", path),
    ];
    let signed_in = app.form("/sign-in", "", &fields).await;
    assert_eq!(signed_in.headers()["location"], "/webhooks?count=9876");
    for site in ["cross-site", "same-site"] {
        assert_eq!(open(path, site).await.headers()["location"], "/webhooks?count=9876");
        let elsewhere = open("//evil.example/webhooks?done=delete", site).await;
        assert!(elsewhere.headers().get("location").is_none(), "{elsewhere:?}");
    }
    app.stop().await;
}
