//! What a broker has to provide, so that events can be consumed from it.

use std::time::Duration;

use thiserror::Error;

use crate::services::events::message::{Message, Rejection};

/// Maximum number of messages in progress. Their events are stored in common transactions, so throughput grows with this number; their
/// bodies are in memory.
pub(super) const IN_PROGRESS_MAX: usize = 256;

/// Time limit of one exchange with a broker.
pub(super) const EXCHANGE: Duration = Duration::from_secs(5);

/// Why a broker cannot be used at present: a sentence without credentials.
#[derive(Clone, Debug, Error)]
#[error("{0}")]
pub(super) struct BrokerError(pub(super) String);

/// A broker from which events are consumed.
pub(super) trait Broker: Send + Sync + 'static {
    /// The value of the label `broker` in metrics.
    const NAME: &'static str;
    /// The name for people, in log lines and in the audit log.
    const TITLE: &'static str;

    /// Its connections.
    type Session: Session;

    /// Connects, and creates the stream or queues that are missing.
    fn connect(&self) -> impl Future<Output = Result<Self::Session, BrokerError>> + Send;

    /// Connects and signs in, and changes nothing.
    fn reach(&self) -> impl Future<Output = Result<(), BrokerError>> + Send;

    /// The servers, for the log.
    fn servers(&self) -> String;
}

/// A connection to a broker.
pub(super) trait Session: Send + 'static {
    /// Its messages.
    type Received: Received;

    /// Waits for the next message. Nothing is lost if the future is dropped. An error means that the connection is lost.
    fn next(&mut self) -> impl Future<Output = Result<Self::Received, BrokerError>> + Send;

    /// How many messages were rejected when the connection was opened, because they cannot even be received.
    fn rejected_before(&self) -> u64 {
        0
    }

    /// How many messages the broker holds that are not acknowledged. `in_progress` is the number of those that this node has taken.
    fn waiting(&mut self, in_progress: u64) -> impl Future<Output = Result<u64, BrokerError>> + Send;

    /// Gives messages back that were delivered and not taken, and ends the connection after everything before was sent.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// A message that was delivered and is not acknowledged yet. If it is dropped, the broker delivers it again later.
pub(super) trait Received: Send + Sync + 'static {
    /// The message, in terms that all brokers have.
    fn message(&self) -> Message;

    /// Acknowledges it, so that it is not delivered again.
    fn acknowledge(&self) -> impl Future<Output = Result<(), BrokerError>> + Send;

    /// Stores a copy, with the reason in its headers, in the place for rejected messages. The copy is durable when this returns.
    fn store_rejected(&self, rejection: &Rejection) -> impl Future<Output = Result<(), BrokerError>> + Send;
}
