//! Hears what other nodes say, so that a change of a webhook and a delivery to claim are known at once.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    dispatch::engine::Engine,
    storage::{StoreError, listen::Word},
};

/// Pause before the connection is made again.
const AGAIN: Duration = Duration::from_secs(1);

impl Engine {
    /// Listens until the node stops.
    pub(super) async fn hear_nodes(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                heard = self.hear() => match heard {
                    Ok(()) => return,
                    Err(error) => tracing::warn!(%error, "cannot hear other nodes; trying again"),
                },
            }
            // What was said meanwhile was not heard.
            self.heard(Word::Missed).await;
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(AGAIN) => {}
            }
        }
    }

    async fn hear(&self) -> Result<(), StoreError> {
        let Some(mut listener) = self.store.listen().await? else {
            return Ok(());
        };
        loop {
            let word = listener.hear().await?;
            self.heard(word).await;
        }
    }

    async fn heard(&self, word: Word) {
        match word {
            Word::Pending | Word::Keys => {}
            Word::Changed(webhook) => self.changed(webhook).await,
            Word::Missed => self.sender.targets.forget_all(),
        }
        self.due.now();
    }
}
