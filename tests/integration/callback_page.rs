//! The page of one callback: bodies are shown byte for byte, and characters that hide or reorder text are escaped.

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, cloud_event},
    database::TestDatabase,
    html::{Page, attribute, inside, raw_text_of, text_of},
    on_both,
    receiver::{Receiver, Reply},
};

on_both! {
    callback_page_shows_the_request_body_raw_and_formatted callback_page_shows_the_response_byte_for_byte callback_page_escapes_invisible_characters
    callback_page_reports_a_truncated_or_incomplete_response callback_page_hides_the_values_of_the_event_type
    bodies_of_a_callback_are_files
}

async fn open(app: &TestApp, webhook: &Value, cookie: &str) -> String {
    let row = app.log(webhook, 1).await.remove(0);
    let path = format!(
        "/webhooks/{}?callback={}",
        webhook["id"].as_str().unwrap(),
        row["id"].as_str().unwrap()
    );
    app.page(&path, cookie).await.text().await.unwrap()
}

/// The text of the raw body with this id.
fn raw(html: &str, id: &str) -> String {
    raw_text_of(Page::of(html).one(&format!("[id=\"{id}-raw\"]")))
}

/// The selector of the formatted body of this name.
fn formatted(label: &str) -> String {
    format!("pre.wire.formatted[aria-label=\"{label}\"]")
}

async fn callback_page_shows_the_request_body_raw_and_formatted(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let mut event = cloud_event(BuiltIn::IdentityCreated, "publishers-own-id");
    event["subject"] = json!("it's <b>\"7\"</b> & more \u{202e}");
    assert_eq!(app.publish_raw(&event).await.status(), 202);
    let sent = receiver.wait(1).await.remove(0).body;
    let html = open(&app, &webhook, &cookie).await;
    assert_eq!(raw(&html, "request-body"), sent);
    // The publisher finds its event by its own id, also without reading the body.
    assert!(
        html.matches("publishers-own-id").count() >= 3,
        "beside the formatted and the raw body: {html}"
    );
    // The switch is plain HTML, and the formatted body has the same tokens.
    let page = Page::of(&html);
    let views: Vec<_> = page.all("input[name=request-body-as]");
    let views: Vec<_> = views
        .iter()
        .map(|view| (attribute(*view, "value"), view.attr("checked").is_some()))
        .collect();
    assert_eq!(views, [("formatted".to_owned(), true), ("raw".to_owned(), false)]);
    let shown = raw_text_of(page.one(&formatted("Request body")));
    assert!(
        shown.starts_with("{\n  \"") && shown.contains("\n  \"type\": \"identity.created\""),
        "{shown}"
    );
    app.stop().await;
}

async fn callback_page_shows_the_response_byte_for_byte(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    for (body, is_formatted) in [
        ("\n\n  leading lines", false),
        ("a\r\nb\rc\n", true),
        ("{\"a\":1.10,\"a\":[ ]}\n", true),
        ("<pre>&amp;</pre>", false),
        ("  {\n}  ", true),
        ("OK", false),
        ("{\n  \"a\": 1\n}", false),
    ] {
        let reply = Reply {
            body: body.to_owned(),
            ..Reply::status(200)
        };
        let receiver = Receiver::start([reply]).await;
        let webhook = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
        let (status, _) = app
            .post(&format!("/webhooks/{}/test", webhook["id"].as_str().unwrap()), &json!({}))
            .await;
        assert_eq!(status, 202);
        let html = open(&app, &webhook, &cookie).await;
        assert_eq!(raw(&html, "response-body"), body);
        let page = Page::of(&html);
        assert_eq!(page.all(&formatted("Response body")).len(), usize::from(is_formatted), "{body:?}");
        assert_eq!(!page.all("input[name=response-body-as]").is_empty(), is_formatted, "{body:?}");
    }
    app.stop().await;
}

async fn callback_page_escapes_invisible_characters(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let signs = [
        '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
        '\u{2069}', '\u{1b}', '\u{7}', '\u{9b}',
    ];
    let body: String = signs.iter().flat_map(|sign| ['a', *sign]).collect();
    let reply = Reply {
        body: body.clone(),
        headers: vec![("x-turned", "left\u{202e}thgir")],
        ..Reply::status(200)
    };
    let receiver = Receiver::start([reply]).await;
    let name = "Pay\u{202e}llor";
    let body_of = json!({ "name": name, "description": "d\u{2067}x", "url": receiver.url, "events": ["visit_event.created"] });
    let (_, webhook) = app.post("/webhooks", &body_of).await;
    app.post(&format!("/webhooks/{}/test", webhook["id"].as_str().unwrap()), &json!({}))
        .await;
    let html = open(&app, &webhook, &cookie).await;
    let page = Page::of(&html);
    let shown = page.one(&formatted("Response body"));
    for sign in signs {
        let code = format!("{:04X}", u32::from(sign));
        let replaced = inside(shown, &format!("[title=\"U+{code}\"]"));
        assert_eq!(replaced.into_iter().map(text_of).collect::<Vec<_>>(), [format!("\\u{{{code}}}")]);
        assert!(!raw_text_of(shown).contains(sign), "{code}");
    }
    assert_eq!(raw(&html, "response-body"), body);
    let values = page.by_role("definition").into_iter().map(text_of);
    assert!(values.filter(|value| value.contains(r"left\u{202E}thgir")).count() == 1, "{html}");
    // Names and descriptions in lists.
    for path in ["/webhooks", "/audit-log"] {
        let html = app.page(path, &cookie).await.text().await.unwrap();
        let text: String = Page::of(&html).by_role("cell").into_iter().map(text_of).collect();
        assert!(
            text.contains(r"\u{202E}") && !text.contains('\u{202e}') && !text.contains('\u{2067}'),
            "{path}: {text}"
        );
    }
    app.stop().await;
}

async fn callback_page_reports_a_truncated_or_incomplete_response(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let reply = Reply {
        body: "x".repeat(20_000),
        ..Reply::status(200)
    };
    let receiver = Receiver::start([reply]).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    app.post(&format!("/webhooks/{}/test", webhook["id"].as_str().unwrap()), &json!({}))
        .await;
    let row = app.log(&webhook, 1).await.remove(0);
    let html = open(&app, &webhook, &cookie).await;
    assert!(html.contains("Only the first 16 KiB are kept.") && !html.contains("The body was incomplete"));
    assert_eq!(raw(&html, "response-body").len(), 16 * 1_024);
    let path = format!("/callbacks/{}", row["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await["received"]["incomplete"], json!(null));
    database
        .execute("UPDATE callbacks SET response_incomplete = 'the connection ended <early>'")
        .await;
    let html = open(&app, &webhook, &cookie).await;
    assert!(
        html.contains("The body was incomplete:") && html.contains("the connection ended &lt;early&gt;"),
        "{html}"
    );
    assert_eq!(app.get(&path).await["received"]["incomplete"], "the connection ended <early>");
    app.stop().await;
}

/// Values that an event type hides are sent to receivers and programs, and not shown to people, in any form.
async fn callback_page_hides_the_values_of_the_event_type(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let (status, answer) = app
        .post(
            "/event-types",
            &json!({ "type": "card.used", "masked": ["/card/number", "/names/1"] }),
        )
        .await;
    assert_eq!(status, 201, "{answer}");
    let (_, webhook) = app
        .post(
            "/webhooks",
            &json!({ "name": "Test", "url": receiver.url, "events": ["card.used"] }),
        )
        .await;
    let data = json!({ "card": { "number": "planted-4111", "until": "12/30" }, "names": ["Ann", "planted-Bob"] });
    let event = json!({ "specversion": "1.0", "id": "1", "source": "/shop", "type": "card.used", "data": data });
    assert_eq!(app.publish_raw(&event).await.status(), 202);
    let sent = receiver.wait(1).await.remove(0).body;
    assert!(
        sent.contains("planted-4111") && sent.contains("planted-Bob"),
        "receivers get everything: {sent}"
    );
    let html = open(&app, &webhook, &cookie).await;
    let shown = raw(&html, "request-body");
    assert_eq!(
        shown,
        sent.replace("\"planted-4111\"", "\"••••••\"")
            .replace("\"planted-Bob\"", "\"••••••\"")
    );
    let row = app.log(&webhook, 1).await.remove(0);
    let (webhook, callback) = (webhook["id"].as_str().unwrap(), row["id"].as_str().unwrap());
    let mut pages = vec![html];
    for path in [
        format!("/webhooks/{webhook}/callbacks/{callback}/request-body"),
        format!("/webhooks/{webhook}/verify"),
        format!("/webhooks/{webhook}"),
    ] {
        let response = app.page(&path, &cookie).await;
        assert!(response.status().is_success(), "{path}: {}", response.status());
        pages.push(response.text().await.unwrap());
    }
    for page in pages {
        assert!(!page.contains("planted"), "{page}");
    }
    let of_program = app.get(&format!("/callbacks/{callback}")).await;
    assert_eq!(of_program["request"]["body"], sent, "programs get everything");
}

async fn bodies_of_a_callback_are_files(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let stranger = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let page = "<!doctype html><script>alert(1)</script>\r\n\u{202e}\u{0}end";
    for (body, kind) in [(page, "txt"), ("{ \"a\": 1 }\n", "json"), ("", "txt")] {
        let reply = Reply {
            body: body.to_owned(),
            headers: vec![("content-type", "text/html")],
            ..Reply::status(200)
        };
        let receiver = Receiver::start([reply]).await;
        let webhook = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
        let id = webhook["id"].as_str().unwrap();
        app.post(&format!("/webhooks/{id}/test"), &json!({})).await;
        let callback = app.log(&webhook, 1).await.remove(0)["id"].as_str().unwrap().to_owned();
        let sent = receiver.wait(1).await.remove(0).body;
        for (which, content, kind) in [("response", body, kind), ("request", sent.as_str(), "json")] {
            let path = format!("/webhooks/{id}/callbacks/{callback}/{which}-body");
            let file = app.page(&path, &cookie).await;
            assert_eq!(file.status(), 200, "{path}");
            assert_eq!(file.headers()["content-type"], "application/octet-stream");
            assert_eq!(
                file.headers()["content-disposition"],
                format!("attachment; filename=\"callback-{callback}-{which}.{kind}\"")
            );
            assert_eq!(file.bytes().await.unwrap(), content.as_bytes());
            assert_eq!(app.page(&path, &stranger).await.status(), 404, "an API owner of other webhooks");
            assert_eq!(
                app.page(&path.replace(id, &callback), &cookie).await.status(),
                404,
                "of another webhook"
            );
        }
    }
    app.stop().await;
}
