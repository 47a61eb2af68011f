//! NATS and `RabbitMQ` servers of the machine, each in a directory of its own. They can be killed and started again, and end with the test.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::support::{pem::pem, wait::wait_for};

/// User and password of the servers that have some.
pub(crate) const USER: &str = "publisher";
pub(crate) const PASSWORD: &str = "planted/pass word";
/// The password as it is written in URLs.
pub(crate) const PASSWORD_IN_URL: &str = "planted%2Fpass%20word";
/// The virtual hosts of a `RabbitMQ`, so that several tests can share it.
pub(crate) const VHOSTS: usize = 12;

/// A program in the background that can be killed and started again.
struct Process {
    command: Box<dyn Fn() -> Command + Send + Sync>,
    child: Mutex<Option<Child>>,
}

impl Process {
    fn start(&self) {
        // A group of its own, because scripts start other programs.
        let child = (self.command)().process_group(0).spawn().unwrap();
        *self.child.lock().unwrap() = Some(child);
    }

    /// Waits until it listens on a port.
    async fn listens(&self, port: u16) {
        // A server with other work on the machine takes longer than one poll waits.
        for _ in 0..6 {
            let answers = wait_for("the server to listen", async || {
                // The lock is free again when this fails, because the end of the test kills the server.
                let ended = self.child.lock().unwrap().as_mut().and_then(|child| child.try_wait().unwrap());
                assert_eq!(ended, None, "the server ended instead of listening on port {port}");
                TcpStream::connect(("127.0.0.1", port)).await.ok()
            });
            if tokio::time::timeout(Duration::from_secs(19), answers).await.is_ok() {
                return;
            }
        }
        panic!("no server listens on port {port}");
    }

    fn kill(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
            let _ = child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A free port that the system gives to no outgoing connection, because these servers listen seconds later, and again after a kill.
fn free_port() -> u16 {
    loop {
        let port = rand::random_range(10_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn program(name: &str, folders: &[&str]) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .collect::<Vec<_>>();
    // Debian's command of this name only starts the service of the machine.
    places.splice(0..0, folders.iter().map(PathBuf::from));
    let found = places.iter().map(|folder| folder.join(name)).find(|program| Path::is_file(program));
    found.unwrap_or_else(|| panic!("{name} is missing: run `make setup`"))
}

/// A certificate for `localhost` and 127.0.0.1 with its authority, in a directory.
pub(crate) struct Certificates(TempDir);

impl Certificates {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let folder = TempDir::with_prefix("clearhook-broker-").unwrap();
        fs::write(folder.path().join("ca.pem"), pem("CERTIFICATE", authority.der())).unwrap();
        fs::write(folder.path().join("cert.pem"), pem("CERTIFICATE", certificate.der())).unwrap();
        fs::write(folder.path().join("key.pem"), pem("PRIVATE KEY", &key.serialize_der())).unwrap();
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }
}

/// A NATS server with `JetStream`.
pub(crate) struct NatsServer {
    pub(crate) port: u16,
    process: Process,
    _folder: TempDir,
}

impl NatsServer {
    /// A server that is not started yet, with these lines of configuration.
    pub(crate) fn new(configuration: &str) -> Self {
        let folder = TempDir::with_prefix("clearhook-nats-").unwrap();
        let (port, file) = (free_port(), folder.path().join("nats.conf"));
        let store = folder.path().join("store");
        let text = format!(
            "listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{}\" }}\n{configuration}\n",
            store.display()
        );
        fs::write(&file, text).unwrap();
        let log = folder.path().join("log");
        let command = move || {
            let mut command = Command::new(program("nats-server", &[]));
            let log = fs::File::options().create(true).append(true).open(&log).unwrap();
            command.arg("-c").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
            command
        };
        let process = Process {
            command: Box::new(command),
            child: Mutex::default(),
        };
        Self {
            port,
            process,
            _folder: folder,
        }
    }

    pub(crate) async fn start(&self) {
        self.process.start();
        self.process.listens(self.port).await;
    }

    /// A running server.
    pub(crate) async fn running(configuration: &str) -> Self {
        let server = Self::new(configuration);
        server.start().await;
        server
    }

    /// Kills it, as a crash would.
    pub(crate) fn kill(&self) {
        self.process.kill();
    }

    /// Its URL without credentials.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

/// A `RabbitMQ` server.
pub(crate) struct RabbitServer {
    pub(crate) port: u16,
    /// The port with TLS.
    pub(crate) tls_port: u16,
    process: Process,
    /// Erlang's daemon for names. `RabbitMQ` would start one that outlives the test.
    _names: Process,
    _folder: TempDir,
}

impl RabbitServer {
    /// A server that is not started yet.
    pub(crate) fn new(certificates: &Certificates) -> Self {
        let folder = TempDir::with_prefix("clearhook-rabbitmq-").unwrap();
        let (port, tls_port, epmd, distribution) = (free_port(), free_port(), free_port(), free_port());
        let here = folder.path().to_owned();
        let names: Vec<_> = (0..VHOSTS).map(|number| format!("v{number}")).chain(["/".to_owned()]).collect();
        let definitions = serde_json::json!({
            "users": [{ "name": USER, "password": PASSWORD, "tags": "" }],
            "vhosts": names.iter().map(|name| serde_json::json!({ "name": name })).collect::<Vec<_>>(),
            "permissions": names.iter().map(|name| serde_json::json!({
                "user": USER, "vhost": name, "configure": ".*", "write": ".*", "read": ".*",
            })).collect::<Vec<_>>(),
        });
        fs::write(here.join("definitions.json"), definitions.to_string()).unwrap();
        let text = format!(
            "listeners.tcp.1 = 127.0.0.1:{port}\nlisteners.ssl.1 = 127.0.0.1:{tls_port}\n\
             ssl_options.cacertfile = {}\nssl_options.certfile = {}\nssl_options.keyfile = {}\n\
             load_definitions = {}\nlog.console = true\nlog.file = false\n\
             vm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 10MB\n",
            certificates.file("ca.pem"),
            certificates.file("cert.pem"),
            certificates.file("key.pem"),
            here.join("definitions.json").display(),
        );
        fs::write(here.join("rabbitmq.conf"), text).unwrap();
        let command = move || {
            let log = fs::File::options().create(true).append(true).open(here.join("log")).unwrap();
            let mut command = Command::new(program("rabbitmq-server", &["/usr/lib/rabbitmq/bin"]));
            command
                .current_dir("/")
                .env("HOME", &here)
                .env("ERL_EPMD_PORT", epmd.to_string())
                .env("ERL_EPMD_ADDRESS", "127.0.0.1")
                // Its default is one port for all servers of a machine: a second one would not start.
                .env("RABBITMQ_DIST_PORT", distribution.to_string())
                .env("RABBITMQ_NODENAME", format!("clearhook{port}@localhost"))
                .env("RABBITMQ_CONFIG_FILE", here.join("rabbitmq.conf"))
                .env("RABBITMQ_MNESIA_BASE", here.join("mnesia"))
                .env("RABBITMQ_LOG_BASE", here.join("logs"))
                .env("RABBITMQ_PID_FILE", here.join("pid"))
                .env("RABBITMQ_ENABLED_PLUGINS_FILE", here.join("plugins"))
                // Few schedulers that do not wait actively leave the processor to the tests.
                .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+S 2:2 +sbwt none")
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log);
            command
        };
        let process = Process {
            command: Box::new(command),
            child: Mutex::default(),
        };
        let names = move || {
            let mut command = Command::new(program("epmd", &[]));
            command.args(["-address", "127.0.0.1", "-port", &epmd.to_string()]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        let names = Process {
            command: Box::new(names),
            child: Mutex::default(),
        };
        names.start();
        Self {
            port,
            tls_port,
            process,
            _names: names,
            _folder: folder,
        }
    }

    /// Starts it. It listens only after its start is complete.
    pub(crate) async fn start(&self) {
        self.process.start();
        self.process.listens(self.port).await;
    }

    /// Kills it, as a crash would. Its name stays known, as on a machine with other Erlang programs.
    pub(crate) fn kill(&self) {
        self.process.kill();
    }

    /// Its URL with the user.
    pub(crate) fn url(&self, vhost: &str) -> String {
        format!("amqp://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{}/{vhost}", self.port)
    }
}
