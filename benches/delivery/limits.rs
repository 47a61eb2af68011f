//! What this machine can do: the same client to the same receiver without anything in between, a server that stores nothing, and the
//! same rows written to the same database by the same code without HTTP.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Json, Router, body::Bytes, http::StatusCode, routing::post};
use clearhook::{
    catalogue::BuiltIn,
    domain::secret::SigningSecret,
    storage::{DatabaseUrl, Store, audit::Actor},
    vault::{MasterKey, Vault},
};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    load::{self, Events, Target},
    postgres::Cluster,
    receiver::{Process, serve_on_any_port},
    samples::{self, event, fields},
    service::Kind,
};

const TIME: Duration = Duration::from_secs(4);

/// Requests a second of the client that clearhook uses, to the receiver.
pub(crate) async fn client() -> f64 {
    let receiver = Process::start("receiver");
    let http = Client::builder().no_proxy().build().unwrap();
    let body = Bytes::from(vec![b'x'; 1_024]);
    let (began, count) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let (http, url, body, count) = (http.clone(), format!("{}/x", receiver.url), body.clone(), count.clone());
            tokio::spawn(async move {
                while began.elapsed() < TIME {
                    let request = http.post(&url).header("content-type", "application/json").body(body.clone());
                    request.send().await.unwrap().bytes().await.unwrap();
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    count.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}

/// Single publishes a second over 64 connections that a server of the same kind takes when it stores nothing.
pub(crate) async fn accept() -> f64 {
    let accepter = Process::start("accepter");
    let target = Target {
        http: Client::builder().no_proxy().build().unwrap(),
        url: format!("{}/api/v1/events", accepter.url),
        key: "none".to_owned(),
    };
    load::closed(&target, &Arc::new(Events::new(BuiltIn::IdentityCreated)), 64, TIME).await
}

pub(crate) async fn accept_without_storing() {
    let answer = async |body: Bytes| {
        let id = body.len();
        (
            StatusCode::ACCEPTED,
            Json::<Value>(json!({ "events": [{ "id": id, "duplicate": false, "deliveries": 0 }] })),
        )
    };
    serve_on_any_port(Router::new().route("/api/v1/events", post(answer))).await;
}

/// Events a second, each with one delivery, that the journal writes.
pub(crate) async fn store(kind: Kind) -> f64 {
    std::fs::create_dir_all("target").unwrap();
    let folder = TempDir::new_in("target").unwrap();
    let (url, _cluster) = match kind {
        Kind::Sqlite => (format!("sqlite://{}/clearhook.db", folder.path().display()), None),
        Kind::Postgres => {
            let cluster = Cluster::make(&["synchronous_commit=on", "fsync=on", "shared_buffers=256MB", "max_wal_size=4GB"]);
            (format!("{}/postgres", cluster.url), Some(cluster))
        }
    };
    let store = Store::open(&url.parse::<DatabaseUrl>().unwrap(), Vault::new(&MasterKey::generate()), true)
        .await
        .unwrap();
    store
        .add_webhook(&Actor::clearhook(), &fields(), &SigningSecret::generate())
        .await
        .unwrap();
    let journal = samples::journal(&store);
    let (began, count) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (journal, count) = (journal.clone(), count.clone());
            tokio::spawn(async move {
                while began.elapsed() < TIME {
                    let events: Vec<_> = (0..500).map(|_| event(count.fetch_add(1, Ordering::Relaxed))).collect();
                    journal.publish(events).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    count.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64()
}
