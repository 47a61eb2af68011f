//! Compares two versions of a schema: who breaks when the new one replaces the old one.
//!
//! A direction is clear only if it is proven that one schema accepts everything that the other accepts. What cannot be proven is reported, so a
//! change without a finding is safe, and a finding may be a false alarm.

mod alternatives;
mod emptiness;
mod expressions;
mod inclusion;
mod items;
mod members;
mod same;
mod sentences;
mod state;

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
    io, thread,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use crate::{
    EventSchema,
    graph::{Graph, Node, NodeId, ROOT},
};
use expressions::Expressions;
use state::{Key, State};

/// Maximum work of one comparison in one direction.
const STEPS_MAX: u64 = 2_000_000;

/// Maximum processor time of one comparison in one direction, whatever the work is, so that the result does not depend on what else the machine does.
/// Ordinary comparisons take a thousandth of it.
const TIME_MAX: Duration = Duration::from_secs(2);

/// The time is read after this much work, because reading it is a system call.
const STEPS_PER_READING: u64 = 64;

/// Maximum number of claims of which each is needed for the one before.
const DEPTH_MAX: usize = 2_000;

/// Maximum number of subschemas that are compared word by word, each inside the one before.
const SAME_DEPTH_MAX: usize = 16_000;

/// The stack of a comparison: [`DEPTH_MAX`] claims take 15 MB and [`SAME_DEPTH_MAX`] subschemas 25 MB when the compiler does not optimise.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Maximum number of changes reported in one direction.
const CHANGES_MAX: usize = 100;

/// Who breaks when a schema changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Breaks {
    /// What a publisher could send is now rejected.
    Publishers,
    /// A receiver may now be sent what was not possible before.
    Receivers,
}

/// A change that breaks publishers or receivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub breaks: Breaks,
    /// The JSON pointer of the subschema within the new schema, or within the old one if the new one no longer has it.
    pub pointer: String,
    /// What changed, as a sentence.
    pub detail: String,
}

/// Compares two versions. `None` is no schema, which accepts any JSON. Returns at most 100 changes that break publishers and 100 that break
/// receivers; none if both versions accept the same data. What cannot be decided counts as breaking and its sentence says so.
pub fn compare(old: Option<&EventSchema>, new: Option<&EventSchema>) -> Vec<Change> {
    // Equal schemas accept the same data. Comparing them step by step could exceed the limits of work.
    if old.map(EventSchema::value) == new.map(EventSchema::value) {
        return Vec::new();
    }
    let anything = Graph {
        nodes: vec![Node::default()],
        chain: 1,
    };
    let graphs = [old, new].map(|schema| schema.map_or(&anything, EventSchema::graph));
    let both = [Breaks::Publishers, Breaks::Receivers];
    let work = || both.into_iter().flat_map(|breaks| Comparison::new(graphs, breaks).run()).collect();
    // Definitions may refer to one another thousands of times, and each takes frames of the stack.
    let compared: Result<Vec<Change>, io::Error> = thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("compare-schemas".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)?;
        thread.join().map_err(|_| io::Error::other("the comparison panicked"))
    });
    compared.unwrap_or_else(|error| {
        let undecided = |breaks| Change {
            breaks,
            pointer: String::new(),
            detail: format!("The schemas could not be compared ({error}), so the change counts as breaking."),
        };
        both.map(undecided).to_vec()
    })
}

const OLD: usize = 0;
const NEW: usize = 1;

/// A subschema of one of the two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct At {
    side: usize,
    id: NodeId,
}

/// The proof that one version accepts what the other accepts.
struct Comparison<'g> {
    graphs: [&'g Graph; 2],
    breaks: Breaks,
    /// Counts also where the comparison is only read.
    steps: Cell<u64>,
    /// The work at which the time was read last.
    read_at: Cell<u64>,
    /// The processor time of the thread at the start.
    started: Duration,
    changes: Vec<Change>,
    /// What has been proven, or is being proven and may be assumed for values further inside the data.
    assumed: HashSet<Key>,
    /// What could not be proven, so that it is not tried again.
    unproven: HashSet<Key>,
    /// The order in which `assumed` grew, to take back what a failed attempt added.
    trail: Vec<Key>,
    /// What is being proven, with the level of the data it was asked at.
    open: HashMap<Key, usize>,
    /// How many claims are open, and how many subschemas are being compared word by word.
    depth: usize,
    same_depth: usize,
    /// How far inside the data the proof is.
    level: usize,
    /// Whether what is known to be excluded may be used.
    without_exclusions: bool,
    expressions: Expressions,
    same: HashSet<(At, At)>,
    same_trail: Vec<(At, At)>,
    different: HashSet<(At, At)>,
}

/// The processor time that this thread has used.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

impl<'g> Comparison<'g> {
    fn new(graphs: [&'g Graph; 2], breaks: Breaks) -> Self {
        Self {
            graphs,
            breaks,
            steps: Cell::new(0),
            read_at: Cell::new(0),
            started: processor_time(),
            changes: Vec::new(),
            assumed: HashSet::new(),
            trail: Vec::new(),
            unproven: HashSet::new(),
            open: HashMap::new(),
            depth: 0,
            same_depth: 0,
            level: 0,
            without_exclusions: false,
            expressions: Expressions::new(),
            same: HashSet::new(),
            same_trail: Vec::new(),
            different: HashSet::new(),
        }
    }

    fn run(mut self) -> Vec<Change> {
        let (accepted, must_accept) = match self.breaks {
            Breaks::Publishers => (OLD, NEW),
            Breaks::Receivers => (NEW, OLD),
        };
        let from = At { side: accepted, id: ROOT };
        let to = At {
            side: must_accept,
            id: ROOT,
        };
        if !self.are_same(from, to) {
            let state = State::of(&self, vec![from]);
            let covered = self.covers(&state, to, true);
            if self.is_exhausted() {
                self.changes.push(Change {
                    breaks: self.breaks,
                    pointer: String::new(),
                    detail: "The schemas are too large to be compared completely. What was not compared counts as breaking.".to_owned(),
                });
            } else if !covered && self.changes.is_empty() {
                self.report_text(
                    String::new(),
                    "Whether this change is compatible cannot be decided, so it counts as breaking.".to_owned(),
                );
            }
        }
        self.changes
    }

    fn node(&self, at: At) -> &'g Node {
        &self.graphs[at.side].nodes[at.id]
    }

    /// Counts work. Returns false once there was too much: nothing more is proven then.
    fn spend(&self, steps: usize) -> bool {
        let done = self.steps.get().saturating_add(steps as u64);
        self.steps.set(done);
        if done >= self.read_at.get().saturating_add(STEPS_PER_READING) {
            self.read_at.set(done);
            if processor_time().saturating_sub(self.started) > TIME_MAX {
                self.give_up();
            }
        }
        !self.is_exhausted()
    }

    /// Proves nothing more: the schemas are too large.
    fn give_up(&self) {
        self.steps.set(STEPS_MAX + 1);
    }

    fn is_exhausted(&self) -> bool {
        self.steps.get() > STEPS_MAX
    }

    /// Runs an attempt that reports nothing. If it fails, what it assumed is taken back.
    fn attempt(&mut self, attempt: impl FnOnce(&mut Self) -> bool) -> bool {
        let before = self.trail.len();
        let proven = attempt(self);
        if !proven {
            for key in self.trail.drain(before..) {
                self.assumed.remove(&key);
            }
        }
        proven
    }

    /// Goes one level into the data.
    fn inside<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.level += 1;
        let result = work(self);
        self.level -= 1;
        result
    }
}
