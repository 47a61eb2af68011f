//! A PostgreSQL for this test run, from the programs of the machine, run as an unprivileged user. It ends with the test process, however
//! that ends: a shell waits until its end of a pipe is closed.

use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use tempfile::TempDir;

/// A PostgreSQL that can be stopped and started again.
pub(crate) struct Cluster {
    /// Without a database: `postgres://user@host:port`.
    pub(crate) url: String,
    folder: PathBuf,
    port: u16,
    settings: &'static [&'static str],
    /// Closing its standard input ends the cluster.
    _keeper: Child,
}

/// The URL of a server on which tests can create databases, without a database: `postgres://user@host:port`.
pub(crate) fn server() -> &'static str {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    static GIVEN: OnceLock<Option<String>> = OnceLock::new();
    let given = GIVEN.get_or_init(|| std::env::var("CLEARHOOK_TEST_POSTGRES").ok().filter(|url| !url.is_empty()));
    match given {
        Some(url) => url.trim_end_matches('/'),
        None => &CLUSTER.get_or_init(|| Cluster::make(&["fsync=off"])).url,
    }
}

impl Cluster {
    /// Creates a cluster with these settings and starts it.
    pub(crate) fn make(settings: &'static [&'static str]) -> Self {
        Self::make_with(settings, |_| ())
    }

    /// The same, with changes to its data directory before the start.
    pub(crate) fn make_with(settings: &'static [&'static str], prepare: impl FnOnce(&Path)) -> Self {
        Self::of(settings, |data| {
            run(unprivileged(&programs().join("initdb"))
                .args(["--auth=trust", "--username=clearhook", "--encoding=UTF8", "--no-sync", "--pgdata"])
                .arg(data));
            prepare(data);
        })
    }

    /// A standby that copies this one.
    pub(crate) fn standby(&self) -> Self {
        Self::of(self.settings, |data| {
            run(unprivileged(&program("pg_basebackup"))
                .args([
                    "--write-recovery-conf",
                    "--checkpoint=fast",
                    "--no-sync",
                    "-h",
                    "127.0.0.1",
                    "-U",
                    "clearhook",
                    "-p",
                ])
                .arg(self.port.to_string())
                .arg("-D")
                .arg(data));
        })
    }

    /// Makes a standby the primary.
    pub(crate) fn promote(&self) {
        run(unprivileged(&programs().join("pg_ctl"))
            .args(["promote", "-w", "-D"])
            .arg(self.folder.join("data")));
    }

    /// Host and port.
    pub(crate) fn server(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The port, which is also a part of the name of its socket.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The directory of its socket.
    pub(crate) fn socket(&self) -> &Path {
        &self.folder
    }

    fn of(settings: &'static [&'static str], fill: impl FnOnce(&Path)) -> Self {
        // The keeper process removes the directory, because the cluster must have ended first.
        let folder = TempDir::with_prefix("clearhook-postgres-").unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        fill(&folder.join("data"));
        let mut stop = unprivileged(&programs().join("pg_ctl"));
        stop.args(["stop", "-m", "immediate", "-D"]).arg(folder.join("data"));
        let stop = std::iter::once(stop.get_program())
            .chain(stop.get_args())
            .map(|part| format!("'{}'", part.to_str().unwrap()))
            .collect::<Vec<_>>()
            .join(" ");
        // `read` ends when this process does. Signals to the group (Ctrl+C) must not end the keeper first.
        let script = format!("trap '' INT TERM; read _; {stop} >/dev/null 2>&1; rm -rf '{}'", folder.display());
        let keeper = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cluster = Self {
            url: format!("postgres://clearhook@127.0.0.1:{port}"),
            folder,
            port,
            settings,
            _keeper: keeper,
        };
        cluster.start();
        cluster
    }

    pub(crate) fn start(&self) {
        let mut options = format!("-h 127.0.0.1 -p {} -k {} -c max_connections=300", self.port, self.folder.display());
        for setting in self.settings {
            options.push_str(" -c ");
            options.push_str(setting);
        }
        run(unprivileged(&programs().join("pg_ctl"))
            .args(["start", "-w", "-l"])
            .arg(self.folder.join("log"))
            .args(["-o", &options, "-D"])
            .arg(self.folder.join("data")));
    }

    /// Stops it immediately, as a power cut would.
    pub(crate) fn stop(&self) {
        run(unprivileged(&programs().join("pg_ctl"))
            .args(["stop", "-w", "-m", "immediate", "-D"])
            .arg(self.folder.join("data")));
    }
}

/// Runs a client program of PostgreSQL, such as `pg_dump`, on the database at this URL, with this standard input. Returns what it printed.
pub(crate) fn client(name: &str, url: &str, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(program(name))
        .args(arguments)
        .arg(format!("--dbname={url}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // Beside reading the output, or both sides wait for each other.
        scope.spawn(move || stdin.write_all(input.as_bytes()).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file());
    let debian = || {
        let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql")
            .ok()?
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .collect();
        versions.retain(|folder| folder.join("initdb").is_file());
        versions.sort();
        versions.pop()
    };
    on_path
        .or_else(debian)
        .expect("PostgreSQL's programs are missing: run `make setup`, or set CLEARHOOK_TEST_POSTGRES to a server")
}

/// A program that may be in another directory than the server.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::iter::once(programs()).chain(std::env::split_paths(&path));
    let found = folders.find(|folder| folder.join(name).is_file());
    found.unwrap_or_else(|| panic!("{name} is missing: run `make setup`")).join(name)
}

/// PostgreSQL does not run as root; the user `postgres` runs it then.
pub(crate) fn unprivileged(program: &Path) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
