//! Simulation of the delivery of events: several nodes with the real dispatcher, journal and statements on one database. Clock, network,
//! receivers and faults are simulated and follow from a seed, so that each run can be repeated.
//!
//! `CLEARHOOK_SIMULATION_SEEDS=1000` sets the number of runs, `CLEARHOOK_SIMULATION_SEED=17` repeats one run and prints what happened.

mod faults;
mod ledger;
mod link;
mod node;
mod publishers;
mod receivers;
mod requests;
mod world;

use std::{
    env,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use self::world::World;

/// Runs of the short form.
const SEEDS: u64 = 40;

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[test]
fn every_accepted_event_is_delivered_whatever_fails() {
    if let Some(seed) = number("CLEARHOOK_SIMULATION_SEED") {
        let violations = World::new(seed, true).run();
        assert!(violations.is_empty(), "seed {seed}:\n{}", violations.join("\n"));
        return;
    }
    let count = number("CLEARHOOK_SIMULATION_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let failed: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..thread::available_parallelism().map_or(1, usize::from))
            .map(|_| scope.spawn(|| runs(count, &next)))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(
        failed.is_empty(),
        "{} of {count} runs failed; repeat one with CLEARHOOK_SIMULATION_SEED:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

/// Takes one seed after the other, until there are none left or one failed.
fn runs(count: u64, next: &AtomicU64) -> Vec<String> {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= count {
            return Vec::new();
        }
        let violations = World::new(seed, false).run();
        if !violations.is_empty() {
            next.store(count, Ordering::Relaxed);
            return vec![format!("seed {seed}:\n{}", violations.join("\n"))];
        }
    }
}

#[test]
fn a_seed_determines_the_run() {
    for seed in [3, 8] {
        let [first, second] = [(), ()].map(|()| {
            let mut world = World::new(seed, false);
            assert_eq!(world.run(), Vec::<String>::new(), "seed {seed}");
            world.attempts()
        });
        assert_eq!(first, second, "seed {seed}");
    }
}
