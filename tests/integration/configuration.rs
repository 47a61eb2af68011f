//! `clearhook export`, `diff` and `apply`, with the real binary against running services.

use std::{fmt::Write, fs};

use clearhook::{
    auth::password,
    catalogue::BuiltIn,
    domain::role::{Role, Scope},
    storage::audit::Actor,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp},
    cli::{Cli, refused},
    database::TestDatabase,
    on_both,
};

on_both! { a_whole_configuration_moves_to_an_empty_server }

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn add_user(app: &TestApp, email: &str) {
    let hash = password::hash("correct horse battery").await.unwrap();
    app.store
        .add_user(&Actor::clearhook(), email, hash, Role::ApiOwner)
        .await
        .unwrap()
        .unwrap();
}

async fn user_id(app: &TestApp, email: &str) -> String {
    app.store.user_by_email(email).await.unwrap().unwrap().0.id.to_string()
}

fn write(cli: &Cli, name: &str, text: &str) -> String {
    let path = cli.here.folder().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The number of entries of the audit log, without those of the test itself.
async fn audit_entries(database: &TestDatabase) -> i64 {
    database.count("audit_log").await
}

/// Fills a server with a webhook and event types that have every field set.
async fn fill(app: &TestApp) {
    add_user(app, "ann@example.com").await;
    add_user(app, "bob@example.com").await;
    let schema = json!({
        "type": "object", "properties": { "total": { "type": "number", "minimum": 0.5 }, "note": { "enum": [null, "yes", "1e3", "~"] } },
        "required": ["total"], "additionalProperties": false,
    });
    let types = [
        json!({
            "type": "invoice.paid", "name": "Invoice paid: \"now\"", "description": "Two\nlines # and a hash", "group": "Billing", "schema": schema,
            "examples": [{ "total": 12.5, "note": null }, { "total": 1 }], "retention": 30, "masked": ["/note"],
        }),
        json!({ "type": "invoice.settled", "name": "Settled" }),
        json!({ "type": "invoice.old", "state": "deprecated", "replaced_by": "invoice.settled", "examples": [null, [1, [2]]] }),
        json!({ "type": "invoice.gone", "state": "archived" }),
    ];
    for event_type in types {
        let (status, body) = app.post("/event-types", &event_type).await;
        assert_eq!(status, 201, "{body}");
    }
    let state = app
        .api(Method::PATCH, "/event-types/role.membership_changed")
        .json_value(&json!({ "state": "deprecated" }));
    assert_eq!(state.send().await.unwrap().status(), 200);
    let owners = [user_id(app, "ann@example.com").await, user_id(app, "bob@example.com").await];
    let webhooks = [
        json!({
            "name": "Billing – é ☃", "description": "a: b\n- c", "url": "http://127.0.0.1:9/hook?a=1&b=%20", "enabled": false,
            "events": ["identity.created", "invoice.paid", "role.*"], "owners": owners, "ordered": true, "rate_limit": { "per_second": 5, "burst": 10 },
            "headers": [
                { "name": "X-Environment", "value": "env:production" },
                { "name": "X-Many", "value": "true" },
                { "name": "Authorization", "value": "Bearer planted-secret" },
                { "name": "X-Many", "value": "2", "secret": false },
            ],
        }),
        json!({ "name": "All", "url": "https://example.com/", "events": ["*"] }),
    ];
    for webhook in webhooks {
        let (status, body) = app.post("/webhooks", &webhook).await;
        assert_eq!(status, 201, "{body}");
    }
}

/// The document without ids.
fn without_ids(mut document: Value) -> Value {
    for webhook in document["webhooks"].as_array_mut().unwrap() {
        assert!(webhook.as_object_mut().unwrap().remove("id").is_some());
    }
    document
}

async fn a_whole_configuration_moves_to_an_empty_server(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    fill(&app).await;
    let source = Cli::of(&app);
    let document = source.json(&["export", "--json"]);
    assert_eq!(document["owners"], json!(["ann@example.com", "bob@example.com"]));
    let paid = document["event_types"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["type"] == "invoice.paid")
        .unwrap();
    assert_eq!(paid["retention"], 30);
    for (format, name) in [("yaml", "site.yaml"), ("toml", "site.toml")] {
        let text = source.answer(&["export", "--format", format]);
        assert!(!text.contains("planted-secret") && !text.contains("whsec_"), "{text}");
        let file = write(&source, name, &text);
        // What was exported is what is there.
        assert!(source.answer(&["diff", &file]).contains("as the file says"), "{text}");
        let before = audit_entries(&database).await;
        source.answer(&["apply", &file, "--prune"]);
        assert_eq!(audit_entries(&database).await, before, "nothing is changed twice");
        // An empty server gets all of it.
        let other = TestDatabase::sqlite();
        let empty = TestApp::start(&other).await;
        let target = Cli::of(&empty);
        let differs = target.run(&["diff", &file]);
        assert_eq!(differs.status.code(), Some(2), "{differs:?}");
        let dry = target.answer(&["apply", &file, "--dry-run"]);
        assert!(
            dry.contains("+ webhook Billing") && dry.contains("+ event type invoice.paid"),
            "{dry}"
        );
        assert_eq!(target.json(&["webhook", "list", "--json"]), json!([]));
        let applied = target.run(&["apply", &file]);
        let said = String::from_utf8_lossy(&applied.stderr).into_owned();
        assert!(applied.status.success(), "{said}");
        // The value of the secret header is not in the file, so somebody has to give it.
        assert!(said.contains("Authorization") || said.contains("/headers/2/value"), "{said}");
        assert_eq!(without_ids(target.json(&["export", "--json"])), without_ids(document.clone()));
        assert_eq!(target.answer(&["export", "--format", format]).lines().count(), text.lines().count());
        // The ids of the file are those of the other server, and the names still match.
        assert!(target.answer(&["diff", &file]).contains("as the file says"));
        assert!(target.answer(&["apply", &file, "--prune"]).contains("as the file says"));
        empty.stop().await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_differs_is_changed() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    fill(&app).await;
    let cli = Cli::of(&app);
    let billing = app.get("/webhooks?q=billing").await["items"][0].clone();
    let text = format!(
        "version: 1\nwebhooks:\n  - id: {}\n    name: Renamed\n    rate_limit: null\n    owners: [bob@example.com]\nevent_types:\n  - type: invoice.paid\n    group: none\n    description: New\n",
        billing["id"].as_str().unwrap()
    );
    let file = write(&cli, "part.yaml", &text);
    let differences = cli.run(&["diff", &file]);
    let shown = String::from_utf8(differences.stdout).unwrap();
    assert_eq!(differences.status.code(), Some(2));
    for line in [
        "name: Billing – é ☃ → Renamed",
        "owners: ann@example.com, bob@example.com → bob@example.com",
        "group: Billing → (none)",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    let as_json: Value = serde_json::from_slice(&cli.run(&["diff", &file, "--json"]).stdout).unwrap();
    assert_eq!(
        (&as_json["equal"], &as_json["webhooks"][0]["action"]),
        (&json!(false), &json!("update"))
    );
    let before = audit_entries(&database).await;
    assert!(cli.answer(&["apply", &file]).contains("2 of 2 changes"));
    assert_eq!(audit_entries(&database).await, before + 2, "one entry per change");
    let after = app.get(&format!("/webhooks/{}", billing["id"].as_str().unwrap())).await;
    let mut expected = billing.clone();
    expected["name"] = "Renamed".into();
    expected["rate_limit"] = Value::Null;
    expected["owners"] = json!([user_id(&app, "bob@example.com").await]);
    expected["updated_at"] = after["updated_at"].clone();
    assert_eq!(after, expected, "what the file omits stays, also the value of a secret header");
    assert_eq!(cli.run(&["diff", &file]).status.code(), Some(0));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_named() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let cli = Cli::of(&app);
    fs::create_dir(cli.here.folder().join("site")).unwrap();
    fs::write(cli.here.folder().join("site/token"), "Bearer planted\n").unwrap();
    let text = "version: 1\nwebhooks:\n  - name: Billing\n    url: https://example.com/\n    events: ['*']\n    secret: env:BILLING_SECRET\n    headers:\n      - name: Authorization\n        value: file:token\n";
    let file = write(&cli, "site/part.yaml", text);
    let run = |arguments: &[&str], secret: &str| {
        tokio::task::block_in_place(|| cli.command(arguments).env("BILLING_SECRET", secret).output().unwrap())
    };
    let unset = cli.refusal(&["apply", &file], 1);
    assert!(
        unset.contains("part.yaml:6:5") && unset.contains("BILLING_SECRET is not set"),
        "{unset}"
    );
    let bad = refused(&run(&["apply", &file], "planted"), 1, "a bad secret");
    assert!(
        bad.contains("part.yaml:6:5") && bad.contains("whsec_") && !bad.contains("planted"),
        "{bad}"
    );
    assert!(run(&["apply", &file], SECRET).status.success());
    let webhook = app.get("/webhooks").await["items"][0].clone();
    let stored = app
        .store
        .newest_secret(webhook["id"].as_str().unwrap().parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.reveal().as_str(), SECRET);
    assert_eq!(
        webhook["headers"][0],
        json!({ "name": "Authorization", "value": "Bearer planted", "secret": true })
    );
    // The same secrets change nothing; others are a change, and are not shown.
    let before = audit_entries(&database).await;
    assert_eq!(run(&["diff", &file], SECRET).status.code(), Some(0));
    assert!(run(&["apply", &file], SECRET).status.success());
    assert_eq!(audit_entries(&database).await, before);
    let other = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg==";
    fs::write(cli.here.folder().join("site/token"), "Bearer changed").unwrap();
    let differs = run(&["diff", &file], other);
    let shown = String::from_utf8(differs.stdout).unwrap();
    assert_eq!(differs.status.code(), Some(2));
    assert!(shown.contains("secret:") && shown.contains("headers:"), "{shown}");
    for planted in ["planted", "Bearer", "whsec_"] {
        assert!(!shown.contains(planted), "{shown}");
    }
    assert!(run(&["apply", &file], other).status.success());
    assert_eq!(audit_entries(&database).await, before + 2, "the headers and the secret");
    assert_eq!(run(&["diff", &file], other).status.code(), Some(0));
    // Whoever may only read cannot guess the secret again and again.
    let mut guesses = 0;
    let body = |secret: &str| json!({ "version": 1, "webhooks": [{ "name": "Billing", "secret": secret }] });
    let refused = loop {
        let (status, answer) = app.post("/configuration/compare", &body(SECRET)).await;
        if status == 422 {
            break answer;
        }
        guesses += 1;
        assert!(guesses < 200, "guesses are not limited");
    };
    assert_eq!(refused["errors"][0]["pointer"], "/webhooks/0/secret");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_file_does_not_have_is_removed_with_prune() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    fill(&app).await;
    let cli = Cli::of(&app);
    let file = write(
        &cli,
        "part.toml",
        "version = 1\n[[webhooks]]\nname = \"All\"\n[[event_types]]\ntype = \"invoice.paid\"\n",
    );
    assert_eq!(
        cli.run(&["diff", &file]).status.code(),
        Some(0),
        "without --prune nothing is removed"
    );
    let differs = cli.run(&["diff", &file, "--prune"]);
    assert_eq!(differs.status.code(), Some(2));
    let listed = cli.answer(&["apply", &file, "--prune"]);
    for line in ["- webhook Billing", "- event type invoice.old", "- event type invoice.settled"] {
        assert!(listed.contains(line), "{listed}");
    }
    assert!(!listed.contains("invoice.gone") && !listed.contains("identity"), "{listed}");
    let webhooks = app.get("/webhooks").await["items"].clone();
    assert_eq!(webhooks.as_array().unwrap().len(), 1);
    assert_eq!(app.get("/event-types/invoice.old").await["state"], "archived");
    assert_eq!(app.get("/event-types/invoice.paid").await["state"], "active");
    // A section that is not in the file is left alone; an empty one is emptied.
    let none = write(&cli, "none.yaml", "version: 1\n");
    assert_eq!(cli.run(&["diff", &none, "--prune"]).status.code(), Some(0));
    let empty = write(&cli, "empty.yaml", "version: 1\nwebhooks: []\n");
    cli.answer(&["apply", &empty, "--prune"]);
    assert_eq!(app.get("/webhooks").await["items"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::too_many_lines, reason = "a table of mistakes")]
async fn a_mistake_is_named_with_its_line_and_changes_nothing() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let cli = Cli::of(&app);
    app.webhook("http://127.0.0.1:9/", &[BuiltIn::IdentityCreated]).await;
    app.webhook("http://127.0.0.1:9/", &[BuiltIn::IdentityCreated]).await;
    let before = (audit_entries(&database).await, database.count("webhooks").await);
    // The mistake is in line 200.
    let mut yaml = "version: 1\nwebhooks:\n".to_owned();
    while yaml.lines().count() < 196 {
        let number = yaml.lines().count();
        write!(yaml, "  - name: w{number}\n    url: https://example.com/\n    events: ['*']\n").unwrap();
    }
    while yaml.lines().count() < 196 {
        yaml += "# filler\n";
    }
    let head = yaml.clone();
    let at = |lines: &str| format!("{head}{lines}");
    let first = head.lines().count() + 1;
    let good = "  - name: last\n    events: ['*']\n    enabled: true\n    ";
    let line = first + 3;
    for (what, text, place, words) in [
        ("a bad URL", at(&format!("{good}url: ftp://x\n")), format!(":{line}:"), "https"),
        (
            "an unknown field",
            at(&format!("{good}ulr: https://example.com/\n")),
            format!(":{line}:"),
            "no such field",
        ),
        ("a wrong type", at(&format!("{good}url: [1]\n")), format!(":{line}:"), "string"),
        (
            "a missing field",
            at("  - name: last\n    events: ['*']\n"),
            format!(":{first}:"),
            "URL",
        ),
        (
            "an unknown event",
            at("  - name: last\n    url: https://example.com/\n    events:\n      - identity.*\n      - no.such\n"),
            format!(":{}:", first + 4),
            "no.such",
        ),
        (
            "an unknown owner",
            at("  - name: last\n    url: https://example.com/\n    events: ['*']\n    owners: [x@example.com]\n"),
            format!(":{line}:"),
            "no user",
        ),
        (
            "a bad id",
            at("  - id: 5\n    name: last\n    url: https://example.com/\n    events: ['*']\n"),
            format!(":{first}:"),
            "string",
        ),
        (
            "an id that is no UUID",
            at("  - id: x\n    name: last\n    url: https://example.com/\n    events: ['*']\n"),
            String::new(),
            "UUID",
        ),
        (
            "the same name twice",
            at("  - name: w2\n    url: https://example.com/\n    events: ['*']\n"),
            format!(":{first}:"),
            "this name",
        ),
        (
            "a name that two webhooks have",
            at("  - name: Test\n"),
            format!(":{first}:"),
            "2 webhooks have this name",
        ),
        ("no name", at("  - description: x\n"), format!(":{first}:"), "name"),
        (
            "a written secret",
            at(&format!("{good}secret: {SECRET}\n")),
            format!(":{line}:"),
            "env:NAME",
        ),
        (
            "a file that is not there",
            at(&format!("{good}secret: file:nowhere\n")),
            format!(":{line}:"),
            "nowhere",
        ),
        ("broken YAML", at("  - name: [\n  - x: }\n"), String::new(), "YAML"),
        (
            "a key twice",
            at("  - name: last\n    name: last\n"),
            format!(":{}:", first + 1),
            "YAML",
        ),
        ("an unknown section", at("webhook: []\n"), format!(":{first}:"), "section"),
        (
            "a bad schema",
            at("event_types:\n  - type: a.b\n    schema:\n      type: strin\n"),
            format!(":{}:", first + 3),
            "/schema",
        ),
        (
            "an example that does not match",
            at("event_types:\n  - type: a.b\n    schema: {type: string}\n    examples:\n      - 5\n"),
            format!(":{}:", first + 4),
            "/example",
        ),
        (
            "a bad type",
            at("event_types:\n  - type: a b\n"),
            format!(":{}:", first + 1),
            "/type",
        ),
        (
            "a type twice",
            at("event_types:\n  - type: a.b\n  - type: a.b\n"),
            format!(":{}:", first + 2),
            "twice",
        ),
        (
            "a type of a pack",
            at("event_types:\n  - type: identity.created\n    name: Mine\n"),
            format!(":{}:", first + 1),
            "pack",
        ),
        ("a bad owner", at("owners: [x]\n"), format!(":{first}:"), "x"),
        (
            "another version",
            head.replace("version: 1", "version: 2"),
            ":1:".to_owned(),
            "version 1",
        ),
        ("no version", head.replace("version: 1\n", ""), String::new(), "version: 1"),
        ("no object", "- 1\n".to_owned(), ":1:".to_owned(), "version: 1"),
        ("nothing", String::new(), String::new(), "nothing was changed"),
    ] {
        let file = write(&cli, "site.yaml", &text);
        for command in ["apply", "diff"] {
            let error = cli.refusal(&[command, &file], 1);
            assert!(
                error.contains(&place) && error.contains(words),
                "{what}: {error} lacks {place} or {words}"
            );
            assert!(error.contains("nothing was changed") && !error.contains(SECRET), "{what}: {error}");
        }
    }
    assert_eq!((audit_entries(&database).await, database.count("webhooks").await), before);
    // TOML, and both mistakes of two.
    let file = write(
        &cli,
        "site.toml",
        "version = 1\n\n[[webhooks]]\nname = \"a\"\nurl = \"x\"\nevents = [\"*\"]\nrate_limit = { per_second = 0, burst = 1 }\n",
    );
    let error = cli.refusal(&["apply", &file], 1);
    assert!(error.contains("site.toml:5:1") && error.contains("site.toml:7:"), "{error}");
    assert!(cli.refusal(&["apply", "nowhere.yaml"], 1).contains("nowhere.yaml"));
    let from_input = refused(&cli.run_with(&["diff", "-"], "version: 1\nx: 1\n"), 1, "standard input");
    assert!(from_input.contains("standard input:2:1"), "{from_input}");
    // Exit codes: 1 for any error of diff, its usage included; 2 for usage elsewhere.
    for (arguments, code) in [
        (&["diff"][..], 1),
        (&["diff", "a", "b"], 1),
        (&["diff", &file, "--nothing"], 1),
        (&["apply"], 2),
        (&["export", "--format", "ini"], 2),
    ] {
        cli.refusal(arguments, code);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes_are_needed_for_what_changes_only() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    fill(&app).await;
    let reader = Cli::with_scopes(&app, &[Scope::WebhooksRead]).await;
    let text = reader.answer(&["export"]);
    let same = write(&reader, "same.yaml", &text);
    assert_eq!(reader.run(&["diff", &same]).status.code(), Some(0));
    assert_eq!(reader.run(&["apply", &same]).status.code(), Some(0), "nothing changes");
    let before = audit_entries(&database).await;
    for (text, scope) in [
        ("version: 1\nwebhooks:\n  - name: All\n    description: x\n", "webhooks:write"),
        ("version: 1\nevent_types:\n  - type: a.b\n", "event-types:write"),
        ("version: 1\nowners: [new@example.com]\n", "admin"),
    ] {
        let file = write(&reader, "file.yaml", text);
        assert_eq!(reader.run(&["diff", &file]).status.code(), Some(2));
        let output = reader.run(&["apply", &file]);
        let error = refused(&output, 1, text);
        assert!(error.contains(scope) && error.contains("nothing was changed"), "{error}");
    }
    assert_eq!(audit_entries(&database).await, before);
    let other = Cli::with_scopes(&app, &[Scope::WebhooksWrite]).await;
    for arguments in [&["export"][..], &["diff", &same], &["apply", &same]] {
        assert!(other.refusal(arguments, 1).contains("webhooks:read"));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_within_a_file_are_in_order_and_a_failure_can_be_continued() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let cli = Cli::of(&app);
    let text = "version: 1\nowners: [new@example.com]\nwebhooks:\n  - name: Orders\n    url: http://127.0.0.1:9/\n    events: [order.created]\n    owners: [New@example.com]\nevent_types:\n  - type: order.created\n    state: deprecated\n    replaced_by: order.placed\n  - type: order.placed\n    example: {a: 1}\n";
    let file = write(&cli, "site.yaml", text);
    let dry = cli.json(&["apply", &file, "--dry-run", "--json"]);
    assert_eq!(dry["owners"][0]["email"], "new@example.com");
    // A key that is revoked half-way: here, one that can do only the first part.
    cli.answer(&["apply", &file]);
    assert_eq!(app.get("/event-types/order.created").await["replaced_by"], "order.placed");
    let webhook = app.get("/webhooks").await["items"][0].clone();
    assert_eq!(webhook["owners"], json!([user_id(&app, "new@example.com").await]));
    assert_eq!(cli.run(&["diff", &file]).status.code(), Some(0));
    // A change that comes after the comparison is not overwritten.
    let compare = json!({ "version": 1, "event_types": [{ "type": "order.placed", "description": "x" }] });
    let (_, comparison) = app.post("/configuration/compare", &compare).await;
    let tag = comparison["event_types"][0]["etag"].as_str().unwrap().to_owned();
    let patch = |body: Value| {
        let request = app.api(Method::PATCH, "/event-types/order.placed").json_value(&body);
        request.header("if-match", &tag).send()
    };
    assert_eq!(patch(json!({ "description": "y" })).await.unwrap().status(), 200);
    let conflict = patch(json!({ "description": "z" })).await.unwrap();
    assert_eq!(conflict.status(), 412, "{}", conflict.json_value().await);
    app.stop().await;
}
