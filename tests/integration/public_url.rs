//! The public URL of the console: links, cookies, forms of other origins, and warnings on the sign-in page.

use clearhook::domain::role::Role;
use reqwest::Response;

use crate::support::{
    app::{TestApp, cookie},
    binary::{Installation, Service},
    database::TestDatabase,
};

const WARNING: &str = "You opened this page over http";

async fn page(app: &TestApp, headers: &[(&str, &str)]) -> String {
    let request = headers
        .iter()
        .fold(app.http.get(format!("{}/sign-in", app.url)), |request, (name, value)| {
            request.header(*name, *value)
        });
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_page_warns_if_the_cookie_cannot_be_stored() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start_at(&database, |front| front.public_url = "https://hooks.example.com".parse().unwrap()).await;
    for by_http in [
        &[][..],
        &[("host", "hooks.example.com:3000")],
        &[("host", "10.0.0.7:3000")],
        &[("host", "hooks.example.com"), ("x-forwarded-proto", "http")],
        &[("host", "localhost:3000"), ("sec-fetch-mode", "navigate")],
    ] {
        let text = page(&app, by_http).await;
        assert!(
            text.contains(WARNING) && text.contains("href=\"https://hooks.example.com/\""),
            "{by_http:?}: {text}"
        );
        let french = page(&app, &[by_http, &[("accept-language", "fr")]].concat()).await;
        assert!(french.contains("Vous avez ouvert cette page en http"), "{french}");
    }
    // Requests over https stay secure if a proxy is not trusted or sends no header.
    for by_https in [
        &[("host", "hooks.example.com")][..],
        &[("host", "hooks.example.com:443")],
        &[("host", "127.0.0.1:3000"), ("x-forwarded-proto", "https")],
        &[("host", "internal:3000"), ("sec-fetch-mode", "navigate")],
    ] {
        assert!(!page(&app, by_https).await.contains(WARNING), "{by_https:?}");
    }
    app.stop().await;
    let plain = TestApp::start(&database).await;
    for headers in [&[][..], &[("x-forwarded-proto", "http")], &[("x-forwarded-proto", "https")]] {
        assert!(!page(&plain, headers).await.contains(WARNING), "{headers:?}");
    }
    plain.stop().await;
}

async fn post(app: &TestApp, headers: &[(&str, &str)]) -> Response {
    let request = app
        .http
        .post(format!("{}/sign-in", app.url))
        .header("content-type", "application/x-www-form-urlencoded");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request
        .body("email=ann%40example.com&password=correct+horse+battery")
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn form_from_another_origin_is_rejected() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    app.sign_in("ann@example.com", Role::Administrator).await;
    let (own, other) = (app.url.clone(), app.url.replace("http:", "https:"));
    for here in [
        &[("origin", own.as_str())][..],
        &[("origin", own.as_str()), ("sec-fetch-site", "same-origin")],
        // Behind a TLS proxy that is missing in the settings.
        &[("origin", other.as_str()), ("x-forwarded-proto", "https")],
        &[],
    ] {
        assert_eq!(post(&app, here).await.status(), 303, "{here:?}");
    }
    for elsewhere in [
        &[("origin", other.as_str())][..],
        &[("origin", "http://127.0.0.1:1")],
        &[("origin", "http://127.0.0.1")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("origin", other.as_str()), ("sec-fetch-site", "same-origin")],
        &[("origin", own.as_str()), ("sec-fetch-site", "cross-site")],
        &[("origin", "null")],
    ] {
        assert_eq!(post(&app, elsewhere).await.status(), 403, "{elsewhere:?}");
    }
    app.stop().await;
    // A proxy may forward another host name than the public one.
    let app = TestApp::start_at(&database, |front| front.public_url = "https://hooks.example.com".parse().unwrap()).await;
    for site in ["same-origin", "none"] {
        let headers = [("origin", "https://hooks.example.com"), ("sec-fetch-site", site)];
        assert_eq!(post(&app, &headers).await.status(), 303);
    }
    assert_eq!(post(&app, &[("origin", "http://hooks.example.com")]).await.status(), 403);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_next_parameter_is_always_a_safe_path() {
    let database = TestDatabase::sqlite();
    let app = TestApp::start(&database).await;
    app.sign_in("ann@example.com", Role::Administrator).await;
    for (next, expected) in [
        ("/webhooks?x=\u{1}", "/webhooks"),
        ("/webhooks?x=\u{7f}", "/webhooks"),
        ("/a\r\nSet-Cookie: a=b", "/webhooks"),
        ("/webhooks?q=é", "/webhooks?q=%C3%A9"),
        ("/webhooks?q=a b", "/webhooks?q=a%20b"),
        ("/webhooks?q=日本#x", "/webhooks?q=%E6%97%A5%E6%9C%AC#x"),
        ("/webhooks?q=%C3%A9", "/webhooks?q=%C3%A9"),
    ] {
        let fields = [("email", "ann@example.com"), ("password", "correct horse battery"), ("next", next)];
        let response = app.form("/sign-in", "", &fields).await;
        assert_eq!(response.status(), 303, "{next:?}");
        assert_eq!(response.headers()["location"], expected);
        assert!(cookie(&response, "clearhook_session").is_some());
        // Also when it is wrong, and at the second step.
        let wrong = app
            .form("/sign-in", "", &[("email", "ann@example.com"), ("password", "x"), ("next", next)])
            .await;
        assert!([401, 429].contains(&wrong.status().as_u16()), "{next:?}");
        let code = app.form("/sign-in/code", "", &[("code", "1"), ("next", next)]).await;
        assert_eq!(code.status(), 401, "{next:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_public_url_is_rejected() {
    let here = Installation::new();
    for (url, word) in [
        ("https://hooks.example.com/console", "/console"),
        ("https://user:planted@hooks.example.com", "password"),
        ("https://hooks.example.com/?planted", "`?`"),
        ("https://hooks.example.com/#planted", "`#`"),
        ("user:planted@hooks.example.com", "not a URL"),
    ] {
        let line = here.refusal(&["serve", "--addr", "127.0.0.1:0", "--public-url", url], 1);
        assert!(
            line.contains("CLEARHOOK_PUBLIC_URL") && line.contains(word) && !line.contains("planted"),
            "{line}"
        );
    }
    for addr in ["0.0.0.0:0", "[::]:0"] {
        let here = Installation::new();
        let service = Service::start(here.command(&["serve", "--addr", addr]));
        let link = service.line("/setup?token=").await;
        let text = service.printed();
        let port = text
            .split("listening on ")
            .nth(1)
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .rsplit(':')
            .next()
            .unwrap()
            .to_owned();
        assert!(
            !link.is_empty() && text.contains(&format!("http://localhost:{port}/setup?token=")),
            "{text}"
        );
        assert!(!text.contains("http://0.0.0.0") && !text.contains("http://[::]"), "{text}");
        assert_eq!(service.terminate().await, Some(0));
    }
}
