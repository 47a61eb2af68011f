//! Imports documents that others have published: npm packages of `end2end`, which `make setup` installs.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

use std::{fmt::Write as _, path::PathBuf};

use event_schema::{
    EventSchema,
    envelope::callback_schema,
    fields::fields,
    import::{ImportedType, read},
    typescript,
};
use serde_json::{Value, json};

fn package(path: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../end2end/node_modules")
        .join(path);
    assert!(file.exists(), "{} is missing: run `make setup`", file.display());
    file
}

fn import(path: &str) -> Vec<ImportedType> {
    let bytes = std::fs::read(package(path)).unwrap();
    read(&bytes, Some(path)).unwrap_or_else(|errors| panic!("{path}: {:#?}", &errors[..errors.len().min(5)]))
}

/// Every schema is valid, every callback's schema too, and fields and TypeScript can be made of it. Returns how many examples do not fit:
/// documents are written by people.
fn check(types: &[ImportedType]) -> usize {
    let mut misfits = 0;
    for one in types {
        let Some(schema) = &one.schema else { continue };
        EventSchema::from_value(schema.clone()).unwrap_or_else(|errors| panic!("{}: {errors:?}", one.event_type));
        let validator = jsonschema::draft202012::new(schema).unwrap_or_else(|error| panic!("{}: {error}", one.event_type));
        misfits += one.examples.iter().filter(|example| !validator.is_valid(example)).count();
        let callback = callback_schema(&one.event_type, &one.name, &one.description, Some(schema));
        jsonschema::draft202012::new(&callback).unwrap_or_else(|error| panic!("{}: {error}", one.event_type));
        assert!(!fields(&callback).is_empty());
    }
    misfits
}

/// TypeScript accepts the declarations, and the examples that the schemas accept.
fn compile(types: &[ImportedType]) {
    let folder = tempfile::tempdir().unwrap();
    let mut uses = String::new();
    let mut files = vec!["uses.ts".to_owned()];
    for (index, one) in types.iter().enumerate() {
        let callback = callback_schema(&one.event_type, &one.name, &one.description, one.schema.as_ref());
        let declaration = typescript::declaration(&one.event_type, &one.name, &callback);
        std::fs::write(folder.path().join(format!("type{index}.d.ts")), declaration).unwrap();
        files.push(format!("type{index}.d.ts"));
        let name = typescript::root_name(&one.event_type);
        let _ = writeln!(uses, "import type {{ {name} as Type{index} }} from './type{index}.js';");
        let validator = jsonschema::draft202012::new(&callback).unwrap();
        for (number, data) in one.examples.iter().enumerate() {
            let body = json!({ "id": "1", "type": one.event_type, "timestamp": "2026-03-09T08:30:00Z", "source": "s", "data": data });
            if validator.is_valid(&body) {
                let _ = writeln!(uses, "export const example{index}_{number}: Type{index} = {body};");
            }
        }
    }
    std::fs::write(folder.path().join("uses.ts"), uses).unwrap();
    let output = std::process::Command::new("node")
        .arg(package("typescript/bin/tsc"))
        .args([
            "--noEmit",
            "--strict",
            "--skipLibCheck",
            "false",
            "--target",
            "es2022",
            "--module",
            "nodenext",
        ])
        .args(files)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", said.chars().take(3_000).collect::<String>());
}

fn find<'a>(types: &'a [ImportedType], event_type: &str) -> &'a ImportedType {
    types
        .iter()
        .find(|one| one.event_type == event_type)
        .unwrap_or_else(|| panic!("no {event_type}"))
}

#[test]
fn github_webhooks_as_openapi() {
    let types = import("@octokit/openapi-webhooks/generated/api.github.com.json");
    assert!(types.len() > 200, "{}", types.len());
    let types: Vec<ImportedType> = types.into_iter().step_by(8).collect();
    check(&types);
    compile(&types);
}

#[test]
fn github_webhooks_as_json_schema() {
    let types = import("@octokit/webhooks-schemas/schema.json");
    assert!(types.len() > 100, "{}", types.len());
    let created = find(&types, "check_run.created");
    let validator = jsonschema::draft202012::new(created.schema.as_ref().unwrap()).unwrap();
    assert!(!validator.is_valid(&json!({})));
    let types: Vec<ImportedType> = types.into_iter().step_by(4).collect();
    check(&types);
    compile(&types);
}

#[test]
fn openapi_examples_with_callbacks_and_webhooks() {
    let types = import("@readme/oas-examples/3.0/json/callbacks.json");
    assert_eq!(check(&types), 0);
    compile(&types);
    assert!(!types.is_empty());
    let webhooks = import("@readme/oas-examples/3.1/json/webhooks.json");
    assert_eq!(check(&webhooks), 0);
    assert!(!webhooks.is_empty());
}

#[test]
fn an_api_without_events_says_so() {
    let bytes = std::fs::read(package("@readme/oas-examples/3.0/json/petstore.json")).unwrap();
    let errors = read(&bytes, None).unwrap_err();
    assert!(errors[0].detail.contains("no webhook"), "{errors:?}");
    let bytes = std::fs::read(package("@readme/oas-examples/2.0/json/petstore.json")).unwrap();
    assert!(read(&bytes, None).unwrap_err()[0].detail.contains("Swagger 2.0"));
}

/// The examples that AsyncAPI publishes are of single objects: a document is put together from those of channels, components and messages.
#[test]
fn asyncapi_examples_of_both_versions() {
    for (version, message) in [("2.6.0", "message"), ("3.0.0", "messageObject"), ("3.1.0", "messageObject")] {
        let part = |name: &str| -> Value {
            let bytes = std::fs::read(package(&format!("@asyncapi/specs/examples/{version}/{name}.json"))).unwrap();
            let examples: Value = serde_json::from_slice(&bytes).unwrap();
            examples[0].clone()
        };
        let mut document = part("components");
        document["asyncapi"] = json!(version);
        document["channels"] = part("channels");
        // The examples refer to these, and define them nowhere.
        document["components"]["messages"]["userSignedUp"] = part(message);
        document["components"]["schemas"]["userCreate"] = json!({ "type": "object" });
        document["components"]["schemas"]["signup"] = json!({ "type": "object" });
        let types = read(document.to_string().as_bytes(), None).unwrap_or_else(|errors| panic!("{version}: {errors:#?}"));
        let names: Vec<&str> = types.iter().map(|one| one.event_type.as_str()).collect();
        assert_eq!(names, ["UserSignup"], "{version}");
        assert_eq!((types[0].name.as_str(), types[0].group.as_deref()), ("User signup", Some("user")));
        assert_eq!((check(&types), types[0].examples.len()), (0, 1), "{version}");
        compile(&types);
    }
}
