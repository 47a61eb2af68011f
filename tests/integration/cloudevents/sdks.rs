//! The official SDKs as publishers: their events arrive at a receiver unchanged.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use super::stage::{Stage, data};
use crate::support::python::python;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a program that publishes with an SDK. Its further arguments are the address of the service, a key and the data. Returns the lines
/// that it printed.
fn run(mut command: Command, stage: &Stage) -> Vec<String> {
    command.arg(&stage.app.url).arg(&stage.app.key).arg(data().to_string());
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; run `make setup`", command.get_program().display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Each line names a mode and the id of an event that was accepted.
async fn arrives(stage: &Stage, printed: &[String], modes: &[&str], extensions: impl Fn(&str) -> Value) {
    let ids: Vec<(&str, &str)> = printed.iter().map(|line| line.split_once(' ').unwrap()).collect();
    assert_eq!(ids.iter().map(|(mode, _)| *mode).collect::<Vec<_>>(), modes);
    for (mode, id) in ids {
        let body = stage.delivered(id).await;
        let expected = json!({
            "id": id, "type": "identity.created", "source": "https://example.com/sdk", "subject": "café ☃ 😀",
            "timestamp": "2026-11-23T09:00:00.123Z", "dataschema": "https://example.com/schema", "extensions": extensions(mode), "data": data(),
        });
        assert_eq!(body, expected, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python_sdk_publishes() {
    let stage = Stage::set().await;
    let printed = tokio::task::block_in_place(|| run(python("publish.py"), &stage));
    let extensions = |mode: &str| match mode {
        // Headers are untyped.
        "binary" => json!({ "tenant": "ä b%", "number": "-7", "urgent": "True" }),
        _ => json!({ "tenant": "ä b%", "number": -7, "urgent": true }),
    };
    arrives(
        &stage,
        &printed,
        &["structured", "structured-bytes", "binary", "binary-bytes", "batch", "batch"],
        |mode| extensions(mode.trim_end_matches("-bytes")),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn javascript_sdk_publishes() {
    let stage = Stage::set().await;
    let package = root().join("end2end/node_modules/cloudevents/package.json");
    assert!(package.exists(), "{} is missing: run `make setup`", package.display());
    let mut node = Command::new("node");
    node.arg(root().join("tests/conformance/publish.mjs"));
    let printed = tokio::task::block_in_place(|| run(node, &stage));
    let (own, encoded): (Vec<String>, Vec<String>) = printed.into_iter().partition(|line| line.contains("own-"));
    let extensions = |mode: &str, tenant: &str| match mode.trim_end_matches("-bytes") {
        "binary" => json!({ "tenant": tenant, "number": "-7", "urgent": "true" }),
        _ => json!({ "tenant": tenant, "number": -7, "urgent": true }),
    };
    arrives(
        &stage,
        &encoded,
        &["structured", "structured-bytes", "binary", "binary-bytes", "batch", "batch"],
        |mode| extensions(mode, "ä b%"),
    )
    .await;
    // The SDK's own transport in its modes; the default is binary.
    let answers: Vec<(&str, &str)> = own.iter().map(|line| line.split_once(' ').unwrap()).collect();
    let (percent, plain): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(mode, _)| mode.starts_with("percent-"));
    let modes = plain.iter().map(|(mode, _)| *mode).collect::<Vec<_>>();
    let all = [
        "structured",
        "structured-bytes",
        "binary",
        "binary-bytes",
        "default",
        "default-bytes",
    ];
    assert_eq!(modes, all.map(|mode| format!("own-{mode}")));
    for (mode, id) in plain {
        let body = stage.delivered(id).await;
        let mode = mode.trim_start_matches("own-").replace("default", "binary");
        assert_eq!((&body["subject"], &body["data"]), (&json!("plain"), &data()), "{mode}: {body}");
        assert_eq!(body["extensions"], extensions(&mode, "acme-1"), "{mode}");
    }
    // The SDK does not encode a percent sign in a header, so its meaning is ambiguous: the error says what to send instead.
    for (mode, answer) in percent {
        if mode == "percent-own-structured" {
            assert_eq!(stage.delivered(answer).await["extensions"]["tenant"], "50% off", "{mode}");
        } else {
            let problem: Value = serde_json::from_str(answer).unwrap();
            assert_eq!(
                (&problem["status"], &problem["errors"][0]["pointer"]),
                (&json!(422), &json!("/tenant")),
                "{mode}"
            );
            let detail = problem["errors"][0]["detail"].as_str().unwrap();
            assert!(detail.contains("Percent-encode the character % itself as %25"), "{mode}: {detail}");
        }
    }
}
