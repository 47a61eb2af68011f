//! The clock, the ids and the random numbers of a simulated node. Only the simulation (`tests/integration/simulation`) sets them: a run can
//! be repeated from its seed only if nothing comes from the machine.

use std::cell::RefCell;

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use tokio::time::Instant;
use uuid::Uuid;

thread_local! {
    static CURRENT: RefCell<Option<SimulatedNode>> = const { RefCell::new(None) };
}

/// What a node uses in place of the clock and the random numbers of the machine.
#[derive(Debug)]
pub struct SimulatedNode {
    /// A moment of the paused clock of the node's runtime, and the true time then, in milliseconds since 1970.
    began: (Instant, i64),
    /// How far the node's clock is ahead of the true time, in milliseconds.
    offset: i64,
    random: SmallRng,
    /// The time of the last id, and the number of ids since then: ids increase even if the clock is set back, as those of `Uuid::now_v7` do.
    last_id: (i64, u16),
}

impl SimulatedNode {
    /// A node whose runtime starts now, at this true time in milliseconds since 1970. Must be called within the runtime.
    pub fn new(true_time: i64, offset: i64, seed: u64) -> Self {
        Self {
            began: (Instant::now(), true_time),
            offset,
            random: SmallRng::seed_from_u64(seed),
            last_id: (0, 0),
        }
    }

    /// Sets the clock, in milliseconds ahead of the true time.
    pub const fn set_offset(&mut self, offset: i64) {
        self.offset = offset;
    }

    fn true_time(&self) -> i64 {
        let passed = self.began.0.elapsed().as_millis();
        self.began.1 + i64::try_from(passed).unwrap_or(i64::MAX)
    }
}

/// Makes this thread run a node, or none. Returns the node that it ran before.
pub fn replace(node: Option<SimulatedNode>) -> Option<SimulatedNode> {
    CURRENT.replace(node)
}

/// The true time, whatever the node's clock shows. `None` if this thread runs no node.
pub fn true_time() -> Option<i64> {
    with(|node| node.true_time())
}

/// The time that the node's clock shows, in milliseconds since 1970.
pub(crate) fn clock() -> Option<i64> {
    with(|node| node.true_time() + node.offset)
}

/// A new `UUIDv7`.
pub(crate) fn id() -> Option<Uuid> {
    with(|node| {
        let now = node.true_time() + node.offset;
        node.last_id = match node.last_id {
            (last, count) if now <= last && count < 0xfff => (last, count + 1),
            (last, _) if now <= last => (last + 1, 0),
            _ => (now, 0),
        };
        let (time, count) = node.last_id;
        let high = u64::try_from(time).unwrap_or(0) << 16 | 0x7000 | u64::from(count);
        let low = 0x8000_0000_0000_0000 | node.random.random::<u64>() >> 2;
        Uuid::from_u64_pair(high, low)
    })
}

/// A number from 0 to 1.
pub(crate) fn fraction() -> Option<f64> {
    with(|node| node.random.random())
}

/// A number below `end`, which must not be 0.
pub fn below(end: u64) -> Option<u64> {
    with(|node| node.random.random_range(0..end))
}

fn with<T>(use_it: impl FnOnce(&mut SimulatedNode) -> T) -> Option<T> {
    CURRENT.with_borrow_mut(|current| current.as_mut().map(use_it))
}
