//! `PgBouncer` between clearhook and PostgreSQL: a pool of sessions works, a pool of transactions or statements is refused at the start.

use clearhook::catalogue::EventType;

use crate::support::{
    app::TestApp, binary::Installation, database::TestDatabase, pgbouncer::PgBouncer, receiver::Receiver, wait::wait_for,
};

/// The same database by way of `PgBouncer`, once that answers.
async fn by_way_of(bouncer: &PgBouncer, direct: &TestDatabase) -> TestDatabase {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], bouncer.port));
    wait_for("PgBouncer to listen", async || tokio::net::TcpStream::connect(address).await.ok()).await;
    TestDatabase {
        key: direct.key.clone(),
        ..direct.by(address)
    }
}

fn port(database: &TestDatabase) -> u16 {
    database.server().rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_transactions_or_statements_is_refused_at_the_start() {
    let direct = TestDatabase::postgres().await;
    for (mode, more) in [
        ("transaction", ""),
        ("transaction", "server_round_robin = 1\nmin_pool_size = 3"),
        ("transaction", "default_pool_size = 1"),
        ("statement", ""),
    ] {
        let bouncer = PgBouncer::start(mode, port(&direct), more);
        let database = by_way_of(&bouncer, &direct).await;
        let here = Installation::new();
        for _ in 0..2 {
            let said = here.refusal(
                &["serve", "--addr", "127.0.0.1:0", "--log", "error", "--database-url", &database.url],
                1,
            );
            assert!(
                said.contains("pool_mode=session") && said.contains("directly"),
                "{mode} {more}: {said}"
            );
        }
    }
    assert_eq!(direct.count("information_schema.tables WHERE table_schema = 'public'").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_sessions_works() {
    let direct = TestDatabase::postgres().await;
    let bouncer = PgBouncer::start("session", port(&direct), "default_pool_size = 60");
    let database = by_way_of(&bouncer, &direct).await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let receiver = Receiver::start([]).await;
    one.webhook(&receiver.url, &[EventType::IdentityCreated]).await;
    for number in 0..20 {
        two.publish(EventType::IdentityCreated, &number.to_string()).await;
    }
    receiver.wait(20).await;
    assert_eq!(one.store.setting("synchronous_commit").await.unwrap(), "on");
    one.stop().await;
    two.stop().await;
}
