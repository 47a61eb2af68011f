//! How the modes are distinguished, and what they have in common.

use std::io::Write;

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use reqwest::header::HeaderMap;
use serde_json::json;

use super::stage::{BATCH, STRUCTURED, Stage, data, event};

super::conformance! {
    the_same_event_is_taken_in_every_mode other_formats_are_refused media_types_are_read_in_every_spelling in_structured_mode_headers_do_not_count
    events_of_64_kib_are_delivered
}

async fn the_same_event_is_taken_in_every_mode(stage: Stage) {
    let members = json!({ "source": "/modes", "subject": "café", "time": "2026-11-23T09:00:00Z", "tenant": "a b" });
    stage.structured(&event("structured", members.clone())).await.accepts("structured");
    stage
        .send(BATCH, json!([event("batch", members)]).to_string())
        .await
        .accepts("batch");
    let headers: [(&str, &[u8]); 4] = [
        ("ce-source", b"/modes"),
        ("ce-subject", b"caf%C3%A9"),
        ("ce-time", b"2026-11-23T09:00:00Z"),
        ("ce-tenant", b"a%20b"),
    ];
    stage.binary("binary", &headers, data().to_string()).await.accepts("binary");
    let bodies = [
        stage.delivered("structured").await,
        stage.delivered("batch").await,
        stage.delivered("binary").await,
    ];
    for mut body in bodies {
        body["id"] = json!("1");
        let expected = json!({
            "id": "1", "type": "identity.created", "timestamp": "2026-11-23T09:00:00.000Z", "source": "/modes", "subject": "café",
            "extensions": { "tenant": "a b" }, "data": data(),
        });
        assert_eq!(body, expected);
    }
}

async fn other_formats_are_refused(stage: Stage) {
    for media in [
        "application/cloudevents+avro",
        "application/cloudevents+protobuf",
        "application/cloudevents",
        "application/cloudevents-batch+avro",
    ] {
        let headers: [(&str, &[u8]); 1] = [("content-type", media.as_bytes())];
        let answer = stage.binary("1", &headers, "x").await;
        assert!(
            answer.status == 415 && answer.body["detail"].as_str().unwrap().contains("JSON"),
            "{media}: {}",
            answer.body
        );
    }
    stage.is_empty().await;
}

async fn media_types_are_read_in_every_spelling(stage: Stage) {
    for (number, media) in [
        "application/cloudevents+json;charset=utf-8",
        "APPLICATION/CLOUDEVENTS+JSON ; CHARSET=\"UTF-8\"",
        "application/cloudevents+json; charset=utf8; a=b",
        "application/cloudevents+json; charset=us-ascii",
        "application/cloudevents+json;",
        " application/cloudevents+json ",
    ]
    .into_iter()
    .enumerate()
    {
        stage
            .send(media, event(&number.to_string(), json!({})).to_string())
            .await
            .accepts(media);
    }
    for media in [
        "application/cloudevents+json; charset=iso-8859-1",
        "application/cloudevents-batch+json; charset=\"utf-16\"",
        "application/cloudevents+json; charset",
        "application/cloudevents+json, text/plain",
    ] {
        let answer = stage.send(media, event("x", json!({})).to_string()).await;
        assert_eq!(answer.status, 415, "{media}: {}", answer.body);
    }
    let headers: [(&str, &[u8]); 1] = [("content-type", b"application/json; charset=latin1")];
    assert_eq!(stage.binary("x", &headers, data().to_string()).await.status, 415);
    for (bytes, word) in [
        (&b"\xff\xfe{\0}\0"[..], "UTF-16"),
        (b"\xfe\xff\0{\0}", "UTF-16"),
        (b"{\0}\0", "UTF-16"),
        (b"{\"id\":\"\xe9\"}", "UTF-8"),
    ] {
        let answer = stage.send(STRUCTURED, bytes).await;
        answer.refuses(400, "", word);
        assert!(answer.body.to_string().contains(word), "{}", answer.body);
    }
    let marked = format!("\u{feff}{}", event("marked", json!({})));
    stage.send(STRUCTURED, marked).await.accepts("a byte order mark");
    compressed_bodies_are_unpacked(&stage).await;
}

async fn compressed_bodies_are_unpacked(stage: &Stage) {
    let gzip = |text: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let send = async |coding: &str, body: Vec<u8>| {
        let request = stage.post("").header("content-type", STRUCTURED).header("content-encoding", coding);
        stage.answer(request.body(body)).await
    };
    send("gzip", gzip(event("gzip", json!({})).to_string().as_bytes()))
        .await
        .accepts("gzip");
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(event("zlib", json!({})).to_string().as_bytes()).unwrap();
    send("deflate", zlib.finish().unwrap()).await.accepts("deflate");
    send("identity", event("identity", json!({})).to_string().into_bytes())
        .await
        .accepts("identity");
    assert_eq!(send("gzip", gzip(&vec![b' '; 20 * 1024 * 1024])).await.status, 413);
    assert_eq!(send("gzip", b"{}".to_vec()).await.status, 400);
    for coding in ["br", "zstd", "gzip, gzip"] {
        let request = stage.post("").header("content-type", STRUCTURED).header("content-encoding", coding);
        let response = request.body("x").send().await.unwrap();
        let supported = |headers: &HeaderMap| headers["accept-encoding"].to_str().unwrap().to_owned();
        assert_eq!(
            (response.status().as_u16(), supported(response.headers())),
            (415, "gzip, deflate".to_owned()),
            "{coding}"
        );
    }
}

async fn in_structured_mode_headers_do_not_count(stage: Stage) {
    let headers: [(&str, &[u8]); 4] = [
        ("content-type", STRUCTURED.as_bytes()),
        ("ce-id", b"other"),
        ("ce-subject", b"%ff"),
        ("ce-tenant", b"a"),
    ];
    stage
        .binary("other", &headers, event("1", json!({})).to_string())
        .await
        .accepts("structured with headers");
    let body = stage.delivered("1").await;
    assert!(body.get("subject").is_none() && body.get("extensions").is_none(), "{body}");
    let mut without = event("2", json!({}));
    without.as_object_mut().unwrap().remove("id");
    stage
        .binary("2", &headers[..1], without.to_string())
        .await
        .refuses(422, "/id", "an id in a header alone");
}

async fn events_of_64_kib_are_delivered(stage: Stage) {
    let mut data = data();
    data["identity"]["custom_fields"] = json!({ "x": "é".repeat(16 * 1024) });
    let mut event = event("large", json!({ "data": data, "filler": "" }));
    let rest = 64 * 1024 - event.to_string().len();
    event["filler"] = json!("x".repeat(rest));
    assert_eq!(event.to_string().len(), 64 * 1024);
    stage.structured(&event).await.accepts("64 KiB");
    let body = stage.delivered("large").await;
    assert_eq!((&body["data"], &body["extensions"]["filler"]), (&data, &event["filler"]));
    let filler = json!({ "filler": "x".repeat(64 * 1024) });
    stage
        .structured(&super::stage::event("larger", filler))
        .await
        .refuses(422, "/filler", "extensions over the limit");
}
