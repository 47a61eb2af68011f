//! `clearhook copy`: an installation moves from SQLite to PostgreSQL.

use std::process::Command;

use clearhook::catalogue::BuiltIn;

use crate::support::{
    app::cloud_event,
    binary::{Installation, Service},
    cli::refused,
    database::TestDatabase,
    node::{Node, received},
    receiver::{Receiver, Reply},
    sqlite_file,
    wait::wait_for,
};

const WAITING: usize = 20;

/// The command, from this database to that one.
fn copy(from: &Node<'_>, to: &str) -> Command {
    let mut command = from.command(&["copy"]);
    command.env("CLEARHOOK_COPY_TO", to);
    command
}

fn file_of(database: &TestDatabase) -> std::path::PathBuf {
    database.url.strip_prefix("sqlite://").unwrap().into()
}

/// The copy is killed half-way and continued. A service on PostgreSQL then sends what waited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_copy_continues_and_waiting_deliveries_are_sent_from_postgres() {
    let (source, target) = (TestDatabase::sqlite(), TestDatabase::postgres().await);
    drop(source.open().await);
    // The circuit breaker opens, so some deliveries have an attempt and others do not.
    let failing = std::iter::repeat_n(Reply::status(500), 100);
    let (node, broken, receiver) = (Node::new(&source), Receiver::start(failing).await, Receiver::start([]).await);
    let mut serve = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    serve.env("CLEARHOOK_RETRY_SCHEDULE", "1h");
    let service = Service::start(serve);
    let url = service.url().await;
    node.webhook(&url, &broken.url).await;
    for number in 0..WAITING {
        let event = cloud_event(BuiltIn::IdentityCreated, &format!("waiting {number}"));
        let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
        let request = request.header("content-type", "application/cloudevents+json");
        assert_eq!(request.body(event.to_string()).send().await.unwrap().status(), 202);
    }
    wait_for("some attempts to fail", async || {
        (source.count("callbacks WHERE outcome = 'failed'").await >= 5).then_some(())
    })
    .await;
    // While the service runs, nothing is copied.
    let told = refused(&copy(&node, &target.url).output().unwrap(), 1, "a running service");
    assert!(told.contains("clearhook serve"), "{told}");
    assert_eq!(service.terminate().await, Some(0));
    // Much more than a batch, and deliveries that are due when the next service starts.
    let receiver_works = format!("UPDATE webhooks SET url = '{}'", receiver.url);
    sqlite_file::execute(&file_of(&source), &receiver_works);
    sqlite_file::execute(
        &file_of(&source),
        // One event every six minutes, for nearly three months.
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
         INSERT INTO events (id, event_type, source, ce_id, occurred_at, received_at, body) \
         SELECT unhex(printf('%012x', 1764000000000 - i * 360000) || '7000' || hex(randomblob(8))), 'identity.created', 'old', 'old ' || i, 1, 1, hex(randomblob(300)) FROM n; \
         UPDATE events SET body = 'a' || char(0) || 'b' WHERE ce_id = 'old 7'; \
         UPDATE deliveries SET state = 'pending', lease_owner = NULL, due_at = 1 WHERE state IN ('pending', 'sending')",
    );
    let mut command = copy(&node, &target.url);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut half = command.spawn().unwrap();
    wait_for("some rows in the target", async || {
        let table = target.count("information_schema.tables WHERE table_name = 'events'").await;
        (table == 1 && target.count("events").await > 1_000).then_some(())
    })
    .await;
    half.kill().unwrap();
    half.wait().unwrap();
    let rows = target.count("events").await;
    assert!(rows > 1_000 && rows < 20_000, "{rows} rows: it was killed half-way");

    // No service starts on a half copy.
    let there = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    let mut serve = there;
    serve.env("CLEARHOOK_DATABASE_URL", &target.url);
    let told = refused(&serve.output().unwrap(), 1, "a half copy");
    assert!(told.contains("clearhook copy"), "{told}");

    let output = copy(&node, &target.url).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("continued") && text.contains("numbers of rows agree") && text.contains("In 1 texts"),
        "{text}"
    );
    for table in [
        "events",
        "event_keys",
        "deliveries",
        "callbacks",
        "webhooks",
        "webhook_secrets",
        "api_keys",
        "event_types",
        "master_keys",
    ] {
        assert_eq!(source.count(table).await, target.count(table).await, "{table}");
    }
    assert_eq!(target.count("audit_log WHERE action = 'database.copied'").await, 1);
    assert_eq!(target.count("deliveries WHERE state = 'pending'").await, 20);

    // The same key and data directory, the other database.
    let mut serve = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    serve.env("CLEARHOOK_DATABASE_URL", &target.url);
    let service = Service::start(serve);
    service.url().await;
    let seen = receiver.wait(WAITING).await;
    assert_eq!(received(&receiver).len(), WAITING);
    let first = &broken.seen()[0].headers["webhook-id"];
    assert!(
        seen.iter().any(|callback| callback.headers["webhook-id"] == first),
        "the same deliveries"
    );
    wait_for("all deliveries to succeed", async || {
        (target.count("deliveries WHERE state <> 'succeeded'").await == 0).then_some(())
    })
    .await;
    assert_eq!(service.terminate().await, Some(0));

    // The target is in use now.
    let told = refused(&copy(&node, &target.url).output().unwrap(), 1, "a used target");
    assert!(told.contains("not empty"), "{told}");
}

/// A service that worked on the source since makes an interrupted copy begin again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copy_begins_again_if_the_source_has_changed() {
    let (source, target) = (TestDatabase::sqlite(), TestDatabase::postgres().await);
    drop(source.open().await);
    let node = Node::new(&source);
    let output = copy(&node, &target.url).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // As if it had been killed before its end.
    target
        .execute("INSERT INTO seaql_migrations VALUES ('copy_in_progress:of an earlier state', 1)")
        .await;
    target.execute("DELETE FROM audit_log").await;
    let user = ["user", "create", "--email", "later@example.com", "--role", "administrator"];
    assert!(node.command(&user).output().unwrap().status.success());
    let output = copy(&node, &target.url).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("begins again"), "{text}");
    assert_eq!(target.count("users").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsuitable_source_or_target_is_refused() {
    let (source, target) = (TestDatabase::sqlite(), TestDatabase::postgres().await);
    drop(source.open().await);
    let node = Node::new(&source);
    for (to, words) in [
        ("sqlite:///tmp/other.db", "SQLite file"),
        ("mysql://x", "--to"),
        ("postgres://clearhook:planted@127.0.0.1:1/x", "connection refused"),
    ] {
        let told = refused(&copy(&node, to).output().unwrap(), 1, to);
        assert!(told.contains(words) && !told.contains("planted"), "{told}");
    }
    let mut wrong = copy(&node, &target.url);
    wrong.env("CLEARHOOK_MASTER_KEY", clearhook::vault::MasterKey::generate().reveal().as_str());
    assert!(refused(&wrong.output().unwrap(), 1, "another key").contains("master key"));
    let mut postgres = copy(&node, &target.url);
    postgres.env("CLEARHOOK_DATABASE_URL", &target.url);
    assert!(refused(&postgres.output().unwrap(), 1, "postgres").contains("pg_dump"));
    let empty = Installation::new();
    let mut none = empty.command(&["copy", "--to", &target.url]);
    assert!(refused(&none.output().unwrap(), 1, "no source").contains("no database"));
}

/// The numbers of rows are compared. A target that lost one is not used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn target_that_loses_a_row_is_refused() {
    let (source, target) = (TestDatabase::sqlite(), TestDatabase::postgres().await);
    drop(source.open().await);
    let node = Node::new(&source);
    for email in ["kept@example.com", "lost@example.com"] {
        let user = ["user", "create", "--email", email, "--role", "administrator"];
        assert!(node.command(&user).output().unwrap().status.success());
    }
    drop(target.open().await);
    let lose = "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS \
                $$ BEGIN IF NEW.email LIKE 'lost@%' THEN RETURN NULL; END IF; RETURN NEW; END $$; \
                CREATE TRIGGER lose BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION lose()";
    target.execute(lose).await;
    let output = copy(&node, &target.url).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("the table users has 1 rows in the target and 2 in the source; drop the target database"),
        "{text}"
    );
    let mut serve = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    let output = serve.env("CLEARHOOK_DATABASE_URL", &target.url).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("copy"), "{text}");
}
