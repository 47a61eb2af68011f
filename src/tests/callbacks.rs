//! The log over the HTTP API.

use clearhook::{catalogue::EventType, domain::timestamp::Timestamp};
use serde_json::json;

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    on_both,
    receiver::{Receiver, Reply},
};

on_both! { are_listed_newest_first_by_range_and_outcome }

async fn are_listed_newest_first_by_range_and_outcome(database: TestDatabase) {
    let (app, receiver) = (TestApp::start(&database).await, Receiver::start([Reply::status(500)]).await);
    let webhook = app
        .webhook(&receiver.url, &[EventType::IdentityCreated, EventType::VisitCreated])
        .await;
    let began = Timestamp::now();
    app.publish(EventType::IdentityCreated, "1").await;
    app.log(&webhook, 2).await;
    app.publish(EventType::VisitCreated, "2").await;
    let all = app.log(&webhook, 3).await;
    let dates: Vec<_> = all.iter().map(|row| row["callback_date"].as_str().unwrap()).collect();
    assert!(dates.is_sorted_by(|newer, older| newer >= older), "{dates:?}");
    let path = format!("/webhooks/{}/callbacks", webhook["id"].as_str().unwrap());
    let count = async |query: &str| app.get(&format!("{path}?{query}")).await["items"].as_array().unwrap().len();
    assert_eq!(count("outcome=failed").await, 1);
    assert_eq!(count("status=202").await, 2);
    assert_eq!(count("event=visit.created").await, 1);
    assert_eq!(count(&format!("from={}", began.rfc3339())).await, 3);
    assert_eq!(count(&format!("to={}", began.rfc3339())).await, 0);
    assert_eq!(
        count(&format!(
            "from={}&to={}",
            began.rfc3339(),
            Timestamp::now().plus(std::time::Duration::from_secs(60))
        ))
        .await,
        3
    );
    let page = app.get(&format!("{path}?limit=2")).await;
    let rest = app
        .get(&format!("{path}?limit=2&cursor={}", page["next_cursor"].as_str().unwrap()))
        .await;
    assert_eq!((&rest["items"][0]["id"], &rest["next_cursor"]), (&all[2]["id"], &json!(null)));
    app.stop().await;
}
