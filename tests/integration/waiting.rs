//! Deliveries that wait, are held, or have failed: counted, listed, sent, discarded and cancelled, by the API and by plain forms.

use std::time::Duration;

use clearhook::{
    auth::principal::Principal,
    catalogue::BuiltIn,
    delivery::{BreakerSettings, DeliverySettings},
    domain::{id::WebhookId, role::Role, timestamp::Timestamp},
    services::webhooks::{self, Chosen},
    storage::{
        delivery_list::{COUNTED_MAX, DeliveryList},
        new_id,
        recover::Discard,
    },
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app::{TestApp, hourly, loopback, quick},
    database::TestDatabase,
    html::{Page, inside, text_of},
    on_both,
    receiver::{Receiver, Reply},
    steps::{change, publish_many},
    wait::wait_for,
};

on_both! {
    held_events_are_sent_by_a_button_after_enabling held_events_are_discarded_and_not_recovered
    waiting_deliveries_are_listed_with_their_due_time_and_cancelled one_delivery_is_cancelled_in_each_state
    dialog_counts_before_it_sends_and_a_range_limits_what_is_sent two_people_send_and_discard_at_once_and_nothing_is_sent_twice
    a_large_recovery_goes_on_part_by_part paused_webhook_says_so_and_is_tried_now pause_names_the_next_delivery_that_is_due owners_see_what_waits_and_change_nothing
    lists_and_counts_read_an_index disabled_webhook_is_not_paused
}

fn id(webhook: &Value) -> WebhookId {
    webhook["id"].as_str().unwrap().parse().unwrap()
}

fn path_of(webhook: &Value) -> String {
    format!("/webhooks/{}", webhook["id"].as_str().unwrap())
}

async fn html(app: &TestApp, path: &str, cookie: &str) -> String {
    app.page(path, cookie).await.text().await.unwrap()
}

/// The fields of the first form with this action.
fn form(html: &str, action: &str) -> Vec<(String, String)> {
    let page = Page::of(html);
    let form = page.first(&format!("form[method=post][action=\"{action}\"]"));
    let form = form.unwrap_or_else(|| panic!("no form for {action}: {html}"));
    inside(form, "input[name]")
        .into_iter()
        .filter(|input| input.attr("type") != Some("checkbox") || input.attr("checked").is_some())
        .map(|input| {
            (
                input.attr("name").unwrap().to_owned(),
                input.attr("value").unwrap_or_default().to_owned(),
            )
        })
        .collect()
}

/// Sends the first form with this action, and returns the page to which it leads.
async fn press(app: &TestApp, page: &str, action: &str, cookie: &str) -> String {
    let fields = form(page, action);
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let response = app.form(action, cookie, &pairs).await;
    assert_eq!(response.status(), 303, "{action}: {}", response.text().await.unwrap());
    html(app, response.headers()["location"].to_str().unwrap(), cookie).await
}

async fn disabled_with(app: &TestApp, database: &TestDatabase, events: usize) -> (Receiver, Value) {
    let receiver = Receiver::start([]).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    change(app, &webhook, json!({ "enabled": false })).await;
    publish_many(app, BuiltIn::IdentityCreated, events, "").await;
    app.deliveries(database, "held", i64::try_from(events).unwrap()).await;
    (receiver, webhook)
}

async fn held_events_are_sent_by_a_button_after_enabling(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let (receiver, webhook) = disabled_with(&app, &database, 3).await;
    let path = path_of(&webhook);
    let send = format!("{path}/deliveries/send-again");
    // While it is disabled, nothing can be sent: neither a button nor the form does it.
    let page = html(&app, &path, &cookie).await;
    assert!(!page.contains("Send held deliveries") && page.contains("held"), "{page}");
    let held = [("since", "0"), ("until", "9000000000000"), ("held", "true")];
    assert_eq!(app.form(&send, &cookie, &held).await.status(), 409);
    let response = app.form(&path, &cookie, &[("intent", "enable")]).await;
    let page = html(&app, response.headers()["location"].to_str().unwrap(), &cookie).await;
    let notice = text_of(Page::of(&page).one("[id=held-before]"));
    for part in ["3 deliveries are still held.", "Send them now", "Keep holding", "Discard"] {
        assert!(notice.contains(part), "{part}: {notice}");
    }
    assert!(receiver.seen().is_empty(), "nothing is sent by surprise");
    // Saving the form can enable the webhook as well, so it offers the same. A later save does not ask again.
    change(&app, &webhook, json!({ "enabled": false })).await;
    let (name, url) = (webhook["name"].as_str().unwrap(), webhook["url"].as_str().unwrap());
    let save = [("name", name), ("url", url), ("events", "identity.created"), ("enabled", "true")];
    for (saved, asks) in [("enabled", true), ("changed", false)] {
        let response = app.form(&path, &cookie, &save).await;
        let to = response.headers()["location"].to_str().unwrap();
        assert_eq!(to, format!("{path}?saved={saved}"));
        let page = html(&app, to, &cookie).await;
        assert_eq!(page.contains("id=\"held-before\""), asks, "{saved}: {page}");
    }
    // A link starts nothing: only a page that answers a form continues one.
    for query in [
        "saved=recovered&since=0&until=9000000000000&held=true&failed=true&rest=x",
        "saved=discarded&which=held&until=9000000000000&rest=1",
        "saved=discarded&which=waiting&until=9000000000000&rest=1",
    ] {
        let page = html(&app, &format!("{path}?{query}"), &cookie).await;
        assert!(page.contains("id=\"progress\"") && !page.contains("data-go-on"), "{query}: {page}");
    }
    // The button in the head of the page.
    let page = html(&app, &path, &cookie).await;
    assert!(page.contains("Send held deliveries (3)"), "{page}");
    let page = press(&app, &page, &send, &cookie).await;
    assert!(page.contains("3 deliveries are being sent again."), "{page}");
    receiver.wait(3).await;
    app.deliveries(&database, "succeeded", 3).await;
    let page = html(&app, &path, &cookie).await;
    assert!(!page.contains("Send held deliveries"), "{page}");
    let audit = html(&app, "/audit-log", &cookie).await;
    assert!(audit.contains("Deliveries sent again"), "{audit}");
    app.stop().await;
    assert_eq!(receiver.seen().len(), 3);
}

async fn held_events_are_discarded_and_not_recovered(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let (receiver, webhook) = disabled_with(&app, &database, 4).await;
    let path = path_of(&webhook);
    let page = html(&app, &path, &cookie).await;
    let page = press(&app, &page, &format!("{path}/deliveries/discard"), &cookie).await;
    assert!(page.contains("4 deliveries were discarded."), "{page}");
    app.deliveries(&database, "cancelled", 4).await;
    change(&app, &webhook, json!({ "enabled": true })).await;
    let all = json!({ "since": "2020-01-01T00:00:00Z" });
    assert_eq!(app.post(&format!("{path}/recover"), &all).await, (202, json!({ "deliveries": 0 })));
    // Discarding again says that there is nothing.
    let nothing = [("which", "held"), ("until", "9000000000000")];
    let response = app.form(&format!("{path}/deliveries/discard"), &cookie, &nothing).await;
    let page = html(&app, response.headers()["location"].to_str().unwrap(), &cookie).await;
    assert!(page.contains("There was nothing to discard."), "{page}");
    let wrong = [("which", "everything"), ("until", "1")];
    assert_eq!(app.form(&format!("{path}/deliveries/discard"), &cookie, &wrong).await.status(), 400);
    assert_eq!(
        app.post(&format!("{path}/discard"), &json!({})).await,
        (200, json!({ "deliveries": 0 }))
    );
    assert_eq!(app.post(&format!("{path}/discard"), &json!({ "state": "all" })).await.0, 422);
    app.stop().await;
    assert!(receiver.seen().is_empty());
}

async fn waiting_deliveries_are_listed_with_their_due_time_and_cancelled(database: TestDatabase) {
    let app = TestApp::start_with(&database, hourly(), loopback(), new_id()).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let receiver = Receiver::start((0..3).map(|_| Reply::status(500))).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    publish_many(&app, BuiltIn::IdentityCreated, 3, "").await;
    app.deliveries(&database, "pending", 3).await;
    let path = path_of(&webhook);
    let page = html(&app, &format!("{path}?response=waiting"), &cookie).await;
    let table = Page::of(&page);
    let rows = table.all("table[aria-label=\"Waiting deliveries\"] tbody tr");
    assert_eq!(rows.len(), 3, "{page}");
    let row = text_of(rows[0]);
    assert!(row.contains("Identity created") && row.contains("Waits until it is due"), "{row}");
    let due: Timestamp = Timestamp::parse(inside(rows[0], "time")[0].attr("datetime").unwrap()).unwrap();
    assert!(due > Timestamp::now().plus(Duration::from_mins(30)), "due in about an hour");
    // The same by the API, in pages of two.
    let query = format!("/deliveries?state=waiting&webhook_id={}&limit=2", webhook["id"].as_str().unwrap());
    let first = app.get(&query).await;
    let second = app.get(&format!("{query}&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!(
        (first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len()),
        (2, 1)
    );
    assert_eq!(second["next_cursor"], json!(null));
    let item = &first["items"][0];
    assert_eq!(
        (&item["state"], &item["attempts"], &item["event_type"]),
        (&json!("pending"), &json!(1), &json!("identity.created"))
    );
    let mut due: Vec<&str> = [&first, &second]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|item| item["due_at"].as_str().unwrap())
        .collect();
    let sorted = due.clone();
    due.sort_unstable();
    assert_eq!(due, sorted, "in the order of their due time");
    // A button cancels one, the menu discards the others.
    let cancel = format!("{path}/deliveries/{}/cancel", item["id"].as_str().unwrap());
    let page = press(&app, &page, &cancel, &cookie).await;
    assert!(page.contains("The delivery was cancelled."), "{page}");
    app.deliveries(&database, "pending", 2).await;
    assert_eq!(
        app.post(&format!("{path}/discard"), &json!({ "state": "waiting" })).await,
        (200, json!({ "deliveries": 2 }))
    );
    app.deliveries(&database, "cancelled", 3).await;
    let page = html(&app, &format!("{path}?response=waiting"), &cookie).await;
    assert!(page.contains("No delivery is waiting."), "{page}");
    for bad in ["/deliveries?state=odd&webhook_id=1", "/deliveries?webhook_id=1"] {
        let response = app.api(Method::GET, bad).send().await.unwrap();
        assert_eq!(response.status(), 422, "{bad}");
    }
    app.stop().await;
}

async fn one_delivery_is_cancelled_in_each_state(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (_receiver, webhook) = disabled_with(&app, &database, 1).await;
    let query = format!("/deliveries?state=held&webhook_id={}", webhook["id"].as_str().unwrap());
    let held = app.get(&query).await["items"][0].clone();
    assert_eq!(held["state"], "held");
    let cancel = format!("/deliveries/{}/cancel", held["id"].as_str().unwrap());
    assert_eq!(
        app.post(&cancel, &json!({})).await,
        (200, json!({ "id": held["id"], "state": "cancelled" }))
    );
    assert_eq!(database.count("audit_log WHERE action = 'webhook.delivery_cancelled'").await, 1);
    // It has ended now, so that there is nothing to cancel.
    let (status, answer) = app.post(&cancel, &json!({})).await;
    assert_eq!((status, answer["type"].as_str()), (409, Some("urn:clearhook:problem:conflict")));
    let unknown = format!("/deliveries/{}/cancel", webhook["id"].as_str().unwrap());
    assert_eq!(app.post(&unknown, &json!({})).await.0, 404);
    // One that is being sent is not cancelled.
    let slow = Reply {
        delay: Duration::from_millis(1_500),
        ..Reply::status(200)
    };
    let receiver = Receiver::start([slow]).await;
    let busy = app.webhook(&receiver.url, &[BuiltIn::VisitEventCreated]).await;
    app.publish(BuiltIn::VisitEventCreated, "slow").await;
    receiver.wait(1).await;
    let query = format!("/deliveries?state=waiting&webhook_id={}", busy["id"].as_str().unwrap());
    let sending = app.get(&query).await["items"][0].clone();
    assert_eq!(sending["state"], "sending");
    let cancel = format!("/deliveries/{}/cancel", sending["id"].as_str().unwrap());
    assert_eq!(app.post(&cancel, &json!({})).await.0, 409);
    app.deliveries(&database, "succeeded", 1).await;
    assert_eq!(app.post(&cancel, &json!({})).await.0, 409, "delivered");
    app.stop().await;
}

async fn dialog_counts_before_it_sends_and_a_range_limits_what_is_sent(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let receiver = Receiver::start((0..8).map(|_| Reply::status(500))).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = path_of(&webhook);
    publish_many(&app, BuiltIn::IdentityCreated, 2, "").await;
    app.deliveries(&database, "failed", 2).await;
    let old = "UPDATE deliveries SET created_at = created_at - 7200000 WHERE id = (SELECT id FROM deliveries ORDER BY id LIMIT 1)";
    database.execute(old).await;
    let numbers = async |query: &str| {
        let page = html(&app, &format!("{path}?{query}"), &cookie).await;
        (text_of(Page::of(&page).one("[id=send-again]")), page)
    };
    let (all, _) = numbers("again=all").await;
    assert!(all.contains("2 failed for good") && all.contains("0 held"), "{all}");
    let (hour, page) = numbers("again=1h").await;
    assert!(hour.contains("1 failed for good"), "{hour}");
    let (none, _) = numbers("again=custom&again_from=2020-01-01T00:00&again_to=2020-01-02T00:00").await;
    assert!(none.contains("Nothing failed for good"), "{none}");
    for bad in [
        "again=custom",
        "again=custom&again_from=soon",
        "again=custom&again_from=2026-01-02T00:00&again_to=2026-01-01T00:00",
    ] {
        let (wrong, _) = numbers(bad).await;
        assert!(!wrong.contains("Send them again"), "{bad}: {wrong}");
    }
    // The form and the links keep the range and the filters of the log.
    let (_, filtered) = numbers("again=1h&range=30d&response=failed&times=utc").await;
    let filtered = Page::of(&filtered);
    for field in ["range\"][value=\"30d", "response\"][value=\"failed", "times\"][value=\"utc"] {
        filtered.one(&format!("[id=send-again] form[method=get] input[name=\"{field}\"]"));
    }
    let links = filtered.all("#log-rows a[href*=\"again=custom\"]");
    assert!(!links.is_empty() && links.iter().all(|link| link.attr("href").unwrap().contains("response=failed&")));
    // The row menu of the log leads to the same dialog.
    let log = html(&app, &path, &cookie).await;
    assert!(
        log.contains("Send again everything that failed since this one") && log.contains("again=custom&amp;again_from="),
        "{log}"
    );
    // It offers the delivery of that row and those that were created after it: both for the older one, one for the newer one.
    let log = Page::of(&log);
    let mut offers = Vec::new();
    for link in log.all("#log-rows a[href*=\"again=custom\"]") {
        let href = link.attr("href").unwrap().split('#').next().unwrap().to_owned();
        let dialog = html(&app, &href, &cookie).await;
        offers.push(text_of(Page::of(&dialog).one("[id=send-again]")).contains("2 failed for good"));
    }
    assert!(offers.contains(&true) && offers.contains(&false), "{offers:?}");
    let send = format!("{path}/deliveries/send-again");
    let page = press(&app, &page, &send, &cookie).await;
    assert!(page.contains("1 delivery is being sent again."), "{page}");
    app.deliveries(&database, "succeeded", 1).await;
    app.deliveries(&database, "failed", 1).await;
    // Nothing chosen sends nothing; an end before the beginning is an error.
    let nothing = [("since", "0"), ("until", "9000000000000")];
    let response = app.form(&send, &cookie, &nothing).await;
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.contains("count=0"), "{location}");
    let page = html(&app, location, &cookie).await;
    assert!(page.contains("Nothing is sent: choose what to send"), "{page}");
    assert_eq!(
        app.form(&send, &cookie, &[("since", "5"), ("until", "5"), ("failed", "true")])
            .await
            .status(),
        422
    );
    assert_eq!(app.form(&send, &cookie, &[("since", "soon"), ("until", "5")]).await.status(), 400);
    app.deliveries(&database, "failed", 1).await;
    app.stop().await;
}

async fn two_people_send_and_discard_at_once_and_nothing_is_sent_twice(database: TestDatabase) {
    const HELD: usize = 300;
    let app = TestApp::start(&database).await;
    let (receiver, webhook) = disabled_with(&app, &database, HELD).await;
    change(&app, &webhook, json!({ "enabled": true })).await;
    let (state, webhook) = (app.state.clone(), id(&webhook));
    let now = Timestamp::now().plus(Duration::from_secs(1));
    let chosen = Chosen {
        since: Timestamp(0),
        until: now,
        failed: false,
        held: true,
    };
    let send = async || {
        webhooks::recover_for(&state, &Principal::System, webhook, chosen, None, None)
            .await
            .unwrap()
            .deliveries
    };
    let discard = async || {
        let discarded = webhooks::discard(&state, &Principal::System, webhook, Discard::Held, now, None).await;
        discarded.unwrap().deliveries
    };
    let (one, two, three, four) = tokio::join!(send(), discard(), send(), discard());
    assert_eq!(one + two + three + four, HELD as u64, "each is counted once");
    let (sent, discarded) = (one + three, two + four);
    app.deliveries(&database, "succeeded", i64::try_from(sent).unwrap()).await;
    app.deliveries(&database, "cancelled", i64::try_from(discarded).unwrap()).await;
    app.stop().await;
    assert_eq!(receiver.seen().len() as u64, sent, "none is sent twice");
}

async fn a_large_recovery_goes_on_part_by_part(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let (receiver, webhook) = disabled_with(&app, &database, 2_500).await;
    change(&app, &webhook, json!({ "enabled": true })).await;
    let chosen = Chosen {
        since: Timestamp(0),
        until: Timestamp::now().plus(Duration::from_secs(1)),
        failed: true,
        held: true,
    };
    let (mut rest, mut parts, mut all) = (None, 0, 0);
    loop {
        let part = webhooks::recover_for(&app.state, &Principal::System, id(&webhook), chosen, rest, Some(Duration::ZERO)).await;
        let part = part.unwrap();
        (rest, parts, all) = (part.rest, parts + 1, all + part.deliveries);
        if rest.is_none() {
            break;
        }
    }
    assert_eq!((parts, all), (3, 2_500));
    // Each request is in the audit log, because nobody can tell from its cursor that there was one before.
    let entries = app.get("/audit?action=webhook.recovered").await;
    assert_eq!(entries["items"].as_array().unwrap().len(), 3, "{entries}");
    receiver.wait(2_500).await;
    app.deliveries(&database, "succeeded", 2_500).await;
    app.stop().await;
    assert_eq!(receiver.seen().len(), 2_500);
}

/// Callbacks are paused for minutes after five failures.
fn pausing() -> DeliverySettings {
    DeliverySettings {
        breaker: BreakerSettings {
            failures: 5,
            first: Duration::from_secs(300),
            longest: Duration::from_secs(300),
        },
        concurrency_per_webhook: 1,
        schedule: "1h".parse().unwrap(),
        ..quick()
    }
}

async fn disabled_webhook_is_not_paused(database: TestDatabase) {
    let app = TestApp::start_with(&database, pausing(), loopback(), new_id()).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let receiver = Receiver::start((0..5).map(|_| Reply::status(500))).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = path_of(&webhook);
    publish_many(&app, BuiltIn::IdentityCreated, 6, "").await;
    wait_for("the sign in the list", async || {
        html(&app, "/webhooks", &cookie).await.contains("paused-sign").then_some(())
    })
    .await;
    assert!(html(&app, &path, &cookie).await.contains("Paused after"));
    change(&app, &webhook, json!({ "enabled": false })).await;
    assert!(!html(&app, "/webhooks", &cookie).await.contains("paused-sign"));
    assert!(!html(&app, &path, &cookie).await.contains("Paused after"));
    app.stop().await;
}

async fn paused_webhook_says_so_and_is_tried_now(database: TestDatabase) {
    let app = TestApp::start_with(&database, pausing(), loopback(), new_id()).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let receiver = Receiver::start((0..5).map(|_| Reply::status(500))).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = path_of(&webhook);
    publish_many(&app, BuiltIn::IdentityCreated, 12, "").await;
    wait_for("the breaker to open", async || {
        (app.dispatcher.load().open_breakers == 1 && app.dispatcher.load().in_flight == 0).then_some(())
    })
    .await;
    let page = wait_for("the health of the webhook", async || {
        let page = html(&app, &path, &cookie).await;
        page.contains("Every callback has failed for").then_some(page)
    })
    .await;
    let top = text_of(Page::of(&page).one("[id=health]"));
    for part in [
        "Every callback has failed for",
        "500 InternalServerError",
        "The receiver had an internal error. It is reachable; the fault is in its program.",
        "To be fixed by: Receiver",
        "Paused after 5 failures in a row. One callback is sent as a probe every 5 min until one succeeds.",
        // Those that failed are due in an hour, so they do not wait for the end of the pause.
        "6 deliveries wait behind it.",
        "Next probe in",
        "Try now",
    ] {
        assert!(top.contains(part), "{part}: {top}");
    }
    // The panel does not say that the next attempt is due now.
    let row = app.log(&webhook, 5).await.remove(0);
    let open = html(&app, &format!("{path}?callback={}", row["id"].as_str().unwrap()), &cookie).await;
    assert!(!open.contains("The next attempt is due now."), "{open}");
    let page = press(&app, &page, &format!("{path}/deliveries/try-now"), &cookie).await;
    assert!(page.contains("The oldest waiting delivery is being sent now."), "{page}");
    assert_eq!(database.count("audit_log WHERE action = 'webhook.redelivered'").await, 1);
    // The receiver works again, so the others follow.
    receiver.wait(12).await;
    wait_for("the pause to end", async || {
        let page = html(&app, &path, &cookie).await;
        (!page.contains("Paused after")).then_some(())
    })
    .await;
    app.stop().await;
}

async fn pause_names_the_next_delivery_that_is_due(database: TestDatabase) {
    let app = TestApp::start_with(&database, pausing(), loopback(), new_id()).await;
    let cookie = app.sign_in("ann@example.com", Role::Administrator).await;
    let receiver = Receiver::start((0..5).map(|_| Reply::status(500))).await;
    let webhook = app.webhook(&receiver.url, &[BuiltIn::IdentityCreated]).await;
    let path = path_of(&webhook);
    let health = async || text_of(Page::of(&html(&app, &path, &cookie).await).one("[id=health]"));
    publish_many(&app, BuiltIn::IdentityCreated, 5, "").await;
    // The breaker pauses for five minutes, but the first delivery is due in about an hour.
    wait_for("the next delivery that is due", async || {
        let top = health().await;
        let next = top.split_once("Next probe in ").and_then(|(_, rest)| rest.split_once(" min"));
        let minutes: Option<u32> = next.and_then(|(minutes, _)| minutes.parse().ok());
        (top.contains("Nothing waits behind it.") && minutes.is_some_and(|minutes| minutes >= 40)).then_some(())
    })
    .await;
    // Once nothing waits, the next event is the probe.
    app.post(&format!("{path}/discard"), &json!({ "state": "waiting" })).await;
    let top = health().await;
    assert!(
        top.contains("The next event is sent as a probe, in ") && !top.contains("Next probe in"),
        "{top}"
    );
    app.stop().await;
}

async fn owners_see_what_waits_and_change_nothing(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let owner = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let user = app.store.users().await.unwrap().remove(0).id;
    let receiver = Receiver::start([]).await;
    let body = json!({ "name": "Mine", "url": receiver.url, "events": ["identity.created"], "owners": [user], "enabled": false });
    let (_, webhook) = app.post("/webhooks", &body).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.deliveries(&database, "held", 1).await;
    let path = path_of(&webhook);
    let page = html(&app, &format!("{path}?response=held"), &owner).await;
    assert!(
        page.contains("Held while the webhook was disabled") && page.contains("Held deliveries"),
        "{page}"
    );
    assert!(!page.contains("/deliveries/") && !page.contains("name=\"name\""), "no form: {page}");
    let delivery = app
        .get(&format!("/deliveries?state=held&webhook_id={}", webhook["id"].as_str().unwrap()))
        .await["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for (action, fields) in [
        (
            "send-again".to_owned(),
            vec![("since", "0"), ("until", "9000000000000"), ("held", "true")],
        ),
        ("discard".to_owned(), vec![("which", "held"), ("until", "9000000000000")]),
        ("try-now".to_owned(), vec![]),
        (format!("{delivery}/cancel"), vec![]),
        (format!("{delivery}/redeliver"), vec![]),
    ] {
        let response = app.form(&format!("{path}/deliveries/{action}"), &owner, &fields).await;
        assert_eq!(response.status(), 403, "{action}");
    }
    app.deliveries(&database, "held", 1).await;
    // A key without the scope is refused as well.
    let reader = app.api(Method::GET, "/webhooks").send().await.unwrap();
    assert_eq!(reader.status(), 200);
    app.stop().await;
}

async fn lists_and_counts_read_an_index(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("https://example.com/", &[BuiltIn::IdentityCreated]).await;
    // Counting stops.
    let many = COUNTED_MAX + 500;
    let (uuid, random) = if database.url.starts_with("postgres") {
        (format!("'{}'::uuid", webhook["id"].as_str().unwrap()), "gen_random_uuid()")
    } else {
        (format!("x'{}'", webhook["id"].as_str().unwrap().replace('-', "")), "randomblob(16)")
    };
    database
        .execute(&format!(
            "INSERT INTO deliveries (id, event_id, webhook_id, state, next_trigger, attempts, retries, manual_requests, panics, priority, created_at, updated_at) \
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {many}) \
             SELECT {random}, {random}, {uuid}, 'failed', 'event', 3, 2, 0, 0, 1, i, i FROM n"
        ))
        .await;
    if database.url.starts_with("postgres") {
        database.execute("ANALYZE deliveries").await;
    }
    for list in [DeliveryList::Waiting, DeliveryList::Held, DeliveryList::Failed] {
        let plan = app.store.list_plan(id(&webhook), list).await.unwrap();
        // The small index of what is being sent is read as a whole.
        let plan = plan.replace("SCAN deliveries USING INDEX deliveries_sending", "");
        assert!(
            !plan.contains("SCAN deliveries") && !plan.contains("Seq Scan on deliveries"),
            "{list:?}: {plan}"
        );
    }
    let counts = app.store.delivery_counts(id(&webhook)).await.unwrap();
    assert_eq!((counts.failed, counts.held, counts.waiting), (COUNTED_MAX + 1, 0, 0));
    let mut after = None;
    let mut seen = 0;
    for _ in 0..3 {
        let page = app
            .store
            .list_deliveries(id(&webhook), DeliveryList::Failed, after, 200)
            .await
            .unwrap();
        assert!(page.items.is_sorted_by(|newer, older| newer.created > older.created));
        assert!(
            page.items.iter().all(|delivery| delivery.event_type.is_none()),
            "their events are not stored"
        );
        seen += page.items.len();
        after = page.next;
    }
    assert_eq!(seen, 600);
    app.stop().await;
}
