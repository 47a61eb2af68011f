//! A disk that is full, nearly full or read-only: events are rejected clearly, and none is lost.

use std::{
    fs,
    io::Read,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::{Command, Stdio},
    sync::Mutex,
};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, storage::new_id};
use sea_orm::ConnectionTrait;

use crate::support::{
    app::{JsonAnswer, TestApp, cloud_event, loopback, quick},
    binary::Service,
    database::TestDatabase,
    node::{Node, check_ledger},
    receiver::{Receiver, Reply},
    wait::wait_for,
};

/// A file with a size limit looks like a full disk to SQLite.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_disk_rejects_events_and_loses_none() {
    let database = TestDatabase::sqlite();
    drop(database.open().await);
    let (node, receiver) = (Node::new(&database), Receiver::start([]).await);
    let serve = node.command(&["serve", "--addr", "127.0.0.1:0"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\""]);
    limited.arg(serve.get_program()).args(serve.get_args());
    limited.current_dir(serve.get_current_dir().unwrap());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let service = Service::start(limited);
    let url = service.url().await;
    node.webhook(&url, &receiver.url).await;
    let (mut accepted, mut refused) = (Vec::new(), 0);
    for number in 0..100_000 {
        let event = cloud_event(BuiltIn::IdentityCreated, &number.to_string());
        let request = node.http.post(format!("{url}/api/v1/events")).bearer_auth(&node.key);
        let request = request.header("content-type", "application/cloudevents+json");
        let response = request.body(event.to_string()).send().await.unwrap();
        if response.status() == 202 {
            accepted.push(response.json_value().await["events"][0]["ce_id"].as_str().unwrap().to_owned());
        } else {
            assert_eq!(response.status(), 503);
            refused += 1;
        }
        if refused == 5 {
            break;
        }
    }
    assert!(
        refused == 5 && !accepted.is_empty(),
        "{refused} refused, {} accepted",
        accepted.len()
    );
    let alive = node.http.get(format!("{url}/healthz")).send().await.unwrap();
    assert_eq!(alive.status(), 200);
    service.kill();
    let (service, _) = node.start().await;
    check_ledger(&database, &receiver, &accepted).await;
    assert_eq!(service.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_database_rejects_events_and_loses_none() {
    let database = TestDatabase::postgres().await;
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let read_only = async |on: bool| {
        let (server, name) = database.url.rsplit_once('/').unwrap();
        let admin = sea_orm::Database::connect(format!("{server}/postgres")).await.unwrap();
        let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {on}");
        // The setting applies to new sessions only.
        let others = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        for sql in [set, others] {
            admin.execute_unprepared(&sql).await.unwrap();
        }
        admin.close().await.unwrap();
    };
    read_only(true).await;
    wait_for("a publish to be refused", async || {
        let response = app.publish_raw(&cloud_event(BuiltIn::IdentityCreated, "refused")).await;
        (response.status() == 503).then_some(())
    })
    .await;
    let refused = app.publish_raw(&cloud_event(BuiltIn::IdentityCreated, "refused")).await;
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    read_only(false).await;
    wait_for("a publish to be accepted", async || {
        let response = app.publish_raw(&cloud_event(BuiltIn::IdentityCreated, "accepted")).await;
        (response.status() == 202).then_some(())
    })
    .await;
    receiver.wait(1).await;
    app.stop().await;
}

/// While the disk is nearly full, accepted events are sent and new ones are rejected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nearly_full_disk_rejects_events_with_retry_after() {
    let (database, node, receiver) = (TestDatabase::sqlite(), new_id(), Receiver::start([Reply::status(500)]).await);
    let settings = DeliverySettings {
        schedule: "3s".parse().unwrap(),
        ..quick()
    };
    let app = TestApp::start_with(&database, settings, loopback(), node).await;
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    receiver.wait(1).await;
    app.stop().await;
    // More than any disk has.
    let settings = DeliverySettings {
        spare_space: u64::MAX,
        ..quick()
    };
    let app = TestApp::start_with(&database, settings, loopback(), node).await;
    let refused = wait_for("a refusal", async || {
        let answer = app.publish_raw(&cloud_event(BuiltIn::IdentityCreated, "2")).await;
        (answer.status() == 429).then_some(answer)
    })
    .await;
    assert_eq!(refused.headers()["retry-after"], "1");
    assert!(refused.text().await.unwrap().contains("disk-nearly-full"));
    app.deliveries(&database, "succeeded", database.count("deliveries").await).await;
    app.stop().await;
}

/// A read-only file in a read-only directory. Root ignores permissions, so the service runs as another user then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_database_file_is_one_clear_error() {
    let database = TestDatabase::sqlite();
    database.open().await.close().await.unwrap();
    let node = Node::new(&database);
    let folder = database.folder.path();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let serve = node.command(&["serve", "--addr", "127.0.0.1:0", "--data-dir", "data"]);
    let here = serve.get_current_dir().unwrap().to_owned();
    // The other user must be able to execute the binary.
    let program = here.join("clearhook");
    fs::copy(serve.get_program(), &program).unwrap();
    mode(&here, 0o777);
    if here.join("data").exists() {
        fs::remove_dir_all(here.join("data")).unwrap();
    }
    for (what, file, directory) in [("a file", 0o444, 0o777), ("a folder", 0o666, 0o555)] {
        mode(&folder.join("clearhook.db"), file);
        mode(folder, directory);
        let mut command = Command::new(&program);
        command.args(serve.get_args()).current_dir(&here).stderr(Stdio::piped());
        for (name, value) in serve.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if rustix::process::geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
        let service = Mutex::new(command.spawn().unwrap());
        let ended = wait_for("a refusal", async || service.lock().unwrap().try_wait().unwrap()).await;
        let mut said = String::new();
        service
            .into_inner()
            .unwrap()
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        let error = said.lines().last().unwrap_or_default();
        assert!(
            ended.code() == Some(1) && error.starts_with("clearhook: ") && error.contains(folder.to_str().unwrap()),
            "{what}: {said}"
        );
    }
    mode(folder, 0o755);
}
