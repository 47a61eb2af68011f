//! Language and theme of a page: the stored choice, otherwise the preference of the browser.

use clearhook::domain::role::Role;
use reqwest::header::LOCATION;

use crate::support::{
    app::TestApp,
    database::TestDatabase,
    html::{Page, attribute, text_of},
    on_both,
};

on_both! { pages_are_in_the_viewers_language times_are_in_the_chosen_zone validation_errors_are_translated_on_pages_only }

async fn french(app: &TestApp, path: &str, cookie: &str) -> String {
    let request = app
        .http
        .get(format!("{}{path}", app.url))
        .header("accept-language", "fr-CA,fr;q=0.9,en;q=0.5");
    request.header("cookie", cookie).send().await.unwrap().text().await.unwrap()
}

async fn pages_are_in_the_viewers_language(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let html = french(&app, "/sign-in", "").await;
    for shown in ["<html lang=\"fr\"", "Se connecter", "Mot de passe", "English"] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let html = french(&app, "/webhooks", &cookie).await;
    assert!(
        html.contains("Ajouter un webhook") && html.contains("Pas encore de webhook") && !html.contains("Add webhook"),
        "{html}"
    );
    let html = app.page("/webhooks", &cookie).await.text().await.unwrap();
    assert!(html.contains("<html lang=\"en\"") && html.contains("Add webhook"), "{html}");

    // Chosen on the page, without scripts and before sign-in: the cookie takes precedence over the browser, and the response leads back.
    let chosen = app
        .http
        .post(format!("{}/preferences", app.url))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("referer", format!("{}/webhooks?q=a", app.url))
        .body("lang=fr&theme=dark")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (chosen.status().as_u16(), chosen.headers()[LOCATION].to_str().unwrap()),
        (303, "/webhooks?q=a")
    );
    let kept: Vec<&str> = chosen
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|kept| kept.to_str().unwrap())
        .collect();
    let pairs: Vec<&str> = kept.iter().filter_map(|kept| kept.split(';').next()).collect();
    assert_eq!(pairs, ["lang=fr", "theme=dark"]);
    let html = app
        .page("/webhooks", &format!("{cookie}; {}", pairs.join("; ")))
        .await
        .text()
        .await
        .unwrap();
    assert!(html.contains("<html lang=\"fr\" data-theme=\"dark\""), "{html}");
    assert_eq!(
        app.form("/preferences", "", &[("lang", "tlh")]).await.headers().get("set-cookie"),
        None
    );
    app.stop().await;
}

async fn times_are_in_the_chosen_zone(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let kept = async |zone: &str| {
        let response = app.form("/preferences", &cookie, &[("zone", zone)]).await;
        assert_eq!(response.status(), 303, "{zone}");
        let kept = response.headers().get("set-cookie").map(|kept| kept.to_str().unwrap().to_owned());
        kept.map(|kept| {
            let mut parts = kept.split("; ");
            (parts.next().unwrap().to_owned(), parts.any(|part| part == "Max-Age=0"))
        })
    };
    assert_eq!(kept("Asia/Kolkata").await, Some(("zone=Asia/Kolkata".to_owned(), false)));
    assert_eq!(kept("UTC").await, Some(("zone=UTC".to_owned(), false)));
    assert_eq!(kept("browser").await, Some(("zone=".to_owned(), true)));
    for wrong in [
        "",
        "Mars/Base",
        "../../etc/passwd",
        "Etc/GMT+3",
        "Europe/Paris; HttpOnly",
        "Europe/Paris\r\nSet-Cookie: a=b",
    ] {
        assert_eq!(kept(wrong).await, None, "{wrong}");
    }
    // The browser is in Montreal. The chosen zone takes precedence, and an unknown name is ignored.
    for (zone, expected) in [
        ("zone=Asia/Kolkata", "Asia/Kolkata"),
        ("zone=UTC", "UTC"),
        ("zone=Mars/Base", "America/Montreal"),
        ("lang=fr", "America/Montreal"),
    ] {
        let html = app
            .page("/account", &format!("{cookie}; tz=America/Montreal; {zone}"))
            .await
            .text()
            .await
            .unwrap();
        let page = Page::of(&html);
        assert!(text_of(page.one("#zone-now")).contains(expected), "{zone}: {html}");
        let chosen = page.all("#zone option[selected]");
        let value = if expected == "America/Montreal" { "browser" } else { expected };
        assert_eq!(attribute(chosen[0], "value"), value);
        assert!(text_of(page.one("#zone option[value=browser]")).contains("America/Montreal"));
    }
    app.stop().await;
}

async fn validation_errors_are_translated_on_pages_only(database: TestDatabase) {
    let app = TestApp::start(&database).await;
    let cookie = app.sign_in("admin@example.com", Role::Administrator).await;
    let french = format!("{cookie}; lang=fr");
    let response = app
        .form("/webhooks/new", &french, &[("name", ""), ("url", "ftp://example.com")])
        .await;
    assert_eq!(response.status(), 422);
    let html = response.text().await.unwrap();
    for shown in [
        "Veuillez corriger",
        "Saisissez un nom.",
        "Utilisez une URL qui commence par https://.",
        "Choisissez au moins un événement.",
        "Identité créée",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    let wrong = app
        .form("/sign-in", "lang=fr", &[("email", "a@example.com"), ("password", "wrong")])
        .await;
    assert!(wrong.text().await.unwrap().contains("est incorrect."));
    let body = serde_json::json!({ "name": "", "url": "https://example.com/", "events": ["visit_event.created"] });
    let (status, answer) = app.post("/webhooks", &body).await;
    assert_eq!((status, answer["errors"][0]["detail"].as_str().unwrap()), (422, "Enter a name."));
    app.stop().await;
}
