//! Ctrl+C during a command that makes several changes: it ends between two of them, so that it can say which were made.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio_util::task::AbortOnDropHandle;

use crate::cli::output::note;

/// The exit code of a command that was ended by SIGINT, as shells report it.
pub(super) const CODE: u8 = 130;

/// Whether Ctrl+C was pressed.
pub(super) struct Interrupt {
    is_pressed: Arc<AtomicBool>,
    _waits: AbortOnDropHandle<()>,
}

impl Interrupt {
    /// Waits for Ctrl+C from now on. It does not end the process then; a second one does.
    pub(super) fn watch() -> Self {
        let is_pressed = Arc::new(AtomicBool::new(false));
        let pressed = is_pressed.clone();
        let waits = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            pressed.store(true, Ordering::SeqCst);
            note("Ending after the change under way; press Ctrl+C again to end at once.");
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(CODE.into());
            }
        });
        Self {
            is_pressed,
            _waits: AbortOnDropHandle::new(waits),
        }
    }

    /// Whether it was pressed.
    pub(super) fn is_pressed(&self) -> bool {
        self.is_pressed.load(Ordering::SeqCst)
    }
}
