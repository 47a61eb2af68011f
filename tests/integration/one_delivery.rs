//! One delivery that failed for good or is held is listed and sent again alone: by its row on the page of the webhook, and by the API.

use clearhook::{catalogue::BuiltIn, domain::role::Role, storage::new_id};
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, hourly, loopback, quick},
    database::TestDatabase,
    html::{Page, inside, text_of},
    on_both,
    receiver::{Receiver, Reply},
    steps::{change, publish_many},
};

on_both! {
    failed_deliveries_are_listed_with_their_reason_and_sent_from_their_row one_held_delivery_is_sent_and_the_others_stay
    first_held_event_of_a_subject_is_followed_by_a_later_one refusals_of_one_delivery_name_the_reason
    a_delivery_behind_an_open_circuit_breaker_is_sent_at_once a_failed_test_event_stays_a_test
    lists_of_deliveries_are_searched_and_filtered
}

/// The attempts after which `quick` gives up.
const ATTEMPTS: usize = 4;

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

async fn html(app: &TestApp, path: &str, cookie: &str) -> String {
    app.page(path, cookie).await.text().await.unwrap()
}

/// The deliveries of a webhook in a state, newest first.
async fn listed(app: &TestApp, webhook: &Value, state: &str) -> Vec<Value> {
    let page = app.get(&format!("/deliveries?state={state}&webhook_id={}", id(webhook))).await;
    page["items"].as_array().unwrap().clone()
}

async fn failed_deliveries_are_listed_with_their_reason_and_sent_from_their_row(database: TestDatabase) {
    let replies = (0..2 * ATTEMPTS).map(|_| Reply::status(500));
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, quick(), replies).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    publish_many(&app, BuiltIn::IdentityCreated, 2, "").await;
    app.deliveries(&database, "failed", 2).await;
    let path = format!("/webhooks/{}", id(&webhook));
    // The summary of the webhook leads to the list, and the list is an option of the filter.
    let page = html(&app, &path, &cookie).await;
    let link = format!("{path}?response=failed-for-good#logs");
    assert!(Page::of(&page).all(&format!("#health a[href=\"{link}\"]")).len() == 1, "{page}");
    let page = html(&app, &format!("{path}?response=failed-for-good"), &cookie).await;
    let of = Page::of(&page);
    assert_eq!(
        text_of(of.one("select[name=response] option[selected]")),
        "Failed for good",
        "the filter says what is shown"
    );
    let rows = of.all("table[aria-label=\"Deliveries that failed for good\"] tbody tr");
    assert_eq!(rows.len(), 2, "{page}");
    let row = text_of(rows[0]);
    for part in [
        "Identity created",
        "All 4 attempts failed; the last response was InternalServerError.",
        "Send",
    ] {
        assert!(row.contains(part), "{part}: {row}");
    }
    // The event leads to the callbacks of this delivery alone.
    let newest = listed(&app, &webhook, "failed").await.remove(0);
    let callbacks = inside(rows[0], "a")[0].attr("href").unwrap().to_owned();
    let log = html(&app, &callbacks, &cookie).await;
    assert_eq!(
        Page::of(&log).all("#log-rows tr[data-callback]").len(),
        ATTEMPTS,
        "{callbacks}: {log}"
    );
    // Its button sends this one, with a full retry schedule.
    let send = format!("{path}/deliveries/{}/redeliver", id(&newest));
    assert_eq!(of.all(&format!("form[method=post][action=\"{send}\"] button")).len(), 1, "{page}");
    let query = of
        .one(&format!("form[action=\"{send}\"] input[name=query]"))
        .attr("value")
        .unwrap()
        .to_owned();
    let response = app.form(&send, &cookie, &[("query", &query)]).await;
    assert_eq!(response.status(), 303);
    let page = html(&app, response.headers()["location"].to_str().unwrap(), &cookie).await;
    // The list is shown again, so that the next one can be sent.
    assert!(page.contains("aria-label=\"Deliveries that failed for good\""), "{page}");
    assert!(page.contains("The delivery is being sent."), "{page}");
    receiver.wait(2 * ATTEMPTS + 1).await;
    app.deliveries(&database, "succeeded", 1).await;
    app.deliveries(&database, "failed", 1).await;
    let audit = html(&app, "/audit-log", &cookie).await;
    assert!(audit.contains("Delivery sent again"), "{audit}");
    app.stop().await;
}

async fn one_held_delivery_is_sent_and_the_others_stay(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let receiver = Receiver::start([]).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    change(&app, &webhook, json!({ "enabled": false })).await;
    publish_many(&app, BuiltIn::IdentityCreated, 3, "").await;
    app.deliveries(&database, "held", 3).await;
    let path = format!("/webhooks/{}", id(&webhook));
    // While the webhook is disabled, no row has the button.
    let page = html(&app, &format!("{path}?response=held"), &cookie).await;
    assert!(!page.contains("/redeliver\"") && page.contains("/cancel"), "{page}");
    let held = listed(&app, &webhook, "held").await;
    let send = format!("/deliveries/{}/redeliver", id(&held[1]));
    let (status, answer) = app.post(&send, &json!({})).await;
    assert_eq!(status, 409, "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("disabled"), "{answer}");
    change(&app, &webhook, json!({ "enabled": true })).await;
    let page = html(&app, &format!("{path}?response=held"), &cookie).await;
    assert_eq!(page.matches("/redeliver\"").count(), 3, "{page}");
    assert_eq!(app.post(&send, &json!({})).await, (202, json!({ "delivery_id": held[1]["id"] })));
    receiver.wait(1).await;
    app.deliveries(&database, "succeeded", 1).await;
    app.deliveries(&database, "held", 2).await;
    app.stop().await;
    assert_eq!(receiver.seen().len(), 1);
}

async fn first_held_event_of_a_subject_is_followed_by_a_later_one(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let receiver = Receiver::start([]).await;
    let body = json!({ "name": "Ordered", "url": receiver.url, "events": ["identity.created"], "ordered": true, "enabled": false });
    let (status, webhook) = app.post("/webhooks", &body).await;
    assert_eq!(status, 201, "{webhook}");
    publish_many(&app, BuiltIn::IdentityCreated, 2, "").await;
    app.deliveries(&database, "held", 2).await;
    change(&app, &webhook, json!({ "enabled": true })).await;
    for delivery in listed(&app, &webhook, "held").await.iter().rev() {
        assert_eq!(
            app.post(&format!("/deliveries/{}/redeliver", id(delivery)), &json!({})).await.0,
            202
        );
    }
    receiver.wait(2).await;
    app.deliveries(&database, "succeeded", 2).await;
    app.stop().await;
}

async fn refusals_of_one_delivery_name_the_reason(database: TestDatabase) {
    let app = TestApp::start_with(&database, hourly(), loopback(), new_id()).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let receiver = Receiver::start([Reply::status(200), Reply::status(500)]).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let other = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    app.publish(BuiltIn::IdentityCreated, "accepted").await;
    app.deliveries(&database, "succeeded", 1).await;
    app.publish(BuiltIn::IdentityCreated, "fails").await;
    app.deliveries(&database, "pending", 1).await;
    for (state, reason) in [
        ("succeeded", "Only a delivery that failed for good or is held can be sent again."),
        (
            "waiting",
            "The delivery waits or is being sent already; there is nothing to send again.",
        ),
    ] {
        let delivery = listed(&app, &webhook, state).await.remove(0);
        let (status, answer) = app.post(&format!("/deliveries/{}/redeliver", id(&delivery)), &json!({})).await;
        assert_eq!((status, answer["detail"].as_str()), (409, Some(reason)), "{answer}");
        assert_eq!(answer["type"], "urn:clearhook:problem:conflict");
    }
    let unknown = format!("/deliveries/{}/redeliver", id(&webhook));
    assert_eq!(app.post(&unknown, &json!({})).await.0, 404);
    // What is cancelled stays cancelled.
    let waiting = listed(&app, &webhook, "waiting").await.remove(0);
    assert_eq!(app.post(&format!("/deliveries/{}/cancel", id(&waiting)), &json!({})).await.0, 200);
    assert_eq!(
        app.post(&format!("/deliveries/{}/redeliver", id(&waiting)), &json!({})).await.0,
        409
    );
    // The path of a page names the webhook as well.
    let foreign = format!("/webhooks/{}/deliveries/{}/redeliver", id(&other), id(&waiting));
    assert_eq!(app.form(&foreign, &cookie, &[]).await.status(), 404);
    assert_eq!(
        app.form(&format!("/webhooks/{}/deliveries/nonsense/redeliver", id(&webhook)), &cookie, &[])
            .await
            .status(),
        404
    );
    app.stop().await;
    assert_eq!(receiver.seen().len(), 2);
}

async fn a_delivery_behind_an_open_circuit_breaker_is_sent_at_once(database: TestDatabase) {
    let replies = (0..ATTEMPTS * 3).map(|_| Reply::status(503));
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, quick(), replies).await;
    publish_many(&app, BuiltIn::IdentityCreated, 3, "").await;
    app.deliveries(&database, "failed", 3).await;
    let failed = listed(&app, &webhook, "failed").await;
    assert_eq!(
        app.post(&format!("/deliveries/{}/redeliver", id(&failed[2])), &json!({})).await.0,
        202
    );
    receiver.wait(3 * ATTEMPTS + 1).await;
    app.deliveries(&database, "succeeded", 1).await;
    app.stop().await;
}

/// A test is sent once, also when it is sent again, and does not count towards disabling the webhook.
async fn a_failed_test_event_stays_a_test(database: TestDatabase) {
    let replies = (0..2).map(|_| Reply::status(500));
    let (app, receiver, webhook) = TestApp::start_with_receiver(&database, quick(), replies).await;
    assert_eq!(app.post(&format!("/webhooks/{}/test", id(&webhook)), &json!({})).await.0, 202);
    app.deliveries(&database, "failed", 1).await;
    let failed = listed(&app, &webhook, "failed").await.remove(0);
    assert_eq!(app.post(&format!("/deliveries/{}/redeliver", id(&failed)), &json!({})).await.0, 202);
    app.log(&webhook, 2).await;
    app.deliveries(&database, "failed", 1).await;
    app.stop().await;
    assert_eq!(receiver.seen().len(), 2, "there is no retry");
}

async fn lists_of_deliveries_are_searched_and_filtered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let receiver = Receiver::start([]).await;
    let webhook = app
        .webhook(&receiver.url, &[BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated])
        .await;
    change(&app, &webhook, json!({ "enabled": false })).await;
    publish_many(&app, BuiltIn::IdentityCreated, 3, "").await;
    app.publish(BuiltIn::VisitEventCreated, "visit").await;
    app.deliveries(&database, "held", 4).await;
    let held = listed(&app, &webhook, "held").await;
    let rows = async |more: &str| {
        let page = html(&app, &format!("/webhooks/{}?response=held{more}", id(&webhook)), &cookie).await;
        Page::of(&page).all("table[aria-label=\"Held deliveries\"] tbody tr").len()
    };
    assert_eq!(rows("").await, 4);
    assert_eq!(rows("&event=identity.created").await, 3);
    assert_eq!(rows("&event=visit_event.created").await, 1);
    assert_eq!(rows("&event=identity.deleted").await, 0);
    assert_eq!(rows("&q=visit").await, 1, "the publisher's id");
    assert_eq!(rows("&q=nothing-like-it").await, 0);
    assert_eq!(rows(&format!("&q=msg_{}", id(&held[1]))).await, 1);
    assert_eq!(rows("&q=visit&event=identity.created").await, 0);
    // The range has no meaning here, and is not shown.
    let page = html(
        &app,
        &format!("/webhooks/{}?response=held&from=2026-01-01T00:00&to=2026-01-02T00:00", id(&webhook)),
        &cookie,
    )
    .await;
    assert_eq!(Page::of(&page).all("table[aria-label=\"Held deliveries\"] tbody tr").len(), 4);
    assert!(
        !page.contains("id=\"log-custom\"") && !page.contains("datetime-local\" name=\"from\" required"),
        "{page}"
    );
    // What was erased cannot be sent.
    change(&app, &webhook, json!({ "enabled": true })).await;
    let buttons = async || {
        let page = html(&app, &format!("/webhooks/{}?response=held", id(&webhook)), &cookie).await;
        page.matches("/redeliver\"").count()
    };
    assert_eq!(buttons().await, 4);
    database.execute("UPDATE events SET body = ''").await;
    assert_eq!(buttons().await, 0);
    app.stop().await;
}
