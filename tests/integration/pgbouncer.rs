//! `PgBouncer` between clearhook and PostgreSQL: session pooling works; transaction and statement pooling are rejected at start.

use clearhook::catalogue::BuiltIn;

use crate::support::{
    app::TestApp, binary::Installation, database::TestDatabase, pgbouncer::PgBouncer, receiver::Receiver, wait::wait_for,
};

/// The same database through `PgBouncer`, after it accepts connections.
async fn by_way_of(bouncer: &PgBouncer, direct: &TestDatabase) -> TestDatabase {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], bouncer.port));
    wait_for("PgBouncer to listen", async || tokio::net::TcpStream::connect(address).await.ok()).await;
    TestDatabase::at(direct.by(address).url, direct.key.clone())
}

fn port(database: &TestDatabase) -> u16 {
    database.server().rsplit(':').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pgbouncer_transaction_pool_is_rejected_at_start() {
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
async fn pgbouncer_session_pool_works() {
    let direct = TestDatabase::postgres().await;
    let bouncer = PgBouncer::start("session", port(&direct), "default_pool_size = 60");
    let database = by_way_of(&bouncer, &direct).await;
    let (one, two) = (TestApp::start(&database).await, TestApp::start(&database).await);
    let receiver = Receiver::start([]).await;
    one.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    for number in 0..20 {
        two.publish(BuiltIn::IdentityCreated, &number.to_string()).await;
    }
    receiver.wait(20).await;
    assert_eq!(one.store.setting("synchronous_commit").await.unwrap(), "on");
    one.stop().await;
    two.stop().await;
}
