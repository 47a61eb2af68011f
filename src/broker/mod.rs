//! Consumes events from message brokers: NATS `JetStream` and `RabbitMQ`.
//!
//! * `consumer`: connects, takes messages, publishes their events, and acknowledges or rejects them. It is the same for all brokers.
//! * `adapter`: what a broker has to provide. `nats` and `amqp` are the adapters; `tls` is what they share.
//!
//! A message is acknowledged after the commit of its events, so it is delivered again if this process dies before. Its events are then
//! recognised as duplicates by (source, id). Another broker needs an adapter, a setting and a line in [`Consumers::start`].

mod adapter;
mod amqp;
mod amqp_message;
mod amqp_transport;
mod amqp_utf8;
mod consumer;
mod nats;
mod nats_message;
mod nats_unreadable;
mod tls;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::AppState,
    broker::{adapter::Broker, amqp::RabbitMq, consumer::Consumer, nats::Nats},
    config::BrokerSettings,
};

/// Whether a configured broker can be used.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Its name in metrics and checks: `nats` or `rabbitmq`.
    pub name: &'static str,
    /// Its name for people, and its servers.
    pub servers: String,
    /// Why it cannot be used, if it cannot: a sentence without credentials.
    pub problem: Option<String>,
}

/// Connects to each configured broker, and changes nothing there.
pub async fn reach(settings: &BrokerSettings) -> Vec<Reached> {
    let mut reached = Vec::new();
    if let Some(nats) = &settings.nats {
        reached.push(reach_one(&Nats::new(nats.clone())).await);
    }
    if let Some(amqp) = &settings.amqp {
        reached.push(reach_one(&RabbitMq::new(amqp.clone())).await);
    }
    reached
}

async fn reach_one<B: Broker>(broker: &B) -> Reached {
    Reached {
        name: B::NAME,
        servers: format!("{} at {}", B::TITLE, broker.servers()),
        problem: broker.reach().await.err().map(|error| error.to_string()),
    }
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
