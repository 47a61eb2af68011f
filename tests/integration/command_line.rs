//! The real binary: its output, its exit codes, and that every error is one line with a remedy.

use std::{fs, io::Write, net::TcpListener, process::Stdio, sync::Mutex};

use clearhook::catalogue::BuiltIn;
use serde_json::Value;

use crate::support::{binary::Installation, sqlite_file, wait::wait_for};

#[test]
fn serve_rejects_impossible_settings_in_one_line() {
    let here = Installation::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    fs::write(here.folder().join("file"), "").unwrap();
    fs::write(here.folder().join("typo.toml"), "addr = \"127.0.0.1:0\"\nadress = 1\n").unwrap();
    let unreachable = "postgres://someone:planted-password@127.0.0.1:1/hooks";
    for (arguments, words) in [
        (&["serve", "--addr", &taken][..], &[taken.as_str(), "--addr"][..]),
        (&["serve", "--addr", "here"], &["CLEARHOOK_ADDR", "127.0.0.1:3000"]),
        (&["serve", "--data-dir", "file/data"], &["file/data", "--data-dir"]),
        (&["migrate", "--data-dir", "file/data"], &["file/data", "--data-dir"]),
        (
            &["migrate", "--database-url", "mysql://db/hooks"],
            &["CLEARHOOK_DATABASE_URL", "sqlite://"],
        ),
        (&["migrate", "--database-url", "sqlite://file/x.db"], &["file"]),
        (&["migrate", "--database-url", unreachable], &["127.0.0.1:1", "PostgreSQL"]),
        (&["serve", "--master-key", "c2hvcnQ="], &["CLEARHOOK_MASTER_KEY", "32 bytes"]),
        (&["serve", "--master-key", "?"], &["CLEARHOOK_MASTER_KEY", "32 bytes"]),
        (&["serve", "--config", "nowhere.toml"], &["nowhere.toml"]),
        (&["serve", "--config", "typo.toml"], &["typo.toml", "line 2", "adress"]),
        (
            &["user", "create", "--email", "nobody", "--role", "administrator"],
            &["nobody", "you@example.com"],
        ),
        (
            &["user", "disable", "--email", "nobody@example.com"],
            &["nobody@example.com", "user list"],
        ),
        (&["api-key", "revoke", "01890000-0000-7000-8000-000000000000"], &["api-key list"]),
        (
            &["publish", "identity.created", "--api-key", "chk_x", "--data", "nowhere.json"],
            &["nowhere.json"],
        ),
        (
            &["publish", "identity.created", "--api-key", "chk_x", "--data", "typo.toml"],
            &["typo.toml", "not JSON"],
        ),
        (&["listen", "--addr", &taken], &[taken.as_str()]),
        (&["listen", "--secret", "short"], &["--secret", "whsec_"]),
    ] {
        let line = here.refusal(arguments, 1);
        for word in words {
            assert!(line.contains(word), "{line} lacks {word}");
        }
        assert!(!line.contains("planted-password"), "{line}");
    }
}

#[test]
fn usage_error_exits_with_2() {
    let here = Installation::new();
    for (arguments, word) in [
        (&["explode"][..], "explode"),
        (&["serve", "--adress", "x"], "--adress"),
        (&["user", "create", "--email", "a@example.com", "--role", "king"], "king"),
        (&["api-key", "create", "--name", "x", "--scope", "everything"], "everything"),
        (&["api-key", "create", "--name", "x"], "--scope"),
        (
            &["publish", "identity exploded", "--api-key", "k", "--data", "-"],
            "identity exploded",
        ),
        (&["schema"], "TYPE"),
        (&["listen", "--respond", "42"], "42"),
    ] {
        let line = here.refusal(arguments, 2);
        assert!(line.contains(word) && line.contains("--help"), "{line}");
    }
    for help in [&["--help"][..], &["serve", "--help"], &["user", "create", "--help"], &["--version"]] {
        assert!(here.answer(help).contains("clearhook"));
    }
}

#[test]
fn unwritable_data_directory_is_rejected() {
    let here = Installation::new();
    // Nobody can write to /proc, not even root.
    let line = here.refusal(&["serve", "--data-dir", "/proc/clearhook"], 1);
    assert!(line.contains("/proc/clearhook") && line.contains("--data-dir"), "{line}");
}

#[test]
fn user_command_adds_lists_and_disables() {
    let here = Installation::new();
    let password = here.answer(&["user", "create", "--email", "a@example.com", "--role", "administrator"]);
    assert!(password.trim().len() >= 16 && password.lines().count() == 1);
    let again = here.refusal(&["user", "create", "--email", "A@example.com", "--role", "administrator"], 1);
    assert!(again.contains("reset-password"), "{again}");
    let given = |password: &str, arguments: &[&str]| {
        let mut child = here
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let create = [
        "user",
        "create",
        "--email",
        "b@example.com",
        "--role",
        "api-owner",
        "--password-stdin",
    ];
    assert_eq!(given("short\n", &create).status.code(), Some(1));
    assert!(given("a long enough one\n", &create).status.success());
    assert!(
        here.answer(&["user", "disable", "--email", "b@example.com"])
            .contains("b@example.com")
    );
    let list: Value = serde_json::from_str(&here.answer(&["user", "list", "--json"])).unwrap();
    let told: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|user| {
            (
                user["email"].as_str().unwrap(),
                user["role"].as_str().unwrap(),
                user["disabled"] == true,
            )
        })
        .collect();
    assert_eq!(
        told,
        [("a@example.com", "administrator", false), ("b@example.com", "api-owner", true)]
    );
    assert_ne!(here.answer(&["user", "reset-password", "--email", "a@example.com"]), password);
}

#[tokio::test]
async fn password_ends_with_its_line_and_not_with_the_stream() {
    let here = Installation::new();
    let arguments = [
        "user",
        "create",
        "--email",
        "a@example.com",
        "--role",
        "administrator",
        "--password-stdin",
    ];
    let mut child = here
        .command(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stream = child.stdin.take().unwrap();
    stream.write_all(b"a long enough one\n").unwrap();
    let child = Mutex::new(child);
    let ended = wait_for("the end of the command", async || child.lock().unwrap().try_wait().unwrap()).await;
    drop(stream);
    assert!(ended.success(), "{ended}");
}

#[test]
fn api_key_command_prints_only_the_key() {
    let here = Installation::new();
    let key = here.answer(&["api-key", "create", "--name", "ingest", "--scope", "events:write", "webhooks:read"]);
    assert!(key.starts_with("chk_") && key.lines().count() == 1);
    let list = || serde_json::from_str::<Value>(&here.answer(&["api-key", "list", "--json"])).unwrap();
    let listed = list();
    assert_eq!(listed[0]["name"], "ingest");
    assert!(!listed.to_string().contains(key.trim()) && key.starts_with(listed[0]["prefix"].as_str().unwrap()));
    here.answer(&["api-key", "revoke", listed[0]["id"].as_str().unwrap()]);
    assert!(list()[0]["revoked_at"].is_string());
}

#[test]
fn schema_command_prints_catalogue_and_schemas() {
    let here = Installation::new();
    assert_eq!(here.answer(&["schema", "--list"]).lines().count(), BuiltIn::ALL.len());
    let schema: Value = serde_json::from_str(&here.answer(&["schema", "identity.created"])).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(!here.data().exists(), "printing a schema needs no database");
}

#[test]
fn generated_files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let here = Installation::new();
    here.answer(&["migrate"]);
    let mode = |file: &str| fs::metadata(here.data().join(file)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("master.key"), 0o600);
    assert!(here.answer(&["migrate"]).contains("up to date"));
    fs::write(here.data().join("master.key"), "not a key").unwrap();
    assert!(here.refusal(&["migrate"], 1).contains("master.key"));
}

#[test]
fn unwritable_output_is_an_error_without_panic() {
    let here = Installation::new();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [
        &["api-key", "create", "--name", "unseen", "--scope", "events:write"][..],
        &["user", "list", "--json"],
        &["schema", "identity.created"],
        &["migrate"],
    ] {
        let output = here.command(arguments).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
        assert!(
            text.starts_with("clearhook: ") && text.lines().count() == 1,
            "{arguments:?}: {text}"
        );
    }
    let keys: Value = serde_json::from_str(&here.answer(&["api-key", "list", "--json"])).unwrap();
    assert!(!keys[0]["revoked_at"].is_null(), "a key that nobody has seen is revoked: {keys}");
    // A password is printed before it is set: nobody could sign in with one that was not seen.
    let answer = here.answer(&["user", "create", "--email", "seen@example.com", "--role", "administrator"]);
    assert!(answer.trim().len() >= 12, "{answer}");
    let database = here.data().join("clearhook.db");
    let hashes = || sqlite_file::pairs(&database, "SELECT email, password_hash FROM users ORDER BY email");
    let before = hashes();
    for arguments in [
        &["user", "create", "--email", "unseen@example.com", "--role", "administrator"][..],
        &["user", "reset-password", "--email", "seen@example.com"],
    ] {
        let output = here.command(arguments).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    }
    assert_eq!(hashes(), before);
    // A log that cannot be written does not end a command half way.
    let output = here.command(&["master-key", "rotate"]).stderr(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    // A refused user prints no password.
    let output = here
        .command(&["user", "create", "--email", "nobody", "--role", "administrator"])
        .output()
        .unwrap();
    assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{output:?}");
    // A closed pipe ends the command without a message.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = here
        .command(&["schema", "identity.created"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(output.stderr.is_empty() && output.status.code() == Some(1), "{output:?}");
}
