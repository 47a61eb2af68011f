//! The log of a webhook: pages in both directions, filters, counts, and the state of a delivery.

use std::time::Duration;

use clearhook::{
    app::AppState,
    auth::principal::Principal,
    catalogue::BuiltIn,
    domain::{
        delivery::DeliveryState,
        id::{CallbackId, WebhookId},
        timestamp::Timestamp,
    },
    services::{error::UseCaseError, webhooks},
    storage::{
        callbacks::LogFilter,
        log::{LogCursor, LogPage},
        new_id,
    },
};

use crate::support::{
    app::{TestApp, loopback, quick},
    database::TestDatabase,
    history::history,
    on_both,
    receiver::{Receiver, Reply},
    wait::wait_for,
};

on_both! { log_pages_go_both_ways kinds_of_callbacks_are_found_by_steps_of_an_index log_filters_by_response_and_event log_counts_agree_with_the_rows log_shows_attempts_and_the_next_retry }

const HOUR_MS: i64 = 3_600_000;
const EVENTS: [BuiltIn; 2] = [BuiltIn::IdentityCreated, BuiltIn::VisitEventCreated];

fn id(webhook: &serde_json::Value) -> WebhookId {
    webhook["id"].as_str().unwrap().parse().unwrap()
}

async fn kinds_of_callbacks_are_found_by_steps_of_an_index(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("https://example.com/", &EVENTS).await;
    history(&database, &webhook, Timestamp::now(), 1_000, 20_000).await;
    database.execute("ANALYZE").await;
    let plan = app.store.kinds_plan(id(&webhook)).await.unwrap();
    for bad in ["Seq Scan", "SCAN c", "SCAN callbacks", "->  Sort", "TEMP B-TREE"] {
        assert!(!plan.contains(bad), "{bad} in {plan}");
    }
    if database.url.starts_with("sqlite") {
        // Each step is a range of the last column that it uses.
        for range in ["(webhook_id=? AND event_type>?)", "(webhook_id=? AND event_type=? AND response>?)"] {
            assert!(plan.contains(range), "{range} in {plan}");
        }
    }
    let rare = LogFilter {
        status: Some(418),
        ..LogFilter::default()
    };
    assert!(app.store.callbacks(id(&webhook), &rare, None, 50).await.unwrap().items.is_empty());
}

async fn log_pages_go_both_ways(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("https://example.com/", &EVENTS).await;
    history(&database, &webhook, Timestamp::now(), 1_000, 65).await;
    let (filter, webhook) = (LogFilter::default(), id(&webhook));
    let page = async |place| app.store.log_page(webhook, &filter, place, 20).await.unwrap();
    let ids = |page: &LogPage| page.rows.iter().map(|row| row.id).collect::<Vec<_>>();

    let mut down = vec![page(LogCursor::Newest).await];
    while let Some(older) = down.last().unwrap().older {
        down.push(page(LogCursor::After(older)).await);
    }
    assert_eq!(down.iter().map(|page| page.rows.len()).collect::<Vec<_>>(), [20, 20, 20, 5]);
    let all: Vec<CallbackId> = down.iter().flat_map(ids).collect();
    let dates: Vec<_> = down.iter().flat_map(|page| &page.rows).map(|row| (row.at, row.id)).collect();
    assert!(dates.is_sorted_by(|newer, older| newer > older), "each once, newest first");
    assert!(down[0].newer.is_none() && down[1].newer.is_some());

    let mut up = vec![down.pop().unwrap()];
    while let Some(newer) = up.last().unwrap().newer {
        up.push(page(LogCursor::Before(newer)).await);
    }
    up.reverse();
    assert_eq!(up.iter().flat_map(ids).collect::<Vec<_>>(), all);
    // Before this row there is less than a page: the first page is shown.
    let top = page(LogCursor::Before(down[0].older.map(|_| down[1].newer.unwrap()).unwrap())).await;
    assert_eq!(ids(&top), &all[..20]);
    app.stop().await;
}

async fn log_filters_by_response_and_event(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("https://example.com/", &EVENTS).await;
    history(&database, &webhook, Timestamp::now(), 1_000, 200).await;
    let count = async |response: &str, event: Option<BuiltIn>| {
        let filter = LogFilter {
            response: (!response.is_empty()).then(|| response.parse().unwrap()),
            event: event.map(Into::into),
            ..LogFilter::default()
        };
        let rows = app
            .store
            .log_page(id(&webhook), &filter, LogCursor::Newest, 500)
            .await
            .unwrap()
            .rows
            .len();
        let counted = app.store.count(id(&webhook), &filter, HOUR_MS).await.unwrap();
        let figures: i64 = counted.figures.iter().map(|figure| figure.succeeded + figure.failed).sum();
        assert_eq!(
            (i64::try_from(rows).unwrap(), counted.begins),
            (figures, None),
            "{response} {event:?}"
        );
        rows
    };
    assert_eq!(count("", None).await, 200);
    for (response, rows) in [
        ("succeeded", 160),
        ("2xx", 160),
        ("200", 160),
        ("OK", 160),
        ("failed", 40),
        ("5xx", 20),
        ("503", 20),
        ("ServiceUnavailable", 20),
        ("none", 20),
        ("TimedOut", 20),
        ("4xx", 0),
        ("ConnectionRefused", 0),
    ] {
        assert_eq!(count(response, None).await, rows, "{response}");
    }
    assert_eq!(count("", Some(BuiltIn::VisitEventCreated)).await, 2);
    assert_eq!(count("failed", Some(BuiltIn::VisitEventCreated)).await, 0);
    assert_eq!(count("succeeded", Some(BuiltIn::VisitEventCreated)).await, 2);
    app.stop().await;
}

async fn log_counts_agree_with_the_rows(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let webhook = app.webhook("https://example.com/", &EVENTS).await;
    // Forty hours, a callback every two minutes.
    let newest = Timestamp::now();
    history(&database, &webhook, newest, 120_000, 1_200).await;
    let state = app.state.clone();
    let figures = async |filter: LogFilter, unit| {
        webhooks::figures(&state, &Principal::System, id(&webhook), &filter, unit)
            .await
            .unwrap()
    };
    let between = |from: u64, to: Option<u64>, response: &str| LogFilter {
        from: Some(newest.minus(Duration::from_mins(from))),
        to: to.map(|to| newest.minus(Duration::from_mins(to))),
        response: (!response.is_empty()).then(|| response.parse().unwrap()),
        ..LogFilter::default()
    };
    for (filter, is_summed) in [
        (between(24 * 60, None, ""), true),
        (between(30 * 60, Some(7 * 60 + 13), ""), true),
        (between(30 * 60, Some(7 * 60 + 13), "failed"), true),
        (between(30 * 60, Some(7 * 60 + 13), "succeeded"), true),
        (between(30 * 60, Some(7 * 60 + 13), "503"), false),
        (between(50, Some(20), ""), false),
        (between(40 * 60 + 30, None, ""), true),
    ] {
        let all = app
            .store
            .log_page(id(&webhook), &filter, LogCursor::Newest, 2_000)
            .await
            .unwrap()
            .rows;
        let succeeded = all.iter().filter(|row| row.status == Some(200)).count();
        let found = figures(filter.clone(), HOUR_MS).await;
        let sum = |of: fn(&clearhook::storage::callback_counts::Figure) -> i64| {
            usize::try_from(found.figures.iter().map(of).sum::<i64>()).unwrap()
        };
        assert_eq!(
            (sum(|figure| figure.succeeded), sum(|figure| figure.failed)),
            (succeeded, all.len() - succeeded),
            "{filter:?}"
        );
        assert!(found.figures.is_sorted_by(|older, newer| older.at < newer.at), "{filter:?}");
        assert_eq!(found.begins, None);
        assert_eq!(found.median_ms.is_some(), is_summed && filter.response.is_none(), "{filter:?}");
    }
    let minutes = figures(between(60, None, ""), 60_000).await.figures;
    assert!(
        minutes.len() > 8 && minutes.iter().all(|figure| figure.at.0 % 60_000 == 0),
        "{minutes:?}"
    );

    // Of too many callbacks only the newest are counted, and the page shows from when.
    let filter = between(30 * 60, None, "");
    let cut = app.store.count_at_most(id(&webhook), &filter, HOUR_MS, 100).await.unwrap();
    let whole = app.store.count(id(&webhook), &filter, HOUR_MS).await.unwrap();
    assert_eq!((cut.begins, whole.begins), (cut.figures.first().map(|first| first.at), None));
    assert!(whole.figures.ends_with(&cut.figures) && cut.figures.len() < whole.figures.len());

    let wrong = figures_of(&state, id(&webhook), newest, newest).await;
    assert!(matches!(wrong, Err(UseCaseError::Invalid(_))));
    app.stop().await;
}

async fn figures_of(state: &AppState, id: WebhookId, from: Timestamp, to: Timestamp) -> Result<webhooks::Figures, UseCaseError> {
    let filter = LogFilter {
        from: Some(from),
        to: Some(to),
        ..LogFilter::default()
    };
    webhooks::figures(state, &Principal::System, id, &filter, HOUR_MS).await
}

async fn log_shows_attempts_and_the_next_retry(database: TestDatabase) {
    let settings = clearhook::delivery::DeliverySettings {
        schedule: "50ms,1h".parse().unwrap(),
        ..quick()
    };
    let app = TestApp::start_with(&database, settings, loopback(), new_id()).await;
    let receiver = Receiver::start([Reply::status(500), Reply::status(503)]).await;
    let webhook = app.webhook(&receiver.url, &EVENTS).await;
    app.publish(BuiltIn::IdentityCreated, "1").await;
    app.log(&webhook, 2).await;
    let state = app.state.clone();
    let newest = app.store.latest_callback(id(&webhook)).await.unwrap().unwrap();
    let stands = async || webhooks::attempts(&state, &Principal::System, &newest).await.unwrap();
    let (attempts, standing) = stands().await;
    assert_eq!(
        attempts.iter().map(|row| (row.attempt, row.status)).collect::<Vec<_>>(),
        [(1, Some(500)), (2, Some(503))]
    );
    let standing = standing.unwrap();
    let wait = standing.due.unwrap().since(newest.at);
    assert_eq!(
        (standing.state, standing.attempts, standing.next.as_str()),
        (DeliveryState::Pending, 2, "retry")
    );
    assert!(wait > Duration::from_mins(47) && wait < Duration::from_mins(73), "{wait:?}");

    webhooks::redeliver(&state, &Principal::System, newest.id).await.unwrap();
    wait_for("the attempt that was asked for", async || {
        let (attempts, standing) = stands().await;
        let done = attempts.len() == 3 && standing.as_ref().is_some_and(|standing| standing.state == DeliveryState::Succeeded);
        done.then_some(())
    })
    .await;
    assert_eq!(stands().await.1.unwrap().due, None);
    app.stop().await;
}
