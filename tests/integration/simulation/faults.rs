//! What goes wrong in a run, and when.

use rand::{RngExt, rngs::SmallRng};

use super::world::{FAULTS_END, NODES_MAX};

/// A fault, with the number of the node that it affects. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The node crashes, and is started again after a time.
    Crash { node: usize, down: i64 },
    /// The node stops gracefully, and is started again after a time.
    Stop { node: usize, down: i64 },
    /// The node cannot reach the database.
    Cut { node: usize, time: i64 },
    /// The database answers the node slowly.
    Slow { node: usize, by: i64, time: i64 },
    /// A percentage of the database's answers is lost.
    LostAnswers { node: usize, percent: u64, time: i64 },
    /// A percentage of the connections is reset.
    Resets { node: usize, percent: u64, time: i64 },
    /// The node's clock is set.
    Clock { node: usize, by: i64 },
}

/// The faults of a run in the order of their times. Every eighth run has none.
pub(super) fn plan(random: &mut SmallRng) -> Vec<(i64, Fault)> {
    let count = if random.random_range(0..8) == 0 {
        0
    } else {
        random.random_range(1..9)
    };
    let mut faults: Vec<_> = (0..count).map(|_| (random.random_range(0..FAULTS_END), fault(random))).collect();
    faults.sort_by_key(|(at, _)| *at);
    faults
}

fn fault(random: &mut SmallRng) -> Fault {
    let node = random.random_range(0..NODES_MAX);
    match random.random_range(0..9) {
        0 | 1 => Fault::Crash {
            node,
            down: random.random_range(0..50_000),
        },
        2 => Fault::Stop {
            node,
            down: random.random_range(0..50_000),
        },
        3 | 4 => Fault::Cut {
            node,
            time: random.random_range(100..60_000),
        },
        5 => Fault::Slow {
            node,
            by: random.random_range(10..8_000),
            time: random.random_range(1_000..40_000),
        },
        6 => Fault::LostAnswers {
            node,
            percent: random.random_range(1..60),
            time: random.random_range(1_000..40_000),
        },
        7 => Fault::Resets {
            node,
            percent: random.random_range(1..60),
            time: random.random_range(1_000..40_000),
        },
        _ => {
            let by: i64 = match random.random_range(0..3) {
                0 => random.random_range(50..3_000),
                1 => random.random_range(3_000..120_000),
                _ => random.random_range(120_000..7_200_000),
            };
            Fault::Clock {
                node,
                by: if random.random() { by } else { -by },
            }
        }
    }
}
