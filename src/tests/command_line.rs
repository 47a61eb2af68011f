//! The real binary: what it prints, how it ends, and that every error is one line that says what to do.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use clearhook::catalogue::{EventType, example::example_data};
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{app::JsonAnswer, database::TestDatabase, postgres, wait::wait_for};

/// A folder for one installation, and the binary to use in it.
struct Installation(TempDir);

impl Installation {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clearhook"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CLEARHOOK_")) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command prints that must succeed.
    fn answer(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// The line with which a command fails.
    fn refusal(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert_eq!((text.lines().count(), output.stdout.len()), (1, 0), "{arguments:?}: {text}");
        assert!(text.starts_with("clearhook: ") && !text.contains("panicked"), "{text}");
        text
    }
}

/// A program that runs beside the test, and what it printed so far.
struct Service {
    child: Child,
    printed: Arc<Mutex<String>>,
}

impl Service {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let printed = Arc::new(Mutex::new(String::new()));
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        collect(out, printed.clone());
        collect(err, printed.clone());
        Self { child, printed }
    }

    fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// Waits until it has printed this, and gives the rest of that line.
    async fn line(&self, beginning: &str) -> String {
        wait_for(beginning, async || {
            let printed = self.printed();
            let (_, rest) = printed.split_once(beginning)?;
            rest.split_once('\n').map(|(line, _)| line.trim().to_owned())
        })
        .await
    }

    /// Ends it as a service manager would, and gives its exit code.
    async fn terminate(mut self) -> Option<i32> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let child = Mutex::new(&mut self.child);
        let ended = wait_for("the program to end", async || child.lock().unwrap().try_wait().unwrap()).await;
        ended.code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(from: impl std::io::Read + Send + 'static, into: Arc<Mutex<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            into.lock().unwrap().extend([line.as_str(), "\n"]);
        }
    });
}

fn example_file(folder: &Path, event: EventType) -> String {
    let path = folder.join("data.json");
    fs::write(&path, example_data(event).to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

#[test]
fn what_cannot_work_is_refused_in_one_line() {
    let here = Installation::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    fs::write(here.0.path().join("file"), "").unwrap();
    fs::write(here.0.path().join("typo.toml"), "addr = \"127.0.0.1:0\"\nadress = 1\n").unwrap();
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
fn usage_errors_end_with_2() {
    let here = Installation::new();
    for (arguments, word) in [
        (&["explode"][..], "explode"),
        (&["serve", "--adress", "x"], "--adress"),
        (&["user", "create", "--email", "a@example.com", "--role", "king"], "king"),
        (&["api-key", "create", "--name", "x", "--scope", "everything"], "everything"),
        (&["api-key", "create", "--name", "x"], "--scope"),
        (
            &["publish", "identity.exploded", "--api-key", "k", "--data", "-"],
            "identity.exploded",
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
fn a_folder_that_may_not_be_written_is_refused() {
    let here = Installation::new();
    // Nobody may write into /proc, root included.
    let line = here.refusal(&["serve", "--data-dir", "/proc/clearhook"], 1);
    assert!(line.contains("/proc/clearhook") && line.contains("--data-dir"), "{line}");
}

#[test]
fn users_are_made_listed_and_disabled() {
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

#[test]
fn keys_are_printed_once_alone() {
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
fn the_catalogue_and_its_schemas_are_printed() {
    let here = Installation::new();
    assert_eq!(here.answer(&["schema", "--list"]).lines().count(), EventType::ALL.len());
    let schema: Value = serde_json::from_str(&here.answer(&["schema", "identity.created"])).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(!here.data().exists(), "printing a schema needs no database");
}

#[test]
fn generated_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let here = Installation::new();
    here.answer(&["migrate"]);
    let mode = |file: &str| fs::metadata(here.data().join(file)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("master.key"), 0o600);
    assert!(here.answer(&["migrate"]).contains("up to date"));
    fs::write(here.data().join("master.key"), "not a key").unwrap();
    assert!(here.refusal(&["migrate"], 1).contains("master.key"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_shows_a_webhook_with_a_callback_in_its_log() {
    let here = Installation::new();
    let demo = Service::start(here.command(&["serve", "--demo", "--addr", "127.0.0.1:0", "--demo-addr", "127.0.0.1:0"]));
    let url = format!("http://{}", demo.line("listening on ").await.split(';').next().unwrap());
    let (email, password) = (demo.line("e-mail").await, demo.line("password").await);
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("email", &email)
        .append_pair("password", &password)
        .finish();
    let http = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let request = http
        .post(format!("{url}/sign-in"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let response = request.body(form).send().await.unwrap();
    assert_eq!(response.status(), 303);
    let cookie = response.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let page = async |path: &str| {
        http.get(format!("{url}{path}"))
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    let list = page("/webhooks").await;
    assert!(list.contains("Sample receiver"));
    let id = list
        .split("href=\"/webhooks/")
        .skip(1)
        .find(|rest| !rest.starts_with("new"))
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    wait_for("a callback in the log", async || {
        page(&format!("/webhooks/{id}")).await.contains("Accepted").then_some(())
    })
    .await;
    assert!(demo.printed().contains("signature valid"));
    // A second one on the same database is refused; other commands work beside it.
    let second = here.refusal(&["serve", "--addr", "127.0.0.1:0"], 1);
    assert!(second.contains("another `clearhook serve`"), "{second}");
    here.answer(&["api-key", "create", "--name", "beside", "--scope", "events:write"]);
    assert_eq!(demo.terminate().await, Some(0));
    // Started again it adds nothing, and says how to sign in.
    let again = Service::start(here.command(&["serve", "--demo", "--addr", "127.0.0.1:0", "--demo-addr", "127.0.0.1:0"]));
    again.line("no sample was added").await;
    assert_eq!(again.terminate().await, Some(0));
}

async fn publish_and_listen(here: &Installation, database: &[&str]) {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let listen = Service::start(here.command(&["listen", "--addr", "127.0.0.1:0", "--secret", secret, "--respond", "204"]));
    let receiver = listen.line("Listening on ").await.split(';').next().unwrap().to_owned();
    let with = |arguments: &[&'static str]| [arguments, database].concat();
    let key = here
        .answer(&with(&[
            "api-key",
            "create",
            "--name",
            "all",
            "--scope",
            "events:write",
            "webhooks:write",
            "callbacks:read",
        ]))
        .trim()
        .to_owned();
    let serve = with(&[
        "serve",
        "--addr",
        "127.0.0.1:0",
        "--allow-http",
        "true",
        "--allowed-networks",
        "127.0.0.0/8",
    ]);
    let serve = Service::start(here.command(&serve));
    let url = format!("http://{}", serve.line("listening on ").await.split(';').next().unwrap());
    let body = serde_json::json!({ "name": "L", "url": format!("{receiver}/hook"), "events": ["visit.created"], "secret": secret });
    let add = client()
        .post(format!("{url}/api/v1/webhooks"))
        .bearer_auth(&key)
        .header("content-type", "application/json");
    let webhook = add.body(body.to_string()).send().await.unwrap().json_value().await;
    let file = example_file(here.0.path(), EventType::VisitCreated);
    let publish = [
        "publish",
        "visit.created",
        "--data",
        &file,
        "--url",
        &url,
        "--api-key",
        &key,
        "--id",
        "42",
    ];
    let answer: Value = serde_json::from_str(&here.answer(&publish)).unwrap();
    assert_eq!(
        (&answer["events"][0]["deliveries"], &answer["events"][0]["duplicate"]),
        (&Value::from(1), &Value::from(false))
    );
    assert!(listen.line("signature valid, ").await.contains("204"));
    assert!(here.answer(&publish).contains("\"duplicate\":true"));
    fs::write(&file, "{}").unwrap();
    let line = here.refusal(&["publish", "visit.created", "--data", &file, "--url", &url, "--api-key", &key], 1);
    assert!(line.contains("422") && line.contains("/data"), "{line}");
    let line = here.refusal(
        &["publish", "visit.created", "--data", &file, "--url", &url, "--api-key", "chk_wrong"],
        1,
    );
    assert!(line.contains("401") && !line.contains("chk_wrong"), "{line}");
    let log = format!("{url}/api/v1/webhooks/{}/callbacks", webhook["id"].as_str().unwrap());
    wait_for("the log", async || {
        let log = client().get(&log).bearer_auth(&key).send().await.unwrap().json_value().await;
        (log["items"][0]["response"] == "NoContent").then_some(())
    })
    .await;
    assert_eq!(serve.terminate().await, Some(0));
    let line = here.refusal(&["publish", "visit.created", "--data", &file, "--url", &url, "--api-key", &key], 1);
    assert!(line.contains("is the server running"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_goes_from_publish_to_listen_on_sqlite() {
    publish_and_listen(&Installation::new(), &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_goes_from_publish_to_listen_on_postgres() {
    let database = TestDatabase::postgres().await;
    publish_and_listen(&Installation::new(), &["--database-url", &database.url]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_database_is_not_served_without_migrating() {
    let here = Installation::new();
    let line = here.refusal(&["serve", "--no-migrate", "--addr", "127.0.0.1:0"], 1);
    assert!(line.contains("clearhook migrate"), "{line}");
    let server = tokio::task::spawn_blocking(postgres::server).await.unwrap();
    let line = here.refusal(&["migrate", "--database-url", &format!("{server}/not_there")], 1);
    assert!(line.contains("not_there"), "{line}");
}
