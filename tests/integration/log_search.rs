//! The search in the log of a webhook stays quick with many callbacks. `scripts/soak.sh` runs it with a million.

use std::time::{Duration, Instant};

use clearhook::{catalogue::BuiltIn, domain::role::Role};
use serde_json::Value;

use crate::support::{app::TestApp, database::TestDatabase, html::Page, many, on_both, receiver::Receiver};

on_both! { log_is_searched_in_bounded_time_however_many_callbacks_there_are }

/// The time within which each search is answered, on a machine that is busy with other tests. Alone, it is a tenth.
const LIMIT: Duration = Duration::from_secs(2);

fn count() -> usize {
    let given = std::env::var("CLEARHOOK_TEST_CALLBACKS").ok();
    given.map_or(20_000, |count| count.parse().unwrap())
}

async fn log_is_searched_in_bounded_time_however_many_callbacks_there_are(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([]).await);
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let other = app.webhook(&format!("{}?other", receiver.url), &[BuiltIn::VisitEventCreated]).await;
    app.publish(BuiltIn::VisitEventCreated, "1").await;
    app.log(&other, 1).await;
    many::callbacks(&database, &webhook, count()).await;
    let path = |webhook: &Value, text: &str| format!("/webhooks/{}?range=24h&q={text}", webhook["id"].as_str().unwrap());
    for (webhook, text, found) in [
        (&webhook, "everybody", 50),
        (&webhook, "many-7", 1),
        (&webhook, "nothing-has-this-id", 0),
        // The events exist, but were not sent to this webhook.
        (&other, "everybody", 0),
        (&other, "many-7", 0),
    ] {
        let began = Instant::now();
        let html = app.page(&path(webhook, text), &cookie).await.text().await.unwrap();
        let took = began.elapsed();
        let rows = Page::of(&html).all("#log-rows td a[data-panel]").len();
        assert!(if found == 0 { rows == 0 } else { rows >= found }, "{text}: {rows} rows");
        assert!(took < LIMIT, "{text}: {took:?}");
    }
    app.stop().await;
}
