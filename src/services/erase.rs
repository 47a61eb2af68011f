//! Erasure of what events and responses say about a person.

use std::time::{Duration, Instant};

use crate::{
    app::AppState,
    auth::{principal::Principal, rules::Action},
    delivery::Dispatcher,
    domain::page::Cursor,
    messages::validation::ValidationError,
    services::error::{FieldError, UseCaseError},
    storage::erase::{ERASED, Erasure},
};

/// How long one request works. The caller sends the next one.
const LONGEST: Duration = Duration::from_secs(3);

/// What a request erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Events whose payload was erased.
    pub events: u64,
    /// Callbacks whose response body was erased.
    pub callbacks: u64,
    /// Deliveries that were cancelled.
    pub deliveries: u64,
    /// Deliveries that a node is sending or about to send, and that may log a response. When they have ended, the same request erases it.
    pub in_flight: u64,
    /// Whether nothing of it is left in the free space of the database.
    pub is_gone: bool,
    /// Where the next request continues, if this one did not reach the end.
    pub rest: Option<Cursor>,
}

/// Erases payloads and logged responses, and cancels the deliveries that wait.
pub async fn erase(app: &AppState, by: &Principal, what: &Erasure, after: Option<Cursor>) -> Result<Erased, UseCaseError> {
    by.may(Action::EraseData, false)?;
    let begun = Instant::now();
    // Some deliveries may be on their way from the database to this node. Other nodes are notified in the transactions of the erasure.
    let mut claim = ClaimAnew {
        dispatcher: &app.dispatcher,
        is_needed: true,
    };
    let mut all = Erased {
        rest: after,
        ..Erased::default()
    };
    loop {
        let batch = app.store.erase_batch(&by.actor(), what, all.rest).await?;
        all.events += batch.events;
        all.callbacks += batch.callbacks;
        all.deliveries += batch.deliveries;
        for (webhook, delivery) in batch.unfinished {
            // Those that wait in the memory of this node are not sent.
            if app.dispatcher.cancel_one(webhook, delivery, ERASED).await {
                all.deliveries += 1;
            } else {
                all.in_flight += 1;
            }
        }
        all.rest = batch.rest;
        if all.rest.is_none() || begun.elapsed() >= LONGEST {
            break;
        }
    }
    claim.is_needed = all.in_flight > 0;
    drop(claim);
    // Otherwise another request follows.
    if all.rest.is_none() && all.in_flight == 0 {
        all.is_gone = app.store.end_erasure().await?;
    }
    app.dispatcher.wake();
    tracing::info!(
        events = all.events,
        callbacks = all.callbacks,
        "the payloads of {} events and {} responses were erased on request",
        all.events,
        all.callbacks
    );
    Ok(all)
}

/// When it is dropped, the deliveries of this node are claimed anew, and those of erased events are cancelled by that. This includes the case that
/// the client disconnects and the request ends between an erasure and the cancellation of its deliveries.
struct ClaimAnew<'a> {
    dispatcher: &'a Dispatcher,
    is_needed: bool,
}

impl Drop for ClaimAnew<'_> {
    fn drop(&mut self) {
        if self.is_needed {
            self.dispatcher.claim_anew();
        }
    }
}

/// The chosen events: those with a subject, or those with a source and an id.
pub fn selection(subject: Option<String>, source: Option<String>, id: Option<String>) -> Result<Erasure, UseCaseError> {
    let wrong = |pointer: &str| Err(UseCaseError::Invalid(vec![FieldError::new(pointer, ValidationError::EraseWhat)]));
    match (subject, source, id) {
        (Some(subject), None, None) if !subject.is_empty() => Ok(Erasure::Subject(subject)),
        (None, Some(source), Some(id)) if !source.is_empty() && !id.is_empty() => Ok(Erasure::Event { source, id }),
        (_, None, Some(_)) => wrong("/source"),
        (_, Some(_), None) => wrong("/id"),
        _ => wrong("/subject"),
    }
}
