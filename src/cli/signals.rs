//! Signals that end `clearhook serve`, and those that do not.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

use crate::{cli::CliError, web::server::Shutdown};

/// The exit code after a signal that ended the process at once is this plus the signal's number, as shells have it.
const EXIT_BY_SIGNAL: i32 = 128;

/// Listens to signals from the start of the process on. (As process 1 of a container, a process without handlers would not even end.)
pub(super) struct Signals {
    shutdown: Shutdown,
    is_serving: Arc<AtomicBool>,
}

/// A signal that ends the service.
#[derive(Clone, Copy)]
enum Ending {
    Interrupt,
    Quit,
    Terminate,
}

impl Ending {
    const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Quit => "SIGQUIT",
            Self::Terminate => "SIGTERM",
        }
    }

    const fn exit_code(self) -> i32 {
        EXIT_BY_SIGNAL
            + match self {
                Self::Interrupt => 2,
                Self::Quit => 3,
                Self::Terminate => 15,
            }
    }
}

struct Handlers {
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Begins to listen. After SIGTERM or SIGQUIT, requests are served for `drain` before the service stops.
    pub(super) fn listen(drain: Duration) -> Result<Self, CliError> {
        let handle = |kind| signal(kind).map_err(|error| CliError::Other(format!("cannot wait for signals: {error}")));
        let handlers = Handlers {
            interrupt: handle(SignalKind::interrupt())?,
            quit: handle(SignalKind::quit())?,
            terminate: handle(SignalKind::terminate())?,
            hang_up: handle(SignalKind::hangup())?,
        };
        let signals = Self {
            shutdown: Shutdown::default(),
            is_serving: Arc::default(),
        };
        tokio::spawn(run(handlers, signals.shutdown.clone(), signals.is_serving.clone(), drain));
        Ok(signals)
    }

    /// From now on a first signal stops the service step by step. Before, there is nothing to finish, and it ends the process.
    pub(super) fn start_serving(self) -> Shutdown {
        self.is_serving.store(true, Ordering::SeqCst);
        self.shutdown
    }
}

async fn run(mut handlers: Handlers, shutdown: Shutdown, is_serving: Arc<AtomicBool>, drain: Duration) {
    loop {
        let ending = tokio::select! {
            _ = handlers.interrupt.recv() => Ending::Interrupt,
            _ = handlers.quit.recv() => Ending::Quit,
            _ = handlers.terminate.recv() => Ending::Terminate,
            _ = handlers.hang_up.recv() => {
                tracing::info!("SIGHUP received and ignored: certificates are read again when their files change, settings at the next start");
                continue;
            }
        };
        if !is_serving.load(Ordering::SeqCst) {
            process::exit(ending.exit_code());
        }
        if shutdown.drain.is_cancelled() {
            tracing::warn!(
                "{} received while stopping: exiting now; callbacks in flight are sent again at the next start",
                ending.name()
            );
            process::exit(ending.exit_code());
        }
        shutdown.drain.cancel();
        let drain = if matches!(ending, Ending::Interrupt) {
            Duration::ZERO
        } else {
            drain
        };
        if drain.is_zero() {
            tracing::info!(
                "{} received: stopping; requests and callbacks in flight are finished first",
                ending.name()
            );
            shutdown.stop.cancel();
            continue;
        }
        tracing::info!(
            "{} received: /readyz fails from now on; requests are served for another {}, then the service stops",
            ending.name(),
            humantime::format_duration(drain)
        );
        let stop = shutdown.stop.clone();
        tokio::spawn(async move {
            sleep(drain).await;
            tracing::info!("stopping: requests and callbacks in flight are finished first");
            stop.cancel();
        });
    }
}
