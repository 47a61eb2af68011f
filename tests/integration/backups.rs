//! Backups of the SQLite database, and restores from them.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use clearhook::{catalogue::BuiltIn, domain::timestamp::Timestamp, vault::MasterKey};
use serde_json::Value;

use crate::support::{
    app::{JsonAnswer, cloud_event},
    binary::{Installation, Service},
    cli::refused,
    database::TestDatabase,
    node::{Node, publish_on},
    receiver::{Receiver, Reply},
    sqlite_file,
    wait::wait_for,
};

const PASSPHRASE: &str = "correct horse battery staple";

/// An installation with a user.
fn installation() -> Installation {
    let here = Installation::new();
    here.answer(&["user", "create", "--email", "a@example.com", "--role", "administrator"]);
    here
}

fn path(here: &Installation, name: &str) -> String {
    here.folder().join(name).to_str().unwrap().to_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn encrypted(here: &Installation, arguments: &[&str]) -> Output {
    let mut command = here.command(arguments);
    command.env("CLEARHOOK_BACKUP_PASSPHRASE", PASSPHRASE).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

#[test]
fn backup_restores_elsewhere_with_the_master_key() {
    let (here, there) = (installation(), Installation::new());
    let file = path(&here, "a.backup");
    let output = here.run(&["backup", &file]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = said(&output);
    assert!(
        text.contains("complete and verified") && text.contains("1 users") && text.contains("does not contain the master key"),
        "{text}"
    );
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let key = fs::read_to_string(here.data().join("master.key")).unwrap();
    let bytes = fs::read(&file).unwrap();
    assert!(!bytes.windows(32).any(|part| *part == key.as_bytes()[..32]), "the key is not in it");
    assert_eq!(names(here.folder()), ["a.backup", "data"], "nothing else is left");

    let output = there.run(&["restore", &file]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("master key is missing") && text.contains("webhook-id"), "{text}");
    assert!(
        there
            .refusal(&["user", "list"], 1)
            .contains("master key of the database is missing")
    );
    fs::write(there.data().join("master.key"), key).unwrap();
    assert!(there.answer(&["user", "list"]).contains("a@example.com"));
    let count = |sql: &str| sqlite_file::value(&there.data().join("clearhook.db"), sql);
    assert_eq!(count("SELECT COUNT(*) FROM audit_log WHERE action = 'database.restored'"), "1");
    assert_eq!(count("SELECT COUNT(*) FROM sqlite_master WHERE name = 'clearhook_backup'"), "0");
}

#[test]
fn encrypted_backup_needs_nothing_but_its_passphrase() {
    let (here, there) = (installation(), Installation::new());
    let file = path(&here, "a.backup");
    let text = said(&encrypted(&here, &["backup", &file]));
    assert!(text.contains("contains the master key"), "{text}");
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"clearhook encrypted backup 1\n"));
    assert!(!bytes.windows(13).any(|part| part == b"a@example.com"), "nothing is readable");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        names(&here.data()).iter().all(|name| !name.contains("partial")),
        "no unencrypted copy is left"
    );

    assert!(there.refusal(&["restore", &file], 1).contains("--passphrase-file"));
    let wrong = path(&there, "wrong");
    fs::write(&wrong, "another passphrase\n").unwrap();
    let told = there.refusal(&["restore", &file, "--passphrase-file", &wrong], 1);
    assert!(told.contains("passphrase is wrong"), "{told}");
    assert!(
        !there.data().join("clearhook.db").exists() && names(&there.data()) == ["node-id"],
        "{:?}",
        names(&there.data())
    );
    let right = path(&there, "right");
    fs::write(&right, format!("{PASSPHRASE}\n")).unwrap();
    there.answer(&["restore", &file, "--passphrase-file", &right]);
    assert!(there.answer(&["user", "list"]).contains("a@example.com"));

    let short = here
        .command(&["backup", &file, "--force"])
        .env("CLEARHOOK_BACKUP_PASSPHRASE", "hunter2")
        .output()
        .unwrap();
    assert!(refused(&short, 1, "a short passphrase").contains("12 characters"));
}

#[test]
fn key_that_the_operator_supplies_is_not_in_a_backup() {
    let here = Installation::new();
    let key = MasterKey::generate();
    let run = |arguments: &[&str]| {
        let mut command = here.command(arguments);
        command.env("CLEARHOOK_MASTER_KEY", key.reveal().as_str());
        command.env("CLEARHOOK_BACKUP_PASSPHRASE", PASSPHRASE).output().unwrap()
    };
    assert!(
        run(&["user", "create", "--email", "a@example.com", "--role", "administrator"])
            .status
            .success()
    );
    let file = path(&here, "a.backup");
    assert!(said(&run(&["backup", &file])).contains("does not contain the master key"));
    let there = Installation::new();
    let text = said(&encrypted(&there, &["restore", &file]));
    assert!(text.contains("set CLEARHOOK_MASTER_KEY"), "{text}");
    assert!(!there.data().join("master.key").exists());
}

#[test]
fn backup_does_not_overwrite_files_without_consent() {
    let here = installation();
    let file = path(&here, "a.backup");
    here.answer(&["backup", &file]);
    let before = fs::read(&file).unwrap();
    assert!(here.refusal(&["backup", &file], 1).contains("--force"));
    assert!(fs::read(&file).unwrap() == before);
    here.answer(&["backup", &file, "--force"]);
    let database = here.data().join("clearhook.db");
    fs::write(here.folder().join("no database"), "").unwrap();
    for (destination, words) in [
        (database.to_str().unwrap(), "the database itself"),
        (here.folder().to_str().unwrap(), "is a directory"),
        ("/dev/null", "not a regular file"),
        ("/nowhere/a.backup", "No such file or directory"),
    ] {
        let told = here.refusal(&["backup", destination, "--force"], 1);
        assert!(told.contains(words), "{told}");
    }
    let none = Installation::new();
    assert!(none.refusal(&["backup", "a.backup"], 1).contains("--database-url"));
    assert_eq!(names(none.folder()), [""; 0], "nothing is created");
}

/// A limit on the size of files acts as a full disk.
#[test]
fn full_disk_is_a_clear_error_and_leaves_no_file() {
    let here = installation();
    sqlite_file::execute(
        &here.data().join("clearhook.db"),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) \
         INSERT INTO events (id, event_type, source, ce_id, occurred_at, received_at, body) \
         SELECT randomblob(16), 'a', 's', i, 1, 1, hex(randomblob(2000)) FROM n",
    );
    let file = path(&here, "a.backup");
    for passphrase in [None, Some(PASSPHRASE)] {
        let backup = here.command(&["backup", &file]);
        let mut limited = Command::new("sh");
        limited.args(["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$0\" \"$@\""]);
        limited.arg(backup.get_program()).args(backup.get_args()).current_dir(here.folder());
        limited.env_remove("CLEARHOOK_DATABASE_URL").env_remove("CLEARHOOK_DATA_DIR");
        if let Some(passphrase) = passphrase {
            limited.env("CLEARHOOK_BACKUP_PASSPHRASE", passphrase);
        }
        let told = refused(&limited.output().unwrap(), 1, "a full disk");
        assert!(told.contains("full") && told.contains("free disk space"), "{told}");
        assert_eq!(names(here.folder()), ["data"]);
        assert!(names(&here.data()).iter().all(|name| !name.contains("partial")));
    }
    here.answer(&["backup", &file]);
    // The restore needs room as well.
    let there = Installation::new();
    let restore = there.command(&["restore", &file]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$0\" \"$@\""]);
    limited
        .arg(restore.get_program())
        .args(restore.get_args())
        .current_dir(there.folder());
    let told = refused(&limited.output().unwrap(), 1, "a full disk");
    assert!(told.contains("full"), "{told}");
    assert_eq!(names(&there.data()), ["node-id"]);
}

#[test]
fn damaged_foreign_or_newer_files_are_not_restored() {
    let here = installation();
    let file = path(&here, "a.backup");
    here.answer(&["backup", &file]);
    let whole = fs::read(&file).unwrap();
    let changed = |sql: &str| {
        let other = path(&here, "changed.backup");
        fs::write(&other, &whole).unwrap();
        sqlite_file::execute(other.as_ref(), sql);
        fs::read(&other).unwrap()
    };
    let foreign = {
        let other = here.folder().join("foreign.db");
        sqlite_file::execute(&other, "CREATE TABLE contacts (id INTEGER)");
        fs::read(&other).unwrap()
    };
    let mut flipped = whole.clone();
    // The page of a table's rows: its cell pointers no longer fit.
    let page = flipped.len() / 4_096 / 2;
    flipped[page * 4_096..page * 4_096 + 64].fill(0xa5);
    let cases: [(&str, Vec<u8>, &[&str]); 7] = [
        ("text", b"no backup".to_vec(), &["not a SQLite database"]),
        ("nothing", Vec::new(), &["not a SQLite database"]),
        ("half of it", whole[..whole.len() / 2].to_vec(), &["damaged"]),
        ("another application", foreign, &["another application", "contacts"]),
        ("a damaged page", flipped, &["damaged"]),
        (
            "a deleted row",
            changed("DELETE FROM users"),
            &["table users has 0 rows instead of 1"],
        ),
        (
            "a newer version",
            changed("INSERT INTO seaql_migrations VALUES ('m20990101_000001_later', 1); UPDATE clearhook_backup SET version = '7.0.0'"),
            &["newer clearhook (7.0.0)", "m20990101_000001_later"],
        ),
    ];
    for (what, content, words) in cases {
        let bad = path(&here, "bad.backup");
        fs::write(&bad, content).unwrap();
        // An existing database is not touched, and a missing one is not created.
        let before = fs::read(here.data().join("clearhook.db")).unwrap();
        let told = here.refusal(&["restore", &bad, "--force"], 1);
        for word in words {
            assert!(told.contains(word), "{what}: {told}");
        }
        assert!(fs::read(here.data().join("clearhook.db")).unwrap() == before, "{what}");
        let there = Installation::new();
        there.refusal(&["restore", &bad], 1);
        assert_eq!(names(&there.data()), ["node-id"], "{what}");
    }
    assert!(
        here.refusal(&["restore", "nowhere.backup", "--force"], 1)
            .contains("nowhere.backup")
    );
    // A database in use is not a backup.
    let live = path(&here, "live.db");
    let _open = sqlite_file::open(live.as_ref(), "PRAGMA journal_mode = WAL; CREATE TABLE contacts (id INTEGER)");
    assert!(here.refusal(&["restore", &live, "--force"], 1).contains("live.db-wal"));
}

#[test]
fn restore_keeps_the_previous_database_and_ignores_its_log() {
    let here = installation();
    let file = path(&here, "a.backup");
    here.answer(&["backup", &file]);
    here.answer(&["user", "create", "--email", "later@example.com", "--role", "administrator"]);
    let told = here.refusal(&["restore", &file], 1);
    assert!(told.contains("--force"), "{told}");
    // A killed service leaves its write-ahead log.
    let database = here.data().join("clearhook.db");
    let _open = sqlite_file::open(&database, "UPDATE users SET role = 'api_owner' WHERE email = 'later@example.com'");
    let log = here.data().join("clearhook.db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);
    let text = said(&here.run(&["restore", &file, "--force"]));
    assert!(text.contains("before-restore-"), "{text}");
    let users = here.answer(&["user", "list"]);
    assert!(users.contains("a@example.com") && !users.contains("later@example.com"), "{users}");
    let kept = names(&here.data())
        .into_iter()
        .find(|name| name.contains("before-restore-") && !name.ends_with("-wal") && !name.ends_with("-shm"));
    let kept = here.data().join(kept.unwrap());
    let role = sqlite_file::value(&kept, "SELECT role FROM users WHERE email = 'later@example.com'");
    assert_eq!(role, "api_owner", "the previous database is complete");

    // A log without its database, which SQLite would apply to the new one.
    let there = Installation::new();
    fs::create_dir(there.data()).unwrap();
    fs::copy(&file, there.folder().join("copy.backup")).unwrap();
    fs::write(there.data().join("clearhook.db-wal"), b"stale").unwrap();
    fs::copy(here.data().join("master.key"), there.data().join("master.key")).unwrap();
    there.answer(&["restore", "copy.backup"]);
    assert!(there.answer(&["user", "list"]).contains("a@example.com"));
    assert!(
        names(&there.data())
            .iter()
            .any(|name| name.ends_with("-wal") && name.contains("before-restore"))
    );
}

#[test]
fn backup_of_another_master_key_is_refused() {
    let (here, there) = (installation(), installation());
    let file = path(&here, "a.backup");
    here.answer(&["backup", &file]);
    let told = there.refusal(&["restore", &file, "--force"], 1);
    assert!(told.contains("another master key"), "{told}");
    assert!(there.answer(&["user", "list"]).contains("a@example.com"));
}

#[test]
fn restore_refuses_while_a_service_runs() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let here = installation();
    let file = path(&here, "a.backup");
    here.answer(&["backup", &file]);
    let service = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0"]));
    runtime.block_on(service.url());
    assert!(here.refusal(&["restore", &file, "--force"], 1).contains("clearhook serve"));
    // Also from another data directory.
    let there = Installation::new();
    let url = format!("sqlite://{}", here.data().join("clearhook.db").display());
    let told = there.refusal(&["restore", &file, "--force", "--database-url", &url], 1);
    assert!(told.contains("clearhook serve"), "{told}");
    here.answer(&["backup", &file, "--force"]);
    assert_eq!(runtime.block_on(service.terminate()), Some(0));
}

/// Postgres has its own programs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_backed_up_by_the_printed_command() {
    let database = TestDatabase::postgres().await;
    drop(database.open().await);
    let here = Installation::new();
    let url = database.url.replace("clearhook@", "clearhook:planted@");
    let file = path(&here, "a b.dump");
    let run = |command: &str| {
        let mut command = here.command(&[command, &file]);
        command.env("CLEARHOOK_DATABASE_URL", &url).output().unwrap()
    };
    let output = run("backup");
    assert_eq!(output.status.code(), Some(1));
    let (command, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(command.starts_with("pg_dump ") && told.contains("PGPASSWORD"), "{command}{told}");
    assert!(!command.contains("planted") && !told.contains("planted"));
    let ran = Command::new("sh")
        .args(["-c", &command])
        .env("PGPASSWORD", "planted")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    database.execute("DELETE FROM revisions").await;
    let output = run("restore");
    assert_eq!(output.status.code(), Some(1));
    let command = String::from_utf8(output.stdout).unwrap();
    assert!(
        command.starts_with("psql ") && command.contains(" && pg_restore ") && !command.contains("planted"),
        "{command}"
    );
    // A month that is not in the backup.
    database
        .months([Timestamp::now().plus(std::time::Duration::from_secs(200 * 24 * 3_600))])
        .await;
    let ran = Command::new("sh")
        .args(["-c", &command])
        .env("PGPASSWORD", "planted")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(database.count("revisions").await, 1);
}

/// Every event that was acknowledged before the backup began is in it; deliveries that ended since are sent again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backup_under_load_has_every_acknowledged_event() {
    let database = TestDatabase::sqlite();
    drop(database.open().await);
    let (node, receiver) = (Node::new(&database), Receiver::start([]).await);
    let (service, url) = node.start().await;
    node.webhook(&url, &receiver.url).await;
    let (accepted, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
    let publishers: Vec<_> = (0..6)
        .map(|number| {
            let publish = publish_on(
                node.http.clone(),
                url.clone(),
                node.key.clone(),
                number.to_string(),
                accepted.clone(),
                stop.clone(),
            );
            tokio::spawn(publish)
        })
        .collect();
    let count = || accepted.lock().unwrap().len();
    wait_for("some publishes", async || (count() > 300).then_some(())).await;
    let before: Vec<String> = accepted.lock().unwrap().clone();
    let file: PathBuf = database.folder.path().join("a.backup");
    let backup = node.command(&["backup", file.to_str().unwrap()]);
    let output = tokio::task::spawn_blocking(move || {
        let mut backup = backup;
        backup.output().unwrap()
    })
    .await
    .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let during = count();
    wait_for("publishes after the backup", async || (count() > during + 50).then_some(())).await;
    service.kill();
    stop.store(true, Ordering::Relaxed);
    for publisher in publishers {
        publisher.await.unwrap();
    }

    // Elsewhere: another directory, another node id, the same key.
    let restored = TestDatabase::at(
        format!("sqlite://{}", database.folder.path().join("elsewhere/clearhook.db").display()),
        database.key.clone(),
    );
    let bare = Installation::new();
    let mut restore = bare.command(&["restore", file.to_str().unwrap()]);
    restore
        .env("CLEARHOOK_DATABASE_URL", &restored.url)
        .env("CLEARHOOK_MASTER_KEY", restored.key.reveal().as_str());
    let output = restore.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let missing = async |database: &TestDatabase, ids: &[String]| {
        let list = ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ");
        let found = database.count(&format!("events WHERE ce_id IN ({list})")).await;
        i64::try_from(ids.len()).unwrap() - found
    };
    assert_eq!(missing(&restored, &before).await, 0, "acknowledged before the backup and not in it");
    let unfinished = restored.count("deliveries WHERE state <> 'succeeded'").await;
    let seen = receiver.seen().len();
    let there = Node::new(&restored);
    let (service, url) = there.start().await;
    wait_for("all deliveries of the backup", async || {
        (restored.count("deliveries WHERE state <> 'succeeded'").await == 0).then_some(())
    })
    .await;
    let again = receiver.seen()[seen..].to_vec();
    assert_eq!(
        i64::try_from(again.len()).unwrap(),
        unfinished,
        "only what was unfinished in the backup is sent again"
    );
    // A receiver recognizes what it has already received by this (`delivery_that_ended_after_the_backup…`).
    assert!(again.iter().all(|callback| !id(callback).is_empty()));
    // What was published after the backup is published again, and delivered.
    let event = cloud_event(BuiltIn::IdentityCreated, "after the restore");
    let request = there.http.post(format!("{url}/api/v1/events")).bearer_auth(&there.key);
    let request = request.header("content-type", "application/cloudevents+json");
    let answer = request.body(event.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let _: Value = answer.json_value().await;
    receiver.wait(seen + again.len() + 1).await;
    assert_eq!(service.terminate().await, Some(0));
}

fn id(callback: &crate::support::receiver::Seen) -> String {
    callback.headers["webhook-id"].to_str().unwrap().to_owned()
}

/// A delivery that was waiting in the backup and ended afterwards is sent a second time, with the same id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivery_that_ended_after_the_backup_is_sent_again_with_the_same_id() {
    let database = TestDatabase::sqlite();
    drop(database.open().await);
    let slow = Reply {
        delay: std::time::Duration::from_secs(2),
        ..Reply::status(200)
    };
    let (node, receiver) = (Node::new(&database), Receiver::start([slow]).await);
    let (service, url) = node.start().await;
    node.webhook(&url, &receiver.url).await;
    let event = cloud_event(BuiltIn::IdentityCreated, "once");
    let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
    let request = request.header("content-type", "application/cloudevents+json");
    assert_eq!(request.body(event.to_string()).send().await.unwrap().status(), 202);
    let first = receiver.wait(1).await;
    let file = database.folder.path().join("a.backup");
    let output = node.command(&["backup", file.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    wait_for("the delivery to succeed", async || {
        (database.count("deliveries WHERE state = 'succeeded'").await == 1).then_some(())
    })
    .await;
    assert_eq!(service.terminate().await, Some(0));
    let output = node.command(&["restore", file.to_str().unwrap(), "--force"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let (service, _) = node.start().await;
    let both = receiver.wait(2).await;
    assert_eq!(id(&first[0]), id(&both[1]));
    assert_eq!(service.terminate().await, Some(0));
}

#[test]
fn damaged_database_makes_no_backup() {
    const PAGE: usize = 4_096;
    let here = installation();
    let database = here.data().join("clearhook.db");
    let mut content = fs::read(&database).unwrap();
    // The first page says what else is in the file.
    for page in content.chunks_mut(PAGE).skip(1) {
        page[..64].fill(0xa5);
    }
    fs::write(&database, content).unwrap();
    let before = names(here.folder());
    let output = here.command(&["backup", &path(&here, "a.backup")]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("damaged"), "{}", said(&output));
    assert_eq!(names(here.folder()), before, "nothing is left that looks like a backup");
}

/// A backup that was killed left a half file beside its destination, and the next one succeeds.
#[test]
fn leftover_of_a_killed_backup_is_replaced() {
    let here = installation();
    let file = path(&here, "a.backup");
    let leftover = here.folder().join(".a.backup.partial");
    fs::write(&leftover, vec![7; 100_000]).unwrap();
    fs::set_permissions(&leftover, fs::Permissions::from_mode(0o644)).unwrap();
    here.answer(&["backup", &file]);
    assert!(!leftover.exists());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}
