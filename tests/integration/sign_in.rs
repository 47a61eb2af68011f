//! Password guesses are throttled, and nobody is locked out permanently.

use std::time::Duration;

use clearhook::{
    domain::{role::Role, timestamp::Timestamp},
    storage::retention::Expired,
};
use reqwest::Response;

use crate::support::{
    app::{TestApp, cookie},
    database::TestDatabase,
    on_both,
};

on_both! { password_guesses_are_throttled client_address_counts_only_behind_trusted_proxies
known_browser_is_not_blocked_by_guesses concurrent_guesses_count_like_consecutive_ones sign_in_counters_expire_and_are_bounded malformed_sign_in_form_is_rejected }

const RIGHT: &str = "correct horse battery";

async fn try_it(app: &TestApp, email: &str, password: &str, cookie: &str) -> Response {
    app.form("/sign-in", cookie, &[("email", email), ("password", password)]).await
}

fn wait(response: &Response) -> Duration {
    Duration::from_secs(response.headers()["retry-after"].to_str().unwrap().parse().unwrap())
}

async fn password_guesses_are_throttled(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let mut told = Vec::new();
    // The responses do not reveal whether the user exists.
    for email in ["admin@example.com", "nobody@example.com"] {
        let mut answers = Vec::new();
        for _ in 0..20 {
            let response = try_it(&app, email, "wrong", "").await;
            answers.push(response.status().as_u16());
        }
        assert_eq!(
            (answers[..11].to_vec(), answers[11..].to_vec()),
            (vec![401; 11], vec![429; 9]),
            "{email}"
        );
        told.push(answers);
        app.clock.forward(Duration::from_hours(25));
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(
        database
            .count("audit_log WHERE action = 'user.sign_in_limited' AND object_name = 'admin@example.com'")
            .await,
        1
    );
    for _ in 0..20 {
        try_it(&app, "admin@example.com", "wrong", "").await;
        app.clock.forward(Duration::from_millis(200));
    }
    let response = try_it(&app, "admin@example.com", RIGHT, "").await;
    assert_eq!(response.status(), 429);
    let seconds = wait(&response);
    assert!((1..=300).contains(&seconds.as_secs()), "{seconds:?}");
    let page = response.text().await.unwrap();
    assert!(page.contains(&format!("Try again in {} second", seconds.as_secs())), "{page}");
    // The counters survive a restart.
    let now = app.clock.now();
    app.stop().await;
    let app = TestApp::start(&database).await;
    app.clock.forward(now.since(app.clock.now()));
    let response = try_it(&app, "admin@example.com", RIGHT, "").await;
    assert_eq!(response.status(), 429);
    app.clock.forward(wait(&response));
    let response = try_it(&app, "admin@example.com", RIGHT, "").await;
    assert_eq!(response.status(), 303);
    // The counter has expired.
    assert_eq!(try_it(&app, "admin@example.com", "wrong", "").await.status(), 401);
    assert_eq!(try_it(&app, "admin@example.com", RIGHT, "").await.status(), 303);
    app.stop().await;
}

async fn client_address_counts_only_behind_trusted_proxies(database: TestDatabase) {
    for trusted in [true, false] {
        let app = TestApp::start_at(&database, |front| {
            if trusted {
                front.proxies = "127.0.0.0/8".parse().unwrap();
            }
        })
        .await;
        let from = async |address: &str, email: &str| {
            let request = app.http.post(format!("{}/sign-in", app.url)).header("x-forwarded-for", address);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            request
                .body(format!("email={email}&password=wrong"))
                .send()
                .await
                .unwrap()
                .status()
                .as_u16()
        };
        for number in 0..21 {
            // Entries to the left are written by clients.
            assert_eq!(
                from(&format!("192.0.2.{number}, 198.51.100.7"), &format!("a{number}@example.com")).await,
                401
            );
        }
        assert_eq!(from("198.51.100.7", "b@example.com").await, 429);
        assert_eq!(from("198.51.100.8", "b@example.com").await, if trusted { 401 } else { 429 });
        app.clock.forward(Duration::from_hours(25));
        app.store.delete_expired(Expired::SignInLimits, app.clock.now()).await.unwrap();
        app.stop().await;
    }
}

async fn known_browser_is_not_blocked_by_guesses(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let mark = cookie(&try_it(&app, "admin@example.com", RIGHT, "").await, "clearhook_browser").unwrap();
    for _ in 0..40 {
        try_it(&app, "admin@example.com", "wrong", "").await;
        app.clock.forward(Duration::from_secs(30));
    }
    assert_eq!(try_it(&app, "admin@example.com", RIGHT, "").await.status(), 429);
    assert_eq!(try_it(&app, "admin@example.com", RIGHT, &mark).await.status(), 303);
    // The device cookie belongs to one account and cannot be forged.
    app.sign_in("other@example.com", Role::ApiOwner).await;
    let other = cookie(
        &app.form("/sign-in", "", &[("email", "other@example.com"), ("password", RIGHT)])
            .await,
        "clearhook_browser",
    );
    for forged in [
        other.as_deref().unwrap_or("clearhook_browser=x"),
        "clearhook_browser=AAAA",
        "clearhook_browser=",
    ] {
        assert_eq!(try_it(&app, "admin@example.com", RIGHT, forged).await.status(), 429, "{forged}");
    }
    // With the device cookie no more guesses are possible than without it.
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(try_it(&app, "admin@example.com", "wrong", &mark).await.status().as_u16());
    }
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 11);
    app.stop().await;
}

async fn concurrent_guesses_count_like_consecutive_ones(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let attempts = (0..40).map(|_| try_it(&app, "someone@example.com", "wrong", ""));
    let answers = futures_util::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|response| response.status() == 401).count(), 11);
    assert_eq!(answers.iter().filter(|response| response.status() == 429).count(), 29);
    app.stop().await;
}

async fn sign_in_counters_expire_and_are_bounded(database: TestDatabase) {
    let store = database.open().await;
    let key = if database.url.starts_with("sqlite") {
        "CAST(i AS BLOB)"
    } else {
        "decode(lpad(to_hex(i), 8, '0'), 'hex')"
    };
    let now = Timestamp::now();
    database
        .execute(&format!(
            "INSERT INTO sign_in_limits (key, failures, blocked_until, last_at) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 101000) SELECT {key}, 1, 0, {} - 1000 + i FROM n",
            now.0
        ))
        .await;
    while store
        .delete_expired(Expired::SignInLimits, now.minus(Duration::from_hours(24)))
        .await
        .unwrap()
    {}
    assert_eq!(database.count("sign_in_limits").await, 100_000);
    while store
        .delete_expired(Expired::SignInLimits, now.plus(Duration::from_hours(1)))
        .await
        .unwrap()
    {}
    assert_eq!(database.count("sign_in_limits").await, 0);
}

async fn malformed_sign_in_form_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let twice = [("email", "admin@example.com"), ("password", "wrong"), ("password", RIGHT)];
    assert_eq!(app.form("/sign-in", "", &twice).await.status(), 400);
    for (email, password) in [
        ("", ""),
        ("admin@example.com", ""),
        ("", RIGHT),
        (&*"x".repeat(10_000), RIGHT),
        ("admin@example.com", &*"x".repeat(10_000)),
    ] {
        assert_eq!(try_it(&app, email, password, "").await.status(), 401);
    }
    assert_eq!(try_it(&app, "admin@example.com", &"x".repeat(300_000), "").await.status(), 413);
    let raw = async |media: &str, body: &'static [u8]| {
        let request = app.http.post(format!("{}/sign-in", app.url)).header("content-type", media);
        request.body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(raw("application/json", b"{}").await, 415);
    assert_eq!(raw("application/x-www-form-urlencoded", b"email=%ff%fe&password=\xff").await, 401);
    assert_eq!(raw("application/x-www-form-urlencoded", b"").await, 401);
    let elsewhere = app.http.post(format!("{}/sign-in", app.url)).header("sec-fetch-site", "cross-site");
    assert_eq!(elsewhere.send().await.unwrap().status(), 403);
    app.stop().await;
}
