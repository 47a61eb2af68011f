//! The second factor: enrolment, sign-in, and that no code is accepted twice.

use std::time::Duration;

use clearhook::domain::role::Role;
use futures_util::future::join_all;
use reqwest::Response;

use crate::support::{
    app::{TestApp, cookie},
    binary::Installation,
    database::TestDatabase,
    device::{codes, enrol},
    on_both,
};

on_both! {
    second_factor_code_is_accepted_once recovery_code_is_accepted_once codes_sent_at_the_same_time_are_accepted_once
    first_step_ends_when_the_password_is_reset_or_the_user_is_disabled second_factor_guesses_are_throttled
    second_factor_is_reset_by_command second_factor_is_reset_by_another_administrator second_factor_is_turned_off_with_the_password
}

const EMAIL: &str = "admin@example.com";
const RIGHT: &str = "correct horse battery";

/// The cookie of the second step, after the correct password.
async fn first_step(app: &TestApp) -> String {
    let response = app
        .form("/sign-in", "", &[("email", EMAIL), ("password", RIGHT), ("next", "/webhooks/new")])
        .await;
    assert_eq!(response.headers()["location"], "/sign-in/code?next=%2Fwebhooks%2Fnew");
    assert!(cookie(&response, "clearhook_session").is_none());
    cookie(&response, "clearhook_step").unwrap()
}

async fn second_step(app: &TestApp, step: &str, code: &str) -> Response {
    app.form("/sign-in/code", step, &[("code", code), ("next", "/webhooks/new")]).await
}

async fn second_factor_code_is_accepted_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let before = app.sign_in(EMAIL, Role::Administrator).await;
    let bystander = cookie(
        &app.form("/sign-in", "", &[("email", EMAIL), ("password", RIGHT)]).await,
        "clearhook_session",
    )
    .unwrap();
    let wrong = app
        .form("/account", &before, &[("intent", "begin-factor"), ("current", "wrong")])
        .await;
    assert_eq!(wrong.status(), 422);
    let (session, device, _) = enrol(&app, &before).await;
    for over in [&before, &bystander] {
        assert_eq!(app.page("/account", over).await.status(), 303);
    }
    let page = app.page("/account", &session).await.text().await.unwrap();
    assert!(
        page.contains("You have 10 recovery codes left") && !page.contains("otpauth"),
        "{page}"
    );

    let step = first_step(&app).await;
    assert!(
        app.page("/sign-in/code", &step)
            .await
            .text()
            .await
            .unwrap()
            .contains("one-time-code")
    );
    assert_eq!(
        app.page("/webhooks", &step).await.status(),
        303,
        "the first step alone lets nobody in"
    );
    let replayed = second_step(&app, &step, &device.code(&app)).await;
    assert_eq!(replayed.status(), 401, "the code with which it was set up");
    app.clock.forward(Duration::from_secs(30));
    let code = device.code(&app);
    let response = second_step(&app, &step, &code).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (303, &"/webhooks/new".parse().unwrap())
    );
    assert_eq!(
        app.page("/webhooks", &cookie(&response, "clearhook_session").unwrap())
            .await
            .status(),
        200
    );
    let replayed = second_step(&app, &step, &code).await;
    assert_eq!(replayed.status(), 401);
    assert!(replayed.text().await.unwrap().contains("This code is not valid"));
    // After a code of a later time step, only later codes are accepted.
    app.clock.forward(Duration::from_secs(30));
    assert_eq!(second_step(&app, &step, &code).await.status(), 401);
    // The first step expires after ten minutes, and its cookie cannot be forged.
    app.clock.forward(Duration::from_mins(10));
    for step in [step.as_str(), "clearhook_step=AAAA", ""] {
        let response = second_step(&app, step, &device.code(&app)).await;
        assert_eq!(response.status(), 401);
        assert!(response.text().await.unwrap().contains("Sign in again"));
    }
    assert_eq!(database.count("audit_log WHERE action = 'user.second_factor_added'").await, 1);
    app.stop().await;
}

async fn recovery_code_is_accepted_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in(EMAIL, Role::Administrator).await;
    let (session, _, first) = enrol(&app, &session).await;
    assert_eq!(first.len(), 10);
    let step = first_step(&app).await;
    assert_eq!(second_step(&app, &step, &first[3].to_uppercase()).await.status(), 303);
    assert_eq!(second_step(&app, &step, &first[3]).await.status(), 401);
    let renew = async |current: &str| {
        app.form("/account", &session, &[("intent", "renew-codes"), ("current", current)])
            .await
    };
    assert_eq!(renew("wrong").await.status(), 422);
    let renewed = renew(RIGHT).await;
    assert_eq!(renewed.status(), 200);
    let second = codes(&renewed.text().await.unwrap());
    assert_eq!(second_step(&app, &step, &first[4]).await.status(), 401);
    assert_eq!(second_step(&app, &step, &second[4].replace('-', " ")).await.status(), 303);
    assert_eq!(database.count("audit_log WHERE action = 'user.recovery_codes_renewed'").await, 1);
    assert_eq!(database.count("recovery_codes").await, 9);
    app.stop().await;
}

/// Several requests with the same valid code at the same moment: one of them signs in.
async fn codes_sent_at_the_same_time_are_accepted_once(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in(EMAIL, Role::Administrator).await;
    let (_, device, recovery) = enrol(&app, &session).await;
    app.clock.forward(Duration::from_secs(30));
    for (code, times) in [(device.code(&app), 4), (recovery[0].clone(), 8)] {
        let step = first_step(&app).await;
        let answers = join_all((0..times).map(|_| second_step(&app, &step, &code))).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        let sessions = answers.iter().filter_map(|answer| cookie(answer, "clearhook_session")).count();
        assert_eq!(sessions, 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [303, 401, 429].contains(status)), "{statuses:?}");
        // The failures count as guesses.
        app.clock.forward(Duration::from_hours(1));
    }
    assert_eq!(database.count("recovery_codes").await, 9);
    app.stop().await;
}

/// The cookie of the first step proves a password. It is worth nothing after that password was reset or the user was disabled, even if the
/// user is enabled again.
async fn first_step_ends_when_the_password_is_reset_or_the_user_is_disabled(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in(EMAIL, Role::Administrator).await;
    let (_, device, _) = enrol(&app, &session).await;
    let other = app.sign_in("other@example.com", Role::Administrator).await;
    let path = format!("/users/{}", app.store.user_by_email(EMAIL).await.unwrap().unwrap().0.id);
    let submit = async |fields: &[(&str, &str)]| assert_eq!(app.form(&path, &other, fields).await.status(), 303, "{fields:?}");
    let refused = async |step: &str, why: &str| {
        let response = second_step(&app, step, &device.code(&app)).await;
        assert_eq!(response.status(), 401, "{why}");
        assert!(cookie(&response, "clearhook_session").is_none(), "{why}");
        assert!(response.text().await.unwrap().contains("Sign in again"), "{why}");
    };
    app.clock.forward(Duration::from_secs(30));
    let step = first_step(&app).await;
    submit(&[("intent", "disable")]).await;
    refused(&step, "disabled").await;
    submit(&[("intent", "enable")]).await;
    let step = first_step(&app).await;
    submit(&[("intent", "reset-password"), ("password", "another good password")]).await;
    refused(&step, "password reset").await;
    submit(&[("intent", "reset-password"), ("password", RIGHT)]).await;
    refused(&step, "the same password again has another hash").await;
    // The code is still unused, so a new sign-in succeeds with it.
    let step = first_step(&app).await;
    assert_eq!(second_step(&app, &step, &device.code(&app)).await.status(), 303);
    app.stop().await;
}

async fn second_factor_guesses_are_throttled(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in(EMAIL, Role::Administrator).await;
    let (_, device, _) = enrol(&app, &session).await;
    let step = first_step(&app).await;
    app.clock.forward(Duration::from_secs(30));
    let mut answers = Vec::new();
    for guess in 0..8 {
        answers.push(second_step(&app, &step, &format!("guess{guess}")).await.status().as_u16());
    }
    assert_eq!(answers, [401, 401, 401, 401, 401, 401, 429, 429]);
    let response = second_step(&app, &step, &device.code(&app)).await;
    assert_eq!(response.status(), 429);
    let wait = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    app.clock.forward(Duration::from_secs(wait));
    assert_eq!(second_step(&app, &step, &device.code(&app)).await.status(), 303);
    app.stop().await;
}

async fn second_factor_is_reset_by_command(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in(EMAIL, Role::Administrator).await;
    let (session, _, _) = enrol(&app, &session).await;
    let here = Installation::new();
    let key = database.key.reveal();
    let reset = |email| {
        [
            "user",
            "reset-second-factor",
            "--email",
            email,
            "--database-url",
            &database.url,
            "--master-key",
            &key,
        ]
    };
    assert!(here.refusal(&reset("nobody@example.com"), 1).contains("user list"));
    assert!(here.answer(&reset(EMAIL)).contains(EMAIL));
    assert!(here.refusal(&reset(EMAIL), 1).contains("no second factor"));
    assert_eq!(app.page("/account", &session).await.status(), 303);
    assert_eq!(
        app.form("/sign-in", "", &[("email", EMAIL), ("password", RIGHT)]).await.headers()["location"],
        "/webhooks"
    );
    assert_eq!(
        database
            .count("audit_log WHERE action = 'user.second_factor_removed' AND actor_kind = 'command_line'")
            .await,
        1
    );
    app.stop().await;
}

async fn second_factor_is_reset_by_another_administrator(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in(EMAIL, Role::Administrator).await;
    let (session, _, _) = enrol(&app, &session).await;
    let other = app.sign_in("other@example.com", Role::Administrator).await;
    let path = format!("/users/{}", app.store.user_by_email(EMAIL).await.unwrap().unwrap().0.id);
    let fields = [("intent", "reset-second-factor"), ("current", RIGHT)];
    assert_eq!(app.form(&path, &session, &fields).await.status(), 409, "not one's own");
    let wrong = app
        .form(&path, &other, &[("intent", "reset-second-factor"), ("current", "guessed")])
        .await;
    assert!(
        wrong.text().await.unwrap().contains("current-error"),
        "a session alone is not enough"
    );
    assert!(
        app.page(&path, &other)
            .await
            .text()
            .await
            .unwrap()
            .contains("Turn off second factor")
    );
    assert_eq!(
        app.form(&path, &other, &fields).await.headers()["location"],
        format!("{path}?saved=second-factor")
    );
    assert_eq!(app.page("/account", &session).await.status(), 303, "they are signed out");
    let html = app.page(&format!("{path}?saved=second-factor"), &other).await.text().await.unwrap();
    assert!(html.contains("The second factor was turned off") && !html.contains("Turn off second factor"));
    assert_eq!(app.form(&path, &other, &fields).await.status(), 409, "there is none any more");
    let signed_in = app.form("/sign-in", "", &[("email", EMAIL), ("password", RIGHT)]).await;
    assert_eq!(signed_in.headers()["location"], "/webhooks");
    let logged = "audit_log WHERE action = 'user.second_factor_removed' AND actor_name = 'other@example.com'";
    assert_eq!(database.count(logged).await, 1);
    app.stop().await;
}

async fn second_factor_is_turned_off_with_the_password(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let session = app.sign_in(EMAIL, Role::Administrator).await;
    let (session, _, _) = enrol(&app, &session).await;
    let off = async |session: &str, current: &str| {
        app.form("/account", session, &[("intent", "remove-factor"), ("current", current)])
            .await
    };
    assert_eq!(off(&session, "wrong").await.status(), 422);
    let response = off(&session, RIGHT).await;
    assert_eq!(response.status(), 303);
    assert_eq!(app.page("/account", &session).await.status(), 303, "the session has another id");
    assert_eq!(
        app.page("/account", &cookie(&response, "clearhook_session").unwrap())
            .await
            .status(),
        200
    );
    assert_eq!(database.count("second_factors").await + database.count("recovery_codes").await, 0);
    app.stop().await;
}
