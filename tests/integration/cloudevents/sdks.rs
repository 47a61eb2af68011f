//! The official SDKs as publishers: what they send arrives at a receiver as it was meant.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::stage::{Stage, data};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a program that publishes with an SDK, with the service's address, a key and the data as arguments; gives what it printed.
fn run(program: &Path, script: &Path, stage: &Stage) -> Vec<String> {
    assert!(
        program.exists() || !program.is_absolute(),
        "{} is missing: run `make setup`",
        program.display()
    );
    let mut command = Command::new(program);
    command.arg(script).arg(&stage.app.url).arg(&stage.app.key).arg(data().to_string());
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; run `make setup`", program.display()));
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
async fn the_python_sdk_publishes() {
    let stage = Stage::set().await;
    let folder = std::env::var_os("PYTHON_ENV")
        .filter(|folder| !folder.is_empty())
        .map_or_else(default_python, PathBuf::from);
    let python = folder.join("bin/python");
    let printed = tokio::task::block_in_place(|| run(&python, &root().join("tests/conformance/publish.py"), &stage));
    let extensions = |mode: &str| match mode {
        // Headers have no types.
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

fn default_python() -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap();
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
    std::env::var_os("CLEARHOOK_CACHE")
        .map_or_else(|| cache.join("clearhook"), PathBuf::from)
        .join("python")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_javascript_sdk_publishes() {
    let stage = Stage::set().await;
    let package = root().join("end2end/node_modules/cloudevents/package.json");
    assert!(package.exists(), "{} is missing: run `make setup`", package.display());
    let printed = tokio::task::block_in_place(|| run(Path::new("node"), &root().join("tests/conformance/publish.mjs"), &stage));
    let extensions = |mode: &str| match mode {
        "binary" => json!({ "tenant": "ä b%", "number": "-7", "urgent": "true" }),
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
