//! Settings of the delivery of events, with their default values.

use std::time::Duration;

use rustls::pki_types::CertificateDer;

use crate::{
    delivery::{circuit_breaker::BreakerSettings, dns::DnsResolver},
    domain::retry::RetrySchedule,
    otel::Otel,
    storage::open::PATIENCE,
};

/// Settings of the dispatcher.
#[derive(Clone, Debug)]
pub struct DeliverySettings {
    /// Delays between the attempts of a delivery.
    pub schedule: RetrySchedule,
    /// Timeout of an attempt, until the head of the response is received.
    pub timeout: Duration,
    /// Timeout for reading the response body after that. Exceeding it does not change the outcome.
    pub body_timeout: Duration,
    /// Maximum number of attempts in flight.
    pub concurrency: usize,
    /// Maximum number of attempts in flight to one webhook.
    pub concurrency_per_webhook: usize,
    /// Circuit breaker of each webhook.
    pub breaker: BreakerSettings,
    /// A webhook is disabled when several deliveries in a row have exhausted their attempts and the first of these is at least this old.
    pub disable_after: Duration,
    /// Delay before the next attempt of a delivery after one that panicked or could not begin because the database failed.
    pub trouble_pause: Duration,
    /// Statement timeout of the journal on PostgreSQL. The timeout of all other statements is a third of it.
    pub patience: Duration,
    /// Retention time of callbacks and events.
    pub retention: Duration,
    /// The DNS resolver.
    pub dns: DnsResolver,
    /// The receivers of a simulation, which are called instead of those in the network.
    #[cfg(feature = "test-support")]
    pub receivers: Option<crate::delivery::simulated::Receivers>,
    /// Certificate authorities that are trusted in addition to those of the system.
    pub more_roots: Vec<CertificateDer<'static>>,
    /// Events are refused while the disk has less free space than this, in bytes. The reserve is needed to send and log the events that are
    /// already accepted.
    pub spare_space: u64,
    /// Measures publishing, storing and attempts, if traces are exported.
    pub otel: Otel,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            schedule: RetrySchedule::default(),
            timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(2),
            concurrency: 256,
            concurrency_per_webhook: 16,
            breaker: BreakerSettings::default(),
            disable_after: Duration::from_secs(120 * 3_600),
            trouble_pause: Duration::from_secs(5),
            patience: PATIENCE,
            retention: Duration::from_secs(366 * 24 * 3_600),
            dns: DnsResolver::default(),
            #[cfg(feature = "test-support")]
            receivers: None,
            more_roots: Vec::new(),
            spare_space: 128 << 20,
            otel: Otel::default(),
        }
    }
}

impl DeliverySettings {
    /// Longest duration of an attempt, including the response body.
    pub fn attempt_max(&self) -> Duration {
        self.timeout + self.body_timeout
    }
}
