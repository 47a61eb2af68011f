//! Upgrades: the present version starts on a database of each released version, which is kept in `upgrades`, and goes on with its work.
//!
//! `RENEW=1 cargo test --features ssr --test integration upgrades::database` writes the database of the present version, until `upgrades/FROZEN` names
//! that version. From then on it never changes.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use clearhook::{catalogue::BuiltIn, domain::role::Role, vault::MasterKey};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use reqwest::Method;
use sea_orm::Database;
use sea_orm_migration::MigratorTrait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::{
    app::{JsonAnswer, TestApp, cloud_event, hourly, loopback},
    binary::{Installation, Service, client},
    database::TestDatabase,
    node::received,
    on_both, postgres,
    receiver::{Receiver, Reply},
    sqlite_file,
    steps::{change, id},
    wait::wait_for,
};

on_both! {
    database_of_each_version_is_upgraded_and_its_work_continued frozen_migrations_give_the_schema_of_their_version
}

/// The versions with a database, and the number of migrations that each had.
const VERSIONS: [(&str, u32); 1] = [("0.1.0", 1)];
const PRESENT: &str = env!("CARGO_PKG_VERSION");
const EMAIL: &str = "admin@example.com";
const PASSWORD: &str = "correct horse battery";
/// Partitions are those of the months in which a database was used.
const ARGUMENTS: [&str; 5] = [
    "--schema-only",
    "--no-owner",
    "--no-comments",
    "--exclude-table=events_*",
    "--exclude-table=callbacks_*",
];

/// What is in the database, besides the database itself.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    master_key: String,
    api_key: String,
    delivered: Vec<String>,
    pub(super) waiting: Vec<String>,
    held: Vec<String>,
    callbacks: i64,
    audit: i64,
}

fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/integration/upgrades")
        .join(version)
}

fn is_frozen(version: &str) -> bool {
    let frozen = fs::read_to_string(folder("FROZEN")).unwrap();
    frozen.lines().any(|line| line == version)
}

/// The names of the files of a database.
fn files(is_postgres: bool) -> (&'static str, &'static str) {
    if is_postgres {
        ("postgres.sql.gz", "postgres.json")
    } else {
        ("sqlite.db.gz", "sqlite.json")
    }
}

fn path_of(database: &TestDatabase) -> Option<PathBuf> {
    database.url.strip_prefix("sqlite://").map(PathBuf::from)
}

/// Writes the database of the present version.
async fn renew(database: &TestDatabase) {
    assert!(
        !is_frozen(PRESENT),
        "the database of version {PRESENT} is frozen; set the new version in Cargo.toml first"
    );
    let receiver = Receiver::start([Reply::status(202), Reply::status(202), Reply::status(500), Reply::status(500)]).await;
    let mut settings = hourly();
    settings.concurrency_per_webhook = 1;
    let app = TestApp::start_with(database, settings, loopback(), clearhook::storage::new_id()).await;
    app.sign_in(EMAIL, Role::Administrator).await;
    let body = json!({ "name": "Kept", "url": receiver.url, "events": [BuiltIn::IdentityCreated],
        "headers": [{ "name": "X-Token", "value": "secret of the fixture", "secret": true }] });
    let (status, webhook) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201, "{webhook}");
    let mut facts = Facts {
        master_key: database.key.reveal().to_string(),
        api_key: app.key.clone(),
        delivered: vec!["delivered-0".to_owned(), "delivered-1".to_owned()],
        waiting: vec!["waiting-0".to_owned(), "waiting-1".to_owned()],
        held: vec!["held-0".to_owned()],
        callbacks: 4,
        audit: 0,
    };
    for (number, name) in facts.delivered.iter().chain(&facts.waiting).enumerate() {
        app.publish(BuiltIn::IdentityCreated, name).await;
        app.log(&webhook, number + 1).await;
    }
    let held = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    change(&app, &held, json!({ "enabled": false })).await;
    for name in &facts.held {
        app.publish(BuiltIn::VisitEventCreated, name).await;
    }
    app.deliveries(database, "pending", 2).await;
    app.stop().await;
    facts.audit = database.count("audit_log").await;
    let (data, about) = files(path_of(database).is_none());
    let bytes = match path_of(database) {
        Some(path) => {
            let compact = path.with_extension("compact");
            sqlite_file::execute(&path, &format!("VACUUM INTO '{}'", compact.display()));
            fs::read(compact).unwrap()
        }
        None => postgres::client("pg_dump", &database.url, &["--no-owner"], "").into_bytes(),
    };
    let folder = folder(PRESENT);
    fs::create_dir_all(&folder).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&bytes).unwrap();
    fs::write(folder.join(data), packed.finish().unwrap()).unwrap();
    fs::write(folder.join(about), serde_json::to_string_pretty(&facts).unwrap() + "\n").unwrap();
}

/// A new database with the content of that of a version.
pub(super) async fn unpacked(version: &str, is_postgres: bool) -> (TestDatabase, Facts) {
    let (data, about) = files(is_postgres);
    let folder = folder(version);
    let facts: Facts = serde_json::from_str(&fs::read_to_string(folder.join(about)).unwrap()).unwrap();
    let mut bytes = Vec::new();
    let packed = fs::read(folder.join(data)).unwrap();
    GzDecoder::new(&*packed).read_to_end(&mut bytes).unwrap();
    let key: MasterKey = MasterKey::parse(&facts.master_key).unwrap();
    let database = if is_postgres {
        let mut database = TestDatabase::postgres().await;
        database.key = key;
        let sql = String::from_utf8(bytes).unwrap();
        let sql = without_restrictions(&sql);
        postgres::client("psql", &database.url, &["--quiet", "--set=ON_ERROR_STOP=1", "--no-psqlrc"], &sql);
        database
    } else {
        let mut database = TestDatabase::sqlite();
        database.key = key;
        fs::write(path_of(&database).unwrap(), bytes).unwrap();
        database
    };
    (database, facts)
}

async fn database_of_each_version_is_upgraded_and_its_work_continued(database: TestDatabase) {
    let is_postgres = path_of(&database).is_none();
    if std::env::var_os("RENEW").is_some() {
        renew(&database).await;
    }
    for (version, _) in VERSIONS {
        let (database, facts) = unpacked(version, is_postgres).await;
        let receiver = Receiver::start([]).await;
        // The receiver of that time does not exist any more.
        database.execute(&format!("UPDATE webhooks SET url = '{}'", receiver.url)).await;
        database.execute("UPDATE deliveries SET due_at = 1 WHERE state = 'pending'").await;
        let here = Installation::new();
        let mut serve = here.command(&["serve", "--addr", "127.0.0.1:0"]);
        serve
            .env("CLEARHOOK_DATABASE_URL", &database.url)
            .env("CLEARHOOK_MASTER_KEY", database.key.reveal().as_str())
            .env("CLEARHOOK_ALLOW_HTTP", "true")
            .env("CLEARHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
            .env("CLEARHOOK_RETENTION", "none");
        let service = Service::start(serve);
        let url = service.url().await;
        let waiting: std::collections::HashSet<String> = facts.waiting.iter().cloned().collect();
        wait_for("the waiting deliveries", async || (received(&receiver) == waiting).then_some(())).await;
        for seen in receiver.seen() {
            assert_eq!(seen.headers["x-token"], "secret of the fixture");
        }
        wait_for("their results", async || {
            (database.count("deliveries WHERE state = 'succeeded'").await == 4).then_some(())
        })
        .await;
        assert_eq!(database.count("callbacks").await, facts.callbacks + 2, "{version}");
        assert_eq!(database.count("deliveries WHERE state = 'held'").await, 1, "{version}");
        assert!(database.count("audit_log").await >= facts.audit, "{version}");
        let http = client();
        let get = async |path: &str| {
            let request = http.get(format!("{url}/api/v1{path}")).bearer_auth(&facts.api_key);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 200, "{version}: {path}");
            response.json_value().await
        };
        let webhooks = get("/webhooks").await;
        let kept = webhooks["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|webhook| webhook["name"] == "Kept")
            .unwrap()
            .clone();
        let log = get(&format!("/webhooks/{}/callbacks", id(&kept))).await;
        assert_eq!(log["items"].as_array().unwrap().len(), 6, "{version}: {log}");
        for name in facts.delivered.iter().chain(&facts.waiting).chain(&facts.held) {
            let found = get(&format!("/events?id={name}")).await;
            assert_eq!(found["items"].as_array().unwrap().len(), 1, "{version}: {name}: {found}");
        }
        // An event of that time is a duplicate for 30 days, a new one is delivered.
        let event = cloud_event(BuiltIn::IdentityCreated, "after the upgrade").to_string();
        let published = http
            .request(Method::POST, format!("{url}/api/v1/events"))
            .bearer_auth(&facts.api_key);
        let published = published.header("content-type", "application/cloudevents+json").body(event);
        assert_eq!(published.send().await.unwrap().status(), 202);
        wait_for("the new event", async || {
            received(&receiver).contains("after the upgrade").then_some(())
        })
        .await;
        // A form, as the browser of the administrator sends it.
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("email", EMAIL), ("password", PASSWORD)])
            .finish();
        let signed_in = clearhook_form(&url, form).await;
        assert_eq!(signed_in, 303, "{version}");
        assert_eq!(service.terminate().await, Some(0));
    }
}

async fn clearhook_form(url: &str, body: String) -> u16 {
    let http = crate::support::binary::client_builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let request = http
        .post(format!("{url}/sign-in"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    request.body(body).send().await.unwrap().status().as_u16()
}

/// What the migrations up to a version make of an empty database is the schema of that version's database: a released migration never changes.
async fn frozen_migrations_give_the_schema_of_their_version(database: TestDatabase) {
    let is_postgres = path_of(&database).is_none();
    for (version, count) in VERSIONS {
        let empty = if is_postgres {
            TestDatabase::postgres().await
        } else {
            TestDatabase::sqlite()
        };
        let url = if is_postgres {
            empty.url.clone()
        } else {
            format!("{}?mode=rwc", empty.url)
        };
        let connection = Database::connect(url).await.unwrap();
        migrations::Migrator::up(&connection, Some(count)).await.unwrap();
        connection.close().await.unwrap();
        let (kept, _) = unpacked(version, is_postgres).await;
        assert_eq!(
            schema_of(&kept),
            schema_of(&empty),
            "{version}: the schema differs from that of its migrations. Before the release: RENEW=1 cargo test --features ssr --test integration upgrades::database"
        );
    }
    assert_eq!(VERSIONS.last().unwrap().0, PRESENT, "each version has a database");
    let told = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/upgrade.md")).unwrap();
    for (version, _) in VERSIONS {
        assert!(
            told.lines().any(|line| line == format!("## {version}")),
            "docs/upgrade.md says nothing about {version}"
        );
    }
}

fn schema_of(database: &TestDatabase) -> String {
    if let Some(path) = path_of(database) {
        let sql = "SELECT name, COALESCE(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' ORDER BY name";
        let pairs = sqlite_file::pairs(&path, sql).into_iter();
        let lines: Vec<String> = pairs.map(|(name, sql)| format!("{name}: {sql}")).collect();
        return lines.join("\n");
    }
    without_restrictions(&postgres::client("pg_dump", &database.url, &ARGUMENTS, ""))
}

/// A dump without the commands that later versions of `pg_dump` add, which earlier ones of `psql` do not know.
fn without_restrictions(dump: &str) -> String {
    let is_kept = |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
    let lines: Vec<&str> = dump.lines().filter(is_kept).collect();
    lines.join("\n") + "\n"
}
