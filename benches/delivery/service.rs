//! The service under test: the release binary with a database of its own.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::{Duration, Instant},
};

use clearhook::{catalogue::BuiltIn, vault::MasterKey};
use reqwest::{Client, redirect::Policy};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::form_urlencoded;

use crate::{
    load,
    postgres::Cluster,
    receiver::{Ledger, Process},
};

/// The scopes of the key of a benchmark.
const SCOPES: [&str; 6] = [
    "events:write",
    "webhooks:read",
    "webhooks:write",
    "callbacks:read",
    "metrics:read",
    "event-types:write",
];

static MASTER_KEY: LazyLock<MasterKey> = LazyLock::new(MasterKey::generate);

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

pub(crate) struct Service {
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) http: Client,
    pub(crate) database: String,
    pub(crate) receiver: Process,
    child: Child,
    folder: TempDir,
    /// The other nodes, with their data directories.
    others: Vec<(Child, String, TempDir)>,
    cluster: Option<Cluster>,
}

impl Service {
    /// Starts it on a fresh database, with a fresh receiver.
    pub(crate) async fn start(kind: Kind) -> Self {
        // In the target directory: `/tmp` may be in memory, where durability costs nothing.
        fs::create_dir_all("target").unwrap();
        let folder = TempDir::new_in("target").unwrap();
        let (database, cluster) = match kind {
            Kind::Sqlite => (
                format!("sqlite://{}/clearhook.db", folder.path().canonicalize().unwrap().display()),
                None,
            ),
            Kind::Postgres => {
                let cluster = Cluster::make(&["synchronous_commit=on", "fsync=on", "shared_buffers=256MB", "max_wal_size=4GB"]);
                (format!("{}/postgres", cluster.url), Some(cluster))
            }
        };
        // An older version, which is measured for comparison, does not know the last scope.
        let key = api_key(&folder, &database, &SCOPES).or_else(|_| api_key(&folder, &database, &SCOPES[..SCOPES.len() - 1]));
        let key = key.unwrap_or_else(|error| panic!("{error}"));
        let (child, url) = serve(&folder, &database);
        Self {
            url,
            key,
            http: Client::builder().no_proxy().build().unwrap(),
            database,
            receiver: Process::start("receiver"),
            child,
            folder,
            others: Vec::new(),
            cluster,
        }
    }

    /// Starts another node on the same database.
    pub(crate) fn add_node(&mut self) {
        let folder = TempDir::new_in("target").unwrap();
        let (child, url) = serve(&folder, &self.database);
        self.others.push((child, url, folder));
    }

    /// The URLs of all nodes.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.url.as_str()).chain(self.others.iter().map(|(_, url, _)| url.as_str()))
    }

    /// Stops it by SIGTERM and starts it again.
    pub(crate) fn restart(&mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success() && self.child.wait().unwrap().success());
        (self.child, self.url) = serve(&self.folder, &self.database);
    }

    pub(crate) async fn webhook(&self, url: &str, event: BuiltIn) -> String {
        self.webhook_for(url, event.as_str()).await
    }

    /// Adds a webhook that is subscribed to a type or a pattern, and returns its id.
    pub(crate) async fn webhook_for(&self, url: &str, event: &str) -> String {
        let body = json!({ "name": "bench", "url": url, "events": [event] });
        let (status, answer) = self.post("/api/v1/webhooks", &body).await;
        assert_eq!(status, 201, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Posts JSON. The answer is null if it is no JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.key);
        let request = request.header("content-type", "application/json").body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        let response = self
            .http
            .get(format!("{}{path}", self.url))
            .bearer_auth(&self.key)
            .send()
            .await
            .unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.text().await.unwrap()
    }

    /// Adds an administrator and returns the session cookie.
    pub(crate) async fn sign_in(&self) -> String {
        let (email, password) = ("bench@example.com", "correct horse battery staple");
        let mut create = command(&self.folder, &self.database);
        create.args(["user", "create", "--email", email, "--role", "administrator", "--password-stdin"]);
        let mut child = create.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
        assert!(child.wait().unwrap().success());
        let fields = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("email", email), ("password", password)])
            .finish();
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        let request = client.post(format!("{}/sign-in", self.url)).body(fields);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let response = request.send().await.unwrap();
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// A page of the console, compressed: its length in bytes.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> usize {
        let request = self.http.get(format!("{}{path}", self.url)).header("cookie", cookie);
        let response = request
            .header("accept-encoding", "gzip")
            .header("sec-fetch-site", "none")
            .send()
            .await
            .unwrap();
        assert!(
            response.status() == 200 && response.headers()["content-encoding"] == "gzip",
            "{path}"
        );
        response.bytes().await.unwrap().len()
    }

    /// A value of `/metrics`.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").await;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Callbacks of the receiver since the previous call.
    pub(crate) async fn ledger(&self) -> Ledger {
        let response = self.http.post(format!("{}/ledger", self.receiver.url)).send().await.unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// Waits until this many callbacks were received.
    pub(crate) async fn received(&self, count: u64) {
        let end = Instant::now() + Duration::from_secs(300);
        loop {
            let response = self.http.get(format!("{}/count", self.receiver.url)).send().await.unwrap();
            let now: u64 = response.text().await.unwrap().parse().unwrap();
            if now >= count {
                return;
            }
            assert!(Instant::now() < end, "void: {now} of {count} callbacks came");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until everything is logged: nothing is left in the queue.
    pub(crate) async fn logged(&self) {
        let end = Instant::now() + Duration::from_secs(300);
        loop {
            let text = self.get("/metrics").await;
            let left = |state: &str| text.contains(&format!("clearhook_deliveries{{state=\"{state}\"}} 0"));
            if left("pending") && left("sending") {
                return;
            }
            assert!(Instant::now() < end, "void: deliveries are left");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Resident memory, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// CPU time that all nodes have used so far, in seconds.
    pub(crate) fn cpu(&self) -> f64 {
        let ids = std::iter::once(self.child.id()).chain(self.others.iter().map(|(child, ..)| child.id()));
        ids.map(|id| CpuTime::of(id).unwrap().own).sum()
    }

    /// CPU time that PostgreSQL has used so far, in seconds.
    pub(crate) fn database_cpu(&self) -> f64 {
        let file = self.cluster.as_ref().unwrap().socket().join("data/postmaster.pid");
        let server: u32 = fs::read_to_string(file).unwrap().lines().next().unwrap().parse().unwrap();
        let all = CpuTime::of(server).unwrap();
        let processes = fs::read_dir("/proc").unwrap();
        let ids = processes.filter_map(|process| process.unwrap().file_name().to_str()?.parse().ok());
        let running = ids.filter_map(CpuTime::of).filter(|process| process.parent == server);
        all.own + all.ended_children + running.map(|process| process.own).sum::<f64>()
    }

    /// Waits until it is idle.
    pub(crate) async fn calm(&self) {
        for _ in 0..60 {
            let before = self.cpu();
            tokio::time::sleep(Duration::from_millis(500)).await;
            if self.cpu() - before < 0.025 {
                return;
            }
        }
        panic!("void: the service never came to rest");
    }

    /// Gives every webhook figures of each of the last 24 hours.
    pub(crate) async fn fill_hours(&self) {
        let connection = Database::connect(&self.database).await.unwrap();
        let hour = load::millis() / 3_600_000;
        let sql = format!(
            "INSERT INTO webhook_stats (webhook_id, hour, latency, succeeded, failed) \
             SELECT w.id, {hour} - h.back, 5, 90 + h.back, h.back FROM webhooks w, \
             (WITH RECURSIVE n(back) AS (SELECT 0 UNION ALL SELECT back + 1 FROM n WHERE back < 23) SELECT back FROM n) h"
        );
        connection.execute_unprepared(&sql).await.unwrap();
        connection.execute_unprepared("ANALYZE").await.unwrap();
        connection.close().await.unwrap();
    }

    /// Fills the log with a webhook's callbacks, spread over a period until now. One in 1,000 failed with 500, and one in 1,000,000 with 503; one in
    /// 1,000 is of another event type.
    pub(crate) async fn fill(&self, webhook: &str, count: u64, period: Duration) {
        let connection = Database::connect(&self.database).await.unwrap();
        let is_sqlite = self.database.starts_with("sqlite");
        let now = load::millis();
        let step = u64::try_from(period.as_millis()).unwrap() / count;
        let (numbers, id, webhook) = if is_sqlite {
            (
                format!(
                    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {}) ",
                    count - 1
                ),
                // The time leads, as in UUIDv7.
                format!("unhex(printf('%012x', {now} - ({count} - i) * {step}) || '7000' || hex(randomblob(8)))"),
                format!("x'{}'", webhook.replace('-', "")),
            )
        } else {
            (
                format!("WITH n AS (SELECT generate_series(CAST(0 AS BIGINT), {}) AS i) ", count - 1),
                format!(
                    "CAST(lpad(to_hex({now} - ({count} - i) * {step}), 12, '0') || '7000' || \
                     substr(md5(random()::text), 1, 16) AS uuid)"
                ),
                format!("'{webhook}'::uuid"),
            )
        };
        let is_false = if is_sqlite { "0" } else { "FALSE" };
        let empty = if is_sqlite { "x''" } else { "'\\x'::bytea" };
        let sql = format!(
            "INSERT INTO callbacks (id, delivery_id, event_id, webhook_id, event_type, url, callback_date, attempt, \"trigger\", outcome, \
             status, response, detail, duration_ms, request_headers, response_headers, response_body, response_truncated) {numbers} \
             SELECT {id}, {id}, {id}, {webhook}, CASE WHEN i % 1000 = 501 THEN 'visit_event.created' ELSE 'identity.created' END, \
             'http://127.0.0.1/', {now} - ({count} - i) * {step}, 1, 'event', CASE WHEN i % 1000 = 7 THEN 'failed' ELSE 'succeeded' END, \
             CASE WHEN i % 1000000 = 7 THEN 503 WHEN i % 1000 = 7 THEN 500 ELSE 200 END, \
             CASE WHEN i % 1000000 = 7 THEN 'ServiceUnavailable' WHEN i % 1000 = 7 THEN 'InternalServerError' ELSE 'OK' END, NULL, 1, '[[\"content-type\",\"application/json\"],[\"webhook-id\",\"msg_0192f0c2-0000-7000-8000-000000000000\"]]', \
             '[[\"date\",\"Tue, 24 Nov 2026 10:00:00 GMT\"]]', {empty}, {is_false} FROM n"
        );
        if !is_sqlite {
            // The service creates partitions for the months to come, and these rows are of the past. Earlier versions have none.
            connection
                .execute_unprepared(
                    "DO $$ DECLARE first timestamp; name text; BEGIN \
                     IF (SELECT relkind FROM pg_class WHERE oid = 'callbacks'::regclass) <> 'p' THEN RETURN; END IF; \
                     FOR back IN 0..11 LOOP \
                     first := date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => back); \
                     name := 'callbacks_' || to_char(first, 'YYYY_MM'); \
                     IF to_regclass(name) IS NULL THEN \
                     EXECUTE format('CREATE TABLE %I PARTITION OF callbacks FOR VALUES FROM (%s) TO (%s)', name, \
                     (extract(epoch FROM first) * 1000)::bigint, (extract(epoch FROM first + interval '1 month') * 1000)::bigint); \
                     END IF; END LOOP; END $$",
                )
                .await
                .unwrap();
        }
        // SQLite wants what comes before SELECT there, not before INSERT; both take it.
        connection.execute_unprepared(&sql).await.unwrap();
        connection.execute_unprepared("ANALYZE callbacks").await.unwrap();
        connection.close().await.unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        for child in self.others.iter_mut().map(|(child, ..)| child).chain([&mut self.child]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The CPU time of a process, in seconds.
struct CpuTime {
    parent: u32,
    own: f64,
    ended_children: f64,
}

impl CpuTime {
    /// `None` if the process has ended.
    fn of(process: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        let fields: Vec<_> = rest.split_whitespace().collect();
        // In ticks of 10 ms: utime, stime, cutime and cstime (proc(5)).
        let seconds = |first: usize| (fields[first].parse::<f64>().unwrap() + fields[first + 1].parse::<f64>().unwrap()) / 100.0;
        Some(Self {
            parent: fields[1].parse().unwrap(),
            own: seconds(11),
            ended_children: seconds(13),
        })
    }
}

/// Makes an API key, or returns what the command says about the failure.
fn api_key(folder: &TempDir, database: &str, scopes: &[&str]) -> Result<String, String> {
    let mut create = command(folder, database);
    create.args(["api-key", "create", "--name", "bench"]);
    for scope in scopes {
        create.args(["--scope", scope]);
    }
    let output = create.output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// The service. `CLEARHOOK_BENCH_BINARY` measures another version than the one that was just built.
fn command(folder: &TempDir, database: &str) -> Command {
    let binary = std::env::var("CLEARHOOK_BENCH_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_clearhook").to_owned());
    let mut command = Command::new(binary);
    command
        .current_dir(folder.path())
        .env_remove("CLEARHOOK_BENCH_BINARY")
        .env("CLEARHOOK_DATABASE_URL", database)
        // The nodes of a database have the same key.
        .env("CLEARHOOK_MASTER_KEY", MASTER_KEY.reveal().as_str())
        .env("CLEARHOOK_DRAIN", "0s")
        .env("CLEARHOOK_ALLOW_HTTP", "true")
        .env("CLEARHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
        .env(
            "CLEARHOOK_LOG",
            std::env::var("CLEARHOOK_LOG").unwrap_or_else(|_| "warn,clearhook=info".to_owned()),
        );
    command
}

fn serve(folder: &TempDir, database: &str) -> (Child, String) {
    let mut child = command(folder, database)
        .args(["serve", "--addr", "127.0.0.1:0"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = lines.next().expect("the service ended").unwrap();
        if let Some((_, rest)) = line.split_once("listening on ") {
            break rest.split(';').next().unwrap().to_owned();
        }
    };
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if line.contains("WARN") || line.contains("ERROR") {
                eprintln!("{line}");
            }
        }
    });
    (child, format!("http://{address}"))
}
