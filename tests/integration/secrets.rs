//! Neither a copy of the database nor the API reveals a secret.

use base64::{Engine, engine::general_purpose::STANDARD};
use clearhook::domain::role::Role;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    app::{JsonAnswer, JsonBody, TestApp},
    database::TestDatabase,
    receiver::Receiver,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planted_secrets_are_not_in_files_or_responses() {
    let database = TestDatabase::sqlite();
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let key = *b"planted-secret-planted-secret-32";
    let secret = format!("whsec_{}", STANDARD.encode(key));
    let header = "Bearer planted-header-value";
    let body = json!({
        "name": "N", "url": receiver.url, "events": ["identity.created"], "secret": secret, "headers": [{ "name": "Authorization", "value": header }],
    });
    let response = app.api(Method::POST, "/webhooks").json_value(&body).send().await.unwrap();
    let webhook = response.json_value().await;
    assert_eq!(webhook["secret"], secret);
    let cookie = app.sign_in("planted@example.com", Role::Administrator).await;
    app.publish(clearhook::catalogue::BuiltIn::IdentityCreated, "1").await;
    let row = app.log(&webhook, 1).await.remove(0);
    assert_eq!(receiver.seen()[0].headers["authorization"], header);
    let details = app.get(&format!("/callbacks/{}", row["id"].as_str().unwrap())).await.to_string();
    let id = webhook["id"].as_str().unwrap();
    let listed = app.get("/webhooks").await.to_string();
    let page = app
        .page(&format!("/webhooks/{id}?callback={}", row["id"].as_str().unwrap()), &cookie)
        .await
        .text()
        .await
        .unwrap();
    assert!(details.contains("\"Authorization\""), "{details}");
    assert!(page.contains("callback-heading"), "{page}");
    for text in [&details, &listed, &page] {
        assert!(!text.contains(&secret) && !text.contains("planted-secret"));
    }
    assert!(!details.contains("planted-header-value"));
    let token = cookie.split_once('=').unwrap().1.to_owned();
    let planted = [
        &key[..],
        secret.as_bytes(),
        b"planted-header-value",
        b"correct horse battery",
        token.as_bytes(),
        app.key.as_bytes(),
    ];
    for entry in std::fs::read_dir(database.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for planted in planted {
            assert!(
                !bytes.windows(planted.len()).any(|window| window == planted),
                "{}",
                String::from_utf8_lossy(planted)
            );
        }
    }
    app.stop().await;
}
