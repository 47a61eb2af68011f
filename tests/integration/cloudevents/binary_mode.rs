//! Binary mode: attributes in headers, the data as the body.

use serde_json::json;

use super::stage::{EVENT, Stage, data, data_with};

super::conformance! {
    content_type_is_the_media_type_of_the_data attributes_that_are_no_headers_are_refused the_body_is_the_data every_attribute_has_a_header
    only_ce_headers_are_attributes names_of_headers_are_attribute_names values_outside_of_ascii_are_refused values_are_percent_decoded
    malformed_escapes_are_refused quoted_strings_are_unescaped_first values_are_decoded_once encoded_surrogates_are_refused
    bytes_that_are_not_utf_8_are_refused
}

async fn content_type_is_the_media_type_of_the_data(stage: Stage) {
    for (number, media) in [
        "application/json",
        "text/json; charset=UTF-8",
        "application/vnd.acme.role+json",
        "Application/LD+JSON",
    ]
    .into_iter()
    .enumerate()
    {
        let id = number.to_string();
        stage
            .binary(&id, &[("content-type", media.as_bytes())], data().to_string())
            .await
            .accepts(media);
        assert_eq!(stage.delivered(&id).await["data"], data(), "{media}");
    }
    for media in [
        "text/plain",
        "application/xml",
        "application/octet-stream",
        "image/png",
        "application/x-www-form-urlencoded",
    ] {
        let answer = stage.binary("x", &[("content-type", media.as_bytes())], &b"\x89PNG\xff"[..]).await;
        answer.refuses(422, "/datacontenttype", media);
    }
}

async fn attributes_that_are_no_headers_are_refused(stage: Stage) {
    for (header, pointer) in [("ce-datacontenttype", "/datacontenttype"), ("ce-data", "/data")] {
        let answer = stage.binary("1", &[(header, b"application/json")], data().to_string()).await;
        answer.refuses(422, pointer, header);
    }
    stage.is_empty().await;
}

async fn the_body_is_the_data(stage: Stage) {
    let text = data_with("[1.0, 1e400, -0, 12345678901234567890]");
    stage.binary("1", &[], format!("\u{feff}  {text}\n")).await.accepts("a body");
    assert!(stage.seen("1").await.body.ends_with(&format!("\"data\":{text}}}")));
    stage.binary("2", &[], "").await.refuses(422, "/data", "no body");
    for body in ["{", "nothing", "{} {}", " "] {
        stage.binary("2", &[], body).await.refuses(400, "/data", body);
    }
    stage.binary("2", &[], "null").await.refuses(422, "/data", "null");
}

async fn every_attribute_has_a_header(stage: Stage) {
    let headers: [(&str, &[u8]); 9] = [
        ("CE-SpecVersion", b"1.0"),
        ("Ce-Source", b"https://example.com/a?b=c#d"),
        ("cE-subject", b"s"),
        ("ce-time", b"2026-11-23T10:00:00.5%2B01:00"),
        ("ce-dataschema", b"https://example.com/schema"),
        ("ce-tenant", b"a"),
        ("ce-number", b"-7"),
        ("ce-urgent", b"true"),
        ("ce-empty", b""),
    ];
    stage.binary("1", &headers, data().to_string()).await.accepts("all");
    let body = stage.delivered("1").await;
    assert_eq!(
        body,
        json!({
            "id": "1", "type": EVENT, "timestamp": "2026-11-23T09:00:00.500Z", "source": "https://example.com/a?b=c#d", "subject": "s",
            "dataschema": "https://example.com/schema",
            "extensions": { "tenant": "a", "number": "-7", "urgent": "true", "empty": "" }, "data": data(),
        })
    );
    let missing = stage
        .post("")
        .header("content-type", "application/json")
        .header("ce-tenant", "a")
        .body(data().to_string());
    let answer = stage.answer(missing).await;
    assert_eq!(
        (answer.status, answer.pointers()),
        (422, vec!["/specversion", "/id", "/source", "/type"])
    );
    for (name, pointer) in [
        ("ce-subject", "/subject"),
        ("ce-time", "/time"),
        ("ce-dataschema", "/dataschema"),
        ("ce-id", "/id"),
        ("ce-source", "/source"),
    ] {
        stage
            .binary("2", &[(name, b"")], data().to_string())
            .await
            .refuses(422, pointer, name);
    }
    for name in ["ce-subject", "ce-tenant", "ce-id"] {
        let answer = stage.binary("2", &[(name, b"a"), (name, b"b")], data().to_string()).await;
        answer.refuses(422, &name.replace("ce-", "/"), "a header twice");
    }
}

async fn only_ce_headers_are_attributes(stage: Stage) {
    let headers: [(&str, &[u8]); 4] = [
        ("tenant", b"a"),
        ("x-ce-tenant", b"b"),
        ("cetenant", b"c"),
        ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01"),
    ];
    stage.binary("1", &headers, data().to_string()).await.accepts("other headers");
    let seen = stage.seen("1").await;
    assert!(
        !seen.body.contains("extensions") && seen.headers["traceparent"] == "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01",
        "{seen:?}"
    );
}

async fn names_of_headers_are_attribute_names(stage: Stage) {
    for name in ["ce-my-name", "ce-my_name", "ce-my.name", "ce-", "ce-a~b"] {
        let answer = stage.binary("1", &[(name, b"a")], data().to_string()).await;
        assert!(
            answer.status == 422 && answer.pointers() == [format!("/{}", &name[3..])],
            "{name}: {}",
            answer.body
        );
    }
    let long = "ce-averyverylongnameofmorethan20characters";
    stage.binary("1", &[(long, b"a")], data().to_string()).await.accepts(long);
    assert_eq!(stage.delivered("1").await["extensions"][&long[3..]], "a");
}

async fn subject(stage: &Stage, id: &str, value: &[u8]) -> Result<String, String> {
    let answer = stage.binary(id, &[("ce-subject", value)], data().to_string()).await;
    if answer.status == 202 {
        return Ok(stage.delivered(id).await["subject"].as_str().unwrap().to_owned());
    }
    answer.refuses(422, "/subject", "a header's value");
    Err(answer.body["errors"][0]["detail"].as_str().unwrap().to_owned())
}

async fn check(stage: &Stage, values: &[(&str, &str)]) {
    for (number, (value, text)) in values.iter().enumerate() {
        assert_eq!(
            subject(stage, &number.to_string(), value.as_bytes()).await.as_deref(),
            Ok(*text),
            "{value}"
        );
    }
}

async fn refused(stage: &Stage, values: &[&[u8]], word: &str) {
    for value in values {
        let told = subject(stage, "1", value).await.unwrap_err();
        assert!(told.contains(word), "{value:?}: {told}");
    }
    stage.is_empty().await;
}

async fn values_outside_of_ascii_are_refused(stage: Stage) {
    refused(&stage, &["é".as_bytes(), b"caf\xe9", "€".as_bytes()], "Percent-encode").await;
}

async fn values_are_percent_decoded(stage: Stage) {
    check(
        &stage,
        &[
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
            ("%e2%82%ac", "€"),
            ("%41%62c", "Abc"),
            ("100%25%20%22sure%22", "100% \"sure\""),
            ("a b", "a b"),
            ("a+b", "a+b"),
        ],
    )
    .await;
}

async fn malformed_escapes_are_refused(stage: Stage) {
    refused(&stage, &[b"%", b"50% off", b"%4", b"%zz", b"%%41", b"%u20AC"], "%25").await;
}

async fn quoted_strings_are_unescaped_first(stage: Stage) {
    check(
        &stage,
        &[
            ("\"a b\"", "a b"),
            (r#""say \"hi\" \\ there""#, r#"say "hi" \ there"#),
            (r#""Euro%20\%E2%82%AC""#, "Euro €"),
            (r"back\slash", r"back\slash"),
        ],
    )
    .await;
    refused_after(&stage, &[b"\"open", b"\"open\\"]).await;
}

async fn refused_after(stage: &Stage, values: &[&[u8]]) {
    for value in values {
        assert!(subject(stage, "x", value).await.unwrap_err().contains("%22"), "{value:?}");
    }
}

async fn values_are_decoded_once(stage: Stage) {
    check(&stage, &[("%2541", "%41"), ("%252541", "%2541"), ("%25E2%2582%25AC", "%E2%82%AC")]).await;
}

async fn encoded_surrogates_are_refused(stage: Stage) {
    refused(&stage, &[b"%ED%A0%BD%ED%B8%80", b"%ED%A0%80", b"%ed%b0%80"], "UTF-8").await;
}

async fn bytes_that_are_not_utf_8_are_refused(stage: Stage) {
    refused(
        &stage,
        &[
            b"%C0%A0",
            b"%C0%80",
            b"%E0%80%AF",
            b"%F4%90%80%80",
            b"%FF",
            b"%E2%82",
            b"%80",
            b"%E9",
        ],
        "UTF-8",
    )
    .await;
}
