//! A real Prometheus with the alerting rules of `deploy/grafana`, which scrapes services of the test.

use std::{
    fmt::Write,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{binary::client, wait::wait_for};

/// The folder with dashboard and alerting rules.
pub(crate) fn shipped(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/grafana").join(file)
}

/// Runs a program of Debian's package, which must succeed.
pub(crate) fn promtool(arguments: &[&str]) {
    let output = Command::new("promtool").args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("promtool: {error}; run `make setup`"));
    assert!(
        output.status.success(),
        "promtool {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A service to scrape.
pub(crate) struct Job<'a> {
    /// The value of the label `job`.
    pub(crate) name: &'a str,
    /// Host and port.
    pub(crate) address: &'a str,
    /// The API key, unless the listener needs none.
    pub(crate) key: Option<&'a str>,
    /// The seconds between two scrapes, and the time limit of each.
    pub(crate) seconds: u32,
}

/// A running Prometheus. It ends with the test.
pub(crate) struct Prometheus {
    url: String,
    http: Client,
    child: Child,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts it. The durations of `for:` in the rules are a second.
    pub(crate) async fn start(jobs: &[Job<'_>]) -> Self {
        let folder = TempDir::with_prefix("clearhook-prometheus-").unwrap();
        let rules = fs::read_to_string(shipped("alerts.yaml")).unwrap();
        let rules = rules.lines().map(|line| match line.split_once("for: ") {
            Some((before, _)) if before.trim().is_empty() => format!("{before}for: 1s\n"),
            _ => format!("{line}\n"),
        });
        let mut configuration = "global:\n  evaluation_interval: 1s\nrule_files: [alerts.yaml]\nscrape_configs:\n".to_owned();
        for job in jobs {
            let key = job
                .key
                .map(|key| format!(", authorization: {{ credentials: {key} }}"))
                .unwrap_or_default();
            let (name, address, seconds) = (job.name, job.address, job.seconds);
            writeln!(
                configuration,
                "  - {{ job_name: {name}, scrape_interval: {seconds}s, scrape_timeout: {seconds}s, static_configs: [{{ targets: [\"{address}\"] }}]{key} }}"
            )
            .unwrap();
        }
        let file = folder.path().join("prometheus.yaml");
        fs::write(folder.path().join("alerts.yaml"), rules.collect::<String>()).unwrap();
        fs::write(&file, configuration).unwrap();
        promtool(&["check", "config", file.to_str().unwrap()]);

        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .args([&format!("--web.listen-address=127.0.0.1:{port}"), "--log.level=warn"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let prometheus = Self {
            url: format!("http://127.0.0.1:{port}"),
            http: client(),
            child: child.unwrap_or_else(|error| panic!("prometheus: {error}; run `make setup`")),
            _folder: folder,
        };
        wait_for("Prometheus", async || {
            let ready = prometheus.http.get(format!("{}/-/ready", prometheus.url)).send().await.ok()?;
            ready.status().is_success().then_some(())
        })
        .await;
        prometheus
    }

    /// The series of an expression now.
    pub(crate) async fn query(&self, expression: &str) -> Vec<Value> {
        let answer = self.get("query", &[("query", expression)]).await;
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        answer["data"]["result"].as_array().unwrap().clone()
    }

    /// The alerts that fire, with their labels and annotations.
    pub(crate) async fn firing(&self) -> Vec<Value> {
        let answer = self.get("alerts", &[]).await;
        let alerts = answer["data"]["alerts"].as_array().unwrap();
        alerts.iter().filter(|alert| alert["state"] == "firing").cloned().collect()
    }

    /// Waits until an alert of a job fires.
    pub(crate) async fn fires(&self, alert: &str, job: &str, limit: Duration) -> Value {
        let end = Instant::now() + limit;
        loop {
            let firing = self.firing().await;
            let found = firing
                .iter()
                .find(|firing| firing["labels"]["alertname"] == alert && firing["labels"]["job"] == job);
            if let Some(found) = found {
                return found.clone();
            }
            assert!(Instant::now() < end, "{alert} of {job} does not fire; these do: {firing:?}");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    async fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let mut url: url::Url = format!("{}/api/v1/{path}", self.url).parse().unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        let answer = self.http.get(url).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{path} {parameters:?}: {error}: {answer}"))
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
