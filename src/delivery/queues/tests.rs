use std::time::Duration;

use tokio::time::Instant;

use super::{
    capacity::{QUEUE_MAX, TOTAL_BYTES_MAX},
    state::slot_of,
    *,
};
use crate::{
    delivery::circuit_breaker::BreakerSettings,
    domain::{callback::Trigger, event_type::EventType, id::WebhookId, timestamp::Timestamp},
    storage::{deliveries::Job, new_id},
};

fn queues(concurrency: usize, per_webhook: usize) -> Queues {
    Queues::new(Limits {
        concurrency,
        per_webhook,
        breaker: BreakerSettings::default(),
    })
}

/// When the deliveries of these tests were claimed.
const CLAIMED: Timestamp = Timestamp(1_800_000_000_000);

fn claim(job: Job) -> Claim {
    Claim { job, at: CLAIMED }
}

fn job(webhook: WebhookId) -> Job {
    Job {
        delivery: new_id(),
        event: new_id(),
        event_type: EventType::of_stored("identity.created"),
        webhook,
        body: "{}".into(),
        trace: None,
        attempts: 0,
        retries: 0,
        max_attempts: None,
        panics: 0,
        order: None,
        trigger: Trigger::Event,
        manual: false,
    }
}

fn push(queues: &mut Queues, job: Job) -> bool {
    queues.reserve(slot_of(&job)) && queues.enqueue_reserved(job, queues.term())
}

fn webhooks(queues: &mut Queues) -> Vec<WebhookId> {
    let now = Instant::now();
    std::iter::from_fn(|| queues.next(now)).map(|attempt| attempt.job.webhook).collect()
}

#[test]
fn webhooks_are_served_round_robin() {
    let (one, two) = (new_id(), new_id());
    let mut queues = queues(256, 16);
    for webhook in [one, one, one, two] {
        push(&mut queues, job(webhook));
    }
    assert_eq!(webhooks(&mut queues), [one, two, one, one]);
}

#[test]
fn attempts_in_flight_to_one_webhook_are_limited() {
    let webhook = new_id();
    let mut queues = queues(256, 2);
    for _ in 0..3 {
        push(&mut queues, job(webhook));
    }
    assert_eq!(webhooks(&mut queues).len(), 2);
    queues.attempt_ended(webhook, false, ReceiverHealth::Works, Instant::now());
    assert_eq!(webhooks(&mut queues).len(), 1);
}

#[test]
fn slow_receivers_cannot_use_all_of_the_concurrency() {
    let mut queues = queues(16, 8);
    let (slow, also_slow, healthy) = (new_id(), new_id(), new_id());
    for _ in 0..20 {
        push(&mut queues, job(slow));
        push(&mut queues, job(also_slow));
    }
    assert_eq!(webhooks(&mut queues).len(), 12);
    push(&mut queues, job(healthy));
    assert_eq!(webhooks(&mut queues), [healthy]);
}

#[test]
fn a_full_queue_accepts_nothing_and_requests_a_refill_when_half_of_it_is_free() {
    let webhook = new_id();
    let mut queues = queues(QUEUE_MAX, QUEUE_MAX);
    assert!((0..QUEUE_MAX).all(|_| push(&mut queues, job(webhook))));
    assert!(!push(&mut queues, job(webhook)) && !queues.take_refill_request());
    let now = Instant::now();
    for _ in 0..QUEUE_MAX / 2 {
        assert!(queues.next(now).is_some());
    }
    assert!(queues.take_refill_request() && !queues.take_refill_request());
}

#[test]
fn an_open_breaker_keeps_one_delivery_for_the_probe_and_releases_the_others() {
    let webhook = new_id();
    let mut queues = queues(256, 5);
    for _ in 0..10 {
        push(&mut queues, job(webhook));
    }
    let now = Instant::now();
    assert_eq!(webhooks(&mut queues).len(), 5);
    let released: Vec<_> = (0..5)
        .flat_map(|_| queues.attempt_ended(webhook, false, ReceiverHealth::Fails, now))
        .collect();
    assert_eq!((released.len(), queues.free_slots(webhook), queues.load()), (4, 0, (0, 1)));
    assert!(queues.next(now).is_none());
    let probe_at = queues.next_delay().unwrap();
    let probe = queues.next(probe_at).unwrap();
    assert!(probe.is_probe && queues.take_refill_request());
    queues.attempt_ended(webhook, true, ReceiverHealth::Works, probe_at);
    assert_eq!(queues.free_slots(webhook), QUEUE_MAX);
}

#[test]
fn an_empty_queue_with_a_backlog_requests_a_refill_at_the_time_of_the_probe() {
    let webhook = new_id();
    let mut queues = queues(256, 5);
    let now = Instant::now();
    for _ in 0..5 {
        push(&mut queues, job(webhook));
        queues.next(now).unwrap();
        queues.attempt_ended(webhook, false, ReceiverHealth::Fails, now);
    }
    // Nothing is left in memory, and more deliveries wait in the database.
    queues.request_refill_later(webhook);
    let probe_at = queues.next_delay().unwrap();
    assert!(!queues.take_refill_request());
    assert!(queues.next(probe_at).is_none() || queues.take_refill_request());
    assert!(queues.take_refill_request() || queues.free_slots(webhook) == 1);
}

#[test]
fn a_manual_delivery_is_sent_first_and_ignores_pauses() {
    let webhook = new_id();
    let mut queues = queues(256, 5);
    push(&mut queues, job(webhook));
    let now = Instant::now();
    queues.next(now).unwrap();
    queues.attempt_ended(webhook, false, ReceiverHealth::FailsUntil(now + Duration::from_secs(60)), now);
    push(&mut queues, job(webhook));
    assert!(queues.next(now).is_none());
    let manual = Job {
        trigger: Trigger::Manual,
        manual: true,
        ..job(webhook)
    };
    let id = manual.delivery;
    push(&mut queues, manual);
    assert_eq!(queues.next(now).unwrap().job.delivery, id);
    assert!(queues.next(now).is_none());
}

fn job_of_length(webhook: WebhookId, bytes: usize) -> Job {
    Job {
        body: vec![b'x'; bytes].into(),
        ..job(webhook)
    }
}

#[test]
fn bodies_are_limited_by_size_and_one_always_fits_an_empty_queue() {
    const LENGTH: usize = 1 << 20;
    let (one, two) = (new_id(), new_id());
    let mut queues = queues(256, 16);
    let count = (0..QUEUE_MAX).take_while(|_| push(&mut queues, job_of_length(one, LENGTH))).count();
    assert_eq!(
        (count, queues.free_slots(one), queues.bytes),
        (TOTAL_BYTES_MAX / 2 / LENGTH, 0, TOTAL_BYTES_MAX / 2)
    );
    // A second webhook can add one large body only; a third one with a small body still fits.
    assert!(push(&mut queues, job_of_length(two, LENGTH)) && !push(&mut queues, job_of_length(two, LENGTH)));
    assert!(push(&mut queues, job(new_id())) && queues.free_slots(new_id()) == 1);
    assert!(!queues.take_refill_request());
    // A full queue requests no claims. It requests one when half of it has been sent.
    let now = Instant::now();
    for sent in 1.. {
        let attempt = queues.next(now).unwrap();
        queues.attempt_ended(attempt.job.webhook, false, ReceiverHealth::Works, now);
        let refill_requested = queues.take_refill_request();
        if attempt.job.webhook == one && refill_requested {
            assert!(sent > count / 2 && queues.free_slots(one) > 0, "{sent}");
            break;
        }
    }
    queues.begin_term(Timestamp::now());
    assert_eq!((queues.bytes, queues.load()), (0, (0, 0)));
}

#[test]
fn deliveries_of_an_earlier_term_are_not_enqueued() {
    let webhook = new_id();
    let mut queues = queues(256, 16);
    let (reserved, claimed) = (job(webhook), job(webhook));
    let earlier = queues.term();
    assert!(queues.reserve(slot_of(&reserved)) && push(&mut queues, job(webhook)));
    assert_eq!(queues.begin_term(Timestamp::now()).len(), 1);
    assert!(!queues.enqueue_reserved(reserved, earlier) && !queues.enqueue_claimed(claim(claimed), earlier));
    assert_eq!((queues.bytes, queues.load(), queues.in_memory.len()), (0, (0, 0), 0));
    assert!(queues.next(Instant::now()).is_none());
}

/// The node lost a delivery with its lease, and has claimed it again before the group that stored it arrives.
#[test]
fn a_delivery_that_was_claimed_again_is_enqueued_in_its_earlier_slot() {
    let mut queues = queues(256, 16);
    let (reserved, earlier) = (job(new_id()), queues.term());
    assert!(queues.reserve(slot_of(&reserved)));
    queues.begin_term(Timestamp::now());
    let term = queues.term();
    assert!(
        queues.enqueue_claimed(
            claim(Job {
                attempts: 1,
                ..reserved.clone()
            }),
            term
        ) && queues.next(Instant::now()).is_none()
    );
    assert!(queues.enqueue_reserved(reserved, earlier));
    let next = queues.next(Instant::now()).unwrap();
    assert_eq!(next.job.attempts, 1, "as it was claimed");
    assert_eq!(queues.load(), (1, 0));
}

/// The answer to the transaction that stored its result was lost, so the delivery was due again before the result was stored once more.
#[test]
fn a_delivery_whose_result_is_not_stored_yet_is_not_attempted_again() {
    let mut queues = queues(256, 16);
    let (delivery, term) = (job(new_id()), queues.term());
    assert!(queues.enqueue_claimed(claim(delivery.clone()), term) && queues.next(Instant::now()).is_some());
    queues.attempt_ended(delivery.webhook, false, ReceiverHealth::Fails, Instant::now());
    assert!(queues.enqueue_claimed(claim(delivery.clone()), term), "it is not released yet");
    assert!(queues.next(Instant::now()).is_none());
    assert_eq!(queues.result_stored(delivery.delivery), Some(CLAIMED), "it is released");
    assert!(queues.enqueue_claimed(claim(delivery.clone()), term) && queues.next(Instant::now()).is_some());
    assert_eq!(queues.result_stored(delivery.delivery), None);
}

#[test]
fn short_bodies_are_limited_by_their_number_only() {
    let webhook = new_id();
    let mut queues = queues(256, 16);
    assert_eq!(
        (0..=QUEUE_MAX).filter(|_| push(&mut queues, job_of_length(webhook, 1_024))).count(),
        QUEUE_MAX
    );
}

#[test]
fn manual_deliveries_have_extra_slots_in_a_full_queue_and_with_an_open_breaker() {
    let (full, broken) = (new_id(), new_id());
    let mut queues = queues(256, 5);
    let now = Instant::now();
    while push(&mut queues, job(full)) {}
    for _ in 0..5 {
        push(&mut queues, job(broken));
        queues.attempt_ended(broken, false, ReceiverHealth::Fails, now);
    }
    for webhook in [full, broken] {
        assert_eq!(queues.free_slots(webhook), 0);
        let manual: Vec<_> = (0..2)
            .map(|_| Job {
                trigger: Trigger::Manual,
                manual: true,
                ..job(webhook)
            })
            .collect();
        for job in &manual {
            assert!(queues.enqueue_claimed(claim(job.clone()), queues.term()));
        }
        assert!(!queues.enqueue_claimed(claim(job(webhook)), queues.term()));
        // Manual deliveries come first, in the order of their requests.
        let first = &queues.by_webhook[&webhook].waiting;
        assert!(first.iter().zip(&manual).all(|(job, manual)| job.delivery == manual.delivery));
    }
}
