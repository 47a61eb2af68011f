//! A real OpenID provider beside the test, and a browser that visits it.

use std::{collections::HashMap, path::Path, process::Command};

use reqwest::{Client, Response, redirect::Policy};
use serde_json::Value;

use crate::support::binary::{Service, client_builder};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/end2end");

/// The provider (`end2end/support/provider.mjs`).
pub(crate) struct Provider {
    pub(crate) issuer: String,
    #[expect(dead_code, reason = "it ends when this is dropped")]
    service: Service,
    http: Client,
}

impl Provider {
    /// Starts it for a console at this address.
    pub(crate) async fn start(console: &str) -> Self {
        assert!(
            Path::new(FOLDER).join("node_modules/oidc-provider").exists(),
            "oidc-provider is missing in end2end/node_modules: run make setup"
        );
        let mut command = Command::new("node");
        command
            .arg("support/provider.mjs")
            .arg(format!("{console}/sign-in/oidc/callback"))
            .current_dir(FOLDER);
        let service = Service::start(command);
        let issuer = service.line("issuer ").await;
        Self {
            issuer,
            service,
            http: client_builder().redirect(Policy::none()).build().unwrap(),
        }
    }

    /// Sets the person of the next sign-in.
    pub(crate) async fn who(&self, person: &Value) {
        let response = self
            .http
            .post(format!("{}/who", self.issuer))
            .body(person.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
    }

    /// Follows the console's redirect through the provider, and returns the callback URL.
    pub(crate) async fn visit(&self, from: &Response) -> String {
        let mut cookies = HashMap::new();
        let mut address = from.headers()["location"].to_str().unwrap().to_owned();
        for _ in 0..10 {
            if !address.starts_with(&self.issuer) {
                return address;
            }
            let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let response = self.http.get(&address).header("cookie", jar.join("; ")).send().await.unwrap();
            for set in response.headers().get_all("set-cookie") {
                let pair = set.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let status = response.status();
            let Some(location) = response.headers().get("location") else {
                panic!("{address}: {status} {}", response.text().await.unwrap());
            };
            let location = location.to_str().unwrap();
            address = url::Url::parse(&address).unwrap().join(location).unwrap().to_string();
        }
        panic!("the provider leads in circles: {address}");
    }
}
