//! Shared by the tests: databases, a running service, receivers, and waiting with a limit.

pub(crate) mod app;
pub(crate) mod binary;
pub(crate) mod cli;
pub(crate) mod collector;
pub(crate) mod database;
pub(crate) mod device;
pub(crate) mod fake_clock;
pub(crate) mod forms;
pub(crate) mod history;
pub(crate) mod html;
pub(crate) mod identity_provider;
pub(crate) mod interceptor;
pub(crate) mod many;
pub(crate) mod message_brokers;
pub(crate) mod names;
pub(crate) mod nkeys;
pub(crate) mod node;
pub(crate) mod pem;
pub(crate) mod pgbouncer;
pub(crate) mod postgres;
pub(crate) mod prometheus;
pub(crate) mod provider;
pub(crate) mod proxy;
pub(crate) mod python;
pub(crate) mod receiver;
pub(crate) mod slow_download;
pub(crate) mod small_disk;
pub(crate) mod sqlite_file;
pub(crate) mod steps;
pub(crate) mod wait;
pub(crate) mod wire;

/// Makes one test for each database from an async function that takes a [`database::TestDatabase`].
macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::support::database::TestDatabase::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name($crate::support::database::TestDatabase::postgres().await).await;
            }
        }
    )*};
}

pub(crate) use on_both;
