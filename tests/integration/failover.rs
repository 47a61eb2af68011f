//! The primary of PostgreSQL changes under load: the new one is found within seconds, and no event is lost. A database that does not
//! respond blocks neither pages nor the API.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use clearhook::{catalogue::BuiltIn, delivery::DeliverySettings, domain::role::Role, storage::new_id};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Database};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::support::{
    app::{TestApp, cloud_event, loopback, quick},
    binary::client,
    database::TestDatabase,
    node::{check_ledger, publish_on, wait_long},
    postgres::Cluster,
    proxy::Proxy,
    receiver::Receiver,
    wait::wait_for,
};

type Accepted = Arc<Mutex<Vec<String>>>;

fn publish(app: &TestApp, stop: &Arc<AtomicBool>, accepted: &Accepted) -> Vec<JoinHandle<()>> {
    let one = |number: u32| {
        let (url, key) = (app.url.clone(), app.key.clone());
        tokio::spawn(publish_on(client(), url, key, number.to_string(), accepted.clone(), stop.clone()))
    };
    (0..4).map(one).collect()
}

/// Waits until fifty more events are accepted; returns the time that took.
async fn more(accepted: &Accepted) -> Duration {
    let (began, enough) = (Instant::now(), accepted.lock().unwrap().len() + 50);
    wait_for("some publishes", async || (accepted.lock().unwrap().len() >= enough).then_some(())).await;
    began.elapsed()
}

/// The old primary keeps running and keeps its connections, but rejects writes; later it is stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failover_finds_the_new_primary_and_loses_no_event() {
    let (old, new) = spawn_blocking(|| {
        let old = Cluster::make(&["fsync=off"]);
        let new = old.standby();
        (old, new)
    })
    .await
    .unwrap();
    let direct = TestDatabase::on(&old.url).await;
    let name = direct.url.rsplit('/').next().unwrap();
    let admin = Database::connect(format!("{}/postgres", old.url)).await.unwrap();
    for sql in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
        admin.execute_unprepared(sql).await.unwrap();
    }
    // The standby is listed first: it must not be chosen.
    let url = format!(
        "postgres://clearhook@{},{}/{name}?target_session_attrs=read-write",
        new.server(),
        old.server()
    );
    let database = TestDatabase::at(url, direct.key.clone());
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let (stop, accepted) = (Arc::new(AtomicBool::new(false)), Accepted::default());
    let publishers = publish(&app, &stop, &accepted);
    more(&accepted).await;
    // A switch-over: the old primary refuses writes (25006), and everything it committed is on the standby.
    for sql in [
        "ALTER SYSTEM SET default_transaction_read_only = on",
        "ALTER SYSTEM SET synchronous_standby_names = ''",
        "SELECT pg_reload_conf()",
    ] {
        admin.execute_unprepared(sql).await.unwrap();
    }
    wait_for("the old primary to refuse", async || {
        app.store.check_writable().await.err().map(|_| ())
    })
    .await;
    // Transactions that began before the change may still write.
    wait_for("the last writing transactions", async || {
        let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL";
        let row = admin
            .query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql))
            .await
            .unwrap()
            .unwrap();
        (row.try_get_by_index::<i64>(0).unwrap() == 0).then_some(())
    })
    .await;
    caught_up(&admin).await;
    admin.close().await.unwrap();
    let new = spawn_blocking(move || {
        new.promote();
        new
    })
    .await
    .unwrap();
    let took = more(&accepted).await;
    assert!(took < Duration::from_secs(10), "{took:?}");
    let ready = wait_for("readyz to be green", async || {
        let answer = app.http.get(format!("{}/readyz", app.url)).send().await.unwrap();
        (answer.status() == 200).then_some(())
    });
    ready.await;
    // Now the old primary is stopped.
    spawn_blocking(move || old.stop()).await.unwrap();
    more(&accepted).await;
    stop.store(true, Ordering::Relaxed);
    for publisher in publishers {
        publisher.await.unwrap();
    }
    let accepted = accepted.lock().unwrap().clone();
    let on_new = TestDatabase::at(format!("{}/{name}", new.url), direct.key.clone());
    wait_long(&on_new).await;
    check_ledger(&on_new, &receiver, &accepted).await;
    app.stop().await;
}

/// Waits until the standby has replayed everything.
async fn caught_up(primary: &sea_orm::DatabaseConnection) {
    let sql = "SELECT pid FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()";
    wait_for("the standby to catch up", async || {
        let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql);
        let rows = primary.query_all_raw(statement).await.unwrap();
        (!rows.is_empty()).then_some(())
    })
    .await;
}

/// An administrator terminates all sessions (57P01) repeatedly.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminated_database_sessions_are_replaced_immediately() {
    let database = TestDatabase::postgres().await;
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let (stop, accepted) = (Arc::new(AtomicBool::new(false)), Accepted::default());
    let publishers = publish(&app, &stop, &accepted);
    let (server, name) = database.url.rsplit_once('/').unwrap();
    let admin = Database::connect(format!("{server}/postgres")).await.unwrap();
    for _ in 0..3 {
        more(&accepted).await;
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        admin.execute_unprepared(&sql).await.unwrap();
        let took = more(&accepted).await;
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    admin.close().await.unwrap();
    stop.store(true, Ordering::Relaxed);
    for publisher in publishers {
        publisher.await.unwrap();
    }
    let accepted = accepted.lock().unwrap().clone();
    wait_long(&database).await;
    check_ledger(&database, &receiver, &accepted).await;
    app.stop().await;
}

/// A publish may have to wait for the transaction before it. Both together have one time limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publish_on_a_silent_database_is_answered_within_one_time_limit() {
    let direct = TestDatabase::postgres().await;
    let proxy = Proxy::to(direct.server()).await;
    let patience = Duration::from_secs(6);
    let settings = DeliverySettings { patience, ..quick() };
    let app = TestApp::start_with(&direct.by(proxy.address), settings, loopback(), new_id()).await;
    app.publish(BuiltIn::IdentityCreated, "0").await;
    proxy.fall_silent();
    let began = Instant::now();
    // The first requests are in the transactions that fall silent; the others have to wait for them.
    let publishes = (1..=8).map(|number| {
        let (app, event) = (&app, cloud_event(BuiltIn::IdentityCreated, &number.to_string()));
        async move {
            tokio::time::sleep(Duration::from_millis(300 * number)).await;
            let (asked, answer) = (Instant::now(), app.publish_raw(&event).await);
            assert_eq!(answer.status(), 503);
            assert!(answer.headers().contains_key("retry-after"));
            assert!(asked.elapsed() < patience + Duration::from_secs(1), "{:?}", asked.elapsed());
        }
    });
    futures_util::future::join_all(publishes).await;
    assert!(began.elapsed() > Duration::from_secs(2), "the server fell silent");
    proxy.speak();
    wait_for("a publish to be accepted", async || {
        let event = cloud_event(BuiltIn::IdentityCreated, "9");
        (app.publish_raw(&event).await.status() == 202).then_some(())
    })
    .await;
    app.stop().await;
}

/// A database that does not answer blocks neither pages nor the API: each responds after the limit of a statement.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_database_does_not_block_pages_or_the_api() {
    let direct = TestDatabase::postgres().await;
    let proxy = Proxy::to(direct.server()).await;
    let settings = DeliverySettings {
        // A single statement has a third of this limit.
        patience: Duration::from_secs(6),
        ..quick()
    };
    let app = TestApp::start_with(&direct.by(proxy.address), settings, loopback(), new_id()).await;
    let session = app.sign_in("a@example.com", Role::Administrator).await;
    assert_eq!(app.page("/webhooks", &session).await.status(), 200);
    proxy.fall_silent();
    let answered = async |what: &str, status: reqwest::StatusCode, began: Instant| {
        assert_eq!(status, 503, "{what}");
        assert!(began.elapsed() < Duration::from_secs(9), "{what}: {:?}", began.elapsed());
    };
    for path in ["/webhooks", "/overview", "/users", "/audit-log", "/account"] {
        let began = Instant::now();
        let page = app.page(path, &session).await;
        answered(path, page.status(), began).await;
    }
    for path in ["/webhooks", "/event-types", "/callbacks/01890000-0000-7000-8000-000000000000"] {
        let began = Instant::now();
        let answer = app.api(Method::GET, path).send().await.unwrap();
        answered(path, answer.status(), began).await;
    }
    let began = Instant::now();
    let sign_in = app.form("/sign-in", "", &[("email", "a@example.com"), ("password", "x")]).await;
    answered("sign-in", sign_in.status(), began).await;
    let began = Instant::now();
    let publish = app.publish_raw(&cloud_event(BuiltIn::IdentityCreated, "1")).await;
    answered("publish", publish.status(), began).await;
    proxy.speak();
    wait_for("pages to be there again", async || {
        (app.page("/webhooks", &session).await.status() == 200).then_some(())
    })
    .await;
    app.stop().await;
}

/// The process id of a session of the service.
async fn session_of_the_service(admin: &sea_orm::DatabaseConnection, database: &str) -> i32 {
    let sql = format!(
        "SELECT pid FROM pg_stat_activity WHERE datname = '{database}' AND backend_type = 'client backend' ORDER BY query_start DESC LIMIT 1"
    );
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Postgres, sql);
    let row = admin.query_one_raw(statement).await.unwrap().expect("the service has a session");
    row.try_get("", "pid").unwrap()
}

/// A session that is killed makes PostgreSQL end all sessions and recover (57P02, then 57P03). A lock on a table makes statements wait.
/// Neither loses or repeats an event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_session_and_locked_tables_lose_no_event() {
    let cluster = spawn_blocking(|| Cluster::make(&["fsync=off"])).await.unwrap();
    let database = TestDatabase::on(&cluster.url).await;
    let name = database.url.rsplit('/').next().unwrap().to_owned();
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let (stop, accepted) = (Arc::new(AtomicBool::new(false)), Accepted::default());
    let publishers = publish(&app, &stop, &accepted);
    for _ in 0..2 {
        more(&accepted).await;
        let admin = Database::connect(format!("{}/postgres", cluster.url)).await.unwrap();
        let pid = session_of_the_service(&admin, &name).await;
        let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
        assert!(killed.success());
        // Its connection ends with the others.
        drop(admin);
        let took = more(&accepted).await;
        assert!(took < Duration::from_secs(15), "{took:?}");
    }
    for table in ["deliveries", "events", "callbacks, webhooks"] {
        let holder = Database::connect(&database.url).await.unwrap();
        let began = Instant::now();
        let sql = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(4); COMMIT");
        holder.execute_unprepared(&sql).await.unwrap();
        assert!(began.elapsed() > Duration::from_secs(4), "{table} was locked");
        holder.close().await.unwrap();
        more(&accepted).await;
    }
    stop.store(true, Ordering::Relaxed);
    for publisher in publishers {
        publisher.await.unwrap();
    }
    let accepted = accepted.lock().unwrap().clone();
    wait_long(&database).await;
    check_ledger(&database, &receiver, &accepted).await;
    app.stop().await;
}
