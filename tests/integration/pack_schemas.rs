//! Conformance: the downloaded JSON Schemas of all built-in event types against three independent validators: Python (`jsonschema`),
//! JavaScript (`ajv`) and Rust (`boon`); and the downloaded TypeScript declarations against `tsc`. A program that is not installed fails the
//! test.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use boon::{Compiler, Draft, Schemas};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{app::TestApp, database::TestDatabase, python::python};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A schema, and bodies that it has to accept or to refuse.
struct Case {
    event_type: String,
    schema: Value,
    valid: Vec<(String, Value)>,
    invalid: Vec<(String, Value)>,
}

/// Downloads all built-in event types from a running service.
async fn download(app: &TestApp) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(&format!("/event-types?limit=10{cursor}")).await;
        for item in page["items"].as_array().unwrap() {
            let name = item["type"].as_str().unwrap();
            let response = app
                .api(reqwest::Method::GET, &format!("/event-types/{name}/schema"))
                .send()
                .await
                .unwrap();
            assert_eq!(response.headers()["content-type"], "application/schema+json", "{name}");
            let schema: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            let body = item["callback_example"].clone();
            assert_eq!(body["type"], name);
            cases.push(Case {
                event_type: name.to_owned(),
                schema,
                valid: accepted(&body),
                invalid: refused(&body),
            });
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return cases,
        }
    }
}

/// The example, and bodies that are made from it and are valid too.
fn accepted(body: &Value) -> Vec<(String, Value)> {
    let mut extended = body.clone();
    extended["extensions"] = json!({ "tenant": "a", "number": 7, "urgent": true });
    extended["dataschema"] = json!("https://example.com/schema");
    let mut bare = body.clone();
    bare.as_object_mut().unwrap().remove("subject");
    vec![
        ("the example".to_owned(), body.clone()),
        ("the example with extensions".to_owned(), extended),
        ("the example without subject".to_owned(), bare),
    ]
}

/// Bodies that are made from the example, each with one mistake.
fn refused(body: &Value) -> Vec<(String, Value)> {
    let mut wrong = Vec::new();
    for (pointer, value) in [
        ("/type", json!("identity.renamed")),
        ("/timestamp", json!("yesterday")),
        ("/id", json!(7)),
        ("/source", json!("")),
        ("/extensions", json!({ "Tenant": "a" })),
        ("/data", json!([])),
    ] {
        let mut changed = body.clone();
        changed[pointer.trim_start_matches('/')] = value;
        wrong.push((format!("{pointer} with a wrong value"), changed));
    }
    for required in ["id", "type", "timestamp", "source", "data"] {
        let mut changed = body.clone();
        changed.as_object_mut().unwrap().remove(required);
        wrong.push((format!("a body without {required}"), changed));
    }
    let mut objects = vec![String::new()];
    closed_objects(&body["data"], "/data", &mut objects);
    for pointer in objects {
        let mut changed = body.clone();
        changed.pointer_mut(&pointer).unwrap()["misspelt"] = json!(1);
        wrong.push((format!("an unknown field in {pointer}"), changed));
        for (field, bad) in [
            ("id", json!("not a UUID")),
            ("status", json!("unheard_of")),
            ("created_at", json!("2026-03-09")),
            ("link", json!("no address")),
            ("digest", json!("ABC")),
            ("number", json!("12345678")),
        ] {
            let mut changed = body.clone();
            let object = changed.pointer_mut(&pointer).unwrap();
            if pointer.is_empty() || object.get(field).is_none() {
                continue;
            }
            object[field] = bad;
            wrong.push((format!("{pointer}/{field} with a wrong value"), changed));
        }
    }
    wrong
}

/// The pointers of all objects whose fields are fixed.
fn closed_objects(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(pointer.to_owned());
            let fixed = fields
                .iter()
                .filter(|(name, _)| !["custom_fields", "old_value", "new_value"].contains(&name.as_str()));
            fixed.for_each(|(name, inner)| closed_objects(inner, &format!("{pointer}/{name}"), found));
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                closed_objects(item, &format!("{pointer}/{at}"), found);
            }
        }
        _ => (),
    }
}

/// Writes the schemas and the bodies into a folder, for the programs. Returns the number of bodies.
fn write(cases: &[Case], folder: &Path) -> usize {
    let bodies =
        |bodies: &[(String, Value)]| -> Value { bodies.iter().map(|(what, body)| json!({ "what": what, "body": body })).collect() };
    let list = cases.iter().map(|case| {
        let file = format!("{}.schema.json", case.event_type);
        fs::write(folder.join(&file), case.schema.to_string()).unwrap();
        json!({ "schema": file, "valid": bodies(&case.valid), "invalid": bodies(&case.invalid) })
    });
    let list = Value::Array(list.collect());
    fs::write(folder.join("cases.json"), list.to_string()).unwrap();
    cases.iter().map(|case| case.valid.len() + case.invalid.len()).sum()
}

fn checked(output: &Output, count: usize) {
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}{errors}");
    assert_eq!(printed.trim(), count.to_string(), "{errors}");
}

fn run(mut command: Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}; run `make setup`", command.get_program().display()))
}

/// A package of `end2end`.
fn npm_package(path: &str) -> PathBuf {
    let package = Path::new(ROOT).join("end2end/node_modules").join(path);
    assert!(package.exists(), "{} is missing: run `make setup`", package.display());
    package
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_validators_agree_on_every_example() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let cases = download(&app).await;
    assert_eq!(cases.len(), 23);
    let folder = TempDir::new().unwrap();
    let count = write(&cases, folder.path());
    assert!(count > 23 * 20, "only {count} bodies");
    for case in &cases {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler
            .add_resource("https://example.com/schema.json", case.schema.clone())
            .unwrap();
        let index = compiler.compile("https://example.com/schema.json", &mut schemas).unwrap();
        for (bodies, valid) in [(&case.valid, true), (&case.invalid, false)] {
            for (what, body) in bodies {
                assert_eq!(schemas.validate(body, index).is_ok(), valid, "{}: {what}", case.event_type);
            }
        }
    }
    npm_package("ajv/package.json");
    let mut python = python("schemas.py");
    let mut node = Command::new("node");
    node.arg(Path::new(ROOT).join("tests/conformance/schemas.mjs"));
    for command in [&mut python, &mut node] {
        command.arg(folder.path());
    }
    tokio::task::block_in_place(|| {
        checked(&run(python), count);
        checked(&run(node), count);
    });
    app.stop().await;
}

/// Each example as a constant of the declared type, and each with an unknown field, which the compiler has to refuse.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typescript_compiler_accepts_every_example() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let cases = download(&app).await;
    let folder = TempDir::new().unwrap();
    let mut main = String::new();
    for (number, case) in cases.iter().enumerate() {
        let response = app
            .api(reqwest::Method::GET, &format!("/event-types/{}/typescript", case.event_type))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{}", case.event_type);
        fs::write(folder.path().join(format!("type{number}.d.ts")), response.text().await.unwrap()).unwrap();
        let name = event_schema::typescript::root_name(&case.event_type);
        writeln!(main, "import type {{ {name} as Type{number} }} from './type{number}.js';").unwrap();
        for (at, (_, body)) in case.valid.iter().enumerate() {
            writeln!(main, "export const valid{number}_{at}: Type{number} = {body};").unwrap();
        }
        let mut misspelt = case.valid[0].1.clone();
        misspelt["data"]["misspelt"] = json!(1);
        writeln!(
            main,
            "// @ts-expect-error\nexport const invalid{number}: Type{number} = {misspelt};"
        )
        .unwrap();
    }
    fs::write(folder.path().join("main.ts"), main).unwrap();
    let compiler = npm_package("typescript/bin/tsc");
    let mut tsc = Command::new("node");
    tsc.arg(compiler).current_dir(folder.path());
    tsc.args([
        "--noEmit",
        "--strict",
        "--exactOptionalPropertyTypes",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "main.ts",
    ]);
    let output = tokio::task::block_in_place(|| run(tsc));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    app.stop().await;
}
