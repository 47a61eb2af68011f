//! The log through the HTTP API.

use clearhook::{catalogue::BuiltIn, domain::timestamp::Timestamp};
use serde_json::json;

use crate::support::{
    app::{JsonAnswer, TestApp},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
};

on_both! {
    callbacks_are_listed_newest_first_by_range_and_outcome callbacks_with_an_invalid_range_or_filter_are_rejected
    cursor_is_accepted_only_by_its_own_list
}

async fn cursor_is_accepted_only_by_its_own_list(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let other = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    for id in ["1", "2"] {
        app.publish(BuiltIn::IdentityCreated, id).await;
    }
    app.log(&webhook, 2).await;
    app.log(&other, 2).await;
    let log = |webhook: &serde_json::Value| format!("/webhooks/{}/callbacks", webhook["id"].as_str().unwrap());
    let lists = [
        "/webhooks?enabled=true".to_owned(),
        "/webhooks?".to_owned(),
        "/events?".to_owned(),
        "/events?type=identity.created".to_owned(),
        format!("{}?", log(&webhook)),
        format!("{}?outcome=succeeded", log(&webhook)),
        format!("{}?", log(&other)),
    ];
    let mut cursors = Vec::new();
    for list in &lists {
        let page = app.get(&format!("{list}&limit=1")).await;
        cursors.push(page["next_cursor"].as_str().unwrap().to_owned());
    }
    let ask = async |list: &str, cursor: &str| {
        let path = format!("{list}&limit=7&cursor={cursor}");
        app.api(reqwest::Method::GET, &path).send().await.unwrap()
    };
    for (at, list) in lists.iter().enumerate() {
        for (from, cursor) in cursors.iter().enumerate() {
            let response = ask(list, cursor).await;
            if at == from {
                assert_eq!(response.status(), 200, "{list}");
                continue;
            }
            assert_eq!(response.status(), 422, "{list} with a cursor of {}", lists[from]);
            assert_eq!(response.json_value().await["errors"][0]["pointer"], "/cursor");
        }
        let cursor = &cursors[at];
        for changed in [
            cursor.to_uppercase(),
            cursor.to_lowercase(),
            cursor[..cursor.len() - 1].to_owned(),
            format!("{cursor}A"),
            format!("{cursor}%00"),
            String::new(),
        ] {
            // A null character is refused before the query is read.
            let expected = if changed.ends_with("%00") { 400 } else { 422 };
            assert_eq!(ask(list, &changed).await.status(), expected, "{list} with {changed}");
        }
    }
    app.stop().await;
}

async fn callbacks_are_listed_newest_first_by_range_and_outcome(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(500)]).await);
    let webhook = app
        .webhook(&receiver.url, &[BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated])
        .await;
    let began = Timestamp::now();
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 2).await;
    app.publish(BuiltIn::VisitEventCreated, "2").await;
    let all = app.log(&webhook, 3).await;
    let dates: Vec<_> = all.iter().map(|row| row["callback_date"].as_str().unwrap()).collect();
    assert!(dates.is_sorted_by(|newer, older| newer >= older), "{dates:?}");
    let path = format!("/webhooks/{}/callbacks", webhook["id"].as_str().unwrap());
    let count = async |query: &str| app.get(&format!("{path}?{query}")).await["items"].as_array().unwrap().len();
    assert_eq!(count("outcome=failed").await, 1);
    assert_eq!(count("status=202").await, 2);
    assert_eq!(count("event=visit_event.created").await, 1);
    assert_eq!(count(&format!("from={}", began.rfc3339())).await, 3);
    assert_eq!(count(&format!("to={}", began.rfc3339())).await, 0);
    assert_eq!(
        count(&format!(
            "from={}&to={}",
            began.rfc3339(),
            Timestamp::now().plus(std::time::Duration::from_secs(60))
        ))
        .await,
        3
    );
    let page = app.get(&format!("{path}?limit=2")).await;
    let rest = app
        .get(&format!("{path}?limit=2&cursor={}", page["next_cursor"].as_str().unwrap()))
        .await;
    assert_eq!((&rest["items"][0]["id"], &rest["next_cursor"]), (&all[2]["id"], &json!(null)));
    app.stop().await;
}

async fn callbacks_with_an_invalid_range_or_filter_are_rejected(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 1).await;
    let id = webhook["id"].as_str().unwrap();
    let days = |days: u64| Timestamp::now().minus(std::time::Duration::from_hours(24 * days)).rfc3339();
    let (recent, old) = (days(365), days(368));
    let ask = async |path: &str| {
        let response = app.api(reqwest::Method::GET, path).send().await.unwrap();
        (
            response.status().as_u16(),
            response.headers()["content-type"].clone(),
            response.text().await.unwrap(),
        )
    };
    let path = format!("/webhooks/{id}/callbacks");
    for (query, status, word) in [
        (format!("from={old}"), 422, "/from"),
        (format!("from={old}&to={}", days(0)), 422, "/from"),
        (format!("from={}&to={recent}", days(1)), 422, "/to"),
        (format!("from={recent}&to={recent}"), 422, "/to"),
        ("from=yesterday".to_owned(), 422, "/from"),
        ("to=".to_owned(), 422, "/to"),
        ("status=0".to_owned(), 422, "/status"),
        ("status=99".to_owned(), 422, "/status"),
        ("status=1000".to_owned(), 422, "/status"),
        ("status=70000".to_owned(), 422, "/status"),
        ("status=-1".to_owned(), 422, "/status"),
        ("status=4xx".to_owned(), 422, "/status"),
        ("outcome=maybe".to_owned(), 422, "/outcome"),
        ("event=no.such".to_owned(), 422, "/event"),
        ("limit=0".to_owned(), 422, "/limit"),
        ("limit=201".to_owned(), 422, "/limit"),
        ("limit=ten".to_owned(), 400, "limit"),
        ("cursor=x".to_owned(), 422, "/cursor"),
        ("form=x".to_owned(), 400, "form"),
        ("limit=1&limit=2".to_owned(), 400, "limit"),
    ] {
        let (given, kind, text) = ask(&format!("{path}?{query}")).await;
        assert_eq!((given, kind.to_str().unwrap()), (status, "application/problem+json"), "{query}");
        assert!(text.contains(word), "{query}: {text}");
    }
    for (query, count) in [
        (format!("from={recent}"), 1),
        (format!("to={}", days(0)), 1),
        (format!("to={old}"), 0),
        ("status=100".to_owned(), 0),
        ("status=999".to_owned(), 0),
        ("limit=200".to_owned(), 1),
        // A client whose clock is ahead gets an empty list and no error.
        (
            format!("from={}", Timestamp::now().plus(std::time::Duration::from_secs(60)).rfc3339()),
            0,
        ),
    ] {
        let (status, _, text) = ask(&format!("{path}?{query}")).await;
        assert_eq!(status, 200, "{query}: {text}");
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["items"].as_array().unwrap().len(), count, "{query}");
    }
    for (query, status) in [
        (format!("from={old}"), 422),
        (format!("from={}&to={recent}", days(1)), 422),
        ("period=year".to_owned(), 400),
        ("unknown=1".to_owned(), 400),
        (format!("from={recent}&period=day"), 200),
    ] {
        assert_eq!(ask(&format!("/webhooks/{id}/stats?{query}")).await.0, status, "{query}");
    }
    for query in ["unknown=1", "enabled=maybe", "limit=0", "event=no.such", "cursor=x"] {
        let (status, kind, _) = ask(&format!("/webhooks?{query}")).await;
        assert!(
            matches!(status, 400 | 422) && kind == "application/problem+json",
            "{query}: {status}"
        );
    }
    app.stop().await;
}
