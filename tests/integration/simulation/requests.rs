//! Requests of people in a run: they ask for another attempt of a delivery, whatever its state is.

use std::sync::{Arc, Mutex};

use clearhook::{
    delivery::Dispatcher,
    domain::id::{DeliveryId, WebhookId},
    storage::{Store, audit::Actor, new_id, resend::Redelivery},
};
use rand::{RngExt, rngs::SmallRng};
use uuid::Uuid;

use super::world::FAULTS_END;

/// The times of the requests, in milliseconds since the start of the run, next one last. Half of the runs have none.
pub(super) fn plan(random: &mut SmallRng) -> Vec<i64> {
    let count = if random.random() { random.random_range(1..6) } else { 0 };
    let mut times: Vec<i64> = (0..count).map(|_| random.random_range(0..FAULTS_END)).collect();
    times.sort_unstable_by_key(|at| -at);
    times
}

/// The requests of a run. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Requests(Arc<Mutex<Vec<Request>>>);

struct Request {
    delivery: Uuid,
    /// When it was made, in milliseconds since the start of the run.
    at: i64,
    /// Whether it was accepted. One that was not may have been stored all the same.
    is_accepted: bool,
}

impl Requests {
    /// Asks a node for another attempt. To be called on this node.
    pub(super) async fn ask(self, store: Store, dispatcher: Dispatcher, webhook: WebhookId, delivery: DeliveryId, at: i64) {
        let number = {
            let mut requests = self.0.lock().unwrap();
            requests.push(Request {
                delivery: delivery.0,
                at,
                is_accepted: false,
            });
            requests.len() - 1
        };
        match store.redeliver(&Actor::clearhook(), new_id(), delivery).await {
            Ok(Redelivery::Due) => dispatcher.wake(),
            Ok(Redelivery::AfterCurrentAttempt) => dispatcher.manual_requested(webhook, delivery),
            Ok(Redelivery::Unknown) => panic!("{delivery:?} was sent and is not in the database"),
            Err(_) => return,
        }
        self.0.lock().unwrap()[number].is_accepted = true;
    }

    /// Whether a request for a delivery was made before this time.
    pub(super) fn are_before(&self, delivery: Uuid, time: i64) -> bool {
        let requests = self.0.lock().unwrap();
        requests.iter().any(|request| request.delivery == delivery && request.at <= time)
    }

    /// How many requests were made for a delivery, and how many of them were accepted.
    pub(super) fn of(&self, delivery: Uuid) -> (usize, usize) {
        let requests = self.0.lock().unwrap();
        let made = requests.iter().filter(|request| request.delivery == delivery);
        (made.clone().count(), made.filter(|request| request.is_accepted).count())
    }
}
