//! Context attributes and the type system.

use serde_json::{Value, json};

use super::stage::{CONTEXT_ATTRIBUTES, STRUCTURED, Stage, event};

super::conformance! {
    required_attributes_are_asked_for empty_attributes_are_refused names_are_letters_and_digits extension_values_have_one_of_the_types
    control_characters_are_refused uris_follow_rfc_3986 times_follow_rfc_3339
}

async fn required_attributes_are_asked_for(stage: Stage) {
    let answer = stage.send(STRUCTURED, "{}").await;
    assert_eq!(
        (answer.status, answer.pointers()),
        (422, vec!["/specversion", "/id", "/source", "/type", "/data"]),
        "{}",
        answer.body
    );
    for (version, why) in [
        ("0.3", "older"),
        ("1", "short"),
        ("1.0.2", "a patch"),
        ("1.1", "newer"),
        (" 1.0", "a space"),
    ] {
        stage
            .structured(&event("1", json!({ "specversion": version })))
            .await
            .refuses(422, "/specversion", why);
    }
    stage
        .structured(&event("1", json!({ "type": "no.such.type" })))
        .await
        .refuses(422, "/type", "an unknown type");
    stage.is_empty().await;
}

async fn empty_attributes_are_refused(stage: Stage) {
    for name in CONTEXT_ATTRIBUTES {
        let answer = stage.structured(&event("1", json!({ name: "" }))).await;
        answer.refuses(422, &format!("/{name}"), name);
    }
    stage.is_empty().await;
    // An empty extension is a string like others.
    stage
        .structured(&event("1", json!({ "tenant": "" })))
        .await
        .accepts("an empty extension");
    assert_eq!(stage.delivered("1").await["extensions"], json!({ "tenant": "" }));
}

async fn names_are_letters_and_digits(stage: Stage) {
    for (name, pointer) in [
        ("Tenant", "/Tenant"),
        ("my-name", "/my-name"),
        ("my_name", "/my_name"),
        ("my.name", "/my.name"),
        ("", "/"),
        ("é", "/é"),
        ("a/b~c", "/a~1b~0c"),
        ("Type", "/Type"),
    ] {
        stage
            .structured(&event("1", json!({ name: "a" })))
            .await
            .refuses(422, pointer, name);
    }
    let nulls = event("1", json!({ "data": "HERE" }))
        .to_string()
        .replacen('{', "{\"My_Name\":null,", 1);
    let answer = stage.send(STRUCTURED, nulls).await;
    assert!(answer.pointers().contains(&"/My_Name"), "{}", answer.body);
    stage.is_empty().await;
    let names = json!({ "a": 1, "x509": 2, "0": 3, "averyverylongnameofmorethan20characters": 4 });
    stage.structured(&event("1", names.clone())).await.accepts("good names");
    assert_eq!(stage.delivered("1").await["extensions"], names);
}

async fn extension_values_have_one_of_the_types(stage: Stage) {
    let text = |value: &str| event("1", json!({ "x": "HERE" })).to_string().replace("\"HERE\"", value);
    for wrong in [
        "1.5",
        "1.0",
        "1e3",
        "-0.0",
        "2147483648",
        "-2147483649",
        "12345678901234567890",
        "1e400",
        "{}",
        "{\"a\":1}",
        "[]",
        "[1]",
        "\"\\ud800\"",
        "\"\\udead\"",
    ] {
        stage.send(STRUCTURED, text(wrong)).await.refuses(422, "/x", wrong);
    }
    stage.is_empty().await;
    for (number, (value, expected)) in [
        ("2147483647", json!(i32::MAX)),
        ("-2147483648", json!(i32::MIN)),
        ("0", json!(0)),
        ("true", json!(true)),
        ("false", json!(false)),
        ("\"true\"", json!("true")),
        ("\"\\ud83d\\ude00 \\\"\\u00e9\"", json!("😀 \"é")),
        ("\"2026-11-23T09:00:00Z\"", json!("2026-11-23T09:00:00Z")),
    ]
    .into_iter()
    .enumerate()
    {
        let id = (number + 2).to_string();
        let body = text(value).replace("\"id\":\"1\"", &format!("\"id\":\"{id}\""));
        stage.send(STRUCTURED, body).await.accepts(value);
        assert_eq!(stage.delivered(&id).await["extensions"], json!({ "x": expected }), "{value}");
    }
}

async fn control_characters_are_refused(stage: Stage) {
    for (character, name) in [
        ('\0', "U+0000"),
        ('\t', "U+0009"),
        ('\n', "U+000A"),
        ('\u{1f}', "U+001F"),
        ('\u{7f}', "U+007F"),
        ('\u{9f}', "U+009F"),
        ('\u{fdd0}', "U+FDD0"),
        ('\u{ffff}', "U+FFFF"),
        ('\u{10ffff}', "U+10FFFF"),
    ] {
        for attribute in ["id", "subject", "tenant"] {
            let answer = stage.structured(&event("1", json!({ attribute: format!("a{character}b") }))).await;
            answer.refuses(422, &format!("/{attribute}"), name);
            assert!(answer.body.to_string().contains(name), "{}", answer.body);
        }
    }
    for attribute in ["source", "type", "specversion", "time", "dataschema", "datacontenttype"] {
        let answer = stage.structured(&event("1", json!({ attribute: "a\u{7}" }))).await;
        answer.refuses(422, &format!("/{attribute}"), attribute);
    }
    for value in ["%00", "%0A", "%7F", "%C2%85", "%EF%BF%BF"] {
        let answer = stage
            .binary("1", &[("ce-tenant", value.as_bytes())], super::stage::data().to_string())
            .await;
        answer.refuses(422, "/tenant", value);
    }
    stage.is_empty().await;
    let good = "\u{20}~\u{a0}é\u{200b}\u{2028}€😀\u{e000}\u{fffd}";
    stage
        .structured(&event(good, json!({ "subject": good, "tenant": good })))
        .await
        .accepts("all others");
    let body = stage.delivered(good).await;
    assert_eq!((&body["subject"], &body["extensions"]["tenant"]), (&json!(good), &json!(good)));
}

async fn uris_follow_rfc_3986(stage: Stage) {
    for (number, source) in [
        "https://github.com/cloudevents",
        "mailto:cncf-wg-serverless@lists.cncf.io",
        "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
        "/cloudevents/spec/pull/123",
        "/sensors/tn-1234567/alerts",
        "1-555-123-4567",
        "a",
        "?q",
        "#f",
        "//host/path",
        "http://[2001:db8::1]:8080/a%20b?c=d&e#f",
        "./a:b",
        "clearhook-publish",
        "%C3%BC",
    ]
    .into_iter()
    .enumerate()
    {
        let id = number.to_string();
        stage.structured(&event(&id, json!({ "source": source }))).await.accepts(source);
        assert_eq!(stage.delivered(&id).await["source"], source);
    }
    for source in [
        "a b",
        "é",
        "a%",
        "a%zz",
        "<a>",
        "a\\b",
        "{a}",
        "a|b",
        "a^b",
        "`",
        "\"",
        "1a:b",
        ":a",
        "http://[::1",
        "a#b#c",
        "http://a:b/",
    ] {
        stage
            .structured(&event("x", json!({ "source": source })))
            .await
            .refuses(422, "/source", source);
    }
    for (number, schema) in ["https://example.com/schemas/1?a=b", "urn:example:schema", "tag:a,2026:b"]
        .into_iter()
        .enumerate()
    {
        let id = format!("schema-{number}");
        stage.structured(&event(&id, json!({ "dataschema": schema }))).await.accepts(schema);
        assert_eq!(stage.delivered(&id).await["dataschema"], schema);
    }
    for schema in [
        "/schemas/1",
        "schema",
        "//example.com/a",
        "#a",
        "https://example.com/a b",
        "https://example.com/1#a",
        "1:a",
    ] {
        stage
            .structured(&event("x", json!({ "dataschema": schema })))
            .await
            .refuses(422, "/dataschema", schema);
    }
    let long = |length: usize| format!("/{}", "a".repeat(length - 1));
    stage
        .structured(&event("long", json!({ "source": long(1_000) })))
        .await
        .accepts("1,000 bytes");
    stage
        .structured(&event("x", json!({ "source": long(1_001) })))
        .await
        .refuses(422, "/source", "1,001 bytes");
}

async fn times_follow_rfc_3339(stage: Stage) {
    for (number, (time, utc)) in [
        ("2018-04-05T17:31:00Z", "2018-04-05T17:31:00.000Z"),
        ("2018-04-05t17:31:00z", "2018-04-05T17:31:00.000Z"),
        ("2018-04-05T17:31:00.123456789123Z", "2018-04-05T17:31:00.123Z"),
        ("2018-04-05T17:31:00.5+23:59", "2018-04-04T17:32:00.500Z"),
        ("2018-04-05T17:31:00-00:00", "2018-04-05T17:31:00.000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = number.to_string();
        stage.structured(&event(&id, json!({ "time": time }))).await.accepts(time);
        assert_eq!(stage.delivered(&id).await["timestamp"], utc, "{time}");
    }
    for time in [
        "yesterday",
        "2018-04-05",
        "2018-04-05T17:31Z",
        "2018-04-05T17:31:00",
        "2018-04-05 17:31:00Z",
        "2018-04-05T17:31:00+24:00",
        "2018-04-05T17:31:00+0100",
        "2018-04-05T17:31:60Z",
        "2018-04-05T24:00:00Z",
        "2018-02-30T00:00:00Z",
        "-000001-01-01T00:00:00Z",
        "+12018-04-05T17:31:00Z",
        "2018-04-05T17:31:00Z[UTC]",
        "2018-04-05T17:31:00,5Z",
        "1522949460",
        " 2018-04-05T17:31:00Z",
    ] {
        stage
            .structured(&event("x", json!({ "time": time })))
            .await
            .refuses(422, "/time", time);
    }
    let without = event("without", json!({ "time": Value::Null }));
    stage.structured(&without).await.accepts("no time");
    let time = stage.delivered("without").await["timestamp"].as_str().unwrap().to_owned();
    assert!(time.ends_with('Z') && time.len() == 24, "{time}");
}
