//! The network between a node and the database.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use clearhook::{
    domain::simulated::below,
    storage::simulated::{Link, Transit},
};

/// The state of the network of one node. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct NodeLink(Arc<Mutex<LinkState>>);

#[derive(Default)]
struct LinkState {
    /// Whether nothing arrives.
    is_cut: bool,
    /// Time that each message takes in addition.
    slow: Duration,
    /// Percentage of answers that are lost after the statement was executed.
    lost_answers: u64,
    /// Percentage of statements whose connection is reset.
    resets: u64,
}

impl fmt::Debug for NodeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeLink")
    }
}

impl NodeLink {
    pub(super) fn cut(&self, is_cut: bool) {
        self.0.lock().unwrap().is_cut = is_cut;
    }

    pub(super) fn slow(&self, slow: Duration) {
        self.0.lock().unwrap().slow = slow;
    }

    pub(super) fn lose_answers(&self, percent: u64) {
        self.0.lock().unwrap().lost_answers = percent;
    }

    pub(super) fn reset(&self, percent: u64) {
        self.0.lock().unwrap().resets = percent;
    }

    pub(super) fn heal(&self) {
        *self.0.lock().unwrap() = LinkState::default();
    }

    fn latency(slow: Duration) -> Transit {
        let micros = 50 + below(1_500).unwrap_or(0);
        let share = u32::try_from(below(100).unwrap_or(0)).unwrap();
        Transit::After(Duration::from_micros(micros) + slow * share / 100)
    }
}

fn happens(percent: u64) -> bool {
    percent > 0 && below(100).is_some_and(|number| number < percent)
}

impl Link for NodeLink {
    fn request(&self) -> Transit {
        let state = self.0.lock().unwrap();
        if state.is_cut {
            Transit::Lost
        } else if happens(state.resets) {
            Transit::Reset
        } else {
            Self::latency(state.slow)
        }
    }

    fn answer(&self) -> Transit {
        let state = self.0.lock().unwrap();
        if state.is_cut || happens(state.lost_answers) {
            Transit::Lost
        } else if happens(state.resets) {
            Transit::Reset
        } else {
            Self::latency(state.slow)
        }
    }
}
