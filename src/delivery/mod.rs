//! Delivery of events: the dispatcher sends deliveries to the receivers of webhooks and passes the results to the journal.
//!
//! * `engine`: begins attempts in the order that `queues` decides, and applies the results.
//! * `attempt`: one attempt. `client`, `connector`, `tls`, `resolver`: HTTP. `classify_response`: what happens to the delivery next.
//! * `background`: the tasks that run until the node stops, such as claiming due deliveries and deleting old data.
//!
//! New deliveries arrive in memory from the journal; all others are claimed from the database. The queues are served round-robin, so that no
//! webhook can block another.

mod attempt;
mod background;
mod certificate_error;
mod circuit_breaker;
mod classify_response;
mod client;
mod clock_jump;
mod connect_error;
mod connector;
mod counters;
mod dispatcher;
mod dns;
mod endpoint_cache;
mod engine;
mod failures;
mod happy_eyeballs;
mod head_frames;
mod inflate;
mod late_body;
mod lease;
mod opening;
mod other_nodes;
mod queues;
mod reachability;
mod redact;
mod resolver;
mod response_body;
mod settings;
#[cfg(feature = "test-support")]
pub mod simulated;
#[cfg(feature = "test-support")]
mod simulated_client;
mod slots;
mod tls;
mod token_bucket;
mod wakeup;
mod write_health;

pub(crate) use self::tls::system_roots;
#[cfg(feature = "test-support")]
pub use self::{
    circuit_breaker::BreakerSettings,
    dispatcher::{Load, Running},
    dns::DnsResolver,
    lease::LEASE,
};
pub use self::{
    client::ClientError,
    counters::Labelled,
    dispatcher::Dispatcher,
    queues::Paused,
    reachability::{Reachability, Unreachable, trusted_certificates},
    settings::DeliverySettings,
};
