//! PostgreSQL servers as others configure them: sockets, hosts, TLS, roles, schemas, encodings; and clear errors.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
    sync::OnceLock,
    time::{Duration, Instant},
};

use clearhook::{
    catalogue::BuiltIn,
    storage::{DatabaseUrl, Store},
    vault::Vault,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sea_orm::{ConnectionTrait, Database};

use crate::support::{
    app::{TestApp, cloud_event},
    binary::{Installation, Service},
    database::TestDatabase,
    pem::pem,
    postgres::Cluster,
    receiver::Receiver,
    wait::wait_for,
};

/// A password with all characters that have a meaning in URLs.
const PASSWORD: &str = "plan/ted?#@:%41 &+=\"'";

/// A server with TLS and its own certificate authority, which requires a password from some roles.
struct Guarded {
    cluster: Cluster,
    ca: String,
}

fn guarded() -> &'static Guarded {
    static GUARDED: OnceLock<Guarded> = OnceLock::new();
    GUARDED.get_or_init(|| {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec!["localhost".to_owned()])
            .unwrap()
            .signed_by(&key, &ca)
            .unwrap();
        let cluster = Cluster::make_with(&["fsync=off", "ssl=on"], |data| {
            write(data, "server.crt", &pem("CERTIFICATE", server.der()));
            write(data, "server.key", &pem("PRIVATE KEY", &key.serialize_der()));
            let rules = "local all all trust\nhostssl all tls_only 127.0.0.1/32 trust\nhostnossl all tls_only 127.0.0.1/32 reject\n\
                         host all guarded 127.0.0.1/32 scram-sha-256\nhost all unwanted 127.0.0.1/32 reject\n\
                         host all all 127.0.0.1/32 trust\nhost all all ::1/128 trust\n";
            write(data, "pg_hba.conf", rules);
        });
        Guarded {
            ca: pem("CERTIFICATE", ca.der()),
            cluster,
        }
    })
}

fn write(data: &Path, name: &str, text: &str) {
    let (path, owner) = (data.join(name), fs::metadata(data).unwrap());
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

async fn on_guarded() -> (&'static Guarded, TestDatabase) {
    let server = tokio::task::spawn_blocking(guarded).await.unwrap();
    (server, TestDatabase::on(&server.cluster.url).await)
}

fn name(database: &TestDatabase) -> &str {
    database.url.rsplit('/').next().unwrap()
}

/// Creates a role unless another test has created it.
async fn role(database: &TestDatabase, role: &str, more: &str) {
    let more = more.replace('\'', "''").replace('~', "'");
    let sql = format!("DO $$ BEGIN CREATE ROLE {role} LOGIN {more}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$");
    database.execute(&sql).await;
}

/// Opens a database by this URL and returns the error.
async fn open(database: &TestDatabase, url: &str, migrate: bool) -> Result<Store, String> {
    let read: DatabaseUrl = url.parse().map_err(|error| format!("{error}"))?;
    Store::open(&read, Vault::new(&database.key), migrate)
        .await
        .map_err(|error| error.to_string())
}

async fn opens(database: &TestDatabase, url: &str) {
    let store = open(database, url, true).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    store.check_writable().await.unwrap();
    store.close().await.unwrap();
}

async fn refusal(database: &TestDatabase, url: &str) -> String {
    let began = Instant::now();
    let Err(said) = open(database, url, true).await else {
        panic!("{url} opens")
    };
    assert!(began.elapsed() < Duration::from_secs(8), "{said}: {:?}", began.elapsed());
    assert!(!said.contains("at line") && !said.contains("plan"), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_url_supports_every_form_of_libpq() {
    let (server, database) = on_guarded().await;
    role(&database, "guarded", &format!("SUPERUSER PASSWORD ~{PASSWORD}~")).await;
    let (port, socket, name) = (
        server.cluster.port(),
        server.cluster.socket().display().to_string(),
        name(&database),
    );
    let (encoded_socket, password) = (
        utf8_percent_encode(&socket, NON_ALPHANUMERIC),
        utf8_percent_encode(PASSWORD, NON_ALPHANUMERIC),
    );
    for url in [
        format!("postgres://clearhook@127.0.0.1:{port}/{name}"),
        format!("postgresql://clearhook@localhost:{port}/{name}?sslmode=prefer&application_name=a%20b&connect_timeout=5"),
        format!("postgres://clearhook@[::1]:{port},127.0.0.1:{port}/{name}"),
        format!("postgres:///{name}?host={socket}&port={port}&user=clearhook"),
        format!("postgres:///{name}?user=clearhook&port={port}&host={socket}&sslmode=require"),
        format!("postgres://clearhook@{encoded_socket}:{port}/{name}"),
        format!("postgres:///?host=127.0.0.1&port={port}&user=clearhook&dbname={name}"),
        format!("postgres:///{name}?hostaddr=127.0.0.1&port={port}&user=clearhook"),
        format!("postgres://guarded:{password}@127.0.0.1:{port}/{name}"),
        format!("postgres://guarded@127.0.0.1:{port}/{name}?password={password}"),
        format!("postgres://127.0.0.1:1,localhost:{port}/{name}?user=clearhook&target_session_attrs=read-write"),
        format!("postgres://tls_only@127.0.0.1:{port}/{name}?sslmode=allow").replace("tls_only", "clearhook"),
    ] {
        opens(&database, &url).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_sslmode_behaves_as_documented() {
    let (server, database) = on_guarded().await;
    role(&database, "tls_only", "SUPERUSER").await;
    let (port, name) = (server.cluster.port(), name(&database));
    let (ca, other) = (database.folder.path().join("ca.pem"), database.folder.path().join("other ca.pem"));
    fs::write(&ca, &server.ca).unwrap();
    fs::write(
        &other,
        pem(
            "CERTIFICATE",
            rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap().cert.der(),
        ),
    )
    .unwrap();
    let url = |host: &str, query: &str| format!("postgres://tls_only@{host}:{port}/{name}?{query}");
    let (ca, other) = (ca.display(), other.display().to_string().replace(' ', "%20"));
    for url in [
        url("localhost", "sslmode=prefer"),
        url("127.0.0.1", "sslmode=allow"),
        url("localhost", "sslmode=require"),
        url("localhost", &format!("sslmode=verify-full&sslrootcert={ca}")),
        url("127.0.0.1", &format!("sslmode=verify-ca&sslrootcert={ca}")),
    ] {
        opens(&database, &url).await;
    }
    for (url, words) in [
        (url("127.0.0.1", "sslmode=disable"), &["sslmode=require"][..]),
        (
            url("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={ca}")),
            &["another name"],
        ),
        (url("localhost", "sslmode=verify-full"), &["unknown issuer", "sslrootcert"]),
        (
            url("localhost", &format!("sslmode=verify-ca&sslrootcert={other}")),
            &["unknown issuer"],
        ),
        (
            url("localhost", "sslmode=verify-ca&sslrootcert=/nowhere.pem"),
            &["sslrootcert", "/nowhere.pem"],
        ),
    ] {
        let said = refusal(&database, &url).await;
        assert!(words.iter().all(|word| said.contains(word)), "{url}: {said}");
    }
    let plain = TestDatabase::postgres().await;
    let said = refusal(&plain, &format!("{}?sslmode=require", plain.url)).await;
    assert!(said.contains("does not offer TLS"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_connection_error_is_one_sentence() {
    let (server, database) = on_guarded().await;
    role(&database, "guarded", &format!("SUPERUSER PASSWORD ~{PASSWORD}~")).await;
    role(&database, "single", "CONNECTION LIMIT 0").await;
    let (port, name) = (server.cluster.port(), name(&database));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (url, words) in [
        (
            format!("postgres://guarded:planted@127.0.0.1:{free}/{name}"),
            &["127.0.0.1:", "connection refused"][..],
        ),
        (
            format!("postgres://guarded:planted@127.0.0.1:{port}/{name}"),
            &["password authentication failed", "check the user and the password"],
        ),
        (
            format!("postgres://clearhook@127.0.0.1:{port}/nowhere"),
            &["does not exist", "CREATE DATABASE"],
        ),
        (format!("postgres://unwanted:planted@127.0.0.1:{port}/{name}"), &["pg_hba.conf"]),
        (
            format!("postgres://single@127.0.0.1:{port}/{name}"),
            &["too many connections", "max_connections"],
        ),
        (format!("postgres://x:planted@nowhere.invalid:{port}/{name}"), &["nowhere.invalid"]),
        (
            format!("postgres:///{name}?host=/nowhere&user=x&password=planted"),
            &["/nowhere", "No such file"],
        ),
        (
            format!("postgres://x:planted@127.0.0.1:{free},127.0.0.1:{port}/nowhere"),
            &["connection refused", "does not exist"],
        ),
    ] {
        let said = refusal(&database, &url).await;
        assert!(words.iter().all(|word| said.contains(word)), "{url}: {said}");
        assert!(said.contains("cannot connect to PostgreSQL at"), "{said}");
    }
    let here = Installation::new();
    let began = Instant::now();
    let url = format!("postgres://someone:planted@127.0.0.1:{free}/hooks");
    let said = here.refusal(&["serve", "--log", "error", "--database-url", &url], 1);
    assert!(
        said.contains("connection refused") && began.elapsed() < Duration::from_secs(5),
        "{said}"
    );
}

/// Not even at the level debug.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_password_is_not_logged() {
    let (server, database) = on_guarded().await;
    role(&database, "guarded", &format!("SUPERUSER PASSWORD ~{PASSWORD}~")).await;
    let password = utf8_percent_encode(PASSWORD, NON_ALPHANUMERIC).to_string();
    let here = Installation::new();
    let mut command = here.command(&["serve", "--addr", "127.0.0.1:0", "--log", "trace"]);
    let (port, name) = (server.cluster.port(), name(&database));
    command.env(
        "CLEARHOOK_DATABASE_URL",
        format!("postgres://guarded:{password}@127.0.0.1:{port}/{name}"),
    );
    let service = Service::start(command);
    service.line("listening on ").await;
    let printed = service.printed();
    assert!(
        printed.contains(&format!("CLEARHOOK_DATABASE_URL=127.0.0.1:{port}/{name} (environment)")),
        "{printed}"
    );
    for secret in [PASSWORD, &password, "plan/ted", "plan%2Fted"] {
        assert!(!printed.contains(secret), "{secret}");
    }
    assert_eq!(service.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn database_without_utf8_is_rejected() {
    let (server, database) = on_guarded().await;
    for encoding in ["LATIN1", "SQL_ASCII", "EUC_JP"] {
        let name = format!("{}_{}", name(&database), encoding.to_lowercase());
        let sql = format!("CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        database.execute(&sql).await;
        let said = refusal(&database, &format!("{}/{name}", server.cluster.url)).await;
        assert!(
            said.contains(encoding) && said.contains("ENCODING 'UTF8' TEMPLATE template0"),
            "{said}"
        );
    }
}

/// A schema that another role has migrated is usable without the privilege to change it, with and without `--no-migrate`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn role_without_create_uses_an_up_to_date_schema() {
    let (server, database) = on_guarded().await;
    role(&database, "modest", "").await;
    let url = format!("postgres://modest@127.0.0.1:{}/{}", server.cluster.port(), name(&database));
    let said = refusal(&database, &url).await;
    assert!(
        said.contains("permission denied") && said.contains("GRANT CREATE ON SCHEMA"),
        "{said}"
    );
    database.open().await.close().await.unwrap();
    let said = refusal(&database, &url).await;
    assert!(
        said.contains("permission denied") && said.contains("GRANT SELECT, INSERT, UPDATE, DELETE"),
        "{said}"
    );
    database
        .execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO modest")
        .await;
    for migrate in [true, false] {
        let store = open(&database, &url, migrate).await.unwrap();
        store.check_writable().await.unwrap();
        store.close().await.unwrap();
    }
    let modest = TestDatabase::at(url, database.key.clone());
    let (app, receiver) = (TestApp::start(&modest).await, Receiver::start([]).await);
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    receiver.wait(1).await;
    app.stop().await;
    // A missing privilege is reported at start.
    database.execute("REVOKE INSERT ON callbacks FROM modest").await;
    let store = open(&database, &modest.url, true).await.unwrap();
    let said = store.check_writable().await.unwrap_err().to_string();
    assert!(said.contains("callbacks") && said.contains("GRANT"), "{said}");
}

/// An up-to-date schema is only read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_to_date_read_only_database_is_not_migrated() {
    let database = TestDatabase::postgres().await;
    database.open().await.close().await.unwrap();
    let sql = format!("ALTER DATABASE {} SET default_transaction_read_only = on", name(&database));
    database.execute(&sql).await;
    let store = open(&database, &database.url, true).await.unwrap();
    let said = store.check_writable().await.unwrap_err().to_string();
    assert!(
        said.contains("read-only") && !said.contains("CREATE TABLE") && !said.contains("at line"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_are_created_in_the_search_path_schema() {
    let (server, database) = on_guarded().await;
    database.execute("CREATE SCHEMA hooks").await;
    let url = format!("{}?options=-csearch_path%3Dhooks", database.url);
    opens(&database, &url).await;
    assert_eq!(
        database
            .count("information_schema.tables WHERE table_schema = 'hooks' AND table_name = 'events'")
            .await,
        1
    );
    assert_eq!(database.count("information_schema.tables WHERE table_schema = 'public'").await, 0);
    let app = TestApp::start(&TestDatabase::at(url, database.key.clone())).await;
    assert_eq!(app.publish_raw(&cloud_event(BuiltIn::IdentityCreated, "1")).await.status(), 202);
    app.stop().await;
    // The same with a setting of the role.
    role(&database, "searching", "SUPERUSER").await;
    database.execute("CREATE SCHEMA IF NOT EXISTS elsewhere").await;
    database.execute("ALTER ROLE searching SET search_path = elsewhere, public").await;
    opens(
        &database,
        &format!("postgres://searching@127.0.0.1:{}/{}", server.cluster.port(), name(&database)),
    )
    .await;
    assert_eq!(
        database
            .count("information_schema.tables WHERE table_schema = 'elsewhere' AND table_name = 'events'")
            .await,
        1
    );
}

/// Four nodes start at the same time on an empty database, and all become ready.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_first_starts_migrate_once() {
    let database = TestDatabase::postgres().await;
    let folders: Vec<_> = (0..4).map(|_| Installation::new()).collect();
    let services: Vec<_> = folders
        .iter()
        .map(|here| {
            let mut command = here.command(&["serve", "--addr", "127.0.0.1:0"]);
            command.env("CLEARHOOK_DATABASE_URL", &database.url);
            command.env("CLEARHOOK_MASTER_KEY", database.key.reveal().as_str());
            Service::start(command)
        })
        .collect();
    for service in services {
        wait_for("the node to come up", async || {
            let printed = service.printed();
            assert!(!printed.contains("clearhook: "), "{printed}");
            printed.contains("listening on ").then_some(())
        })
        .await;
        assert_eq!(service.terminate().await, Some(0));
    }
}

/// A value that the database cannot store is an error of the publisher.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn value_rejected_by_the_database_is_422() {
    let database = TestDatabase::postgres().await;
    let app = TestApp::start(&database).await;
    // A column that is narrower than the value, as with another encoding.
    database.execute("ALTER TABLE events ALTER COLUMN subject TYPE varchar(5)").await;
    let mut event = cloud_event(BuiltIn::IdentityCreated, "1");
    event["subject"] = "far too long".into();
    let refused = app.publish_raw(&event).await;
    assert_eq!(refused.status(), 422);
    let text = refused.text().await.unwrap();
    assert!(text.contains("value too long") && !text.contains("at line"), "{text}");
    let admin = Database::connect(&database.url).await.unwrap();
    admin.execute_unprepared("SELECT 1").await.unwrap();
    app.publish(BuiltIn::IdentityCreated, "2").await;
    app.stop().await;
}
