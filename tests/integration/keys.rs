//! Rotation of the master key: it can be interrupted and continued on both databases, and afterwards the old key opens nothing.

use std::{collections::BTreeSet, fs, process::Stdio};

use clearhook::{
    catalogue::BuiltIn,
    domain::{headers::Header, role::Role, secret::SigningSecret, timestamp::Timestamp},
    storage::{DatabaseUrl, Store, audit::Actor},
    storage::{
        master_key::{KeyError, ResealCursor, Rotation, SEALED},
        new_id,
        webhooks::WebhookFields,
    },
    vault::{MasterKey, Vault},
};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::json;
use uuid::Uuid;

use crate::support::{
    app::{JsonAnswer, TestApp},
    binary::{Installation, Service},
    database::TestDatabase,
    on_both,
    receiver::Receiver,
    wait::wait_for,
};

on_both! {
    interrupted_key_rotation_continues wrong_master_key_is_reported_at_start key_rotation_covers_every_encrypted_column
    rotate_command_accepts_a_given_key
}

/// Adds webhooks with SQL, each with a secret and two header values.
async fn fill(store: &Store, url: &str, count: usize) -> Vec<SigningSecret> {
    let mut secrets = Vec::new();
    for number in 0..count {
        let secret = SigningSecret::generate();
        let header = |name: &str| Header {
            name: name.to_owned(),
            value: format!("value of {name} {number}"),
            secret: true,
        };
        let mut fields = WebhookFields::new(format!("N{number}"), url.to_owned(), vec![BuiltIn::IdentityCreated.into()]);
        fields.headers = vec![header("X-A"), header("X-B")];
        store.add_webhook(&Actor::clearhook(), &fields, &secret).await.unwrap();
        secrets.push(secret);
    }
    secrets
}

async fn open(database: &TestDatabase, key: &MasterKey) -> Store {
    let url: DatabaseUrl = database.url.parse().unwrap();
    Store::open(&url, Vault::new(key), true).await.unwrap()
}

/// Every encrypted value as it is stored.
async fn sealed(database: &TestDatabase) -> Vec<(Uuid, Vec<u8>)> {
    let connection = Database::connect(&database.url).await.unwrap();
    let mut all = Vec::new();
    for (table, column) in SEALED {
        let sql = format!("SELECT id, {column} AS value FROM {table} WHERE {column} IS NOT NULL");
        for row in connection
            .query_all_raw(Statement::from_string(connection.get_database_backend(), sql))
            .await
            .unwrap()
        {
            all.push((row.try_get("", "id").unwrap(), row.try_get("", "value").unwrap()));
        }
    }
    connection.close().await.unwrap();
    all
}

fn opened(values: &[(Uuid, Vec<u8>)], key: &MasterKey) -> usize {
    let vault = Vault::new(key);
    values.iter().filter(|(row, value)| vault.open(*row, value).is_ok()).count()
}

async fn interrupted_key_rotation_continues(mut database: TestDatabase) {
    let (old, new) = (database.key.clone(), MasterKey::generate());
    let receiver = Receiver::start([]).await;
    let store = open(&database, &old).await;
    store.check_key().await.unwrap();
    let secrets = fill(&store, &receiver.url, 90).await;
    let user = store
        .add_user(&Actor::clearhook(), "a@example.com", "x".to_owned(), Role::Administrator)
        .await
        .unwrap()
        .unwrap();
    store
        .begin_second_factor(user.id, b"secret of a device", Timestamp::now())
        .await
        .unwrap();
    let before = sealed(&database).await;
    assert_eq!((before.len(), opened(&before, &old), opened(&before, &new)), (271, 271, 0));

    // The rotation starts, and its process is killed after the first hundred values.
    let to = Vault::new(&new);
    assert_eq!(store.begin_rotation(&to).await.unwrap(), Rotation::Begun);
    let (count, next) = store.reseal(&to, ResealCursor::default()).await.unwrap();
    assert!(count == 100 && next.is_some());
    store.close().await.unwrap();
    let half = sealed(&database).await;
    assert_eq!((opened(&half, &old), opened(&half, &new)), (171, 100));
    // Meanwhile the service does not start with either key, and no third key is accepted.
    for key in [&old, &new] {
        let store = open(&database, key).await;
        let told = store.check_key().await.unwrap_err();
        assert!(
            matches!(told, KeyError::Rotating) && told.to_string().contains("master-key rotate"),
            "{told}"
        );
        store.close().await.unwrap();
    }
    let store = open(&database, &old).await;
    let third = Vault::new(&MasterKey::generate());
    assert!(matches!(store.begin_rotation(&third).await, Err(KeyError::RotatingToOther)));

    // The second run continues and completes.
    assert_eq!(store.begin_rotation(&to).await.unwrap(), Rotation::Begun);
    let mut place = Some(ResealCursor::default());
    while let Some(from) = place {
        place = store.reseal(&to, from).await.unwrap().1;
    }
    store.end_rotation(&Actor::clearhook(), &to).await.unwrap();
    store.end_rotation(&Actor::clearhook(), &to).await.unwrap();
    assert_eq!(database.count("audit_log WHERE action = 'master_key.rotated'").await, 1);
    store.leave_no_trace().await.unwrap();
    assert_eq!(store.begin_rotation(&to).await.unwrap(), Rotation::Ended);
    assert!(matches!(store.check_key().await, Err(KeyError::Other)));
    store.close().await.unwrap();
    let after = sealed(&database).await;
    assert_eq!((after.len(), opened(&after, &old), opened(&after, &new)), (271, 0, 271));

    // The same secrets sign.
    database.key = new;
    let app = TestApp::start(&database).await;
    app.store.check_key().await.unwrap();
    let factor = app.store.second_factor(user.id).await.unwrap().unwrap();
    assert_eq!(factor.secret.as_slice(), b"secret of a device");
    app.publish(BuiltIn::IdentityCreated, "1").await;
    let seen = receiver.wait(90).await;
    for callback in &seen {
        assert!(callback.headers["x-a"].to_str().unwrap().starts_with("value of X-A "));
        let signed = secrets.iter().filter(|secret| {
            let verifier = standardwebhooks::Webhook::new(&secret.reveal()).unwrap();
            verifier.verify(callback.body.as_bytes(), &callback.headers).is_ok()
        });
        assert_eq!(signed.count(), 1);
    }
    app.stop().await;
    if database.url.starts_with("sqlite") {
        // No value encrypted with the old key is left in the file, not even in free pages.
        let file = fs::read(database.folder.path().join("clearhook.db")).unwrap();
        for (_, value) in &before {
            assert!(!file.windows(value.len()).any(|window| window == value), "an old value is left");
        }
    }
}

async fn wrong_master_key_is_reported_at_start(database: TestDatabase) {
    let store = open(&database, &database.key).await;
    fill(&store, "https://example.com/", 1).await;
    let other = open(&database, &MasterKey::generate()).await;
    // Without a stored fingerprint, the key is checked against an encrypted value.
    assert!(matches!(other.check_key().await, Err(KeyError::Other)));
    store.check_key().await.unwrap();
    assert!(matches!(other.check_key().await, Err(KeyError::Other)));
    let to = Vault::new(&MasterKey::generate());
    assert!(matches!(other.begin_rotation(&to).await, Err(KeyError::Other)));
    store.check_key().await.unwrap();
    if store.is_shared() {
        // Running nodes would continue with the old key.
        store.acquire_lease(new_id(), clearhook::delivery::LEASE).await.unwrap();
        let told = store.begin_rotation(&to).await.unwrap_err();
        assert!(
            matches!(told, KeyError::InUse(1)) && told.to_string().contains("stop every"),
            "{told}"
        );
        store.check_key().await.unwrap();
    }
}

/// The rotation would destroy an encrypted column that it does not know.
async fn key_rotation_covers_every_encrypted_column(database: TestDatabase) {
    let store = database.open().await;
    let connection = Database::connect(&database.url).await.unwrap();
    let sql = match connection.get_database_backend() {
        DbBackend::Sqlite => "SELECT t.name AS t, c.name AS c FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'",
        _ => "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = 'public'",
    };
    let rows = connection
        .query_all_raw(Statement::from_string(connection.get_database_backend(), sql))
        .await
        .unwrap();
    let columns: BTreeSet<(String, String)> = rows
        .iter()
        .map(|row| (row.try_get("", "t").unwrap(), row.try_get("", "c").unwrap()))
        .filter(|(_, column): &(String, String)| column.ends_with("_encrypted"))
        .collect();
    let known = SEALED.map(|(table, column)| (table.to_owned(), column.to_owned()));
    assert_eq!(columns, BTreeSet::from(known));
    connection.close().await.unwrap();
    store.close().await.unwrap();
}

async fn rotate_command_accepts_a_given_key(database: TestDatabase) {
    let (here, receiver) = (Installation::new(), Receiver::start([]).await);
    let old = database.key.clone();
    let store = open(&database, &old).await;
    fill(&store, &receiver.url, 3).await;
    store.close().await.unwrap();
    let command = |arguments: &[&str], key: &MasterKey| {
        let mut command = here.command(arguments);
        command
            .env("CLEARHOOK_DATABASE_URL", &database.url)
            .env("CLEARHOOK_MASTER_KEY", key.reveal().as_str());
        command
    };
    // While the service runs, the rotation is rejected and changes nothing.
    let serve = Service::start(command(&["serve", "--addr", "127.0.0.1:0"], &old));
    serve.line("listening on ").await;
    let refused = command(&["master-key", "rotate"], &old)
        .env("CLEARHOOK_DATA_DIR", "elsewhere")
        .output()
        .unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && (told.contains("another `clearhook serve`") || told.contains("stop every `clearhook serve`")),
        "{told}"
    );
    assert_eq!(serve.terminate().await, Some(0));
    // The new key is the only thing on standard output.
    let rotated = command(&["master-key", "rotate"], &old).output().unwrap();
    let (out, err) = (
        String::from_utf8(rotated.stdout).unwrap(),
        String::from_utf8(rotated.stderr).unwrap(),
    );
    assert!(rotated.status.success(), "{err}");
    let new = MasterKey::parse(out.trim()).unwrap();
    assert!(!err.contains(out.trim()) && err.contains("CLEARHOOK_MASTER_KEY"), "{err}");
    let values = sealed(&database).await;
    assert_eq!((opened(&values, &old), opened(&values, &new)), (0, 9));
    // The service no longer starts with the old key.
    for arguments in [
        &["serve", "--addr", "127.0.0.1:0"][..],
        &["user", "list"],
        &["master-key", "rotate"],
    ] {
        let output = command(arguments, &old).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && told.contains("not the one that the database was encrypted with"),
            "{arguments:?}: {told}"
        );
    }
    // A key given by file; an invalid one is rejected before any change.
    let next = MasterKey::generate();
    fs::write(here.folder().join("next"), next.reveal().as_str()).unwrap();
    fs::write(here.folder().join("bad"), "short").unwrap();
    let bad = command(&["master-key", "rotate", "--new-key-file", "bad"], &new).output().unwrap();
    assert!(!bad.status.success() && String::from_utf8_lossy(&bad.stderr).contains("base64 of 32 bytes"));
    let same = command(&["master-key", "rotate"], &new)
        .env("CLEARHOOK_NEW_MASTER_KEY", new.reveal().as_str())
        .output()
        .unwrap();
    assert!(!same.status.success() && String::from_utf8_lossy(&same.stderr).contains("is the same as the old one"));
    let given = command(&["master-key", "rotate", "--new-key-file", "next"], &new).output().unwrap();
    assert!(
        given.status.success() && given.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&given.stderr)
    );
    let values = sealed(&database).await;
    assert_eq!((opened(&values, &new), opened(&values, &next)), (0, 9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_rotate_command_continues_on_the_next_run() {
    let (here, receiver) = (Installation::new(), Receiver::start([]).await);
    here.answer(&["migrate"]);
    let key = || MasterKey::parse(&fs::read_to_string(here.data().join("master.key")).unwrap()).unwrap();
    let first = key();
    let url: DatabaseUrl = format!("sqlite://{}", here.data().join("clearhook.db").display()).parse().unwrap();
    let store = Store::open(&url, Vault::new(&first), true).await.unwrap();
    fill(&store, &receiver.url, 400).await;
    store.close().await.unwrap();
    // It is killed at three moments; the next run completes each time.
    for values in ["nothing", "1000 values re-encrypted", "encrypted with the new key"] {
        let old = key();
        let mut command = here.command(&["master-key", "rotate"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let rotate = Service::start(command);
        if values != "nothing" {
            wait_for(values, async || rotate.printed().contains(values).then_some(())).await;
        }
        rotate.kill();
        here.answer(&["master-key", "rotate"]);
        let new = key();
        assert_ne!(new.fingerprint(), old.fingerprint());
        let store = Store::open(&url, Vault::new(&new), true).await.unwrap();
        store.check_key().await.unwrap();
        let database = TestDatabase::at(
            format!("sqlite://{}", here.data().join("clearhook.db").display()),
            MasterKey::generate(),
        );
        let after = sealed(&database).await;
        assert_eq!((after.len(), opened(&after, &new), opened(&after, &old)), (1_200, 1_200, 0));
        store.close().await.unwrap();
        assert!(!here.data().join("master.key.new").exists());
    }
    // Previous keys are kept for older backups.
    let kept = fs::read_dir(here.data()).unwrap().filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with("master.key.until-")
    });
    assert!(kept.count() >= 1);
    // The service works with the result.
    let serve = Service::start(here.command(&[
        "serve",
        "--addr",
        "127.0.0.1:0",
        "--allow-http",
        "true",
        "--allowed-networks",
        "127.0.0.0/8",
    ]));
    let url = serve.url().await;
    let key = here.answer(&["api-key", "create", "--name", "k", "--scope", "webhooks:read"]);
    let list = crate::support::binary::client()
        .get(format!("{url}/api/v1/webhooks?limit=1"))
        .bearer_auth(key.trim())
        .send()
        .await
        .unwrap();
    assert_eq!(list.json_value().await["items"][0]["headers"][1]["name"], json!("X-B"));
    assert_eq!(serve.terminate().await, Some(0));
}
