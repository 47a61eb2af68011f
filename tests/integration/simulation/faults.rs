//! What goes wrong in a run, and when.

use rand::{RngExt, rngs::SmallRng};

use super::{
    publishers::BURST,
    world::{FAULTS_END, NODES_MAX, STOP_MAX},
};

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The fault of the node with this number.
    Node { number: usize, fault: NodeFault },
    /// The clock of the database is set, as in a failover to a server with another time. In milliseconds.
    DatabaseClock { by: i64 },
}

/// A fault of one node. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeFault {
    /// The node crashes, and is started again after a time.
    Crash { down: i64 },
    /// The node stops gracefully, and is started again after a time.
    Stop { down: i64 },
    /// The node cannot reach the database.
    Cut { time: i64 },
    /// The database answers the node slowly.
    Slow { by: i64, time: i64 },
    /// A percentage of the database's answers is lost.
    LostAnswers { percent: u64, time: i64 },
    /// A percentage of the connections is reset.
    Resets { percent: u64, time: i64 },
    /// The node's clock is set.
    Clock { by: i64 },
}

impl NodeFault {
    /// How long it lasts. A node that stops takes some time before it is down. Nothing for a step of a clock.
    pub(super) fn time(&self) -> Option<i64> {
        match self {
            Self::Crash { down } => Some(*down),
            Self::Stop { down } => Some(down + STOP_MAX),
            Self::Cut { time } | Self::Slow { time, .. } | Self::LostAnswers { time, .. } | Self::Resets { time, .. } => Some(*time),
            Self::Clock { .. } => None,
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Crash,
    Stop,
    Cut,
    Slow,
    LostAnswers,
    Resets,
    Clock,
    DatabaseClock,
}

const KINDS: [Kind; 8] = [
    Kind::Crash,
    Kind::Stop,
    Kind::Cut,
    Kind::Slow,
    Kind::LostAnswers,
    Kind::Resets,
    Kind::Clock,
    Kind::DatabaseClock,
];

/// The node of [`busy_cut`].
pub(super) const BUSY_NODE: usize = 0;

/// In one of four runs, when a node with much to do is cut off from the database for longer than its lease, and this fault. Few runs with random
/// faults have this combination.
pub(super) fn busy_cut(random: &mut SmallRng) -> Option<(i64, Fault)> {
    let cut = Fault::Node {
        number: BUSY_NODE,
        fault: NodeFault::Cut {
            time: random.random_range(35_000..70_000),
        },
    };
    let at = random.random_range(BURST..FAULTS_END - 60_000);
    (random.random_range(0..4) == 0).then_some((at, cut))
}

/// The faults of a run in the order of their times, besides `busy_cut`; in one of eight runs there are none. A run has only some kinds of faults, because a mixture of all
/// seldom has what only two of them cause together.
pub(super) fn plan(busy_cut: Option<(i64, Fault)>, random: &mut SmallRng) -> Vec<(i64, Fault)> {
    let count = if random.random_range(0..8) == 0 {
        0
    } else {
        random.random_range(1..9)
    };
    let kinds = some_of(&KINDS, random);
    let mut faults: Vec<_> = (0..count)
        .map(|_| {
            (
                random.random_range(0..FAULTS_END),
                fault(kinds[random.random_range(0..kinds.len())], random),
            )
        })
        .chain(busy_cut)
        .collect();
    faults.sort_by_key(|(at, _)| *at);
    faults
}

/// One or more of these.
pub(super) fn some_of<T: Copy>(all: &[T], random: &mut SmallRng) -> Vec<T> {
    let some: Vec<T> = all.iter().copied().filter(|_| random.random()).collect();
    if some.is_empty() {
        return vec![all[random.random_range(0..all.len())]];
    }
    some
}

fn fault(kind: Kind, random: &mut SmallRng) -> Fault {
    let number = random.random_range(0..NODES_MAX);
    let fault = match kind {
        Kind::Crash => NodeFault::Crash {
            down: random.random_range(0..50_000),
        },
        Kind::Stop => NodeFault::Stop {
            down: random.random_range(0..50_000),
        },
        Kind::Cut => NodeFault::Cut {
            // Short or longer than a lease.
            time: if random.random() {
                random.random_range(100..20_000)
            } else {
                random.random_range(20_000..80_000)
            },
        },
        Kind::Slow => NodeFault::Slow {
            by: random.random_range(10..8_000),
            time: random.random_range(1_000..40_000),
        },
        Kind::LostAnswers => NodeFault::LostAnswers {
            percent: random.random_range(1..60),
            time: random.random_range(1_000..40_000),
        },
        Kind::Resets => NodeFault::Resets {
            percent: random.random_range(1..60),
            time: random.random_range(1_000..40_000),
        },
        Kind::Clock => NodeFault::Clock { by: step(random) },
        Kind::DatabaseClock => return Fault::DatabaseClock { by: step(random) },
    };
    Fault::Node { number, fault }
}

/// By how much a clock is set.
fn step(random: &mut SmallRng) -> i64 {
    let by: i64 = match random.random_range(0..3) {
        0 => random.random_range(50..3_000),
        1 => random.random_range(3_000..120_000),
        _ => random.random_range(120_000..7_200_000),
    };
    if random.random() { by } else { -by }
}
