//! JSON that is not a CloudEvent, with the attributes in the query; and that the data that is sent is the data that was validated.

use clearhook::{auth::api_key, domain::role::Scope, storage::audit::Actor};
use serde_json::json;

use super::stage::{STRUCTURED, Stage, data, data_with, event};
use crate::support::{binary::Installation, database::TestDatabase, on_both};

on_both! { plain_json_takes_its_attributes_from_the_query plain_json_with_invalid_query_is_rejected duplicate_keys_in_data_are_rejected data_keeps_number_spelling_and_key_order }

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publish_command_sends_data_unchanged() {
    let stage = Stage::set().await;
    let here = Installation::new();
    let text = data_with("{\"z\": 1.0, \"a\": [1e400, -0, 12345678901234567890, 1.10]}");
    for (number, bytes) in [text.clone(), format!("\u{feff}{text}\n")].into_iter().enumerate() {
        let (file, id) = (here.folder().join("data.json"), number.to_string());
        std::fs::write(&file, bytes).unwrap();
        let file = file.to_str().unwrap();
        let arguments = [
            "publish",
            "identity.created",
            "--data",
            file,
            "--url",
            &stage.app.url,
            "--api-key",
            &stage.app.key,
            "--id",
            &id,
        ];
        let output = tokio::task::block_in_place(|| here.answer(&arguments));
        assert!(output.contains(&format!("\"ce_id\":\"{id}\"")), "{output}");
        assert!(stage.seen(&id).await.body.ends_with(&format!("\"data\":{text}}}")), "{id}");
    }
}

async fn plain_json_takes_its_attributes_from_the_query(database: TestDatabase) {
    let stage = Stage::set_on(database).await;
    let (key, record) = api_key::create(&stage.app.store, &Actor::clearhook(), "plain", &[Scope::EventsWrite], None)
        .await
        .unwrap();
    let post = |query: &str, media: &str| {
        let request = stage
            .app
            .http
            .post(format!("{}/api/v1/events{query}", stage.app.url))
            .bearer_auth(&key);
        request.header("content-type", media).body(data().to_string())
    };
    let query = "?type=identity.created&source=%2Fshop&id=7&subject=caf%C3%A9&time=2026-11-23T10:00:00+01:00";
    stage.answer(post(query, "application/json")).await.accepts("all attributes");
    let expected = json!({
        "id": "7", "type": "identity.created", "timestamp": "2026-11-23T09:00:00.000Z", "source": "/shop", "subject": "café", "data": data(),
    });
    assert_eq!(stage.delivered("7").await, expected);
    assert_eq!(
        stage.answer(post(query, "application/json")).await.body["events"][0]["duplicate"],
        true
    );
    let mut ids = Vec::new();
    for media in ["application/json; charset=utf-8", "application/vnd.github+json"] {
        let answer = stage.answer(post("?type=identity.created", media)).await;
        answer.accepts(media);
        assert_eq!(answer.body["events"][0]["duplicate"], false);
        ids.push(answer.body["events"][0]["ce_id"].as_str().unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        assert_eq!(stage.delivered(&id).await["source"], format!("/api-keys/{}", record.id));
    }
    stage.app.stop().await;
}

async fn plain_json_with_invalid_query_is_rejected(database: TestDatabase) {
    let stage = Stage::set_on(database).await;
    let post =
        async |query: &str, media: &str, body: String| stage.answer(stage.post(query).header("content-type", media).body(body)).await;
    let json = "application/json";
    // Parameters that are unknown or given twice are 400, as everywhere in the API.
    for (query, pointer) in [
        ("?type=identity.created&colour=red", "/colour"),
        ("?type=identity.created&Source=a", "/Source"),
        ("?type=identity.created&type=visit_event.created", "/type"),
        ("?type=identity.created&id=1&id=1", "/id"),
    ] {
        post(query, json, data().to_string()).await.refuses(400, pointer, query);
    }
    for (query, pointer) in [
        ("?id=1", "/type"),
        ("?type=", "/type"),
        ("?type=no.such", "/type"),
        ("?type=identity.created&source=a%20b", "/source"),
        ("?type=identity.created&id=", "/id"),
        ("?type=identity.created&subject=%0A", "/subject"),
        ("?type=identity.created&time=yesterday", "/time"),
    ] {
        post(query, json, data().to_string()).await.refuses(422, pointer, query);
    }
    let query = "?type=identity.created";
    post("?type=identity.created&subject=%ff", json, data().to_string())
        .await
        .refuses(400, "", "not UTF-8");
    post(query, json, String::new()).await.refuses(422, "/data", "no body");
    post(query, json, "{".to_owned()).await.refuses(400, "/data", "half a body");
    post(query, json, data_with(r#"{"a":1,"a":2}"#))
        .await
        .refuses(422, "/data/identity/custom_fields/x/a", "a key twice");
    // The attributes of a CloudEvent are not in the query.
    for (media, body) in [
        (STRUCTURED, event("1", json!({})).to_string()),
        ("application/cloudevents-batch+json", "[]".to_owned()),
    ] {
        let answer = post(query, media, body).await;
        assert!(
            answer.status == 400 && answer.body["detail"].as_str().unwrap().contains("query"),
            "{}",
            answer.body
        );
    }
    let binary = stage
        .post(query)
        .header("content-type", json)
        .header("ce-id", "1")
        .body(data().to_string());
    assert_eq!(stage.answer(binary).await.status, 400);
    for (query, media, word) in [
        (query, "application/x-www-form-urlencoded", "Content-Type: application/json"),
        (query, "text/plain", "application/json"),
        (query, "application/json; charset=latin1", "UTF-8"),
        ("", json, "?type="),
    ] {
        let answer = post(query, media, data().to_string()).await;
        assert!(
            answer.status == 415 && answer.body["detail"].as_str().unwrap().contains(word),
            "{media}: {}",
            answer.body
        );
    }
    let bare = stage.answer(stage.post(query).body(data().to_string())).await;
    assert!(
        bare.status == 415 && bare.body["detail"].as_str().unwrap().contains("missing"),
        "{}",
        bare.body
    );
    stage.is_empty().await;
    stage.app.stop().await;
}

async fn duplicate_keys_in_data_are_rejected(database: TestDatabase) {
    let stage = Stage::set_on(database).await;
    for (custom, pointer) in [
        (r#"{"a":1,"a":1}"#, "/a"),
        (r#"{"a":1,"\u0061":2}"#, "/a"),
        (r#"[{"b":{"c/d":1,"c/d":2}}]"#, "/0/b/c~1d"),
    ] {
        let whole = format!("/data/identity/custom_fields/x{pointer}");
        let text = event("1", json!({ "data": "HERE" }))
            .to_string()
            .replace("\"HERE\"", &data_with(custom));
        stage.send(STRUCTURED, text.clone()).await.refuses(422, &whole, custom);
        let batch = format!("[{},{text}]", event("2", json!({})));
        let answer = stage.send("application/cloudevents-batch+json", batch).await;
        answer.refuses(422, &format!("/1{whole}"), custom);
        stage.binary("1", &[], data_with(custom)).await.refuses(422, &whole, custom);
    }
    let known = data()
        .to_string()
        .replacen("\"identity\":{", "\"identity\":{\"first_name\":\"\",", 1);
    stage
        .binary("1", &[], known)
        .await
        .refuses(422, "/data/identity/first_name", "a field of the schema");
    for levels in [200, 100_000] {
        let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let answer = stage.binary("1", &[], data_with(&deep)).await;
        answer.refuses(422, "/data", "deep data");
        assert!(answer.body.to_string().contains("127 levels"), "{}", answer.body);
    }
    stage.is_empty().await;
    stage.app.stop().await;
}

async fn data_keeps_number_spelling_and_key_order(database: TestDatabase) {
    let stage = Stage::set_on(database).await;
    let numbers = "1.0, 1e400, -1E+999, 1e-400, 12345678901234567890, 0.1000, -0, -0.0, 1E5, 123456789012345678901234567890.5";
    let text = data_with(&format!("{{ \"z\" : [ {numbers} ],\n\t\"a\":\"\\u00e9\\/\", \"m\":{{}} }}"));
    let event = event("1", json!({ "data": "HERE" })).to_string().replace("\"HERE\"", &text);
    stage.send(STRUCTURED, event.clone()).await.accepts("structured");
    stage
        .send(
            "application/cloudevents-batch+json",
            format!("[{}]", event.replace("\"id\":\"1\"", "\"id\":\"2\"")),
        )
        .await
        .accepts("batch");
    stage.binary("3", &[], text.clone()).await.accepts("binary");
    for id in ["1", "2", "3"] {
        let body = stage.seen(id).await.body;
        assert!(body.ends_with(&format!("\"data\":{text}}}")), "{body}");
    }
    stage.app.stop().await;
}
