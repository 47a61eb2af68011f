//! JSON that reading would change is refused as a schema or an example of an event type: names that occur twice, and numbers that would be rounded.

use reqwest::Method;

use crate::{
    event_type_api::{invoice, pointers},
    support::{
        app::{JsonAnswer, TestApp},
        database::TestDatabase,
        on_both,
    },
};

on_both! {
    json_that_reading_would_change_is_refused
}

/// Of two values with one name, and of a number with too many digits, only a part would be stored, without a word.
async fn json_that_reading_would_change_is_refused(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    assert_eq!(app.post("/event-types", &invoice()).await.0, 201);
    for (method, path, body, pointer) in [
        (
            Method::POST,
            "",
            r#"{"type": "a.b", "schema": {"type": "object", "type": "string"}}"#,
            "/schema/type",
        ),
        (
            Method::POST,
            "",
            r#"{"type": "a.b", "schema": {"properties": {"x": {}, "\u0078": {"type": "null"}}}}"#,
            "/schema/properties/x",
        ),
        (
            Method::POST,
            "",
            r#"{"type": "a.b", "schema": {"maximum": 9007199254740993.5}}"#,
            "/schema/maximum",
        ),
        (Method::POST, "", r#"{"type": "a.b", "example": {"a": 1, "a": 2}}"#, "/example/a"),
        (
            Method::POST,
            "",
            r#"{"type": "a.b", "examples": [1, {"a": [{"b": 1, "b": 1}]}]}"#,
            "/examples/1/a/0/b",
        ),
        (
            Method::POST,
            "",
            r#"{"type": "a.b", "example": 12345678901234567890123}"#,
            "/example",
        ),
        (Method::POST, "", r#"{"type": "a.b", "example": 1, "examples": [2]}"#, "/example"),
        (
            Method::PATCH,
            "/invoice.paid",
            r#"{"example": {"number": "1", "amount": 1, "amount": 2}}"#,
            "/example/amount",
        ),
        (
            Method::PATCH,
            "/invoice.paid",
            r#"{"schema": {"$defs": {"a": {}, "a": {}}}}"#,
            "/schema/$defs/a",
        ),
        (
            Method::POST,
            "/invoice.paid/check",
            r#"{"example": {"number": "1", "amount": 1, "amount": -2}}"#,
            "/example/amount",
        ),
        (
            Method::POST,
            "/invoice.paid/check",
            r#"{"schema": {"type": "object", "type": "object"}}"#,
            "/schema/type",
        ),
    ] {
        let request = app
            .api(method, &format!("/event-types{path}"))
            .header("content-type", "application/json");
        let response = request.body(body.to_owned()).send().await.unwrap();
        let status = response.status();
        let problem = response.json_value().await;
        assert_eq!((status.as_u16(), pointers(&problem)), (422, vec![pointer]), "{body}: {problem}");
    }
    assert_eq!(app.api(Method::GET, "/event-types/a.b").send().await.unwrap().status(), 404);
    let import = app
        .api(Method::POST, "/event-types/import")
        .header("content-type", "application/json")
        .body(r#"{"openapi": "3.1.0", "info": {}, "webhooks": {"a.b": {}, "a.b": {}}}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(import.status(), 422);
    // Numbers that are the same however they are written are kept.
    let same = r#"{"type": "a.b", "example": {"a": 1.10, "b": 18446744073709551615, "c": 1e3}}"#;
    let request = app
        .api(Method::POST, "/event-types")
        .header("content-type", "application/json")
        .body(same);
    assert_eq!(request.send().await.unwrap().status(), 201);
    app.stop().await;
}
