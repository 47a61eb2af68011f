//! Backups that end in the middle: killed processes, and disks that become full. No half file is at the destination, and the next backup works.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use clearhook::catalogue::BuiltIn;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{
    app::{JsonAnswer, cloud_event},
    binary::{Installation, Service},
    database::TestDatabase,
    node::{Node, check_ledger},
    receiver::Receiver,
    small_disk::SmallDisk,
    sqlite_file,
    wait::{pause, wait_for},
};

const PASSPHRASE: &str = "correct horse battery staple";
/// Events of a database that takes a moment to copy, each with 16 KiB; and of one that takes a moment to encrypt.
const EVENTS: u32 = 3_000;
const ENCRYPTED: u32 = 800;
/// So much of a copy is written when its process is killed or stopped.
const BEGUN: u64 = 1 << 20;

/// Adds events to a SQLite file.
fn grow(database: &Path, events: u32) {
    sqlite_file::execute(
        database,
        &format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {events}) \
             INSERT INTO events (id, event_type, source, ce_id, occurred_at, received_at, body) \
             SELECT randomblob(16), 'a', 's', i, 1, 1, hex(randomblob(8000)) FROM n"
        ),
    );
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn partial_names(folder: &Path) -> Vec<String> {
    names(folder).into_iter().filter(|name| name.contains(".partial")).collect()
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// An installation with so many events in its database.
fn large(events: u32) -> Installation {
    let here = Installation::new();
    here.answer(&["user", "create", "--email", "a@example.com", "--role", "administrator"]);
    grow(&here.data().join("clearhook.db"), events);
    here
}

/// Restores a backup elsewhere, and asserts that everything is in it.
fn check_restored(from: &Installation, file: &Path, passphrase: Option<&str>) {
    let there = Installation::new();
    let mut restore = there.command(&["restore", file.to_str().unwrap()]);
    if let Some(passphrase) = passphrase {
        restore.env("CLEARHOOK_BACKUP_PASSPHRASE", passphrase);
    }
    let output = restore.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    if passphrase.is_none() {
        fs::copy(from.data().join("master.key"), there.data().join("master.key")).unwrap();
    }
    assert!(there.answer(&["user", "list"]).contains("a@example.com"));
    let count = |here: &Installation| sqlite_file::value(&here.data().join("clearhook.db"), "SELECT COUNT(*) FROM events");
    assert_eq!(count(&there), count(from));
}

/// Starts a backup and kills it when so much of a file is written.
async fn killed_at(command: Command, file: &Path, bytes: u64) {
    let backup = Service::start(command);
    wait_for("the copy to have begun", async || (size(file) > bytes).then_some(())).await;
    backup.kill();
}

/// Whatever of the backup is written at that moment: the copy (early and late), the unencrypted copy on the way to an encrypted backup, or the
/// encrypted file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backup_that_is_killed_leaves_nothing_at_its_destination_and_the_next_one_works() {
    let (plain, encrypted) = (large(EVENTS), large(ENCRYPTED));
    let half = size(&plain.data().join("clearhook.db")) / 2;
    for (here, passphrase, is_on_the_way, bytes) in [
        (&plain, None, false, BEGUN),
        (&plain, None, false, half),
        (&encrypted, Some(PASSPHRASE), true, BEGUN),
        (&encrypted, Some(PASSPHRASE), false, BEGUN),
    ] {
        let (file, copy) = (here.folder().join("a.backup"), here.folder().join(".a.backup.partial"));
        let on_the_way = here.data().join(".clearhook.backup.partial");
        let backup = || {
            let mut command = here.command(&["backup", file.to_str().unwrap()]);
            if let Some(passphrase) = passphrase {
                command.env("CLEARHOOK_BACKUP_PASSPHRASE", passphrase);
            }
            command
        };
        killed_at(backup(), if is_on_the_way { &on_the_way } else { &copy }, bytes).await;
        assert!(!file.exists(), "half a backup at its destination");
        let left = [&copy, &on_the_way].into_iter().filter(|left| left.exists()).collect::<Vec<_>>();
        assert!(!left.is_empty(), "it was killed in the middle");
        for left in left {
            assert_eq!(
                fs::metadata(left).unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                left.display()
            );
        }
        // The database is not harmed, and the next backup uses or removes what was left.
        assert!(here.answer(&["user", "list"]).contains("a@example.com"));
        let output = backup().output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(names(here.folder()), ["a.backup", "data"], "nothing is left");
        assert_eq!(partial_names(&here.data()), [""; 0], "nothing is left");
        check_restored(here, &file, passphrase);
        fs::remove_file(&file).unwrap();
    }
}

/// Backups often have the date in their name, so the next one does not use the same file again: it names what was left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backup_under_another_name_names_what_a_killed_one_left() {
    let here = large(EVENTS);
    let (monday, tuesday) = (here.folder().join("monday.db"), here.folder().join("tuesday.db"));
    let left = here.folder().join(".monday.db.partial");
    // What is not a left-over of a backup.
    fs::write(here.folder().join(".notes.partial"), "mine").unwrap();
    fs::write(here.folder().join("film.partial"), "mine").unwrap();
    killed_at(here.command(&["backup", monday.to_str().unwrap()]), &left, BEGUN).await;
    let output = here.run(&["backup", tuesday.to_str().unwrap()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let line = said.lines().find(|line| line.contains(left.to_str().unwrap()));
    assert!(line.is_some_and(|line| line.contains("delete it")), "{said}");
    assert!(!said.contains("notes") && !said.contains("film"), "{said}");
    assert!(left.exists(), "it is named and not deleted");
    check_restored(&here, &tuesday, None);
    // While another backup is being written, its file is no left-over.
    fs::remove_file(&left).unwrap();
    let other = Service::start(here.command(&["backup", monday.to_str().unwrap()]));
    wait_for("the copy to have begun", async || (size(&left) > BEGUN).then_some(())).await;
    other.signal("-STOP");
    let output = here.run(&["backup", tuesday.to_str().unwrap(), "--force"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && !said.contains("monday"), "{said}");
    other.signal("-CONT");
    wait_for("the other backup", async || monday.exists().then_some(())).await;
    let output = here.run(&["backup", tuesday.to_str().unwrap(), "--force"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && !said.contains("partial"), "{said}");
}

/// Stops a backup when it has written something to a small disk, fills the disk, and lets it go on.
async fn fills_up(disk: &SmallDisk, command: &Command, file: &str) -> String {
    let backup = Service::start(disk.inside(command));
    let written = disk.outside(file);
    wait_for("the copy to have begun", async || (size(&written) > BEGUN).then_some(())).await;
    let process = Pid::from_raw(backup.pid().cast_signed()).unwrap();
    kill_process(process, Signal::STOP).unwrap();
    disk.fill("other");
    kill_process(process, Signal::CONT).unwrap();
    let ended = async {
        while !backup.printed().contains('\n') {
            pause().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), ended)
        .await
        .expect("the backup ends");
    let printed = backup.printed();
    assert_eq!(backup.ended().await, Some(1), "{printed}");
    printed
}

fn assert_full(printed: &str) {
    let lines: Vec<_> = printed.lines().collect();
    assert!(
        matches!(lines.as_slice(), [line] if line.starts_with("clearhook: ") && line.contains("the disk is full") && line.contains("free disk space")),
        "{printed}"
    );
}

/// The backup is on a disk of its own, which fills up; the service and its database are elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disk_of_the_backups_that_fills_up_is_a_clear_error_and_leaves_no_file() {
    let Some(disk) = SmallDisk::new(150) else { return };
    for (events, passphrase) in [(EVENTS, None), (ENCRYPTED, Some(PASSPHRASE))] {
        let here = large(events);
        let mut serve = here.command(&["serve", "--addr", "127.0.0.1:0"]);
        // The ids of the rows are random, and so are the times in them.
        serve.env("CLEARHOOK_RETENTION", "none");
        let service = Service::start(serve);
        let url = service.url().await;
        let file = disk.path().join("a.backup");
        let mut backup = here.command(&["backup", file.to_str().unwrap()]);
        backup.env("CLEARHOOK_DATA_DIR", here.data());
        if let Some(passphrase) = passphrase {
            backup.env("CLEARHOOK_BACKUP_PASSPHRASE", passphrase);
        }
        assert_full(&fills_up(&disk, &backup, ".a.backup.partial").await);
        assert_eq!(disk.names(), ["other"]);
        assert_eq!(partial_names(&here.data()), [""; 0]);
        let alive = crate::support::binary::client().get(format!("{url}/readyz")).send().await.unwrap();
        assert_eq!(alive.status(), 200);
        // Not even the name of a file has room.
        let printed = disk.inside(&backup).output().unwrap();
        let printed = String::from_utf8(printed.stderr).unwrap();
        assert!(printed.contains("free disk space"), "{printed}");
        assert_eq!(disk.names(), ["other"]);
        disk.remove("other");
        let output = disk.inside(&backup).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(disk.names(), ["a.backup"]);
        let copy = here.folder().join("copy.backup");
        fs::copy(disk.outside("a.backup"), &copy).unwrap();
        check_restored(&here, &copy, passphrase);
        disk.remove("a.backup");
        assert_eq!(service.terminate().await, Some(0));
    }
}

/// The backup is on the disk of the database, which fills up while it is made: events are refused until there is room again, and none is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_on_the_disk_that_a_backup_fills_goes_on() {
    let Some(disk) = SmallDisk::new(260) else { return };
    let database = TestDatabase::sqlite();
    database.open().await.close().await.unwrap();
    // The ids of the rows are random, and so are the times in them.
    let node = Node::new(&database).with("CLEARHOOK_RETENTION", "none");
    let receiver = Receiver::start([]).await;
    let path = PathBuf::from(database.url.strip_prefix("sqlite://").unwrap());
    grow(&path, EVENTS);
    fs::copy(&path, disk.outside("clearhook.db")).unwrap();
    let here = |arguments: &[&str]| {
        let mut command = node.command(arguments);
        command.env("CLEARHOOK_DATABASE_URL", format!("sqlite://{}/clearhook.db", disk.path().display()));
        command.env("CLEARHOOK_DATA_DIR", disk.path().join("data"));
        command
    };
    let service = Service::start(disk.inside(&here(&["serve", "--addr", "127.0.0.1:0"])));
    let url = service.url().await;
    node.webhook(&url, &receiver.url).await;
    let publish = async |id: &str| {
        let event = cloud_event(BuiltIn::IdentityCreated, id).to_string();
        let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
        let request = request.header("content-type", "application/cloudevents+json");
        request.body(event).send().await.unwrap()
    };
    let mut accepted = Vec::new();
    for number in 0..20 {
        assert_eq!(publish(&number.to_string()).await.status(), 202);
        accepted.push(number.to_string());
    }
    let file = disk.path().join("a.backup");
    let backup = here(&["backup", file.to_str().unwrap()]);
    assert_full(&fills_up(&disk, &backup, ".a.backup.partial").await);
    assert!(disk.names().iter().all(|name| !name.contains("a.backup")), "{:?}", disk.names());
    let alive = node.http.get(format!("{url}/healthz")).send().await.unwrap();
    assert_eq!(alive.status(), 200);
    disk.fill("another");
    let (full, numbers) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let refused = wait_for("events to be refused", async || {
        let id = format!("full-{}", numbers.fetch_add(1, Ordering::Relaxed));
        let answer = publish(&id).await;
        if answer.status() != 202 {
            return Some(answer);
        }
        full.lock().unwrap().push(id);
        None
    })
    .await;
    accepted.append(&mut full.into_inner().unwrap());
    assert!(matches!(refused.status().as_u16(), 429 | 503), "{}", refused.status());
    let problem = refused.json_value().await;
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    for name in ["other", "another"] {
        disk.remove(name);
    }
    wait_for("events to be accepted again", async || {
        (publish("after").await.status() == 202).then_some(())
    })
    .await;
    accepted.push("after".to_owned());
    let output = disk.inside(&backup).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    receiver.wait(accepted.len()).await;
    assert_eq!(service.terminate().await, Some(0));
    // What is in the database is what was accepted. The rows that made it large have no deliveries.
    fs::copy(disk.outside("clearhook.db"), &path).unwrap();
    sqlite_file::execute(&path, "DELETE FROM events WHERE event_type = 'a'");
    check_ledger(&database, &receiver, &accepted).await;
}
