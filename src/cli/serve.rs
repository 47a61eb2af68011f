//! The command `clearhook serve`.

use std::{net::SocketAddr, sync::Arc};

use clap::Args;
use tokio::net::TcpListener;

use http_server::ServerLimits;

use crate::{
    app::AppState,
    auth::{clock::Clock, setup},
    broker::Consumers,
    cli::{
        demo::{self, SampleReceiver},
        environment,
        error::{CliError, cannot_listen},
        open::{cannot_use, open},
        output::print_line,
        signals::Signals,
    },
    config::{Config, ConfigError, Settings},
    delivery::Dispatcher,
    domain::id::NodeId,
    otel::Exporters,
    problem,
    registry::Registry,
    rest::metrics,
    storage::{DatabaseUrl, sqlite_file::FileLock},
    telemetry, web,
};

/// Text after the options of `--help`.
pub(super) const HELP: &str = "Each setting can also be an environment variable or a line of the settings file: a flag takes precedence over a variable, and a variable over the file.

Examples:
  clearhook serve --demo
  clearhook serve --addr 0.0.0.0:3000 --public-url https://hooks.example.com --database-url postgres://clearhook@db.example.com/clearhook";

#[derive(Args)]
pub(super) struct ServeArguments {
    /// If the database is empty, add an administrator and a sample webhook with its own receiver, publish a sample event, and print how to
    /// sign in
    #[arg(long)]
    demo: bool,
    /// The address of the receiver of --demo
    #[arg(long, default_value = "127.0.0.1:3001", hide = true)]
    demo_addr: SocketAddr,
    /// Do not apply database migrations. Fail if the database is not up to date
    #[arg(long)]
    no_migrate: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(super) async fn run(arguments: ServeArguments, program: &clap::Command) -> Result<(), CliError> {
    let mut config = Config::resolve(arguments.settings)?;
    config.data_dir.prepare()?;
    // Several nodes may share a PostgreSQL database but not a data directory, because it contains the node's id.
    let _lock = config.data_dir.lock()?;
    let node = config.data_dir.node()?;
    let mut exporters = start_telemetry(&mut config, node)?;
    let signals = Signals::listen(config.listen.drain)?;
    let _file = match &config.database {
        DatabaseUrl::Sqlite(path) => Some(FileLock::take(path).map_err(|error| cannot_use(path, &error))?),
        DatabaseUrl::Postgres(_) => None,
    };
    let certificates = config.listen.certificates()?.map(Arc::new);
    let limits = ServerLimits {
        error_body: problem::unreadable_request,
        proxies: config.front.proxies.clone(),
        ..config.listen.limits.clone().within_open_files()
    };
    let listener = TcpListener::bind(config.addr)
        .await
        .map_err(|error| cannot_listen(config.addr, &error))?;
    if config.front.public_url.port() == Some(0) {
        // The public URL is derived from `--addr` with port 0, so the operating system chose the port.
        let address = listener.local_addr().map_err(|error| cannot_listen(config.addr, &error))?;
        let _ = config.front.public_url.set_port(Some(address.port()));
    }
    let sample = if arguments.demo {
        Some(SampleReceiver::bind(arguments.demo_addr).await?)
    } else {
        None
    };
    if let Some(sample) = &sample {
        config.policy.allowed.allow_socket(sample.address);
    }
    let store = open(&config, !arguments.no_migrate).await?;
    tell(&config, program);
    if let Some(exporters) = &exporters {
        tracing::info!("OpenTelemetry: {} are sent", exporters.destinations());
    }
    store.check_writable().await?;
    let policy = Arc::new(config.policy);
    let (dispatcher, running) = Dispatcher::start(store.clone(), node, policy.clone(), config.delivery).await?;
    // Checks the key again now that this node holds its lease: a key rotation that started before did not see this node.
    if let Err(error) = store.check_key().await {
        running.stop().await;
        return Err(error.into());
    }
    let event_types = match Registry::start(store.clone(), config.event_types).await {
        Ok(event_types) => event_types,
        Err(error) => {
            running.stop().await;
            return Err(error.into());
        }
    };
    let state = AppState::new(store.clone(), policy, dispatcher, node, config.front, Clock::default(), event_types);
    if let Some(certificates) = &certificates {
        // Set only here.
        let _ = state.certificates.set(certificates.clone());
    }
    let shutdown = signals.start_serving();
    let (service, watched) = (state.clone(), shutdown.clone());
    tokio::spawn(async move {
        watched.drain.cancelled().await;
        service.draining.cancel();
        watched.stop.cancelled().await;
        service.log_subscriptions.stop();
    });
    if let Some(exporters) = &mut exporters {
        let app = state.clone();
        exporters.start_metrics(move || {
            let app = app.clone();
            async move { metrics::exposition(&app).await }
        });
    }
    if let Some(addr) = config.metrics_addr {
        let listener = TcpListener::bind(addr).await.map_err(|error| cannot_listen(addr, &error))?;
        let router = metrics::alone(state.clone());
        tokio::spawn(http_server::serve(listener, router, None, limits.clone(), shutdown.clone()));
    }
    let address = listener.local_addr().map_err(|error| cannot_listen(config.addr, &error))?;
    let public_url = state.front.public_url.clone();
    let greeting = match sample {
        Some(sample) => Some(demo::start(&state, sample, shutdown.stop.clone()).await?),
        None => setup::link(&store, &public_url, state.clock.now())
            .await?
            .map(|link| format!("\n  There are no users yet. Create the first administrator within one hour at\n\n    {link}\n")),
    };
    tracing::info!(%address, "listening on {address}; console at {public_url}");
    // Printed last, so that no start-up message follows it.
    if let Some(greeting) = greeting {
        // An error of standard output does not stop the service.
        let _ = print_line(greeting);
    }
    let consumers = Consumers::start(&state, config.brokers, &shutdown.drain);
    http_server::serve(listener, web::router(state), certificates, limits, shutdown).await;
    consumers.stop().await;
    running.stop().await;
    if let Some(exporters) = exporters {
        exporters.stop().await;
    }
    store.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// Starts the log, and the export by OpenTelemetry if the environment asks for it.
fn start_telemetry(config: &mut Config, node: NodeId) -> Result<Option<Exporters>, CliError> {
    let exporters = Exporters::start(node).map_err(|error| ConfigError::new(error.variable, error.detail))?;
    telemetry::start(&config.log, config.log_format, exporters.as_ref())?;
    if let Some(exporters) = &exporters {
        config.delivery.otel = exporters.handle();
    }
    Ok(exporters)
}

/// Logs the settings in force and warnings about them. Called only after the configuration was accepted, because an error must be a single
/// line.
fn tell(config: &Config, program: &clap::Command) {
    for line in &config.effective {
        tracing::info!("{line}");
    }
    for warning in environment::unknown_settings(program)
        .into_iter()
        .chain(config.permission_warnings())
    {
        tracing::warn!("{warning}");
    }
}
