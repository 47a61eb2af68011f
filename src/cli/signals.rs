//! The signals that `clearhook serve` handles.

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

use http_server::Shutdown;

use crate::cli::error::CliError;

/// The exit code after a signal that ended the process at once is 128 plus the signal's number, as in shells.
const EXIT_BY_SIGNAL: i32 = 128;

/// Handles signals from the start of the process. Without handlers, process 1 of a container would ignore them.
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
    user_1: Signal,
    user_2: Signal,
    alarm: Signal,
}

impl Signals {
    /// Installs the handlers. After SIGTERM or SIGQUIT, requests are still served for `drain` before the service stops.
    pub(super) fn listen(drain: Duration) -> Result<Self, CliError> {
        let handle = |kind| signal(kind).map_err(|error| CliError::Other(format!("cannot wait for signals: {error}")));
        let handlers = Handlers {
            interrupt: handle(SignalKind::interrupt())?,
            quit: handle(SignalKind::quit())?,
            terminate: handle(SignalKind::terminate())?,
            hang_up: handle(SignalKind::hangup())?,
            user_1: handle(SignalKind::user_defined1())?,
            user_2: handle(SignalKind::user_defined2())?,
            alarm: handle(SignalKind::alarm())?,
        };
        let signals = Self {
            shutdown: Shutdown::default(),
            is_serving: Arc::default(),
        };
        tokio::spawn(run(handlers, signals.shutdown.clone(), signals.is_serving.clone(), drain));
        Ok(signals)
    }

    /// From now on the first signal starts a graceful shutdown. Before this call, a signal ends the process at once, because there is
    /// nothing to finish.
    pub(super) fn start_serving(self) -> Shutdown {
        self.is_serving.store(true, Ordering::SeqCst);
        self.shutdown
    }
}

fn ignored(signal: &str) {
    tracing::info!("{signal} received and ignored: it has no meaning for clearhook; SIGTERM stops the service");
}

async fn run(mut handlers: Handlers, shutdown: Shutdown, is_serving: Arc<AtomicBool>, drain: Duration) {
    loop {
        let ending = tokio::select! {
            _ = handlers.interrupt.recv() => Ending::Interrupt,
            _ = handlers.quit.recv() => Ending::Quit,
            _ = handlers.terminate.recv() => Ending::Terminate,
            _ = handlers.hang_up.recv() => {
                tracing::info!("SIGHUP received and ignored: certificates are reloaded when their files change, settings at the next start");
                continue;
            }
            // Their default is to end the process, which would lose callbacks in flight. Log rotation and process managers send them.
            _ = handlers.user_1.recv() => { ignored("SIGUSR1"); continue }
            _ = handlers.user_2.recv() => { ignored("SIGUSR2"); continue }
            _ = handlers.alarm.recv() => { ignored("SIGALRM"); continue }
        };
        if !is_serving.load(Ordering::SeqCst) {
            process::exit(ending.exit_code());
        }
        if shutdown.drain.is_cancelled() {
            tracing::warn!(
                "{} received during shutdown: exiting now; callbacks in flight are sent again after the next start",
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
            "{} received: /readyz now fails; requests are served for another {}, then the service stops",
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
