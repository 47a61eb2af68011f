//! The JSON event format.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::stage::{BATCH, CONTEXT_ATTRIBUTES, STRUCTURED, Stage, data, data_with, event};

super::conformance! {
    extensions_are_members_of_the_event attributes_have_their_json_types null_means_absent an_event_has_its_media_type
    members_are_there_once data_base64_is_decoded data_without_a_media_type_are_json json_media_types_are_json a_string_is_not_parsed_again
    other_media_types_are_refused data_and_data_base64_exclude_each_other null_data_differ_from_no_data a_batch_is_an_array_of_events
    a_batch_has_its_media_type an_empty_batch_is_taken a_batch_has_a_largest_size events_of_a_batch_have_one_version
}

async fn extensions_are_members_of_the_event(stage: Stage) {
    stage.structured(&event("1", json!({ "tenant": "a" }))).await.accepts("a member");
    assert_eq!(stage.delivered("1").await["extensions"], json!({ "tenant": "a" }));
    // A member `extensions` with an object, as in drafts of CloudEvents, is not an attribute.
    let answer = stage.structured(&event("2", json!({ "extensions": { "tenant": "a" } }))).await;
    answer.refuses(422, "/extensions", "an object of extensions");
}

async fn attributes_have_their_json_types(stage: Stage) {
    for name in CONTEXT_ATTRIBUTES {
        for wrong in [json!(1), json!(1.5), json!(true), json!({}), json!(["a"])] {
            let answer = stage.structured(&event("1", json!({ name: wrong }))).await;
            answer.refuses(422, &format!("/{name}"), &wrong.to_string());
        }
    }
    let answer = stage.structured(&event("1", json!({ "data_base64": 7 }))).await;
    assert!(answer.pointers().contains(&"/data_base64"), "{}", answer.body);
    stage.is_empty().await;
    let all = json!({
        "subject": "é", "time": "2026-11-23T10:00:00+01:00", "datacontenttype": "application/json", "dataschema": "https://example.com/1",
    });
    stage.structured(&event("ü/1", all)).await.accepts("all attributes");
    let body = stage.delivered("ü/1").await;
    assert_eq!(
        [
            &body["id"],
            &body["source"],
            &body["subject"],
            &body["timestamp"],
            &body["dataschema"],
            &body["data"]
        ],
        [
            &json!("ü/1"),
            &json!("/json"),
            &json!("é"),
            &json!("2026-11-23T09:00:00.000Z"),
            &json!("https://example.com/1"),
            &data()
        ]
    );
}

async fn null_means_absent(stage: Stage) {
    let members = ["subject", "time", "datacontenttype", "dataschema", "tenant", "data_base64"];
    let nulls = members.map(|name| format!(",\"{name}\":null")).concat();
    let body = format!(
        "{{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"identity.created\",\"data\":{}{nulls}}}",
        data()
    );
    stage.send(STRUCTURED, body.clone()).await.accepts("nulls");
    let delivered = stage.delivered("1").await;
    for name in ["subject", "dataschema", "extensions"] {
        assert!(delivered.get(name).is_none(), "{name}: {delivered}");
    }
    for name in ["specversion", "id", "source", "type"] {
        let mut absent: Value = serde_json::from_str(&body).unwrap();
        absent[name] = Value::Null;
        stage.structured(&absent).await.refuses(422, &format!("/{name}"), name);
    }
}

async fn an_event_has_its_media_type(stage: Stage) {
    let body = event("1", json!({})).to_string();
    for media in [
        "application/json",
        "text/plain",
        "application/cloudevents+xml",
        "application/cloudevent+json",
    ] {
        let answer = stage.send(media, body.clone()).await;
        assert_eq!(answer.status, 415, "{media}: {}", answer.body);
    }
    stage.is_empty().await;
    stage.send(STRUCTURED, body).await.accepts(STRUCTURED);
}

async fn members_are_there_once(stage: Stage) {
    let body = event("1", json!({ "tenant": "a" })).to_string();
    for (twice, pointer) in [
        ("\"id\":\"2\"", "/id"),
        ("\"i\\u0064\":\"2\"", "/id"),
        ("\"data\":{}", "/data"),
        ("\"tenant\":\"b\"", "/tenant"),
        ("\"tenant\":null", "/tenant"),
    ] {
        let body = body.replacen('{', &format!("{{{twice},"), 1);
        let answer = stage.send(STRUCTURED, body).await;
        assert!(
            answer.status == 422 && answer.pointers().contains(&pointer),
            "{twice}: {}",
            answer.body
        );
    }
    stage.is_empty().await;
}

async fn data_base64_is_decoded(stage: Stage) {
    let text = data_with("[1.0, 1e400]");
    for (id, bytes, media) in [
        ("plain", text.clone(), None),
        ("marked", format!("\u{feff}{text}"), Some("application/json")),
        (
            "blanks",
            format!(" {text}\n"),
            Some("application/vnd.acme.role+json; charset=utf-8"),
        ),
    ] {
        let members = json!({ "data": null, "data_base64": STANDARD.encode(bytes), "datacontenttype": media });
        let mut event = event(id, members);
        event.as_object_mut().unwrap().remove("data");
        stage.structured(&event).await.accepts(id);
        assert!(stage.seen(id).await.body.ends_with(&format!("\"data\":{text}}}")), "{id}");
    }
    let refused = async |encoded: &str, media: Option<&str>, pointer: &str| {
        let mut event = event("1", json!({ "data_base64": encoded, "datacontenttype": media }));
        event.as_object_mut().unwrap().remove("data");
        stage.structured(&event).await.refuses(422, pointer, encoded);
    };
    for encoded in [
        "",
        "e30",
        "e3 0=",
        "e30=\n",
        "e31=",
        "_-8=",
        "not base64!",
        &STANDARD.encode("not JSON"),
        &STANDARD.encode(b"\xff\xfe{\0}\0"),
        &STANDARD.encode(b"\"\xff\""),
        &STANDARD.encode("{} {}"),
    ] {
        refused(encoded, None, "/data_base64").await;
    }
    refused(&STANDARD.encode("{}"), Some("image/png"), "/datacontenttype").await;
    let twice = STANDARD.encode(data_with(r#"{"a":1,"a":2}"#));
    refused(&twice, None, "/data/identity/custom_fields/x/a").await;
    let bad = STANDARD.encode(data_with("0").replace("Marta", ""));
    refused(&bad, None, "/data/identity/first_name").await;
}

async fn data_without_a_media_type_are_json(stage: Stage) {
    stage
        .structured(&event("1", json!({ "datacontenttype": null })))
        .await
        .accepts("without");
    stage
        .answer(
            stage
                .post("")
                .header("ce-specversion", "1.0")
                .header("ce-id", "2")
                .header("ce-source", "/b")
                .header("ce-type", "identity.created")
                .body(data().to_string()),
        )
        .await
        .accepts("binary without");
    for id in ["1", "2"] {
        // The callback names the implied type.
        let seen = stage.seen(id).await;
        assert_eq!(seen.headers["content-type"], "application/json");
        assert_eq!(stage.delivered(id).await["data"], data());
    }
}

async fn json_media_types_are_json(stage: Stage) {
    for (number, media) in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "text/json",
        "application/vnd.acme.role+json",
        "application/ld+json; profile=\"https://example.com/a;b\"",
    ]
    .into_iter()
    .enumerate()
    {
        let id = number.to_string();
        stage
            .structured(&event(&id, json!({ "datacontenttype": media })))
            .await
            .accepts(media);
        assert_eq!(stage.delivered(&id).await["data"], data(), "{media}");
    }
}

async fn a_string_is_not_parsed_again(stage: Stage) {
    let answer = stage.structured(&event("1", json!({ "data": data().to_string() }))).await;
    answer.refuses(422, "/data", "JSON in a string");
    let custom = r#""{\"a\": 1}""#;
    let body = event("2", json!({ "data": "HERE" }))
        .to_string()
        .replace("\"HERE\"", &data_with(custom));
    stage.send(STRUCTURED, body).await.accepts("a string within");
    assert_eq!(stage.delivered("2").await["data"]["identity"]["custom_fields"]["x"], "{\"a\": 1}");
}

async fn other_media_types_are_refused(stage: Stage) {
    for media in [
        "application/xml",
        "text/plain",
        "application/jsonp",
        "application/+json",
        "application/json+xml",
        "json",
        "",
        "a/b/json",
    ] {
        let answer = stage
            .structured(&event("1", json!({ "datacontenttype": media, "data": "<much wow=\"xml\"/>" })))
            .await;
        answer.refuses(422, "/datacontenttype", media);
    }
    stage.is_empty().await;
}

async fn data_and_data_base64_exclude_each_other(stage: Stage) {
    let encoded = STANDARD.encode(data().to_string());
    for data in [data(), Value::Null] {
        let answer = stage.structured(&event("1", json!({ "data": data, "data_base64": encoded }))).await;
        assert!(
            answer.status == 422 && answer.pointers().contains(&"/data_base64"),
            "{}",
            answer.body
        );
    }
    stage.is_empty().await;
}

async fn null_data_differ_from_no_data(stage: Stage) {
    let mut without = event("1", json!({}));
    without.as_object_mut().unwrap().remove("data");
    let answers = [
        stage.structured(&event("1", json!({ "data": null }))).await,
        stage.structured(&without).await,
    ];
    let words = answers.map(|answer| {
        answer.refuses(422, "/data", "no data");
        answer.body["errors"][0]["detail"].as_str().unwrap().to_owned()
    });
    assert!(words[0].contains("not null") && words[1].contains("Give"), "{words:?}");
}

async fn a_batch_is_an_array_of_events(stage: Stage) {
    let batch = json!([event("1", json!({ "tenant": 1 })), event("2", json!({ "source": "/other" }))]);
    let answer = stage.send(BATCH, batch.to_string()).await;
    answer.accepts("two");
    let ids: Vec<_> = answer.body["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["ce_id"])
        .collect();
    assert_eq!(ids, ["1", "2"]);
    assert_eq!(stage.delivered("1").await["extensions"], json!({ "tenant": 1 }));
    assert_eq!(stage.delivered("2").await["source"], "/other");
    let broken = event("4", json!({ "data": "HERE", "tenant": 1.5 }))
        .to_string()
        .replace("\"HERE\"", &data_with(r#"{"a":1,"a":2}"#));
    let batch = format!("[{},{broken},7,[],null]", event("3", json!({})));
    let answer = stage.send(BATCH, batch).await;
    let pointers = vec!["/1/tenant", "/1/data/identity/custom_fields/x/a", "/2", "/3", "/4"];
    assert_eq!((answer.status, answer.pointers()), (422, pointers), "{}", answer.body);
    let alone = json!([event("4", json!({ "subject": "" }))]).to_string();
    stage.send(BATCH, alone).await.refuses(422, "/0/subject", "a batch of one");
    for body in ["{}", "7", "", "[", "[{}", "[{},]"] {
        stage.send(BATCH, body).await.refuses(400, "", body);
    }
    assert_eq!(stage.database.count("events").await, 2);
}

async fn a_batch_has_its_media_type(stage: Stage) {
    let batch = json!([event("1", json!({}))]).to_string();
    let answer = stage.send(STRUCTURED, batch.clone()).await;
    answer.refuses(422, "", "an array as one event");
    assert!(answer.body.to_string().contains(BATCH), "{}", answer.body);
    for media in ["application/cloudevents-batch+xml", "application/cloudevents-batch"] {
        assert_eq!(stage.send(media, batch.clone()).await.status, 415, "{media}");
    }
    stage
        .send("Application/CloudEvents-Batch+JSON; Charset=\"UTF-8\"", batch)
        .await
        .accepts("a batch");
}

async fn an_empty_batch_is_taken(stage: Stage) {
    for body in ["[]", " [ ] ", "\u{feff}[]"] {
        let answer = stage.send(BATCH, body).await;
        assert_eq!((answer.status, answer.body), (202, json!({ "events": [] })));
    }
    stage.is_empty().await;
}

async fn a_batch_has_a_largest_size(stage: Stage) {
    let most: Vec<Value> = (0..1_000).map(|_| json!({})).collect();
    let answer = stage.send(BATCH, json!(most).to_string()).await;
    assert_eq!((answer.status, answer.pointers().len()), (422, 50));
    let more = [most, vec![json!({})]].concat();
    let answer = stage.send(BATCH, json!(more).to_string()).await;
    answer.refuses(400, "", "1,001 events");
    assert!(answer.body.to_string().contains("1001"), "{}", answer.body);
}

async fn events_of_a_batch_have_one_version(stage: Stage) {
    let batch = json!([event("1", json!({})), event("2", json!({ "specversion": "0.3" }))]);
    stage
        .send(BATCH, batch.to_string())
        .await
        .refuses(422, "/1/specversion", "two versions");
    stage.is_empty().await;
}
