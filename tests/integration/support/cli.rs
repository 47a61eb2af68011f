//! The real binary as the client of a service that runs in the process of the test.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use clearhook::{auth::api_key, domain::role::Scope, storage::audit::Actor};
use serde_json::Value;

use crate::support::{app::TestApp, binary::Installation};

/// The binary with the URL of a service and a key.
pub(crate) struct Cli {
    pub(crate) here: Installation,
    url: String,
    key: String,
}

impl Cli {
    /// With a key that has all scopes.
    pub(crate) fn of(app: &TestApp) -> Self {
        Self {
            here: Installation::new(),
            url: app.url.clone(),
            key: app.key.clone(),
        }
    }

    /// With a key that has these scopes.
    pub(crate) async fn with_scopes(app: &TestApp, scopes: &[Scope]) -> Self {
        let (key, _) = api_key::create(&app.store, &Actor::clearhook(), "limited", scopes, None)
            .await
            .unwrap();
        Self { key, ..Self::of(app) }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.here.command(arguments);
        command.env("CLEARHOOK_URL", &self.url).env("CLEARHOOK_API_KEY", &self.key);
        // Profiles of the person who runs the tests have no influence.
        command.env("XDG_CONFIG_HOME", self.here.folder().join("config"));
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs a command while the service goes on.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        tokio::task::block_in_place(|| self.command(arguments).output().unwrap())
    }

    /// Runs a command with this standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        tokio::task::block_in_place(|| {
            let mut command = self.command(arguments);
            let mut child = command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
            child.wait_with_output().unwrap()
        })
    }

    /// The output of a command that must succeed.
    pub(crate) fn answer(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.answer(arguments);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"))
    }

    /// The error line of a command that must fail with this code.
    pub(crate) fn refusal(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        refused(&output, code, &format!("{arguments:?}"))
    }
}

/// The error line of a command that has failed with this code.
pub(crate) fn refused(output: &Output, code: i32, what: &str) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{what}: {text}");
    assert_eq!(text.lines().count(), 1, "{what}: {text}");
    assert!(text.starts_with("clearhook: ") && !text.contains("panicked"), "{what}: {text}");
    text
}
