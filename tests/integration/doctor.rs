//! `clearhook doctor`: each test breaks one thing, and only the check of this thing reports it.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};

use async_nats::ConnectOptions;
use clearhook::{
    catalogue::BuiltIn,
    config::{AMQP, NATS},
    domain::secret::SigningSecret,
    storage::{audit::Actor, webhooks::WebhookFields},
};
use serde_json::Value;

use crate::support::{
    binary::{Installation, Service},
    database::TestDatabase,
    fake_clock::{faked, faketime},
    identity_provider::IdentityProvider,
    message_brokers::{Certificates, NatsServer, PASSWORD, PASSWORD_IN_URL, RabbitServer, USER},
    pem::pem,
    receiver::Receiver,
    sqlite_file,
};

/// An installation whose service has run once.
fn installation() -> Installation {
    let here = Installation::new();
    here.answer(&["migrate"]);
    here
}

/// The worst level of each check, and all texts.
struct Findings {
    levels: BTreeMap<String, String>,
    texts: String,
    code: Option<i32>,
}

impl Findings {
    fn of(output: &Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let list: Vec<Value> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        let mut levels = BTreeMap::new();
        let rank = |level: &str| ["ok", "warning", "error"].iter().position(|name| *name == level).unwrap();
        for finding in &list {
            let (check, level) = (finding["check"].as_str().unwrap(), finding["level"].as_str().unwrap());
            assert_eq!(level == "ok", finding["remedy"].is_null(), "{finding}: what is not ok has a remedy");
            let worst: &mut String = levels.entry(check.to_owned()).or_insert_with(|| "ok".to_owned());
            if rank(level) > rank(worst) {
                level.clone_into(worst);
            }
        }
        Self {
            levels,
            texts: text,
            code: output.status.code(),
        }
    }

    fn level(&self, check: &str) -> &str {
        self.levels.get(check).map_or("none", String::as_str)
    }
}

fn examined(mut command: Command) -> Findings {
    Findings::of(&command.output().unwrap())
}

/// Everything is ok, except that no service answers at the public URL. Then this check reports `level` with these words, and no other check
/// changes.
fn only(check: &str, level: &str, words: &str, healthy: Command, broken: Command) {
    let before = examined(healthy);
    let rest = |findings: &Findings| {
        let mut levels = findings.levels.clone();
        levels.remove(check);
        levels
    };
    assert_eq!((before.level(check), before.code), ("ok", Some(0)), "{}", before.texts);
    assert_eq!(before.level("public url"), "warning", "{}", before.texts);
    let after = examined(broken);
    assert_eq!(after.level(check), level, "{}", after.texts);
    assert!(after.texts.contains(words), "{}", after.texts);
    assert_eq!(after.code, Some(i32::from(level == "error")));
    assert_eq!(rest(&before), rest(&after), "{}", after.texts);
}

/// The command, with a public URL at which nothing answers.
fn doctor(here: &Installation) -> Command {
    let mut command = here.command(&["doctor", "--json"]);
    command.env("CLEARHOOK_PUBLIC_URL", "http://127.0.0.1:1");
    command
}

fn with<'a>(here: &Installation, settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Command {
    let mut command = doctor(here);
    command.envs(settings);
    command
}

#[test]
fn healthy_installation_has_no_errors_and_lines_for_people() {
    let here = installation();
    let output = here.run(&["doctor"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for check in [
        "settings",
        "permissions",
        "disk",
        "file limit",
        "database",
        "migrations",
        "master key",
        "clock",
        "tls files",
        "public url",
        "dns",
        "outbound",
    ] {
        let ok = text
            .lines()
            .any(|line| line.starts_with("ok") && line.contains(&format!("  {check} ")));
        let explained = text
            .lines()
            .any(|line| line.starts_with("warning") && line.contains(&format!("  {check} ")));
        assert!(ok || explained, "{check}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours in a file");
    // Nothing is created in an empty place.
    let empty = Installation::new();
    assert_eq!(examined(doctor(&empty)).level("database"), "warning");
    assert_eq!(fs::read_dir(empty.folder()).unwrap().count(), 0);
}

#[test]
fn settings_are_checked() {
    let here = installation();
    only(
        "settings",
        "warning",
        "CLEARHOOK_TIMEOUT",
        doctor(&here),
        with(&here, [("CLEARHOOK_TIMEUOT", "3s")]),
    );
    let invalid = examined(with(&here, [("CLEARHOOK_TIMEOUT", "soon")]));
    assert_eq!((invalid.level("settings"), invalid.code), ("error", Some(1)), "{}", invalid.texts);
}

#[test]
fn permissions_are_checked() {
    let here = installation();
    let key = here.data().join("master.key");
    // The mode is changed just before the command runs.
    let mut opened = Command::new("sh");
    opened.args(["-c", "chmod 644 \"$1\"; shift; exec \"$@\"", "sh"]).arg(&key);
    only(
        "permissions",
        "warning",
        "chmod 600",
        doctor(&here),
        wrapped(opened, &doctor(&here)),
    );
}

/// The same command, started by another program.
fn wrapped(mut by: Command, command: &Command) -> Command {
    by.arg(command.get_program()).args(command.get_args());
    by.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => by.env(name, value),
            None => by.env_remove(name),
        };
    }
    by
}

/// The data directory is on a small disk, in a mount namespace of its own.
#[test]
fn disk_is_checked() {
    let here = installation();
    let mut small = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        small.arg("--map-root-user");
    }
    let script = "cp -a data saved && mount -t tmpfs -o size=48m,mode=0700 tmpfs data && cp -a saved/. data/ && rm -r saved && exec \"$@\"";
    small.args(["--mount", "sh", "-c", script, "sh"]);
    only(
        "disk",
        "error",
        "events are refused below 128 MiB",
        doctor(&here),
        wrapped(small, &doctor(&here)),
    );
}

#[test]
fn file_limit_is_checked() {
    let here = installation();
    let limited = |files: &str| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -n {files}; exec \"$@\""), "sh"]);
        wrapped(shell, &with(&here, [("CLEARHOOK_MAX_CONNECTIONS", "500")]))
    };
    only("file limit", "warning", "LimitNOFILE", limited("1200"), limited("600"));
}

#[test]
fn database_is_checked() {
    let here = installation();
    let path = here.data().join("clearhook.db");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let cut = examined(doctor(&here));
    assert_eq!((cut.level("database"), cut.code), ("error", Some(1)), "{}", cut.texts);
    // A damaged page in the middle is found by the check of all pages.
    let mut damaged = whole;
    let page = damaged.len() / 4_096 / 2;
    damaged[page * 4_096..page * 4_096 + 64].fill(0xa5);
    fs::write(&path, damaged).unwrap();
    let found = examined(doctor(&here));
    assert_eq!((found.level("database"), found.level("disk")), ("error", "ok"), "{}", found.texts);
    let gone = examined(with(
        &here,
        [("CLEARHOOK_DATABASE_URL", "postgres://clearhook:planted@127.0.0.1:1/clearhook")],
    ));
    assert_eq!(gone.level("database"), "error", "{}", gone.texts);
    assert!(
        gone.texts.contains("is PostgreSQL running") && !gone.texts.contains("planted"),
        "{}",
        gone.texts
    );
}

#[test]
fn migrations_are_checked() {
    for (sql, level, words) in [
        (
            "INSERT INTO seaql_migrations VALUES ('m20990101_000001_later', 1)",
            "error",
            "newer clearhook",
        ),
        ("DELETE FROM seaql_migrations", "warning", "clearhook migrate"),
    ] {
        let here = installation();
        sqlite_file::execute(&here.data().join("clearhook.db"), sql);
        let found = examined(doctor(&here));
        assert_eq!(
            (found.level("migrations"), found.level("database")),
            (level, "ok"),
            "{}",
            found.texts
        );
        assert!(found.texts.contains(words), "{}", found.texts);
    }
}

#[test]
fn master_key_is_checked() {
    let here = installation();
    let other = installation();
    let other_key = other.data().join("master.key");
    only(
        "master key",
        "error",
        "another master key",
        doctor(&here),
        with(&here, [("CLEARHOOK_MASTER_KEY_FILE", other_key.to_str().unwrap())]),
    );
    fs::remove_file(here.data().join("master.key")).unwrap();
    let missing = examined(doctor(&here));
    assert_eq!((missing.level("master key"), missing.code), ("error", Some(1)), "{}", missing.texts);
    assert!(!here.data().join("master.key").exists(), "no key is generated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clock_is_checked() {
    let library = faketime();
    let shifted = |mut command: Command, folder: &Path, offset: &str| {
        let clock = folder.join("clock");
        fs::write(&clock, offset).unwrap();
        faked(&mut command, &library, &clock);
        command
    };
    let here = installation();
    here.answer(&["user", "create", "--email", "a@example.com", "--role", "administrator"]);
    tokio::task::block_in_place(|| {
        only(
            "clock",
            "error",
            "the newest row",
            doctor(&here),
            shifted(doctor(&here), here.folder(), "-2d"),
        );
    });
    let database = TestDatabase::postgres().await;
    drop(database.open().await);
    let here = Installation::new();
    let at = || {
        let mut command = doctor(&here);
        command.env("CLEARHOOK_DATABASE_URL", &database.url);
        command.env("CLEARHOOK_MASTER_KEY", database.key.reveal().as_str());
        command
    };
    tokio::task::block_in_place(|| {
        for (offset, level) in [("+10s", "warning"), ("-10s", "warning"), ("+90s", "error")] {
            only(
                "clock",
                level,
                "of the database differ by",
                at(),
                shifted(at(), here.folder(), offset),
            );
        }
    });
}

#[test]
fn tls_files_are_checked() {
    let here = installation();
    let made = |name: &str, until: i32| {
        let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
        let pair = rcgen::KeyPair::generate().unwrap();
        (
            pem("CERTIFICATE", parameters.self_signed(&pair).unwrap().der()),
            pem("PRIVATE KEY", pair.serialized_der()),
        )
    };
    let place = |file: &str, text: &str| {
        let path = here.folder().join(file);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let try_with = |certificate: &str, key: &str| {
        with(
            &here,
            [
                ("CLEARHOOK_TLS_CERT", certificate),
                ("CLEARHOOK_TLS_KEY", key),
                ("CLEARHOOK_PUBLIC_URL", "https://localhost:1"),
            ],
        )
    };
    let (good, other, old) = (made("localhost", 2090), made("hooks.example.com", 2090), made("localhost", 2020));
    let (cert, key) = (place("good.pem", &good.0), place("good.key", &good.1));
    let healthy = || try_with(&cert, &key);
    only(
        "tls files",
        "error",
        "expired",
        healthy(),
        try_with(&place("old.pem", &old.0), &place("old.key", &old.1)),
    );
    only(
        "tls files",
        "warning",
        "is not for localhost",
        healthy(),
        try_with(&place("other.pem", &other.0), &place("other.key", &other.1)),
    );
    only(
        "tls files",
        "error",
        "cannot be used together",
        healthy(),
        try_with(&cert, &place("x.key", &other.1)),
    );
    only("tls files", "error", "nowhere.pem", healthy(), try_with("nowhere.pem", &key));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_url_is_checked() {
    let here = installation();
    let service = Service::start(here.command(&["serve", "--addr", "127.0.0.1:0"]));
    let url = service.url().await;
    let answered = tokio::task::block_in_place(|| examined(with(&here, [("CLEARHOOK_PUBLIC_URL", url.as_str())])));
    assert_eq!(
        (answered.level("public url"), answered.level("database")),
        ("ok", "ok"),
        "{}",
        answered.texts
    );
    assert_eq!(service.terminate().await, Some(0));
    // Another program, such as a proxy without a route, answers with another status.
    let other = Receiver::start([]).await;
    let url = other.url.trim_end_matches("/hook");
    let strange = tokio::task::block_in_place(|| examined(with(&here, [("CLEARHOOK_PUBLIC_URL", url)])));
    assert_eq!((strange.level("public url"), strange.code), ("error", Some(1)), "{}", strange.texts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_and_connections_of_receivers_are_checked() {
    let receiver = Receiver::start([]).await;
    let healthy = database_with(&[&receiver.url]).await;
    let here = Installation::new();
    let at = |database: &TestDatabase| {
        let mut command = doctor(&here);
        command.env("CLEARHOOK_DATABASE_URL", &database.url);
        command.env("CLEARHOOK_MASTER_KEY", database.key.reveal().as_str());
        command
            .env("CLEARHOOK_ALLOW_HTTP", "true")
            .env("CLEARHOOK_ALLOWED_NETWORKS", "127.0.0.0/8");
        command
    };
    let closed = "http://127.0.0.1:1/hook";
    for (urls, check, level, words) in [
        (vec![receiver.url.as_str(), closed], "outbound", "warning", "the webhook N1"),
        (vec![closed], "outbound", "error", "the webhook N0"),
        (
            vec![receiver.url.as_str(), "https://hooks.invalid/a"],
            "dns",
            "error",
            "hooks.invalid",
        ),
        (
            vec![receiver.url.as_str(), "http://192.168.254.254/a"],
            "outbound",
            "warning",
            "not on the public internet",
        ),
    ] {
        let broken = database_with(&urls).await;
        tokio::task::block_in_place(|| only(check, level, words, at(&healthy), at(&broken)));
    }
    assert!(receiver.seen().is_empty(), "no request is sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brokers_are_checked_and_nothing_is_created_there() {
    let here = installation();
    let nats = NatsServer::running(&format!("authorization {{ user: {USER}, password: \"{PASSWORD}\" }}")).await;
    let right = format!("nats://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{}", nats.port);
    let wrong = format!("nats://{USER}:wrong@127.0.0.1:{}", nats.port);
    let at = |setting: &'static str, url: &str| with(&here, [(setting, url)]);
    only("nats", "error", "refuses the credentials", at(NATS, &right), at(NATS, &wrong));
    only("nats", "error", "cannot connect", at(NATS, &right), at(NATS, "nats://127.0.0.1:1"));
    let login = ConnectOptions::with_user_and_password(USER.to_owned(), PASSWORD.to_owned());
    let context = async_nats::jetstream::new(login.connect(nats.url()).await.unwrap());
    assert!(
        context.get_stream("CLEARHOOK").await.is_err(),
        "the service creates it, not the check"
    );

    let certificates = Certificates::new();
    let rabbit = RabbitServer::new(&certificates);
    rabbit.start().await;
    let right = rabbit.url("v5");
    only(
        "rabbitmq",
        "error",
        "cannot connect",
        at(AMQP, &right),
        at(AMQP, "amqp://127.0.0.1:1"),
    );
    rabbit.kill();
    assert_eq!(examined(at(AMQP, &right)).level("rabbitmq"), "error");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_provider_is_checked() {
    let here = installation();
    let provider = IdentityProvider::start().await;
    let at = |issuer: &str| {
        with(
            &here,
            [
                ("CLEARHOOK_OIDC_ISSUER", issuer),
                ("CLEARHOOK_OIDC_ADMINISTRATOR_VALUE", "admins"),
                ("CLEARHOOK_OIDC_CLIENT_ID", "clearhook"),
            ],
        )
    };
    tokio::task::block_in_place(|| {
        only(
            "openid",
            "error",
            "does not answer",
            at(provider.issuer()),
            at("http://127.0.0.1:1"),
        );
    });
}

/// A database with a webhook for each of these URLs.
async fn database_with(urls: &[&str]) -> TestDatabase {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    store.check_key().await.unwrap();
    for (number, url) in urls.iter().enumerate() {
        let fields = WebhookFields::new(format!("N{number}"), (*url).to_owned(), vec![BuiltIn::IdentityCreated.into()]);
        store
            .add_webhook(&Actor::clearhook(), &fields, &SigningSecret::generate())
            .await
            .unwrap();
    }
    store.close().await.unwrap();
    database
}
