//! Deliveries in memory: one queue per webhook, served round-robin, so that no webhook can block another.
//!
//! * `state`: the queues, and how deliveries enter and leave them.
//! * `capacity`: how many deliveries of a webhook fit.
//! * `scheduling`: which attempt begins next, and how its result affects the following ones.

mod capacity;
mod scheduling;
mod state;

pub use self::state::Paused;
pub(super) use self::{
    scheduling::{ReceiverHealth, ScheduledAttempt},
    state::{Claim, Limits, Queues},
};

#[cfg(test)]
mod tests;
