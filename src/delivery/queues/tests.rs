use std::time::Duration;

use super::{
    capacity::{BYTES, LONGEST},
    *,
};
use crate::{catalogue::EventType, storage::new_id};

fn queues(concurrency: usize, per_webhook: usize) -> Queues {
    Queues::new(Limits {
        concurrency,
        per_webhook,
        breaker: BreakerSettings::default(),
    })
}

fn job(webhook: WebhookId) -> Job {
    Job {
        delivery: new_id(),
        event: new_id(),
        event_type: EventType::IdentityCreated,
        webhook,
        body: "{}".into(),
        trace: None,
        attempts: 0,
        retries: 0,
        breaks: 0,
        order: None,
        trigger: Trigger::Event,
        asked: false,
    }
}

fn push(queues: &mut Queues, job: Job) -> bool {
    let place = Place {
        webhook: job.webhook,
        delivery: job.delivery,
        bytes: job.body.len(),
    };
    let fits = queues.reserve(place);
    if fits {
        queues.take(job);
    }
    fits
}

fn webhooks(queues: &mut Queues) -> Vec<WebhookId> {
    let now = Instant::now();
    std::iter::from_fn(|| queues.next(now)).map(|turn| turn.job.webhook).collect()
}

#[test]
fn webhooks_take_turns() {
    let (one, two) = (new_id(), new_id());
    let mut queues = queues(256, 16);
    for webhook in [one, one, one, two] {
        push(&mut queues, job(webhook));
    }
    assert_eq!(webhooks(&mut queues), [one, two, one, one]);
}

#[test]
fn no_more_than_allowed_are_in_flight_to_one_webhook() {
    let webhook = new_id();
    let mut queues = queues(256, 2);
    for _ in 0..3 {
        push(&mut queues, job(webhook));
    }
    assert_eq!(webhooks(&mut queues).len(), 2);
    queues.over(webhook, false, Told::Works, Instant::now());
    assert_eq!(webhooks(&mut queues).len(), 1);
}

#[test]
fn those_that_hang_cannot_take_every_place() {
    let mut queues = queues(16, 8);
    let (hang, also, healthy) = (new_id(), new_id(), new_id());
    for _ in 0..20 {
        push(&mut queues, job(hang));
        push(&mut queues, job(also));
    }
    assert_eq!(webhooks(&mut queues).len(), 12);
    push(&mut queues, job(healthy));
    assert_eq!(webhooks(&mut queues), [healthy]);
}

#[test]
fn a_full_queue_refuses_and_asks_for_more_when_half_of_it_is_free() {
    let webhook = new_id();
    let mut queues = queues(LONGEST, LONGEST);
    assert!((0..LONGEST).all(|_| push(&mut queues, job(webhook))));
    assert!(!push(&mut queues, job(webhook)) && !queues.take_wants_claim());
    let now = Instant::now();
    for _ in 0..LONGEST / 2 {
        assert!(queues.next(now).is_some());
    }
    assert!(queues.take_wants_claim() && !queues.take_wants_claim());
}

#[test]
fn an_open_breaker_lets_one_through_and_the_rest_waits_elsewhere() {
    let webhook = new_id();
    let mut queues = queues(256, 5);
    for _ in 0..10 {
        push(&mut queues, job(webhook));
    }
    let now = Instant::now();
    assert_eq!(webhooks(&mut queues).len(), 5);
    let back: Vec<_> = (0..5).flat_map(|_| queues.over(webhook, false, Told::Fails, now)).collect();
    assert_eq!((back.len(), queues.room(webhook), queues.load()), (4, 0, (0, 1)));
    assert!(queues.next(now).is_none());
    let probe_at = queues.next_delay().unwrap();
    let probe = queues.next(probe_at).unwrap();
    assert!(probe.is_probe && queues.take_wants_claim());
    queues.over(webhook, true, Told::Works, probe_at);
    assert_eq!(queues.room(webhook), LONGEST);
}

#[test]
fn what_waits_in_the_database_is_claimed_when_the_time_of_its_probe_comes() {
    let webhook = new_id();
    let mut queues = queues(256, 5);
    let now = Instant::now();
    for _ in 0..5 {
        push(&mut queues, job(webhook));
        queues.next(now).unwrap();
        queues.over(webhook, false, Told::Fails, now);
    }
    // Nothing is left in memory, and more deliveries wait in the database.
    queues.starve(webhook);
    let probe_at = queues.next_delay().unwrap();
    assert!(!queues.take_wants_claim());
    assert!(queues.next(probe_at).is_none() || queues.take_wants_claim());
    assert!(queues.take_wants_claim() || queues.room(webhook) == 1);
}

#[test]
fn what_is_asked_for_goes_first_and_past_pauses() {
    let webhook = new_id();
    let mut queues = queues(256, 5);
    push(&mut queues, job(webhook));
    let now = Instant::now();
    queues.next(now).unwrap();
    queues.over(webhook, false, Told::FailsUntil(now + Duration::from_secs(60)), now);
    push(&mut queues, job(webhook));
    assert!(queues.next(now).is_none());
    let asked = Job {
        trigger: Trigger::Manual,
        asked: true,
        ..job(webhook)
    };
    let id = asked.delivery;
    push(&mut queues, asked);
    assert_eq!(queues.next(now).unwrap().job.delivery, id);
    assert!(queues.next(now).is_none());
}

fn long(webhook: WebhookId, bytes: usize) -> Job {
    Job {
        body: vec![b'x'; bytes].into(),
        ..job(webhook)
    }
}

#[test]
fn bodies_have_a_budget_and_one_always_fits_an_empty_queue() {
    const LENGTH: usize = 1 << 20;
    let (one, two) = (new_id(), new_id());
    let mut queues = queues(256, 16);
    let count = (0..LONGEST).take_while(|_| push(&mut queues, long(one, LENGTH))).count();
    assert_eq!((count, queues.room(one), queues.bytes), (BYTES / 2 / LENGTH, 0, BYTES / 2));
    // A second webhook can add one large body only; a third one with a small body still fits.
    assert!(push(&mut queues, long(two, LENGTH)) && !push(&mut queues, long(two, LENGTH)));
    assert!(push(&mut queues, job(new_id())) && queues.room(new_id()) == 1);
    assert!(!queues.take_wants_claim());
    // A full queue requests no claims. It requests one when half of it has been sent.
    let now = Instant::now();
    for sent in 1.. {
        let turn = queues.next(now).unwrap();
        queues.over(turn.job.webhook, false, Told::Works, now);
        let wants_claim = queues.take_wants_claim();
        if turn.job.webhook == one && wants_claim {
            assert!(sent > count / 2 && queues.room(one) > 0, "{sent}");
            break;
        }
    }
    queues.drain_all();
    assert_eq!((queues.bytes, queues.load()), (0, (0, 0)));
}

#[test]
fn short_bodies_are_bounded_by_their_number_alone() {
    let webhook = new_id();
    let mut queues = queues(256, 16);
    assert_eq!((0..=LONGEST).filter(|_| push(&mut queues, long(webhook, 1_024))).count(), LONGEST);
}

#[test]
fn what_is_asked_for_has_room_beside_a_full_queue_and_an_open_breaker() {
    let (full, broken) = (new_id(), new_id());
    let mut queues = queues(256, 5);
    let now = Instant::now();
    while push(&mut queues, job(full)) {}
    for _ in 0..5 {
        push(&mut queues, job(broken));
        queues.over(broken, false, Told::Fails, now);
    }
    for webhook in [full, broken] {
        assert_eq!(queues.room(webhook), 0);
        let asked: Vec<_> = (0..2)
            .map(|_| Job {
                trigger: Trigger::Manual,
                asked: true,
                ..job(webhook)
            })
            .collect();
        for job in &asked {
            assert!(queues.take_claimed(job.clone()));
        }
        assert!(!queues.take_claimed(job(webhook)));
        // Manual deliveries come first, in the order of their requests.
        let first = &queues.by_webhook[&webhook].waiting;
        assert!(first.iter().zip(&asked).all(|(job, asked)| job.delivery == asked.delivery));
    }
}
