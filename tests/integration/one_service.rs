//! Only one `serve` uses a SQLite file, whatever path names it; other commands may run at the same time.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::support::{
    binary::{Installation, Service},
    wait::wait_for,
};

/// A service on the database file of its data directory.
async fn serve(here: &Installation) -> Service {
    let service = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0"]));
    service.line("listening on ").await;
    service
}

/// Starts another service on this file, with a data directory of its own that has the same key.
fn refusal(here: &Installation, file: &Path) -> String {
    let other = Installation::new();
    fs::create_dir(other.data()).unwrap();
    fs::copy(here.data().join("master.key"), other.data().join("master.key")).unwrap();
    let url = format!("sqlite://{}", file.display());
    let output = other
        .command(&["serve", "--addr", "127.0.0.1:0", "--log", "error", "--database-url", &url])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_service_is_rejected_by_any_path() {
    let (here, elsewhere) = (Installation::new(), Installation::new());
    let service = serve(&here).await;
    let file = here.data().join("clearhook.db");
    let (link, linked_dir) = (elsewhere.folder().join("link.db"), elsewhere.folder().join("linked"));
    symlink(&file, &link).unwrap();
    symlink(here.data(), &linked_dir).unwrap();
    let dotted: PathBuf = here.data().join("../data/./clearhook.db");
    for path in [&file, &link, &linked_dir.join("clearhook.db"), &dotted] {
        let said = refusal(&here, path);
        assert!(
            said.contains("another `clearhook serve`") && said.contains(path.to_str().unwrap()),
            "{said}"
        );
    }
    // Deleting a lock file would permit a second service; the lock is on the database file itself.
    for entry in fs::read_dir(here.data()).unwrap().flatten() {
        if !entry.file_name().to_str().unwrap().starts_with("clearhook.db") && entry.file_name() != "master.key" {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    assert!(refusal(&here, &file).contains("another `clearhook serve`"));
    let again = here.refusal(&["serve", "--addr", "127.0.0.1:0", "--log", "error"], 1);
    assert!(again.contains("another `clearhook serve`"), "{again}");
    // Other commands work beside it, by any path.
    here.answer(&["user", "create", "--email", "a@example.com", "--role", "administrator"]);
    let by_link = format!("sqlite://{}", link.display());
    assert!(here.answer(&["user", "list", "--database-url", &by_link]).contains("a@example.com"));
    assert_eq!(service.terminate().await, Some(0));
    let service = serve(&here).await;
    service.kill();
    let service = serve(&here).await;
    assert_eq!(service.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_file_with_two_names_is_rejected() {
    let here = Installation::new();
    let service = serve(&here).await;
    let hard = here.folder().join("hard.db");
    fs::hard_link(here.data().join("clearhook.db"), &hard).unwrap();
    let said = refusal(&here, &hard);
    assert!(said.contains("hard links") && said.contains("find -inum"), "{said}");
    let url = format!("sqlite://{}", hard.display());
    assert!(here.refusal(&["user", "list", "--database-url", &url], 1).contains("hard links"));
    fs::remove_file(&hard).unwrap();
    here.answer(&["user", "list"]);
    assert_eq!(service.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_service_on_a_data_directory_is_rejected() {
    let here = Installation::new();
    let service = serve(&here).await;
    let said = here.refusal(
        &[
            "serve",
            "--addr",
            "127.0.0.1:0",
            "--log",
            "error",
            "--database-url",
            "sqlite://other.db",
        ],
        1,
    );
    assert!(said.contains("data directory") && said.contains("--data-dir"), "{said}");
    wait_for("the first to serve on", async || {
        (!service.printed().contains("stopped")).then_some(())
    })
    .await;
    assert_eq!(service.terminate().await, Some(0));
}
