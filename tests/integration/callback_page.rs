//! One callback in the console: bodies byte for byte, and nothing in them that hides or turns the page.

use clearhook::{catalogue::EventType, domain::role::Role};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, cloud_event},
    database::TestDatabase,
    forms::plain,
    on_both,
    receiver::{Receiver, Reply},
};

on_both! {
    the_request_body_is_shown_as_it_was_sent_and_formatted the_response_is_shown_byte_for_byte signs_that_hide_are_written_out
    what_is_missing_of_a_response_is_told
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

/// The text of the element with this id, as a browser reads it: without the line feed after `<pre>`.
fn raw(html: &str, id: &str) -> String {
    let (_, rest) = html
        .split_once(&format!("id=\"{id}-raw\""))
        .unwrap_or_else(|| panic!("no {id}: {html}"));
    let (_, rest) = rest.split_once('>').unwrap();
    let text = rest.split("</pre>").next().unwrap();
    plain(text.strip_prefix('\n').unwrap_or(text))
}

/// The part of the page with the formatted body of this name.
fn formatted<'a>(html: &'a str, label: &str) -> Option<&'a str> {
    let mut tags = html.split("<pre ").skip(1);
    let found = tags.find_map(|tag| {
        let (attributes, rest) = tag.split_once('>')?;
        let is_it = attributes.contains("wire formatted") && attributes.contains(&format!("aria-label=\"{label}\""));
        is_it.then_some(rest)
    });
    found?.split("</pre>").next()
}

async fn the_request_body_is_shown_as_it_was_sent_and_formatted(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
    let mut event = cloud_event(EventType::IdentityCreated, "1");
    event["subject"] = json!("it's <b>\"7\"</b> & more \u{202e}");
    assert_eq!(app.publish_raw(&event).await.status(), 202);
    let sent = receiver.wait(1).await.remove(0).body;
    let html = open(&app, &webhook, &cookie).await;
    assert_eq!(raw(&html, "request-body"), sent);
    // The switch is plain HTML, and the formatted body has the same tokens.
    for part in [
        "name=\"request-body-as\" value=\"formatted\" checked",
        "name=\"request-body-as\" value=\"raw\"",
        "Formatted",
        "Raw",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let shown = plain(formatted(&html, "Request body").unwrap());
    assert!(
        shown.starts_with("{\n  \"") && shown.contains("\n  \"type\": \"identity.created\""),
        "{shown}"
    );
    app.stop().await;
}

async fn the_response_is_shown_byte_for_byte(database: TestDatabase) {
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
        let webhook = app.webhook(&receiver.url, &[EventType::VisitCreated]).await;
        let (status, _) = app
            .post(&format!("/webhooks/{}/test", webhook["id"].as_str().unwrap()), &json!({}))
            .await;
        assert_eq!(status, 202);
        let html = open(&app, &webhook, &cookie).await;
        assert_eq!(raw(&html, "response-body"), body);
        assert_eq!(formatted(&html, "Response body").is_some(), is_formatted, "{body:?}");
        assert_eq!(html.contains("name=\"response-body-as\""), is_formatted, "{body:?}");
    }
    app.stop().await;
}

async fn signs_that_hide_are_written_out(database: TestDatabase) {
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
    let body_of = json!({ "name": name, "description": "d\u{2067}x", "url": receiver.url, "events": ["visit.created"] });
    let (_, webhook) = app.post("/webhooks", &body_of).await;
    app.post(&format!("/webhooks/{}/test", webhook["id"].as_str().unwrap()), &json!({}))
        .await;
    let html = open(&app, &webhook, &cookie).await;
    let shown = formatted(&html, "Response body").expect("there is something to write out");
    for sign in signs {
        let code = format!("{:04X}", u32::from(sign));
        assert!(
            shown.contains(&format!("title=\"U+{code}\"")) && shown.contains(&format!("\\u{{{code}}}")),
            "{code}: {shown}"
        );
        assert!(!shown.contains(sign), "{code}");
    }
    assert_eq!(raw(&html, "response-body"), body);
    let (_, headers) = html.split_once("x-turned").unwrap();
    assert!(headers.split("</dd>").next().unwrap().contains(r"\u{202E}"), "{headers}");
    // Names and descriptions in lists.
    for path in ["/webhooks", "/audit-log"] {
        let html = app.page(path, &cookie).await.text().await.unwrap();
        let cells = html
            .split("<td")
            .skip(1)
            .map(|cell| cell.split_once('>').unwrap().1.split("</td>").next().unwrap());
        // What stands in attributes is shown by itself, if at all.
        let text: String = cells
            .flat_map(|cell| cell.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text))
            .collect();
        assert!(
            text.contains(r"\u{202E}") && !text.contains('\u{202e}') && !text.contains('\u{2067}'),
            "{path}: {text}"
        );
    }
    app.stop().await;
}

async fn what_is_missing_of_a_response_is_told(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let reply = Reply {
        body: "x".repeat(20_000),
        ..Reply::status(200)
    };
    let receiver = Receiver::start([reply]).await;
    let webhook = app.webhook(&receiver.url, &[EventType::VisitCreated]).await;
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
