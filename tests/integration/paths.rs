//! Data directories and database files with unusual names, and their permissions.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, symlink},
    },
    path::{Path, PathBuf},
    process::Command,
};

use clearhook::catalogue::BuiltIn;

use crate::support::{
    app::cloud_event,
    binary::{Installation, Service, client},
};

/// Names that some layer may misinterpret.
fn odd_names() -> Vec<String> {
    let names = [
        "per%41cent",
        "100%",
        "que?stion",
        "mode=ro?x",
        "ha#sh",
        "a b ",
        "it's",
        "quo\"te",
        "é☃",
        "a&b=c;d",
        "back\\slash",
        "new\nline",
        "$HOME",
        "~",
        "file:x",
        ":memory:",
        "-flag",
        "a+b",
        "[x]",
        "*",
    ];
    names.map(str::to_owned).into_iter().chain(["x".repeat(200)]).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn data_directory_may_have_any_name() {
    for name in odd_names() {
        let here = Installation::new();
        // The directory that a misinterpreted name would use.
        fs::create_dir(here.folder().join("perAcent")).unwrap();
        let folder = here.folder().join(&name);
        let given = format!("--data-dir={name}");
        let given = given.as_str();
        here.answer(&["user", "create", "--email", "a@example.com", "--role", "administrator", given]);
        assert!(here.answer(&["user", "list", given]).contains("a@example.com"), "{name}");
        for file in ["clearhook.db", "master.key"] {
            assert!(folder.join(file).is_file(), "{name}: {file}");
        }
        assert_eq!(fs::read_dir(here.folder().join("perAcent")).unwrap().count(), 0, "{name}");
        assert_eq!(fs::read_dir(here.folder()).unwrap().count(), 2, "{name}");
    }
}

#[test]
fn sqlite_url_names_the_file_literally() {
    for name in odd_names().into_iter().filter(|name| name != ":memory:" && name != "mode=ro?x") {
        let here = Installation::new();
        let file = here.folder().join(&name).join("x.db");
        let url = format!("sqlite://{}", file.display());
        here.answer(&["migrate", "--database-url", &url]);
        assert!(file.is_file(), "{name}");
    }
    let here = Installation::new();
    here.answer(&["migrate", "--database-url", "sqlite://relative.db"]);
    here.answer(&["migrate", "--database-url", "sqlite:short.db"]);
    assert!(here.folder().join("relative.db").is_file() && here.folder().join("short.db").is_file());
    fs::create_dir(here.folder().join("is a directory")).unwrap();
    let said = here.refusal(&["migrate", "--database-url", "sqlite://is a directory"], 1);
    assert!(said.contains("is a directory; use a file in it"), "{said}");
    let said = here.refusal(&["migrate", "--database-url", "sqlite://relat%69ve.db"], 1);
    assert!(said.contains("percent-encoded"), "{said}");
}

#[test]
fn unusable_data_directory_is_rejected_in_one_line() {
    let here = Installation::new();
    fs::write(here.folder().join("file"), "").unwrap();
    symlink("nowhere/at/all", here.folder().join("dangling")).unwrap();
    for name in ["file", "dangling", "file/below", &"x".repeat(300)] {
        let said = here.refusal(&["migrate", &format!("--data-dir={name}")], 1);
        assert!(said.contains("data directory") && said.contains("--data-dir"), "{said}");
    }
    let bytes = OsStr::from_bytes(b"not-\xff-utf8");
    let output = here.command(&["migrate"]).env("CLEARHOOK_DATA_DIR", bytes).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("CLEARHOOK_DATA_DIR is not valid UTF-8"), "{said}");
    let output = here.command(&["migrate", "--data-dir"]).arg(bytes).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && said.contains("UTF-8") && said.lines().count() == 1,
        "{said}"
    );
    // A link to a directory is as good as the directory.
    fs::create_dir(here.folder().join("real")).unwrap();
    symlink("real", here.folder().join("link")).unwrap();
    here.answer(&["migrate", "--data-dir", "link"]);
    assert!(here.folder().join("real/clearhook.db").is_file());
}

/// With every umask.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_directory_is_private_to_its_owner() {
    let here = Installation::new();
    let serve = here.command(&["serve", "--addr", "127.0.0.1:0"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(serve.get_program())
        .args(serve.get_args());
    command.current_dir(here.folder());
    let service = Service::start(command);
    let url = service.url().await;
    let key = here.answer(&["api-key", "create", "--name", "t", "--scope", "events:write"]);
    let request = client().post(format!("{url}/api/v1/events")).bearer_auth(key.trim());
    let request = request.header("content-type", "application/cloudevents+json");
    let event = cloud_event(BuiltIn::IdentityCreated, "1").to_string();
    assert_eq!(request.body(event).send().await.unwrap().status(), 202);
    assert_eq!(mode(&here.data()), 0o700);
    let files: Vec<PathBuf> = fs::read_dir(here.data()).unwrap().map(|entry| entry.unwrap().path()).collect();
    for name in ["clearhook.db", "clearhook.db-wal", "clearhook.db-shm", "master.key", "node-id"] {
        assert!(files.iter().any(|file| file.ends_with(name)), "{name}");
    }
    for file in &files {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    assert!(!service.printed().contains("chmod"), "{}", service.printed());
    if rustix::process::geteuid().is_root() {
        // Even if others may enter the directory, they cannot open or lock its files.
        fs::set_permissions(here.folder(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(here.data(), fs::Permissions::from_mode(0o755)).unwrap();
        for file in &files {
            for (program, more) in [("cat", None), ("flock", Some("-n"))] {
                let mut other = Command::new("setpriv");
                other
                    .args(["--reuid=65534", "--regid=65534", "--clear-groups", program])
                    .args(more)
                    .arg(file);
                if program == "flock" {
                    other.arg("true");
                }
                let output = other.output().unwrap();
                assert!(!output.status.success(), "{program} {}", file.display());
            }
        }
    }
    assert_eq!(service.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_file_permissions_are_reported_with_the_remedy() {
    let here = Installation::new();
    here.answer(&["migrate"]);
    fs::set_permissions(here.data(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(here.data().join("clearhook.db"), fs::Permissions::from_mode(0o644)).unwrap();
    let service = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0"]));
    service.line("listening on ").await;
    let printed = service.printed();
    for words in ["chmod 700 './data'", "chmod 600 './data/clearhook.db'"] {
        assert_eq!(printed.matches(words).count(), 1, "{words}: {printed}");
    }
    // Permissions that the owner has set are kept.
    assert_eq!((mode(&here.data()), mode(&here.data().join("clearhook.db"))), (0o755, 0o644));
    assert_eq!(service.terminate().await, Some(0));
}

/// No new key is generated for a database that is encrypted with another one.
#[test]
fn missing_master_key_is_reported_and_not_generated() {
    let here = Installation::new();
    here.answer(&["migrate"]);
    let key = here.data().join("master.key");
    let kept = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    for command in [
        &["serve", "--addr", "127.0.0.1:0", "--log", "error"][..],
        &["user", "list"],
        &["migrate"],
        &["master-key", "rotate"],
    ] {
        let said = here.refusal(command, 1);
        assert!(said.contains("master.key") && said.contains("CLEARHOOK_MASTER_KEY"), "{said}");
        assert!(!key.exists(), "{command:?}");
    }
    fs::write(&key, "").unwrap();
    assert!(here.refusal(&["migrate"], 1).contains("empty"));
    fs::write(&key, kept).unwrap();
    here.answer(&["migrate"]);
}
