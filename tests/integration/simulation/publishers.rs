//! The publishers of a run.

use clearhook::{
    catalogue::BuiltIn,
    domain::timestamp::Timestamp,
    storage::{
        events::{EventKey, NewEvent},
        journal::Journal,
        new_id,
    },
};
use rand::{RngExt, rngs::SmallRng};

use super::world::FAULTS_END;

/// How long a publisher takes that publishes everything at once.
pub(super) const BURST: i64 = 2_000;

/// An event of the run.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) subject: Option<String>,
    pub(super) at: i64,
}

/// Publishes its events one after the other, each after the previous one was accepted.
pub(super) struct Publisher {
    /// Numbers of events, next one last.
    pub(super) left: Vec<usize>,
    /// The node that was asked, and which of its starts that was.
    pub(super) asked: Option<(usize, u32)>,
    pub(super) not_before: i64,
}

/// An answer to a publisher: its number, the event's number, and whether the event was accepted.
pub(super) type PublishAnswer = (usize, usize, bool);

/// The events of all publishers: three with a subject each, and one without. With `burst` all publish everything at once at that time.
pub(super) fn events(burst: Option<i64>, random: &mut SmallRng) -> (Vec<Planned>, Vec<Publisher>) {
    let (mut events, mut publishers) = (Vec::new(), Vec::new());
    for subject in [Some("a"), Some("b"), Some("c"), None] {
        // Some publish everything at once, so that deliveries wait in the memory of a node.
        let (count, times) = if burst.is_some() || random.random_range(0..3) == 0 {
            let begin = burst.unwrap_or_else(|| random.random_range(0..FAULTS_END - BURST));
            (random.random_range(10..30), begin..begin + BURST)
        } else {
            (random.random_range(2..14), 0..FAULTS_END)
        };
        let mut times: Vec<i64> = (0..count).map(|_| random.random_range(times.clone())).collect();
        times.sort_unstable();
        let first = events.len();
        events.extend(times.into_iter().map(|at| Planned {
            subject: subject.map(str::to_owned),
            at,
        }));
        publishers.push(Publisher {
            left: (first..events.len()).rev().collect(),
            asked: None,
            not_before: 0,
        });
    }
    (events, publishers)
}

/// Publishes an event, and returns whether it was accepted. To be called on the node that stores it.
pub(super) async fn publish(journal: &Journal, event: usize, planned: Planned) -> bool {
    let new = NewEvent {
        id: new_id(),
        event_type: BuiltIn::IdentityCreated.into(),
        source: "/simulation".to_owned(),
        ce_id: event.to_string(),
        subject: planned.subject,
        extensions: None,
        trace: None,
        occurred_at: Timestamp::now(),
        body: event.to_string().into(),
    };
    journal.publish(vec![(EventKey::of(&new.source, &new.ce_id), new)]).await.is_ok()
}
