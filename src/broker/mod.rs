//! Consumes events from message brokers: NATS `JetStream` and `RabbitMQ`.
//!
//! * `consumer`: connects, takes messages, publishes their events, and acknowledges or rejects them. It is the same for all brokers.
//! * `nats`, `amqp`: the adapters, which implement [`Broker`], [`Session`] and [`Received`]. `tls` is what they share.
//!
//! A message is acknowledged after the commit of its events, so it is delivered again if this process dies before. Its events are then
//! recognised as duplicates by (source, id). Another broker needs an adapter, a setting and a line in [`Consumers::start`].

mod amqp;
mod amqp_message;
mod amqp_transport;
mod amqp_utf8;
mod consumer;
mod nats;
mod nats_message;
mod nats_unreadable;
mod tls;

use thiserror::Error;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::AppState,
    broker::{amqp::RabbitMq, consumer::Consumer, nats::Nats},
    config::BrokerSettings,
    services::events::message::{Message, Rejection},
};

/// Why a broker cannot be used at present: a sentence without credentials.
#[derive(Clone, Debug, Error)]
#[error("{0}")]
struct BrokerError(String);

/// A broker from which events are consumed.
trait Broker: Send + Sync + 'static {
    /// The value of the label `broker` in metrics.
    const NAME: &'static str;
    /// The name for people, in log lines and in the audit log.
    const TITLE: &'static str;

    /// Its connections.
    type Session: Session;

    /// Connects, and creates the stream or queues that are missing.
    fn connect(&self) -> impl Future<Output = Result<Self::Session, BrokerError>> + Send;

    /// The servers, for the log.
    fn servers(&self) -> String;
}

/// A connection to a broker.
trait Session: Send + 'static {
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
trait Received: Send + Sync + 'static {
    /// The message, in terms that all brokers have.
    fn message(&self) -> Message;

    /// Acknowledges it, so that it is not delivered again.
    fn acknowledge(&self) -> impl Future<Output = Result<(), BrokerError>> + Send;

    /// Stores a copy, with the reason in its headers, in the place for rejected messages. The copy is durable when this returns.
    fn store_rejected(&self, rejection: &Rejection) -> impl Future<Output = Result<(), BrokerError>> + Send;
}

/// The running consumers.
pub struct Consumers {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Consumers {
    /// Starts a consumer for each configured broker. Returns at once: a broker that cannot be reached is tried again until
    /// [`Self::stop`]. When `draining` is cancelled, no more messages are taken.
    pub fn start(app: &AppState, settings: BrokerSettings, draining: &CancellationToken) -> Self {
        let consumers = Self {
            tasks: TaskTracker::new(),
            stop: draining.child_token(),
        };
        if let Some(nats) = settings.nats {
            consumers.run(app, Nats::new(nats));
        }
        if let Some(amqp) = settings.amqp {
            consumers.run(app, RabbitMq::new(amqp));
        }
        consumers.tasks.close();
        consumers
    }

    fn run<B: Broker>(&self, app: &AppState, broker: B) {
        self.tasks.spawn(Consumer::new(app, broker, &self.stop).run());
    }

    /// Takes no more messages, and waits until those in progress are stored and acknowledged.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}
