//! The guides in `docs`: their code is run word by word against a running service.

mod verify;

use std::{
    fmt::Write,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use clearhook::catalogue::BuiltIn;
use serde_json::json;

use crate::support::{
    app::{JsonAnswer, TestApp},
    cli::Cli,
    database::TestDatabase,
    python::interpreter,
    receiver::Receiver,
};

/// The longest run of a guide.
const LIMIT: Duration = Duration::from_secs(90);

/// A block of code in a guide.
#[derive(Debug)]
struct Block {
    language: String,
    /// The file that the block is, if the guide says so.
    file: Option<String>,
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of a guide. `<!-- file: NAME -->` before a block says that it is this file.
fn blocks(guide: &str) -> Vec<Block> {
    let text = fs::read_to_string(root().join("docs").join(guide)).unwrap();
    let (mut blocks, mut file, mut open): (Vec<Block>, _, Option<Block>) = (Vec::new(), None, None);
    for line in text.lines() {
        if let Some(block) = &mut open {
            if line == "```" {
                blocks.extend(open.take());
            } else {
                block.code.push_str(line);
                block.code.push('\n');
            }
        } else if let Some(name) = line.strip_prefix("<!-- file: ").and_then(|rest| rest.strip_suffix(" -->")) {
            file = Some(name.to_owned());
        } else if let Some(language) = line.strip_prefix("```") {
            open = Some(Block {
                language: language.to_owned(),
                file: file.take(),
                code: String::new(),
            });
        }
    }
    assert!(
        open.is_none() && file.is_none(),
        "{guide}: a block does not end, or a file has no block"
    );
    blocks
}

/// Runs all commands of a guide, in order, in one shell and one folder, in which its files are. Returns what they printed.
pub(crate) fn run(guide: &str, cli: &Cli, variables: &[(&str, &str)]) -> String {
    let folder = cli.here.folder();
    let mut script = String::from("set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n");
    for block in blocks(guide) {
        match (block.language.as_str(), block.file) {
            // What is installed is there already: `make setup` has done it.
            ("console" | "rust", _) => {}
            ("sh", None) => script += &block.code,
            (_, Some(file)) => {
                // Commands before the file can be those that write another one with this name.
                let code = folder.join(format!("{file}.guide"));
                fs::write(&code, &block.code).unwrap();
                writeln!(script, "cp {file}.guide {file}").unwrap();
            }
            (language, None) => panic!("{guide}: nothing says what to do with a block of {language}"),
        }
    }
    let bin = folder.join("bin");
    fs::create_dir(&bin).unwrap();
    let link = |name: &str, program: &Path| std::os::unix::fs::symlink(program, bin.join(name)).unwrap();
    link("clearhook", Path::new(env!("CARGO_BIN_EXE_clearhook")));
    std::os::unix::fs::symlink(root().join("end2end/node_modules"), folder.join("node_modules")).unwrap();
    // A virtual environment is found by the place of its program, so this is no link.
    let python = format!("#!/bin/sh\nexec '{}' \"$@\"\n", interpreter().display());
    fs::write(bin.join("python"), python).unwrap();
    let runnable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(bin.join("python"), runnable).unwrap();
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap()))).unwrap();
    let shown = |name: &str| fs::File::create(folder.join(name)).unwrap();
    let mut command = cli.command(&[]);
    let environment: Vec<_> = command
        .get_envs()
        .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
        .collect();
    command = Command::new("bash");
    for (name, value) in environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.arg("-c").arg(&script).current_dir(folder).env("PATH", path);
    command.stdin(Stdio::null()).stdout(shown("stdout")).stderr(shown("stderr"));
    for (name, value) in variables {
        command.env(name, value);
    }
    let mut child = command.spawn().unwrap();
    let end = Instant::now() + LIMIT;
    let status = loop {
        match child.try_wait().unwrap() {
            None if Instant::now() < end => std::thread::sleep(Duration::from_millis(20)),
            status => break status,
        }
    };
    if status.is_none() {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let printed = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let (out, err) = (printed("stdout"), printed("stderr"));
    assert!(
        status.is_some_and(|status| status.success()),
        "{guide}: {status:?}\n{out}\n{err}\n{script}"
    );
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_published_as_the_guide_says() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let receiver = Receiver::start([]).await;
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let cli = Cli::of(&app);
    let printed = tokio::task::block_in_place(|| run("publish.md", &cli, &[]));
    let seen = receiver.wait(4).await;
    for id in ["shell-1", "shell-2", "python-1", "javascript-1"] {
        let begin = format!("{{\"id\":\"{id}\"");
        assert_eq!(seen.iter().filter(|callback| callback.body.starts_with(&begin)).count(), 1, "{id}");
        assert!(printed.contains(id), "{id}: {printed}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_are_verified_as_the_guide_says() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let cli = Cli::of(&app);
    let port = two_free_ports().to_string();
    let printed = tokio::task::block_in_place(|| run("verify.md", &cli, &[("PORT", &port)]));
    assert_eq!(printed.matches("valid identity.created").count(), 2, "{printed}");
    // The code in Rust is compiled into this test.
    let rust = blocks("verify.md").into_iter().find(|block| block.language == "rust").unwrap();
    assert_eq!(rust.code, include_str!("verify.rs"));
    let receiver = Receiver::start([]).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let secret = webhook["secret"].as_str().unwrap();
    app.publish(BuiltIn::IdentityCreated, "rust").await;
    let callback = receiver.wait(1).await.remove(0);
    assert_eq!(verify::answer(secret, &callback.headers, callback.body.as_bytes()), 204);
    assert_eq!(verify::answer(secret, &callback.headers, b"{}"), 401);
    app.stop().await;
}

/// A free port whose successor is free too.
fn two_free_ports() -> u16 {
    loop {
        let one = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = one.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_managed_as_the_guide_says() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    let (cli, receiver) = (Cli::of(&app), Receiver::start([]).await);
    let printed = tokio::task::block_in_place(|| run("command-line.md", &cli, &[("RECEIVER", &receiver.url)]));
    assert!(printed.contains("whsec_") && printed.contains("succeeded"), "{printed}");
    // The test and the event that was held.
    let seen = receiver.wait(2).await;
    assert_eq!(seen[1].headers["authorization"], "Bearer 7f3a");
    assert_eq!(app.get("/webhooks").await["items"], json!([]));
    assert_eq!(app.get("/event-types/invoice.paid").await["state"], "archived");
    let pages = fs::read_dir(cli.here.folder().join("pages")).unwrap().count();
    assert!(pages > 40, "{pages}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_configuration_is_applied_as_the_guide_says() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    let cli = Cli::of(&app);
    let printed = tokio::task::block_in_place(|| run("gitops.md", &cli, &[]));
    assert!(
        printed.contains("+ webhook Billing") && printed.contains("- webhook Test"),
        "{printed}"
    );
    let webhooks = app.get("/webhooks").await["items"].clone();
    assert_eq!(webhooks.as_array().unwrap().len(), 1);
    assert_eq!(webhooks[0]["headers"][1]["value"], "Bearer 7f3a");
    let answer = app.api(reqwest::Method::GET, "/event-types/invoice.paid").send().await.unwrap();
    assert_eq!(answer.json_value().await["group"], "Billing");
    app.stop().await;
}

/// Other programs read the guides as well, so a link in them leads somewhere.
#[test]
fn guides_link_to_files_that_exist() {
    let guides: Vec<PathBuf> = fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    assert!(guides.len() >= 5);
    for guide in guides {
        let text = fs::read_to_string(&guide).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            let is_file = !target.is_empty() && !target.contains("://");
            assert!(
                !is_file || guide.parent().unwrap().join(target).exists(),
                "{}: {link}",
                guide.display()
            );
        }
    }
}
