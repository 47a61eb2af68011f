//! A whole run with planted secrets, by command line, API and console, with errors and the log level debug: afterwards the secrets are
//! searched for in all output.

use std::{fs, io::Write, process::Stdio};

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use clearhook::vault::MasterKey;
use reqwest::{Client, Method, redirect::Policy};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    app::{JsonAnswer, JsonBody},
    binary::{Installation, Service, client_builder, example_file},
    database::TestDatabase,
    on_both,
    wait::wait_for,
};

on_both! { planted_secrets_appear_in_no_output }

const PASSWORD: &str = "planted-password-correct-horse";
const WRONG: &str = "planted-wrong-password";
const HEADER: &str = "Bearer planted-header-value";
const RAW: &[u8; 32] = b"planted-raw-secret-planted-raw-s";

/// Output that must not contain a secret, each with its name.
struct Shown(Vec<(String, String)>);

impl Shown {
    fn add(&mut self, name: &str, text: impl Into<String>) {
        self.0.push((name.to_owned(), text.into()));
    }
}

/// The API and the console of the service.
struct Front {
    url: String,
    http: Client,
    key: String,
    cookie: String,
}

impl Front {
    async fn api(&self, method: Method, path: &str, body: Option<&Value>) -> String {
        let request = self
            .http
            .request(method, format!("{}/api/v1{path}", self.url))
            .bearer_auth(&self.key);
        let request = match body {
            Some(body) => request.json_value(body),
            None => request,
        };
        request.send().await.unwrap().text().await.unwrap()
    }

    async fn page(&self, path: &str) -> String {
        let request = self.http.get(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        let response = request.send().await.unwrap();
        let headers = format!("{:?}", response.headers());
        headers + &response.text().await.unwrap()
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.header("sec-fetch-site", "same-origin").body(body).send().await.unwrap()
    }
}

/// A receiver that echoes the whole request.
async fn parrot() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let app = Router::new().fallback(async |headers: HeaderMap| {
        let value = headers["authorization"].to_str().unwrap().to_owned();
        (StatusCode::BAD_GATEWAY, [("x-you-sent", value)], format!("{headers:?}"))
    });
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

#[expect(clippy::too_many_lines, reason = "one run, told in its order")]
async fn planted_secrets_appear_in_no_output(database: TestDatabase) {
    let (here, receiver) = (Installation::new(), parrot().await);
    let (master, new_master) = (database.key.reveal().to_string(), MasterKey::generate().reveal().to_string());
    // PostgreSQL of the tests asks for no password, and takes any.
    let url = database.url.replace("clearhook@", "clearhook:planted-database-password@");
    let command = |arguments: &[&str], key: &str| {
        let mut command = here.command(arguments);
        command.env("CLEARHOOK_DATABASE_URL", &url).env("CLEARHOOK_MASTER_KEY", key);
        command.env("CLEARHOOK_LOG", "debug");
        command
    };
    let mut shown = Shown(Vec::new());
    let mut run = |arguments: &[&str], input: &str, key: &str| {
        let mut child = command(arguments, key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        shown.add(&format!("stderr of {arguments:?}"), err);
        out
    };
    let email = "planted@example.com";
    let mut printed = vec![run(
        &["user", "create", "--email", email, "--role", "administrator", "--password-stdin"],
        &format!("{PASSWORD}\n"),
        &master,
    )];
    printed.push(run(
        &["user", "create", "--email", email, "--role", "administrator", "--password-stdin"],
        PASSWORD,
        &master,
    ));
    printed.push(run(
        &[
            "user",
            "create",
            "--email",
            "b@example.com",
            "--role",
            "administrator",
            "--password-stdin",
        ],
        "planted",
        &master,
    ));
    printed.push(run(&["user", "list", "--json"], "", &master));
    let scopes = ["events:write", "webhooks:read", "webhooks:write", "callbacks:read", "metrics:read"];
    let key = run(
        &[&["api-key", "create", "--name", "k", "--scope"][..], &scopes].concat(),
        "",
        &master,
    );
    let key = key.trim().to_owned();
    printed.push(run(&["api-key", "list", "--json"], "", &master));
    printed.push(run(&["serve", "--addr", "nowhere"], "", &master));

    let serve = Service::start(command(
        &[
            "serve",
            "--addr",
            "127.0.0.1:0",
            "--allow-http",
            "true",
            "--allowed-networks",
            "127.0.0.0/8",
            "--retry-schedule",
            "100ms",
        ],
        &master,
    ));
    let address = serve.url().await;
    let mut front = Front {
        url: address.clone(),
        http: client_builder().redirect(Policy::none()).build().unwrap(),
        key: key.clone(),
        cookie: String::new(),
    };
    // Sign in: wrong, then right.
    let wrong = front.form("/sign-in", &[("email", email), ("password", WRONG)]).await;
    let mut texts = vec![wrong.text().await.unwrap()];
    let signed_in = front.form("/sign-in", &[("email", email), ("password", PASSWORD)]).await;
    assert_eq!(signed_in.status(), 303);
    front.cookie = signed_in.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let token = front.cookie.split_once('=').unwrap().1.to_owned();

    // A webhook by API, with every error that could repeat a secret.
    let secret = format!("whsec_{}", STANDARD.encode(RAW));
    let good = json!({
        "name": "N", "url": receiver, "events": ["identity.created"], "secret": secret, "headers": [{ "name": "Authorization", "value": HEADER }],
    });
    for (field, value) in [
        ("name", json!("")),
        ("url", json!("https://someone:planted-url-password@example.com/")),
        ("secret", json!("whsec_planted-broken-secret")),
        ("secret", json!(["planted-broken-secret"])),
        ("headers", json!([{ "name": "Host", "value": HEADER }])),
        ("headers", json!([{ "name": "X-A", "value": format!("{HEADER}\r\nX: y") }])),
        ("headers", json!([{ "name": "X-A", "value": HEADER, "typo": 1 }])),
        ("headers", json!(HEADER)),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        let told = front.api(Method::POST, "/webhooks", Some(&bad)).await;
        assert!(told.contains("\"status\":422"), "{told}");
        texts.push(told);
    }
    let made: Value = serde_json::from_str(&front.api(Method::POST, "/webhooks", Some(&good)).await).unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    let file = example_file(here.folder(), clearhook::catalogue::BuiltIn::IdentityCreated);
    printed.push(run(
        &["publish", "identity.created", "--data", &file, "--url", &address, "--api-key", &key],
        "",
        &master,
    ));
    printed.push(run(
        &[
            "publish",
            "identity.created",
            "--data",
            &file,
            "--url",
            &address,
            "--api-key",
            "chk_planted-unknown-key",
        ],
        "",
        &master,
    ));
    let log = format!("/webhooks/{id}/callbacks");
    let rows = wait_for("two callbacks", async || {
        let rows: Value = serde_json::from_str(&front.api(Method::GET, &log, None).await).unwrap();
        (rows["items"].as_array().unwrap().len() == 2).then_some(rows)
    })
    .await;
    let callback = rows["items"][0]["id"].as_str().unwrap().to_owned();
    let rotated: Value = serde_json::from_str(
        &front
            .api(Method::POST, &format!("/webhooks/{id}/secret/rotate"), Some(&json!({})))
            .await,
    )
    .unwrap();
    for (method, path, body) in [
        (Method::GET, "/webhooks".to_owned(), None),
        (Method::GET, log.clone(), None),
        (Method::GET, format!("/callbacks/{callback}"), None),
        (Method::POST, format!("/webhooks/{id}/test"), Some(json!({}))),
        (Method::POST, format!("/callbacks/{callback}/redeliver"), Some(json!({}))),
        (Method::GET, format!("/webhooks/{id}/stats"), None),
        (Method::PATCH, format!("/webhooks/{id}"), Some(json!({ "secret": secret }))),
    ] {
        // A key that may read webhooks may read public headers.
        let carries = method == Method::GET && path == "/webhooks";
        let text = front.api(method, &path, body.as_ref()).await;
        texts.push(if carries { text.replace(HEADER, "") } else { text });
    }
    let unknown = front
        .http
        .get(format!("{address}/api/v1/webhooks"))
        .bearer_auth("chk_planted-unknown-key")
        .send()
        .await
        .unwrap();
    texts.push(unknown.json_value().await.to_string());
    let metrics = front.http.get(format!("{address}/metrics")).bearer_auth(&key).send().await.unwrap();
    texts.push(metrics.text().await.unwrap());

    // The console. The value of the header is only in the form of an administrator.
    let form = front.page(&format!("/webhooks/{id}")).await;
    texts.push(form.replace(&HEADER.replace('&', "&amp;"), ""));
    for path in ["/webhooks", "/webhooks/new", "/nowhere", "/webhooks?q=planted", "/sign-in"] {
        texts.push(front.page(path).await);
    }
    texts.push(front.page(&format!("/webhooks/{id}?callback={callback}")).await.replace(HEADER, ""));
    front.form("/sign-out", &[]).await;
    for (number, text) in texts.into_iter().enumerate() {
        shown.add(&format!("answer {number}"), text);
    }
    shown.add("the log of serve", serve.printed());
    assert!(serve.printed().contains("DEBUG"), "the log is one of debug");
    assert_eq!(serve.terminate().await, Some(0));
    // A rotation to a planted key.
    let output = command(&["master-key", "rotate"], &master)
        .env("CLEARHOOK_NEW_MASTER_KEY", &new_master)
        .output()
        .unwrap();
    assert!(output.status.success());
    shown.add(
        "rotation",
        [output.stdout, output.stderr]
            .concat()
            .iter()
            .map(|byte| char::from(*byte))
            .collect::<String>(),
    );
    for (number, text) in printed.into_iter().enumerate() {
        shown.add(&format!("stdout {number}"), text);
    }
    shown.add("the database", stored(&database, here.folder()).await);

    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let planted = [
        PASSWORD.to_owned(),
        WRONG.to_owned(),
        "planted-header-value".to_owned(),
        String::from_utf8_lossy(RAW).into_owned(),
        STANDARD.encode(RAW),
        hex(RAW),
        hex(HEADER.as_bytes()),
        rotated["secret"].as_str().unwrap().trim_start_matches("whsec_").to_owned(),
        "planted-url-password".to_owned(),
        "planted-broken-secret".to_owned(),
        "planted-unknown-key".to_owned(),
        "planted-database-password".to_owned(),
        key,
        token,
        master.trim_end_matches('=').to_owned(),
        new_master.trim_end_matches('=').to_owned(),
    ];
    assert!(shown.0.len() > 40);
    for (name, text) in &shown.0 {
        for planted in &planted {
            assert!(!text.contains(planted), "{planted} stands in {name}");
        }
    }
}

/// All stored data: the database and the files of the installation.
async fn stored(database: &TestDatabase, folder: &std::path::Path) -> String {
    let mut text = String::new();
    for folder in [database.folder.path(), folder, &folder.join("data")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                text.push_str(&String::from_utf8_lossy(&fs::read(path).unwrap()));
            }
        }
    }
    let connection = Database::connect(&database.url).await.unwrap();
    if connection.get_database_backend() == DbBackend::Postgres {
        let all = async |sql: String| {
            connection
                .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
                .await
                .unwrap()
        };
        let tables = all("SELECT table_name AS t FROM information_schema.tables WHERE table_schema = 'public'".to_owned()).await;
        for table in tables {
            let table: String = table.try_get("", "t").unwrap();
            for row in all(format!("SELECT CAST(r AS TEXT) AS r FROM \"{table}\" r")).await {
                text.push_str(&row.try_get::<String>("", "r").unwrap());
            }
        }
    }
    connection.close().await.unwrap();
    text
}
