//! The contract of the API: schemathesis compares a running service with the `OpenAPI` document, `redocly` judges the document, and a client
//! that is generated from it does what programs do.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use clearhook::catalogue::BuiltIn;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    app::{JsonBody, TestApp},
    database::TestDatabase,
    python::python,
    receiver::Receiver,
};

/// How many requests schemathesis sends for each operation in a phase. `scripts/soak.sh` sends more.
const EXAMPLES: &str = "CLEARHOOK_CONTRACT_EXAMPLES";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Runs a command without blocking the service, which runs in this process.
async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// The packages of `tests/conformance/package.json`.
fn modules() -> PathBuf {
    root().join("tests/conformance/node_modules")
}

/// A program of one of the packages.
fn node(script: &str) -> Command {
    let script = modules().join(script);
    assert!(script.exists(), "{} is missing: run `make setup`", script.display());
    let mut command = Command::new("node");
    command.arg(script);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn service_answers_as_the_document_says() {
    let (database, receiver) = (TestDatabase::sqlite(), Receiver::start([]).await);
    let app = TestApp::start(&database).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 1).await;
    let any = app.api(Method::POST, "/event-types").json_value(&json!({ "type": "contract.any" }));
    assert_eq!(any.send().await.unwrap().status(), 201);
    let examples = std::env::var(EXAMPLES).ok();
    let mut command = python("contract.py");
    command.args([
        &app.url,
        &app.key,
        "--max-examples",
        examples.as_deref().unwrap_or("3"),
        "--continue-on-failure",
        "--no-shrink",
    ]);
    if examples.is_none() {
        // The short form sends the same requests in each run; the long form searches for new ones.
        command.arg("--generation-deterministic");
    }
    // It leaves files where it runs.
    let here = TempDir::new().unwrap();
    command.current_dir(here.path());
    let output = run(command).await;
    assert!(output.status.success(), "{}", said(&output));
    app.stop().await;
}

#[tokio::test]
async fn document_has_no_findings_of_redocly() {
    let mut command = node("@redocly/cli/bin/cli.js");
    command.args(["lint", "--config", "tests/conformance/redocly.yaml", "docs/openapi.json"]);
    command.current_dir(root()).env("REDOCLY_TELEMETRY", "off");
    let output = run(command).await;
    assert!(output.status.success(), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_client_creates_publishes_reads_and_redelivers() {
    let (database, receiver) = (TestDatabase::sqlite(), Receiver::start([]).await);
    let (app, here) = (TestApp::start(&database).await, TempDir::new().unwrap());
    let types = here.path().join("api.d.ts");
    let mut generate = node("openapi-typescript/bin/cli.js");
    generate.arg(root().join("docs/openapi.json")).arg("-o").arg(&types);
    // What has a default may be left out of requests.
    generate.args(["--default-non-nullable=false", "--empty-objects-unknown"]);
    let output = run(generate).await;
    assert!(output.status.success(), "{}", said(&output));
    // The client is checked against the types, and runs without them.
    let client = here.path().join("client.ts");
    std::fs::copy(root().join("tests/conformance/client.ts"), &client).unwrap();
    std::os::unix::fs::symlink(modules(), here.path().join("node_modules")).unwrap();
    std::fs::write(here.path().join("package.json"), r#"{"type":"module"}"#).unwrap();
    let mut check = node("typescript/bin/tsc");
    check.args([
        "--strict",
        "--noUncheckedIndexedAccess",
        "--target",
        "es2022",
        "--module",
        "nodenext",
        "--skipLibCheck",
    ]);
    check.args(["--lib", "es2022,dom", "client.ts"]).current_dir(here.path());
    let output = run(check).await;
    assert!(output.status.success(), "{}", said(&output));
    let mut client = Command::new("node");
    client.arg(here.path().join("client.js")).args([&app.url, &app.key, &receiver.url]);
    let output = run(client).await;
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(receiver.seen().len(), 2, "the event and its redelivery");
    app.stop().await;
}
