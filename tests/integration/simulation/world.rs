//! One run: nodes, publishers and faults, step by step.

use std::{
    cell::OnceCell,
    sync::{Arc, Mutex},
    time::Duration,
};

use clearhook::{
    catalogue::BuiltIn,
    domain::{
        id::{DeliveryId, NodeId, WebhookId},
        secret::SigningSecret,
        simulated::{self, SimulatedNode},
        webhook::RateLimit,
    },
    storage::{Store, audit::Actor, simulated::SimulatedServer, webhooks::WebhookFields},
    vault::{MasterKey, Vault},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::SliceRandom};
use tokio::time::sleep_until;
use uuid::Uuid;

use super::{
    faults::{self, BUSY_NODE, Fault, NodeFault},
    ledger,
    link::NodeLink,
    node::{Node, Process, Repair, millis, runtime, settings},
    publishers::{self, BURST, Planned, PublishAnswer, Publisher},
    receivers::{Attempt, Observed},
    requests::{self, Requests},
};

/// The true time at which every run starts, in milliseconds since 1970. All other times count from it.
pub(super) const START: i64 = 1_800_000_000_000;
/// From this time on everything works.
pub(super) const FAULTS_END: i64 = 100_000;
/// By this time after that everything must be delivered: the longest repair of a late time, and the retries after it.
const SETTLED: i64 = 30 * 60_000;
/// How long a run goes on after everything is delivered, so that second attempts are seen.
const AFTERWARDS: i64 = 45_000;
/// Within this time of a step of the database's clock the leases do not exclude that two nodes send the same delivery: until the next renewal, at
/// which a node finds out that its lease has expired, and the longest attempt after it.
const LEASES_UNCERTAIN: i64 = 60_000;
/// A node considers its lease expired this much earlier than the database does.
const LEASE_MARGIN: i64 = 3_000;
/// How often to look whether everything is delivered.
const LOOK_EVERY: i64 = 1_000;
pub(super) const NODES_MAX: usize = 3;
/// A graceful stop that takes longer ends as a crash.
pub(super) const STOP_MAX: i64 = 20_000;

/// A webhook of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subscribed {
    pub(super) id: WebhookId,
    pub(super) ordered: bool,
}

/// A run.
pub(super) struct World {
    verbose: bool,
    random: SmallRng,
    now: i64,
    pub(super) server: SimulatedServer,
    vault: Vault,
    nodes: Vec<Node>,
    /// The time within which a receiver has to answer.
    timeout: Duration,
    /// Until this time all events are published on one node.
    busy_until: i64,
    faults: Vec<(i64, Fault)>,
    pub(super) had_faults: bool,
    pub(super) webhooks: Vec<Subscribed>,
    pub(super) events: Vec<Planned>,
    publishers: Vec<Publisher>,
    answers: Arc<Mutex<Vec<PublishAnswer>>>,
    observed: Observed,
    /// Times of crashes, with the node.
    pub(super) crashes: Vec<(usize, i64)>,
    /// How far the clock of the database is ahead of the true time.
    database_ahead: i64,
    /// Whether it stays wrong after the faults.
    keeps_database_clock: bool,
    /// When it was set, and by how much.
    database_clock_steps: Vec<(i64, i64)>,
    /// The times of the requests that are still to be made, next one last.
    requests_left: Vec<i64>,
    pub(super) requests: Requests,
    /// When a node was cut off from the database: the node, the begin and the end.
    cuts: Vec<(usize, i64, i64)>,
    /// When any node had a fault but one of its clock: the begin and the end.
    troubles: Vec<(i64, i64)>,
}

thread_local! {
    static SERVER: OnceCell<SimulatedServer> = const { OnceCell::new() };
}

impl World {
    pub(super) fn new(seed: u64, verbose: bool) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let server = SERVER.with(|server| server.get_or_init(|| SimulatedServer::start().unwrap()).clone());
        server.reset().unwrap();
        let vault = Vault::new(&MasterKey::generate());
        let busy_cut = faults::busy_cut(&mut random);
        let (events, publishers) = publishers::events(busy_cut.map(|(at, _)| at - BURST), &mut random);
        let webhooks = random.random_range(1..4);
        // A long timeout makes attempts last to the end of a lease, a short one makes many of them.
        let timeout = Duration::from_secs(if busy_cut.is_some() || random.random() { 20 } else { 5 });
        let observed = Observed::plan(webhooks, timeout, busy_cut.is_some(), &mut random);
        let faults = faults::plan(busy_cut, &mut random);
        let nodes = (0..random.random_range(1..=NODES_MAX)).map(|_| Node {
            id: NodeId(Uuid::from_u128(random.random())),
            link: NodeLink::default(),
            offset: if faults.is_empty() { 0 } else { random.random_range(-500..500) },
            start: 0,
            process: None,
            start_at: Some(0),
            repairs: Vec::new(),
        });
        let mut world = Self {
            verbose,
            now: 0,
            timeout,
            busy_until: busy_cut.map_or(0, |(at, _)| at),
            server,
            vault,
            nodes: nodes.collect(),
            had_faults: false,
            faults,
            webhooks: Vec::new(),
            events,
            publishers,
            answers: Arc::default(),
            observed,
            crashes: Vec::new(),
            database_ahead: 0,
            keeps_database_clock: random.random(),
            database_clock_steps: Vec::new(),
            requests_left: requests::plan(&mut random),
            requests: Requests::default(),
            cuts: Vec::new(),
            troubles: Vec::new(),
            random,
        };
        world.faults.reverse();
        world.add_webhooks(webhooks);
        world
    }

    pub(super) fn attempts(&self) -> Vec<Attempt> {
        self.observed.attempts()
    }

    #[allow(clippy::print_stdout, reason = "a run is told to whoever repeats it")]
    fn say(&self, what: impl FnOnce() -> String) {
        if self.verbose {
            println!("{:>9} ms  {}", self.now, what());
        }
    }

    fn add_webhooks(&mut self, count: usize) {
        let runtime = runtime();
        for number in 0..count {
            let ordered = self.random.random();
            let limited = self.random.random_range(0..4) == 0;
            let seed = self.random.random();
            let store = Store::simulated(&self.server, Arc::new(NodeLink::default()), self.vault.clone());
            let added = runtime.block_on(async {
                simulated::replace(Some(SimulatedNode::new(START - 1_000, 0, seed)));
                let fields = WebhookFields {
                    ordered,
                    rate_limit: limited.then_some(RateLimit { per_second: 5, burst: 5 }),
                    ..WebhookFields::new(
                        format!("webhook {number}"),
                        format!("https://receiver.example/{number}"),
                        vec![BuiltIn::IdentityCreated.into()],
                    )
                };
                store
                    .add_webhook(&Actor::clearhook(), &fields, &SigningSecret::generate())
                    .await
                    .unwrap()
            });
            simulated::replace(None);
            self.say(|| format!("webhook {number}: ordered {ordered}, limited {limited}"));
            self.webhooks.push(Subscribed { id: added.id, ordered });
        }
    }

    /// Runs to the end, and returns what was wrong.
    pub(super) fn run(&mut self) -> Vec<String> {
        while self.now < FAULTS_END {
            self.begin_faults();
            let tick = self.random.random_range(5..40);
            self.step(tick);
        }
        self.heal();
        let (mut quiet_since, mut looked) = (None, 0);
        while quiet_since.is_none_or(|since| self.now < since + AFTERWARDS) {
            if self.now > FAULTS_END + SETTLED {
                let unfinished = self.unfinished();
                return vec![format!(
                    "{} deliveries are unfinished at {} ms:\n{}",
                    unfinished.len(),
                    self.now,
                    unfinished.join("\n")
                )];
            }
            let tick = self.random.random_range(20..80);
            self.step(tick);
            if self.now < looked + LOOK_EVERY {
                continue;
            }
            looked = self.now;
            let is_published = self.publishers.iter().all(|publisher| publisher.left.is_empty());
            if !is_published || !self.unfinished().is_empty() {
                quiet_since = None;
            } else if quiet_since.is_none() {
                quiet_since = Some(self.now);
            }
        }
        for node in 0..self.nodes.len() {
            self.crash(node);
        }
        for attempt in self.attempts() {
            self.say(|| format!("{attempt:?}"));
        }
        ledger::check(self)
    }

    /// The unfinished deliveries, a text for each. Times count from the start of the run.
    fn unfinished(&self) -> Vec<String> {
        let sql = format!(
            "SELECT state || ' ' || priority || ' due ' || COALESCE(due_at - {START}, 'never') || ' updated ' || (updated_at - {START}) || ' attempts ' || attempts \
             || ' of webhook ' || (SELECT name FROM webhooks w WHERE w.id = webhook_id) AS text \
             FROM deliveries WHERE state NOT IN ('succeeded', 'failed') ORDER BY id"
        );
        let rows = self.server.read(&sql).unwrap();
        rows.iter().map(|row| row.try_get("", "text").unwrap()).collect()
    }

    fn step(&mut self, tick: i64) {
        self.now += tick;
        self.publish();
        self.request();
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.shuffle(&mut self.random);
        for number in order {
            self.nodes[number].end_faults(self.now);
            if self.nodes[number].start_at.is_some_and(|at| at <= self.now) {
                self.start(number);
            }
            self.step_node(number);
            let has_stopped = self.nodes[number].process.as_ref().is_some_and(|process| {
                *process.stopped.lock().unwrap() || process.stopping.is_some_and(|since| self.now > since + STOP_MAX)
            });
            if has_stopped {
                self.crash(number);
            }
        }
    }

    fn step_node(&mut self, number: usize) {
        let Some(process) = &mut self.nodes[number].process else { return };
        self.observed.node_runs(number);
        simulated::replace(process.state.take());
        let (instant, at) = process.origin;
        let until = instant + millis(self.now - at);
        // A future that is made outside the runtime would not find its clock.
        process.runtime.block_on(async { sleep_until(until).await });
        process.state = simulated::replace(None);
    }

    fn start(&mut self, number: usize) {
        self.say(|| format!("node {number} starts"));
        let (server, vault, seed) = (self.server.clone(), self.vault.clone(), self.random.random());
        let settings = settings(&self.observed, self.timeout);
        self.nodes[number].start(&server, vault, settings, seed, self.now);
    }

    /// Whether all results of attempts that ended at this time are stored, although the nodes end with the run.
    pub(super) fn is_at_the_end(&self, at: i64) -> bool {
        at > FAULTS_END && at + AFTERWARDS / 2 < self.now && !self.crashes.iter().any(|(_, crash)| (at..self.now).contains(crash))
    }

    /// How long a node was cut off from the database between two times.
    pub(super) fn time_cut(&self, node: usize, from: i64, to: i64) -> i64 {
        let cuts = self.cuts.iter().filter(|(of, ..)| *of == node);
        cuts.map(|(_, begin, end)| (to.min(*end) - from.max(*begin)).max(0)).sum()
    }

    /// Ends a node without any preparation: its tasks are dropped where they are.
    fn crash(&mut self, number: usize) {
        let Some(process) = self.nodes[number].process.take() else { return };
        self.say(|| format!("node {number} ends"));
        self.crashes.push((number, self.now));
        let Process {
            runtime,
            state,
            dispatcher,
            ..
        } = process;
        self.observed.during_crash(self.now, || {
            simulated::replace(state);
            drop(dispatcher);
            drop(runtime);
            simulated::replace(None);
        });
    }

    fn begin_faults(&mut self) {
        while self.faults.last().is_some_and(|(at, _)| *at <= self.now) {
            let Some((_, fault)) = self.faults.pop() else { return };
            self.begin(fault);
        }
    }

    fn begin(&mut self, fault: Fault) {
        match fault {
            Fault::Node { number, .. } if number >= self.nodes.len() => return,
            Fault::Node { number, fault } => self.begin_on_node(number, fault),
            Fault::DatabaseClock { by } => self.step_database_clock(by),
        }
        self.had_faults = true;
        self.say(|| format!("{fault:?}"));
    }

    fn begin_on_node(&mut self, number: usize, fault: NodeFault) {
        let now = self.now;
        if let Some(time) = fault.time() {
            self.troubles.push((now, now + time));
        }
        if matches!(fault, NodeFault::Crash { .. }) {
            self.crash(number);
        }
        let node = &mut self.nodes[number];
        match fault {
            NodeFault::Crash { down } => node.start_at = Some(now + down),
            NodeFault::Stop { down } => {
                node.start_at = Some(now + down.max(STOP_MAX) + 100);
                if let Some(process) = &mut node.process {
                    process.stop(now);
                }
            }
            NodeFault::Cut { time } => {
                self.cuts.push((number, now, now + time));
                node.link.cut(true);
                node.repairs.push((now + time, Repair::Connect));
            }
            NodeFault::Slow { by, time } => {
                node.link.slow(millis(by));
                node.repairs.push((now + time, Repair::Hurry));
            }
            NodeFault::LostAnswers { percent, time } => {
                node.link.lose_answers(percent);
                node.repairs.push((now + time, Repair::KeepAnswers));
            }
            NodeFault::Resets { percent, time } => {
                node.link.reset(percent);
                node.repairs.push((now + time, Repair::KeepConnections));
            }
            NodeFault::Clock { by } => node.set_clock(node.offset + by),
        }
    }

    fn step_database_clock(&mut self, by: i64) {
        self.database_ahead += by;
        self.server.set_clock(self.database_ahead);
        self.database_clock_steps.push((self.now, by));
    }

    /// Whether the clock of the database was set forward, shortly before this time, by more than nodes end before their leases: until the
    /// nodes have renewed their leases, each may take over the deliveries of the others.
    pub(super) fn are_leases_uncertain(&self, at: i64) -> bool {
        let steps = self.database_clock_steps.iter();
        let shortly_before = steps.filter(|(step, _)| (*step..step + LEASES_UNCERTAIN).contains(&at));
        self.nodes.len() > 1 && shortly_before.map(|(_, by)| *by.max(&0)).sum::<i64>() > LEASE_MARGIN
    }

    /// Whether any node had a fault, besides one of its clock, between two times. The transactions of a slow node delay those of the others, because
    /// the simulated database executes them one after the other.
    pub(super) fn had_trouble(&self, from: i64, to: i64) -> bool {
        self.troubles.iter().any(|(begin, end)| *begin < to && *end > from)
    }

    /// Ends all faults, and starts all nodes that are down.
    fn heal(&mut self) {
        self.say(|| "everything works from now on".to_owned());
        if self.database_ahead != 0 && !self.keeps_database_clock {
            self.step_database_clock(-self.database_ahead);
        }
        for node in &mut self.nodes {
            node.repairs.clear();
            node.link.heal();
            node.set_clock(0);
            if node.process.is_none() {
                node.start_at = Some(self.now);
            }
        }
    }

    fn publish(&mut self) {
        for (number, event, accepted) in std::mem::take(&mut *self.answers.lock().unwrap()) {
            let publisher = &mut self.publishers[number];
            if publisher.left.last() != Some(&event) {
                continue;
            }
            publisher.asked = None;
            if accepted {
                publisher.left.pop();
            } else {
                publisher.not_before = self.now + 500;
            }
        }
        for number in 0..self.publishers.len() {
            self.publish_next(number);
        }
    }

    /// Requests a manual attempt of a random delivery that was sent already, on a random node.
    fn request(&mut self) {
        if self.requests_left.last().is_none_or(|at| *at > self.now) {
            return;
        }
        self.requests_left.pop();
        let (attempts, node) = (self.attempts(), self.random.random_range(0..self.nodes.len()));
        if attempts.is_empty() {
            return;
        }
        let attempt = &attempts[self.random.random_range(0..attempts.len())];
        let Some(process) = &self.nodes[node].process else { return };
        let Some(dispatcher) = process.dispatcher() else { return };
        self.say(|| format!("node {node} is asked for {}", attempt.message_id));
        let Some(delivery) = attempt.delivery() else { return };
        let webhook = self.webhooks[attempt.webhook].id;
        let asked = self
            .requests
            .clone()
            .ask(process.store.clone(), dispatcher, webhook, DeliveryId(delivery), self.now);
        process.runtime.spawn(asked);
    }

    fn publish_next(&mut self, number: usize) {
        let publisher = &mut self.publishers[number];
        if publisher
            .asked
            .is_some_and(|(node, start)| self.nodes[node].start != start || self.nodes[node].process.is_none())
        {
            publisher.asked = None;
        }
        let Some(event) = publisher.left.last().copied() else { return };
        let planned = self.events[event].clone();
        if publisher.asked.is_some() || publisher.not_before > self.now || planned.at > self.now {
            return;
        }
        let anywhere = self.random.random_range(0..self.nodes.len());
        let chosen = if self.now < self.busy_until { BUSY_NODE } else { anywhere };
        let node = &self.nodes[chosen];
        let Some(process) = node.process.as_ref().filter(|process| process.stopping.is_none()) else {
            return;
        };
        let Some(dispatcher) = process.dispatcher() else { return };
        publisher.asked = Some((chosen, node.start));
        let answers = self.answers.clone();
        process.runtime.spawn(async move {
            let is_accepted = publishers::publish(dispatcher.journal(), event, planned).await;
            answers.lock().unwrap().push((number, event, is_accepted));
        });
    }
}
