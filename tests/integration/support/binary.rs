//! The real binary in its own directory, run to its end or in the background.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use clearhook::catalogue::{BuiltIn, example::example_data};
use reqwest::{Client, ClientBuilder};
use tempfile::TempDir;

use crate::support::wait::wait_for;

/// A directory for one installation, and the binary.
pub(crate) struct Installation(TempDir);

impl Installation {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clearhook"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CLEARHOOK_") || name.starts_with("OTEL_")) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        // No load balancer needs the drain in tests.
        command.env("CLEARHOOK_DRAIN", "0s");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The output of a command that must succeed.
    pub(crate) fn answer(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// The error line of a command that must fail.
    pub(crate) fn refusal(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert_eq!((text.lines().count(), output.stdout.len()), (1, 0), "{arguments:?}: {text}");
        assert!(text.starts_with("clearhook: ") && !text.contains("panicked"), "{text}");
        text
    }
}

/// A program that runs in the background, and its output so far.
pub(crate) struct Service {
    child: Child,
    printed: Arc<Mutex<String>>,
}

impl Service {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let printed = Arc::new(Mutex::new(String::new()));
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        collect(out, printed.clone());
        collect(err, printed.clone());
        Self { child, printed }
    }

    /// The id of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// The URL of a `serve` process, after it accepts connections.
    pub(crate) async fn url(&self) -> String {
        format!("http://{}", self.line("listening on ").await.split(';').next().unwrap())
    }

    /// Waits until it has printed this text, and returns the rest of that line.
    pub(crate) async fn line(&self, beginning: &str) -> String {
        wait_for(beginning, async || {
            let printed = self.printed();
            let (_, rest) = printed.split_once(beginning)?;
            rest.split_once('\n').map(|(line, _)| line.trim().to_owned())
        })
        .await
    }

    /// Kills it, as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it by SIGTERM, as a service manager does, and returns the exit code.
    pub(crate) async fn terminate(self) -> Option<i32> {
        self.end("-TERM").await
    }

    /// Stops it by SIGINT, as Ctrl+C does, and returns the exit code.
    pub(crate) async fn interrupt(self) -> Option<i32> {
        self.end("-INT").await
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    async fn end(self, signal: &str) -> Option<i32> {
        self.signal(signal);
        self.ended().await
    }

    /// Waits for its end, and returns the exit code.
    pub(crate) async fn ended(mut self) -> Option<i32> {
        let child = Mutex::new(&mut self.child);
        let ended = wait_for("the program to end", async || child.lock().unwrap().try_wait().unwrap()).await;
        ended.code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(from: impl std::io::Read + Send + 'static, into: Arc<Mutex<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            into.lock().unwrap().extend([line.as_str(), "\n"]);
        }
    });
}

pub(crate) fn example_file(folder: &Path, event: BuiltIn) -> String {
    let path = folder.join("data.json");
    fs::write(&path, example_data(event).to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A client for services on this machine. It needs a TLS provider even for plain HTTP.
pub(crate) fn client_builder() -> ClientBuilder {
    clearhook::tls_provider::install();
    Client::builder().no_proxy()
}

pub(crate) fn client() -> Client {
    client_builder().build().unwrap()
}
