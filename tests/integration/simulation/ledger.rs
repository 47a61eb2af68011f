//! What must hold at the end of every run.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use super::{
    node::ATTEMPTS,
    receivers::{Attempt, Ended},
    world::World,
};

/// A node that ended within this time after an attempt may not have stored its result. The time in which it was cut off from the database is
/// not counted.
const STORED_AFTER: i64 = 60_000;
/// A node without faults has stored a result within this time.
const STORED_AT_ONCE: i64 = 10_000;
/// Longer than a lease and the time without contact in which it ends.
const LEASE: i64 = 60_000;

/// A delivery in the database.
struct Delivery {
    id: Uuid,
    event: usize,
    webhook: usize,
    state: String,
    callbacks: i64,
    /// Those of manual attempts.
    manual: i64,
}

pub(super) fn check(world: &World) -> Vec<String> {
    let mut violations = Vec::new();
    let (attempts, deliveries) = (world.attempts(), deliveries(world));
    let mut of_delivery: HashMap<&str, Vec<&Attempt>> = HashMap::new();
    for attempt in &attempts {
        of_delivery.entry(&attempt.message_id).or_default().push(attempt);
    }
    every_event_has_one_delivery_per_webhook(world, &deliveries, &mut violations);
    for delivery in &deliveries {
        let made = of_delivery.remove(format!("msg_{}", delivery.id).as_str()).unwrap_or_default();
        outcome_is_what_the_receiver_saw(world, delivery, &made, &mut violations);
        no_two_attempts_overlap(world, delivery, &made, &mut violations);
        success_is_final(world, delivery, &made, &mut violations);
    }
    for unknown in of_delivery.keys() {
        violations.push(format!("{unknown} was sent, but is not in the database"));
    }
    subjects_are_in_order(world, &attempts, &deliveries, &mut violations);
    violations
}

fn deliveries(world: &World) -> Vec<Delivery> {
    let sql = "SELECT d.id, CAST(e.ce_id AS INTEGER) AS event, d.webhook_id, d.state, \
               (SELECT COUNT(*) FROM callbacks c WHERE c.delivery_id = d.id) AS callbacks, \
               (SELECT COUNT(*) FROM callbacks c WHERE c.delivery_id = d.id AND c.trigger = 'manual') AS manual \
               FROM deliveries d JOIN events e ON e.id = d.event_id ORDER BY d.id";
    let rows = world.server.read(sql).unwrap();
    let delivery = |row: &sea_orm::QueryResult| {
        let webhook: Uuid = row.try_get("", "webhook_id").unwrap();
        Delivery {
            id: row.try_get("", "id").unwrap(),
            event: usize::try_from(row.try_get::<i64>("", "event").unwrap()).unwrap(),
            webhook: world.webhooks.iter().position(|known| known.id.0 == webhook).unwrap(),
            state: row.try_get("", "state").unwrap(),
            callbacks: row.try_get("", "callbacks").unwrap(),
            manual: row.try_get("", "manual").unwrap(),
        }
    };
    rows.iter().map(delivery).collect()
}

/// All events are accepted in the end, each once, and each has one delivery for each webhook.
fn every_event_has_one_delivery_per_webhook(world: &World, deliveries: &[Delivery], violations: &mut Vec<String>) {
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for delivery in deliveries {
        *counts.entry((delivery.event, delivery.webhook)).or_default() += 1;
    }
    for event in 0..world.events.len() {
        for webhook in 0..world.webhooks.len() {
            let count = counts.get(&(event, webhook)).copied().unwrap_or(0);
            if count != 1 {
                violations.push(format!("event {event} has {count} deliveries for webhook {webhook}"));
            }
        }
    }
}

fn outcome_is_what_the_receiver_saw(world: &World, delivery: &Delivery, made: &[&Attempt], violations: &mut Vec<String>) {
    let name = format!("event {} for webhook {} ({})", delivery.event, delivery.webhook, delivery.id);
    let successes = made.iter().filter(|attempt| is_success(attempt)).count();
    let (requested, accepted) = world.requests.of(delivery.id);
    if delivery.state == "succeeded" && successes == 0 {
        violations.push(format!("{name} is succeeded, but its receiver never answered 200"));
    }
    // A manual attempt may fail after an attempt that succeeded.
    if delivery.state == "failed" && made.len() < ATTEMPTS && (requested == 0 || successes == 0) {
        violations.push(format!("{name} failed after {} attempts", made.len()));
    }
    let manual = usize::try_from(delivery.manual).unwrap();
    // A node repeats the attempt of another one whose lease expired before the result was stored.
    let doubled = made.windows(2).filter(|pair| pair[0].node != pair[1].node).count();
    if manual < accepted || manual > requested + doubled {
        violations.push(format!(
            "{name} has {manual} manual attempts in the log, but {requested} were requested and {accepted} of them accepted"
        ));
    }
    if !world.had_faults && requested == 0 && successes != 1 {
        violations.push(format!("{name} was delivered {successes} times without any fault"));
    }
    // Logged are at least the attempts whose node went on, and at most those that ended.
    let ended = made
        .iter()
        .filter(|attempt| attempt.ended.is_some_and(|(_, how)| how != Ended::Crashed));
    let surely_stored = ended.clone().filter(|attempt| {
        let at = attempt.ended.map_or(0, |(at, _)| at);
        let is_near = |(node, crash): &&(usize, i64)| {
            let until = at + STORED_AFTER + world.time_cut(*node, at, *crash);
            *node == attempt.node && (at..until).contains(crash)
        };
        // The end of the run ends all nodes.
        !world.crashes.iter().any(|crash| is_near(&crash)) || world.is_at_the_end(at)
    });
    let (least, most) = (surely_stored.count(), ended.count());
    let logged = usize::try_from(delivery.callbacks).unwrap();
    if logged < least || logged > most {
        violations.push(format!(
            "{name} has {logged} callbacks in the log, but {most} attempts ended, {least} of them long before a crash"
        ));
    }
}

fn is_success(attempt: &Attempt) -> bool {
    matches!(attempt.ended, Some((_, Ended::Status(200))))
}

fn no_two_attempts_overlap(world: &World, delivery: &Delivery, made: &[&Attempt], violations: &mut Vec<String>) {
    let mut made: Vec<&&Attempt> = made.iter().collect();
    made.sort_by_key(|attempt| attempt.begin_place);
    for (place, two) in made.iter().enumerate() {
        let overlaps = |one: &&&&Attempt| {
            let is_open = one.end_place.is_none_or(|end| end > two.begin_place);
            is_open && !(one.node != two.node && world.are_leases_uncertain(two.began))
        };
        if let Some(one) = made[..place].iter().find(overlaps) {
            violations.push(format!(
                "two attempts of event {} for webhook {} overlap: {one:?} and {two:?}",
                delivery.event, delivery.webhook
            ));
        }
    }
}

/// Nothing is sent again after a success that could be stored: one before and after which no node had a fault.
fn success_is_final(world: &World, delivery: &Delivery, made: &[&Attempt], violations: &mut Vec<String>) {
    if world.requests.of(delivery.id).0 > 0 {
        return;
    }
    for success in made.iter().filter(|attempt| is_success(attempt)) {
        let stored = success.ended.map_or(0, |(at, _)| at) + STORED_AT_ONCE;
        if world.had_trouble(success.began - LEASE, stored) || world.are_leases_uncertain(stored) {
            continue;
        }
        if let Some(again) = made.iter().find(|attempt| attempt.began > stored) {
            violations.push(format!(
                "event {} was sent to webhook {} again after a success: {success:?} and {again:?}",
                delivery.event, delivery.webhook
            ));
        }
    }
}

/// For an ordered webhook an attempt begins only when all earlier events of its subject are over. They were published one after the other.
fn subjects_are_in_order(world: &World, attempts: &[Attempt], deliveries: &[Delivery], violations: &mut Vec<String>) {
    let failed: HashSet<(usize, usize)> = deliveries
        .iter()
        .filter(|delivery| delivery.state == "failed")
        .map(|delivery| (delivery.webhook, delivery.event))
        .collect();
    let mut by_begin: Vec<&Attempt> = attempts.iter().collect();
    by_begin.sort_by_key(|attempt| attempt.begin_place);
    for attempt in &by_begin {
        let is_free = !world.webhooks[attempt.webhook].ordered || world.events[attempt.event].subject.is_none();
        // Manual attempts do not wait for earlier events of the subject.
        let is_requested = attempt
            .delivery()
            .is_some_and(|delivery| world.requests.are_before(delivery, attempt.began));
        if is_free || is_requested || world.are_leases_uncertain(attempt.began) {
            continue;
        }
        let subject = &world.events[attempt.event].subject;
        for earlier in (0..attempt.event).filter(|event| world.events[*event].subject == *subject) {
            let is_over = by_begin.iter().any(|other| {
                let is_it = other.event == earlier && other.webhook == attempt.webhook;
                is_it && is_success(other) && other.end_place.is_some_and(|end| end < attempt.begin_place)
            });
            if !is_over && !failed.contains(&(attempt.webhook, earlier)) {
                violations.push(format!(
                    "event {} was sent to webhook {} at {} ms, before event {earlier} of the same subject was over",
                    attempt.event, attempt.webhook, attempt.began
                ));
            }
        }
    }
}
