//! Sessions: when they expire, and that an expired session is rejected.

use std::time::Duration;

use clearhook::{domain::role::Role, storage::users::UserChange};

use crate::support::{
    app::{TestApp, cookie},
    database::TestDatabase,
    html::Page,
    on_both,
    wait::wait_for,
};

on_both! { session_expires_by_idle_and_absolute_limits forged_or_stale_cookie_is_rejected sign_in_renews_the_session
password_change_ends_all_other_sessions own_session_is_listed_and_ended disabled_user_is_signed_out expired_sessions_are_deleted
session_cookie_is_secure_behind_https }

const RIGHT: &str = "correct horse battery";
const NEW: &str = "seven purple lanterns hum";

async fn again(app: &TestApp, email: &str) -> String {
    let response = app.form("/sign-in", "", &[("email", email), ("password", RIGHT)]).await;
    cookie(&response, "clearhook_session").unwrap()
}

async fn lives(app: &TestApp, cookie: &str) -> bool {
    match app.page("/account", cookie).await.status().as_u16() {
        200 => true,
        303 => false,
        other => panic!("{other}"),
    }
}

async fn session_expires_by_idle_and_absolute_limits(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in("admin@example.com", Role::Administrator).await;
    app.clock.forward(Duration::from_mins(12 * 60 - 1));
    assert!(lives(&app, &session).await);
    app.clock.forward(Duration::from_mins(12 * 60 - 1));
    assert!(lives(&app, &session).await, "a use was noted");
    app.clock.forward(Duration::from_hours(12));
    assert!(!lives(&app, &session).await);
    assert_eq!(database.count("sessions").await, 0);
    let session = again(&app, "admin@example.com").await;
    for _ in 0..15 {
        app.clock.forward(Duration::from_hours(11));
        assert!(lives(&app, &session).await);
    }
    app.clock.forward(Duration::from_hours(3));
    assert!(!lives(&app, &session).await, "after 7 days, however busy");
    app.stop().await;
}

async fn forged_or_stale_cookie_is_rejected(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in("admin@example.com", Role::Administrator).await;
    let elsewhere = TestDatabase::sqlite();
    let other = TestApp::start(&elsewhere).await;
    let foreign = other.sign_in("admin@example.com", Role::Administrator).await;
    let changed = format!("{}x", &session[..session.len() - 1]);
    let long = format!("clearhook_session={}", "x".repeat(6_000));
    for cookie in [
        "clearhook_session=",
        "clearhook_session=x",
        "clearhook_session='; DROP TABLE sessions; --",
        &foreign,
        &changed,
        &long,
    ] {
        assert!(!lives(&app, cookie).await, "{cookie}");
        assert_eq!(app.form("/account/sign-out-everywhere", cookie, &[]).await.status(), 303);
    }
    assert!(lives(&app, &session).await);
    let out = app.form("/sign-out", &session, &[]).await;
    assert!(cookie(&out, "clearhook_session").is_none());
    assert!(!lives(&app, &session).await, "a replayed cookie");
    other.stop().await;
    app.stop().await;
}

async fn sign_in_renews_the_session(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let first = app.sign_in("admin@example.com", Role::Administrator).await;
    let response = app
        .form("/sign-in", &first, &[("email", "admin@example.com"), ("password", RIGHT)])
        .await;
    let second = cookie(&response, "clearhook_session").unwrap();
    assert_ne!(first, second);
    assert!(!lives(&app, &first).await && lives(&app, &second).await);
    assert_eq!(database.count("sessions").await, 1);
    assert_eq!(database.count("audit_log WHERE action = 'user.signed_in'").await, 2);
    app.stop().await;
}

async fn password_change_ends_all_other_sessions(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let mine = app.sign_in("admin@example.com", Role::Administrator).await;
    let other = again(&app, "admin@example.com").await;
    let change = async |session: &str, current: &str, new: &str| {
        app.form("/account", session, &[("intent", "password"), ("current", current), ("new", new)])
            .await
    };
    for (current, new, said) in [
        ("wrong", NEW, "This is not your password."),
        (RIGHT, "short", "at least 12 characters"),
        (RIGHT, "admin@example.com", "too common"),
        (RIGHT, "qwertyuiop1234", "too common"),
    ] {
        let response = change(&mine, current, new).await;
        assert_eq!(response.status(), 422);
        assert!(response.text().await.unwrap().contains(said));
    }
    assert!(lives(&app, &mine).await && lives(&app, &other).await);
    let response = change(&mine, RIGHT, NEW).await;
    assert_eq!(response.status(), 303);
    let renewed = cookie(&response, "clearhook_session").unwrap();
    assert!(!lives(&app, &mine).await && !lives(&app, &other).await && lives(&app, &renewed).await);
    let done = app
        .page(response.headers()["location"].to_str().unwrap(), &renewed)
        .await
        .text()
        .await
        .unwrap();
    assert!(done.contains("Your password was changed."), "{done}");
    let sign_in = async |password: &str| {
        app.form("/sign-in", "", &[("email", "admin@example.com"), ("password", password)])
            .await
            .status()
    };
    assert_eq!((sign_in(RIGHT).await.as_u16(), sign_in(NEW).await.as_u16()), (401, 303));
    assert_eq!(
        database
            .count("audit_log WHERE action = 'user.password_changed' AND actor_name = 'admin@example.com'")
            .await,
        1
    );
    // Somebody with access to an open browser can guess only a few times.
    let mut last = 0;
    for _ in 0..8 {
        last = change(&renewed, "guess", RIGHT).await.status().as_u16();
    }
    assert_eq!(last, 429);
    app.stop().await;
}

async fn own_session_is_listed_and_ended(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let mine = app.sign_in("admin@example.com", Role::Administrator).await;
    let request = app
        .http
        .post(format!("{}/sign-in", app.url))
        .header("content-type", "application/x-www-form-urlencoded");
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
    let body = "email=admin%40example.com&password=correct+horse+battery";
    let other = request.header("user-agent", agent).body(body).send().await.unwrap();
    let other = cookie(&other, "clearhook_session").unwrap();
    let stranger = app.sign_in("stranger@example.com", Role::ApiOwner).await;
    let page = app.page("/account", &mine).await.text().await.unwrap();
    assert!(
        page.contains("Firefox, Linux") && page.contains("127.0.0.1") && page.contains("This browser"),
        "{page}"
    );
    let id = Page::of(&page).hidden("session");
    let end = [("session", id.as_str())];
    assert_eq!(app.form("/account/end-session", &stranger, &end).await.status(), 303);
    assert!(lives(&app, &other).await, "nobody ends another's session");
    assert_eq!(app.form("/account/end-session", &mine, &end).await.status(), 303);
    assert!(!lives(&app, &other).await && lives(&app, &mine).await);
    let third = again(&app, "admin@example.com").await;
    let out = app.form("/account/sign-out-everywhere", &mine, &[]).await;
    assert_eq!(out.headers()["location"], "/sign-in");
    assert!(!lives(&app, &mine).await && !lives(&app, &third).await && lives(&app, &stranger).await);
    assert_eq!(database.count("audit_log WHERE action = 'user.signed_out_everywhere'").await, 1);
    assert_eq!(app.form("/account", &stranger, &[("intent", "explode")]).await.status(), 400);
    app.stop().await;
}

async fn disabled_user_is_signed_out(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    let session = app.sign_in("owner@example.com", Role::ApiOwner).await;
    let (user, _) = app.store.user_by_email("owner@example.com").await.unwrap().unwrap();
    let by = clearhook::storage::audit::Actor::command_line();
    app.store.change_user(&by, user.id, UserChange::Disable).await.unwrap();
    assert!(!lives(&app, &session).await);
    let response = app
        .form("/sign-in", "", &[("email", "owner@example.com"), ("password", RIGHT)])
        .await;
    assert_eq!(response.status(), 401);
    app.stop().await;
}

async fn expired_sessions_are_deleted(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    app.sign_in("admin@example.com", Role::Administrator).await;
    again(&app, "admin@example.com").await;
    let kept = again(&app, "admin@example.com").await;
    app.stop().await;
    database
        .execute("UPDATE sessions SET expires_at = 1 WHERE id IN (SELECT id FROM sessions ORDER BY id LIMIT 1)")
        .await;
    database
        .execute(
            "UPDATE sessions SET last_seen_at = 1 WHERE expires_at > 1 AND id NOT IN (SELECT id FROM sessions ORDER BY id DESC LIMIT 1)",
        )
        .await;
    let app = TestApp::start(&database).await;
    wait_for("ended sessions to be deleted", async || {
        (database.count("sessions").await == 1).then_some(())
    })
    .await;
    assert!(lives(&app, &kept).await);
    app.stop().await;
}

async fn session_cookie_is_secure_behind_https(database: TestDatabase) {
    for (public, trusted, proto, secure) in [
        ("https://hooks.example.com", false, "http", true),
        ("http://hooks.example.com", true, "https", true),
        ("http://hooks.example.com", true, "http", false),
        ("http://hooks.example.com", false, "https", false),
    ] {
        let app = TestApp::start_at(&database, |front| {
            front.public_url = public.parse().unwrap();
            if trusted {
                front.proxies = "127.0.0.1".parse().unwrap();
            }
        })
        .await;
        let request = app.http.post(format!("{}/sign-out", app.url)).header("x-forwarded-proto", proto);
        let response = request.send().await.unwrap();
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=0"] {
            assert!(cookie.contains(attribute), "{attribute}: {cookie}");
        }
        assert_eq!(cookie.contains("; Secure"), secure, "{public} {trusted} {proto}");
        app.stop().await;
    }
}
