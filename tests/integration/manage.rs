//! The commands that manage a server, with the real binary against a running service.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use clearhook::{catalogue::BuiltIn, domain::role::Scope};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, quick},
    binary::{Installation, Service},
    cli::{Cli, refused},
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! { webhooks_are_managed }

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

async fn webhooks_are_managed(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cli = Cli::of(&app);
    fs::write(cli.here.folder().join("token"), "Bearer planted\n").unwrap();
    let create = [
        "webhook",
        "create",
        "--name",
        "Billing",
        "--receiver",
        &receiver.url,
        "--event",
        "identity.created",
        "--event",
        "role.*",
        "--header",
        "X-Environment: production",
        "--header",
        "Authorization: file:token",
        "--rate",
        "50",
        "--description",
        "d",
        "--json",
    ];
    let created = cli.json(&create);
    assert!(created["secret"].as_str().unwrap().starts_with("whsec_"));
    let stored = app.get(&format!("/webhooks/{}", id(&created))).await;
    assert_eq!(stored["rate_limit"], json!({ "per_second": 50, "burst": 50 }));
    assert_eq!(
        stored["headers"][1],
        json!({ "name": "Authorization", "value": "Bearer planted", "secret": true })
    );
    // JSON is what the API answers; a list is one array. Elsewhere than on a terminal, columns are separated by tabs.
    assert_eq!(cli.json(&["webhook", "list", "--json"]), json!([stored]));
    let listed = cli.answer(&["webhook", "list", "--q", "bill"]);
    assert_eq!(listed.lines().count(), 1);
    assert_eq!(listed.split('\t').nth(2), Some("Billing"), "{listed}");
    assert_eq!(cli.answer(&["webhook", "list", "--q", "nothing"]), "");
    assert_eq!(cli.json(&["webhook", "list", "--q", "nothing", "--json"]), json!([]));
    assert_eq!(cli.json(&["webhook", "show", "Billing", "--json"]), stored);
    assert!(cli.answer(&["webhook", "show", &id(&created)]).contains("production"));
    // By name, and only the given field.
    let changed = cli.json(&["webhook", "update", "Billing", "--name", "Invoices", "--no-rate", "--json"]);
    assert_eq!(
        (&changed["name"], &changed["rate_limit"], &changed["description"]),
        (&json!("Invoices"), &json!(null), &json!("d"))
    );
    assert_eq!(cli.json(&["webhook", "disable", "Invoices", "--json"])["enabled"], false);
    assert_eq!(cli.json(&["webhook", "enable", "Invoices", "--json"])["enabled"], true);
    // A test, the log, and a redelivery.
    let delivery = cli.json(&["webhook", "test", "Invoices", "--event", "identity.created", "--json"]);
    receiver.wait(1).await;
    let log = app.log(&created, 1).await;
    let callbacks = cli.json(&["callback", "list", "--webhook", "Invoices", "--json"]);
    assert_eq!(callbacks, json!(log));
    assert_eq!(callbacks[0]["delivery_id"], delivery["delivery_id"]);
    let callback = id(&callbacks[0]);
    assert!(cli.json(&["callback", "show", &callback, "--json"])["request"]["body"].is_string());
    cli.answer(&["callback", "redeliver", &callback]);
    receiver.wait(2).await;
    app.log(&created, 2).await;
    assert_eq!(
        cli.json(&["callback", "list", "--event", "identity.created", "--from", "1h", "--json"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let stats = cli.json(&["webhook", "stats", "Invoices", "--period", "day", "--json"]);
    assert_eq!(stats["period"], "day");
    let message = format!("msg_{}", delivery["delivery_id"].as_str().unwrap());
    assert_eq!(cli.json(&["delivery", "show", &message, "--json"])["id"], delivery["delivery_id"]);
    // A secret is read from a file or from standard input.
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let rotate = ["webhook", "rotate", "Invoices", "--secret-stdin", "--overlap", "1h", "--json"];
    let rotated = cli.run_with(&rotate, &format!("{secret}\n"));
    assert!(rotated.status.success(), "{rotated:?}");
    assert_eq!(serde_json::from_slice::<Value>(&rotated.stdout).unwrap()["secret"], secret);
    // Deleting asks, and nobody can answer.
    let asked = cli.refusal(&["webhook", "delete", "Invoices"], 1);
    assert!(asked.contains("--yes"), "{asked}");
    cli.answer(&["webhook", "delete", "Invoices", "--yes"]);
    assert_eq!(cli.json(&["webhook", "list", "--json"]), json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_are_recovered_discarded_and_cancelled() {
    let database = TestDatabase::sqlite();
    // Two deliveries fail four times each, and one of them four times more.
    let replies: Vec<Reply> = (0..12).map(|_| Reply::status(500)).collect();
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, quick(), replies).await;
    let cli = Cli::of(&app);
    app.publish(BuiltIn::IdentityCreated, "one").await;
    app.publish(BuiltIn::IdentityCreated, "two").await;
    app.deliveries(&database, "failed", 2).await;
    assert_eq!(
        cli.answer(&["delivery", "list", "--webhook", "Test", "--state", "failed"])
            .lines()
            .count(),
        2
    );
    let failed = cli.json(&["delivery", "list", "--webhook", "Test", "--state", "failed", "--json"]);
    let queued = cli.json(&["delivery", "redeliver", &id(&failed[0]), "--json"]);
    assert_eq!(queued["delivery_id"], failed[0]["id"]);
    receiver.wait(12).await;
    app.deliveries(&database, "failed", 2).await;
    let recovered = cli.json(&["webhook", "recover", "Test", "--since", "1h", "--json"]);
    assert_eq!(recovered["deliveries"], 2);
    receiver.wait(14).await;
    app.deliveries(&database, "succeeded", 2).await;
    let ended = cli.refusal(&["delivery", "redeliver", &id(&failed[0])], 1);
    assert!(ended.contains("failed for good or is held"), "{ended}");
    cli.answer(&["webhook", "disable", &id(&webhook)]);
    for event in ["three", "four", "five"] {
        app.publish(BuiltIn::IdentityCreated, event).await;
    }
    app.deliveries(&database, "held", 3).await;
    let held = cli.json(&["delivery", "list", "--webhook", "Test", "--state", "held", "--json"]);
    cli.answer(&["delivery", "cancel", &id(&held[0]), "--yes"]);
    let again = cli.refusal(&["delivery", "cancel", &id(&held[0]), "--yes"], 1);
    assert!(again.contains("has ended"), "{again}");
    assert!(cli.refusal(&["webhook", "discard", "Test"], 1).contains("--yes"));
    assert_eq!(cli.json(&["webhook", "discard", "Test", "--yes", "--json"])["deliveries"], 2);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn event_types_and_events_are_managed() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let cli = Cli::of(&app);
    let file = |name: &str, value: &Value| {
        let path = cli.here.folder().join(name);
        fs::write(&path, value.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let schema = json!({ "type": "object", "properties": { "total": { "type": "number" } }, "required": ["total"] });
    let (schema_file, example) = (file("schema.json", &schema), file("example.json", &json!({ "total": 12.5 })));
    let create = [
        "event-type",
        "create",
        "invoice.paid",
        "--group",
        "Billing",
        "--schema",
        &schema_file,
        "--example",
        &example,
        "--json",
    ];
    assert_eq!(cli.json(&create)["schema"], schema);
    assert!(cli.refusal(&create, 1).contains("already"));
    assert_eq!(cli.answer(&["event-type", "list", "--origin", "custom"]).lines().count(), 1);
    let all = cli.json(&["event-type", "list", "--json"]);
    assert_eq!(all.as_array().unwrap().len(), BuiltIn::ALL.len() + 1);
    let unknown = cli.refusal(&["event-type", "show", "invoice.payed"], 1);
    assert!(unknown.contains("did you mean invoice.paid?"), "{unknown}");
    // A schema that breaks publishers has to be meant.
    let narrow = file("narrow.json", &json!({ "type": "object", "required": ["total", "due"] }));
    let check = cli.run(&["event-type", "check", "invoice.paid", "--schema", &narrow, "--json"]);
    assert_eq!(check.status.code(), Some(1));
    assert!(serde_json::from_slice::<Value>(&check.stdout).unwrap()["changes"][0]["breaks"].is_string());
    assert_eq!(
        cli.run(&["event-type", "check", "invoice.paid", "--example", &example])
            .status
            .code(),
        Some(0)
    );
    let update = ["event-type", "update", "invoice.paid", "--schema", &narrow];
    assert!(cli.refusal(&update, 1).contains("breaking"));
    cli.answer(&["event-type", "update", "invoice.paid", "--description", "Paid"]);
    let wide = file(
        "wide.json",
        &json!({ "type": "object", "properties": { "total": { "type": "number" }, "note": { "type": "string" } } }),
    );
    cli.answer(&["event-type", "update", "invoice.paid", "--schema", &wide, "--breaking"]);
    assert_eq!(
        cli.json(&["event-type", "versions", "invoice.paid", "--json"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let first = cli.json(&["event-type", "schema", "invoice.paid", "--version", "1"]);
    assert_eq!(first["properties"]["data"]["required"], json!(["total"]));
    assert!(
        cli.answer(&["event-type", "schema", "invoice.paid", "--format", "typescript"])
            .contains("total")
    );
    assert!(
        cli.refusal(&["event-type", "schema", "invoice.paid", "--version", "9"], 1)
            .contains("version 9")
    );
    // Publishing, and finding what was published.
    let publish = [
        "event",
        "publish",
        "invoice.paid",
        "--data",
        "-",
        "--id",
        "i-1",
        "--subject",
        "invoice/42",
    ];
    let published = cli.run_with(&publish, "{\"total\": 1.50}");
    assert!(published.status.success(), "{published:?}");
    let found = cli.json(&["event", "list", "--subject", "invoice/42", "--json"]);
    assert_eq!(found[0]["ce_id"], "i-1");
    assert!(
        cli.answer(&["event", "show", &id(&found[0]), "--json"]).contains("1.50"),
        "data stay as they were published"
    );
    cli.answer(&["event-type", "archive", "invoice.paid"]);
    let refusal = refused(&cli.run_with(&publish, "{\"total\": 2}"), 1, "an archived type");
    assert!(refusal.contains("archived"), "{refusal}");
    assert_eq!(cli.json(&["event-type", "restore", "invoice.paid", "--json"])["state"], "active");
    let document = file(
        "openapi.json",
        &json!({
            "openapi": "3.1.0", "info": { "title": "t", "version": "1" },
            "webhooks": { "order.created": { "post": { "requestBody": { "content": { "application/json": { "schema": { "type": "object" } } } } } } },
        }),
    );
    let dry = cli.json(&["event-type", "import", &document, "--dry-run", "--json"]);
    assert_eq!((&dry["dry_run"], &dry["new"]), (&json!(true), &json!(["order.created"])));
    cli.answer(&["event-type", "import", &document]);
    assert_eq!(cli.json(&["event-type", "show", "order.created", "--json"])["origin"], "custom");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_are_one_line_with_a_remedy() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let cli = Cli::of(&app);
    let webhook = app.webhook("http://127.0.0.1:9/", &[BuiltIn::IdentityCreated]).await;
    app.webhook("http://127.0.0.1:9/", &[BuiltIn::IdentityCreated]).await;
    let twice = cli.refusal(&["webhook", "show", "Test"], 1);
    assert!(twice.contains("2 webhooks") && twice.contains(&id(&webhook)), "{twice}");
    // Of many webhooks with the name, a few are named, also when a file has no id.
    for _ in 0..5 {
        app.webhook("http://127.0.0.1:9/", &[BuiltIn::IdentityCreated]).await;
    }
    let file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    let text = "version: 1\nwebhooks:\n  - name: Test\n    url: https://example.com/\n    events: ['*']\n";
    std::fs::write(file.path(), text).unwrap();
    for arguments in [&["webhook", "show", "Test"][..], &["diff", file.path().to_str().unwrap()]] {
        let many = cli.refusal(arguments, 1);
        assert!(many.contains("7 webhooks") && many.contains("or one of 2 others"), "{many}");
    }
    let unknown = cli.refusal(&["webhook", "show", "Tset"], 1);
    assert!(
        unknown.contains("did you mean `Test`?") && unknown.contains("webhook list"),
        "{unknown}"
    );
    for (arguments, code, words) in [
        (&["webhook", "show", "01890000-0000-7000-8000-000000000000"][..], 1, &["404"][..]),
        (&["webhook", "create", "--name", "x"], 2, &["--receiver", "--event", "--help"]),
        (&["webhook", "update", "Test"], 2, &["--help"]),
        (
            &["webhook", "create", "--name", "x", "--receiver", "ftp://x", "--event", "no.such"],
            1,
            &["/url", "/events/0"],
        ),
        (
            &[
                "webhook",
                "create",
                "--name",
                "x",
                "--receiver",
                "https://example.com",
                "--event",
                "*",
                "--header",
                "planted",
            ],
            2,
            &["Name: value"],
        ),
        (
            &[
                "webhook",
                "create",
                "--name",
                "x",
                "--receiver",
                "https://example.com",
                "--event",
                "*",
                "--header",
                "A: env:CLEARHOOK_TEST_UNSET",
            ],
            1,
            &["CLEARHOOK_TEST_UNSET", "not set"],
        ),
        (&["webhook", "recover", "Test", "--since", "yesterday"], 2, &["--since", "24h"]),
        (&["callback", "show", "x"], 2, &["x"]),
        (&["callback", "list", "--outcome", "lost"], 1, &["/outcome", "succeeded"]),
        (&["delivery", "list", "--state", "lost"], 1, &["/state", "held"]),
        (&["event-type", "show", "no blanks"], 2, &["no blanks"]),
        (&["event-type", "create", "a", "--schema", "nowhere.json"], 1, &["nowhere.json"]),
        (&["webhok", "list"], 2, &["webhok", "webhook"]),
        (&["webhook", "lst"], 2, &["list"]),
        (&["webhook", "list", "--url", "ftp://x"], 1, &["--url", "http://127.0.0.1:3000"]),
        (&["webhook", "list", "--url", "http://u:planted@127.0.0.1:1"], 1, &["key"]),
        (&["webhook", "list", "--url", "http://127.0.0.1:1"], 1, &["127.0.0.1:1", "running"]),
        (&["webhook", "list", "--profile", "nowhere"], 1, &["nowhere", "profile add"]),
    ] {
        let output = cli.run(arguments);
        let line = refused(&output, code, &format!("{arguments:?}"));
        for word in words {
            assert!(line.contains(word), "{line} lacks {word}");
        }
        assert!(!line.contains("planted"), "{line}");
    }
    let wrong_key = cli
        .command(&["webhook", "list"])
        .env("CLEARHOOK_API_KEY", "chk_wrong")
        .output()
        .unwrap();
    assert!(refused(&wrong_key, 1, "a wrong key").contains("api-key create"));
    let reader = Cli::with_scopes(&app, &[Scope::CallbacksRead]).await;
    assert!(reader.refusal(&["webhook", "list"], 1).contains("webhooks:read"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_of_others_does_not_control_the_terminal() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let cli = Cli::of(&app);
    let receiver = Receiver::start([Reply {
        body: "\u{1b}]0;title\u{7}\u{9b}31m".to_owned(),
        ..Reply::status(200)
    }])
    .await;
    let body = json!({ "name": "a\u{202e}b\u{9b}31m", "url": receiver.url, "events": ["*"] });
    // Some control characters are refused by the API; the others are shown harmlessly.
    let (status, _) = app.post("/webhooks", &body).await;
    let webhook = if status == 201 {
        app.get("/webhooks").await["items"][0].clone()
    } else {
        app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await
    };
    cli.answer(&["webhook", "test", &id(&webhook), "--event", "identity.created"]);
    receiver.wait(1).await;
    let callback = id(&app.log(&webhook, 1).await[0]);
    for arguments in [
        &["webhook", "list"][..],
        &["webhook", "list", "--json"],
        &["webhook", "show", &id(&webhook)],
        &["callback", "show", &callback],
        &["callback", "show", &callback, "--json"],
    ] {
        let text = cli.answer(arguments);
        let bad = text
            .chars()
            .find(|sign| (sign.is_control() && !matches!(sign, '\n' | '\t')) || *sign == '\u{202e}');
        assert_eq!(bad, None, "{arguments:?}: {text:?}");
    }
    let shown = cli.json(&["callback", "show", &callback, "--json"]);
    assert_eq!(
        shown,
        app.get(&format!("/callbacks/{callback}")).await,
        "escaped JSON has the same value"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_are_followed() {
    let database = TestDatabase::sqlite();
    let (app, _receiver, webhook) = TestApp::start_with_receiver(&database, quick(), []).await;
    let cli = Cli::of(&app);
    let follow = Service::start(cli.command(&["callback", "follow", "--webhook", &id(&webhook), "--json"]));
    // The first event may be earlier than the connection.
    let number = AtomicU32::new(0);
    wait_for("a followed callback", async || {
        let number = number.fetch_add(1, Ordering::Relaxed);
        app.publish(BuiltIn::IdentityCreated, &format!("followed-{number}")).await;
        follow.printed().contains("identity.created").then_some(())
    })
    .await;
    let printed = follow.printed();
    let callback: Value = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
    assert_eq!(callback["status"], 202);
    app.stop().await;
}

/// A command with an own folder of profiles and no server in the environment.
fn with_profiles(here: &Installation, arguments: &[&str], input: &str) -> std::process::Output {
    use std::io::Write;
    let mut command = here.command(arguments);
    command.env("XDG_CONFIG_HOME", here.folder().join("config"));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn profiles_keep_servers_and_keys() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    app.webhook("http://127.0.0.1:9/", &[BuiltIn::IdentityCreated]).await;
    let here = Installation::new();
    let file = here.folder().join("config/clearhook/profiles.toml");
    let run = |arguments: &[&str], input: &str| tokio::task::block_in_place(|| with_profiles(&here, arguments, input));
    let ok = |arguments: &[&str], input: &str| {
        let output = run(arguments, input);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let wrong = |arguments: &[&str], input: &str, code: i32| refused(&run(arguments, input), code, &format!("{arguments:?}"));
    assert!(wrong(&["webhook", "list"], "", 1).contains("profile add"));
    assert!(wrong(&["profile", "add", "test", "--server", &app.url], "", 1).contains("the API key"));
    assert!(wrong(&["profile", "add", "test", "--server", &app.url], "password", 1).contains("chk_"));
    assert!(wrong(&["profile", "add", "a/b", "--server", &app.url], "chk_x", 2).contains("letters"));
    ok(&["profile", "add", "test", "--server", &app.url], &format!("{}\n", app.key));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    assert!(wrong(&["profile", "add", "test", "--server", &app.url], &app.key, 1).contains("--replace"));
    ok(
        &["profile", "add", "other", "--server", "https://hooks.example.com", "--no-key"],
        "",
    );
    // The first one is chosen.
    assert_eq!(ok(&["webhook", "list"], "").lines().count(), 1);
    let shown = ok(&["profile", "show"], "");
    assert!(shown.contains(&app.url) && !shown.contains(&app.key), "{shown}");
    let list: Value = serde_json::from_str(&ok(&["profile", "list", "--json"], "")).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert!(!list.to_string().contains(&app.key));
    ok(&["profile", "use", "other"], "");
    assert!(wrong(&["webhook", "list"], "", 1).contains("no API key"));
    assert_eq!(ok(&["webhook", "list", "--profile", "test"], "").lines().count(), 1);
    // The key of a profile goes to its own server only.
    let elsewhere = wrong(&["webhook", "list", "--profile", "test", "--url", "http://127.0.0.1:1"], "", 1);
    assert!(elsewhere.contains("belongs to"), "{elsewhere}");
    assert!(wrong(&["profile", "use", "tset"], "", 1).contains("did you mean test?"));
    // A file that others can access is refused.
    for open in [0o640, 0o604, 0o660, 0o644] {
        fs::set_permissions(&file, fs::Permissions::from_mode(open)).unwrap();
        let line = wrong(&["webhook", "list", "--profile", "test"], "", 1);
        assert!(line.contains("chmod 600") && line.contains("profiles.toml"), "{line}");
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    ok(&["profile", "remove", "test"], "");
    assert!(!fs::read_to_string(&file).unwrap().contains(&app.key));
    fs::write(&file, "current = 1\nkey = \"chk_planted\"\n").unwrap();
    let line = wrong(&["profile", "list"], "", 1);
    assert!(line.contains("line 1") && !line.contains("planted"), "{line}");
    app.stop().await;
}

#[test]
fn completions_and_pages_are_written_for_each_command() {
    let here = Installation::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = here.answer(&["completions", shell]);
        assert!(script.contains("event-type") && script.contains("redeliver"), "{shell}");
    }
    assert!(here.refusal(&["completions", "cmd"], 2).contains("bash"));
    here.answer(&["man", "pages"]);
    for page in [
        "clearhook",
        "clearhook-webhook",
        "clearhook-webhook-create",
        "clearhook-apply",
        "clearhook-serve",
    ] {
        let text = fs::read_to_string(here.folder().join(format!("pages/{page}.1"))).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    fs::write(here.folder().join("file"), "").unwrap();
    assert!(here.refusal(&["man", "file/pages"], 1).contains("file/pages"));
}

/// Each command of a running server says what it does, which scope its key needs, and gives an example.
#[test]
fn help_has_scope_and_example() {
    let here = Installation::new();
    for (group, commands) in [
        (
            "webhook",
            &[
                "list", "show", "create", "update", "delete", "enable", "disable", "test", "recover", "discard", "rotate", "stats",
            ][..],
        ),
        (
            "event-type",
            &[
                "list", "show", "create", "update", "archive", "restore", "import", "check", "versions", "schema",
            ],
        ),
        ("event", &["list", "show", "publish"]),
        ("delivery", &["list", "show", "redeliver", "cancel"]),
        ("callback", &["list", "show", "redeliver", "follow"]),
        ("", &["export", "diff", "apply", "publish"]),
    ] {
        for command in commands {
            let arguments: Vec<&str> = [group, command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
            let help = here.answer(&arguments);
            assert!(
                help.contains("Scope of the key: ") && help.contains("Example:\n  "),
                "{arguments:?}: {help}"
            );
            assert!(help.contains("Usage: clearhook"), "{arguments:?}");
        }
    }
}
