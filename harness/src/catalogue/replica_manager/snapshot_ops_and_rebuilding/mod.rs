//! The report's validation: several volumes take snapshots and rebuild replicas while the verify loop runs.
//! The scenario is a model checker's size: two volumes, a verify pass beside them and one after them. [`full_scale`] is upstream's: ten volumes
//! and the ten steps of its test, for real threads and random schedules.
//! What `rebuild-vs-verify` shows of `v6` happens here too, but only if a pass stands still in one particular place during a
//! whole rebuild: at random hardly ever, in the order of preemptions after some thousand executions.
//!
//! `v4` and the report's three proposals keep the latent deadlock of `shallow-copy-vs-verify`. Here nobody takes a head away, and so
//! it shows as what it is: two locks taken in two orders.

mod full;

use bohrbug::FailureKind;
use bohrbug_sync::thread;
use replica_manager::{Error, Frontend, Mode, ReplicaView, Result, Server, State};

use super::{DEADLOCKS, HOLDS, SYSTEM, fails, oracle, stage};
use crate::scenario::{Expectation, Scenario};
pub use full::full_scale;

const LOCK_ORDER: Expectation = Expectation::Fails { kind: FailureKind::LockOrder, message: "while holding server" };

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "snapshot-ops-and-rebuilding",
    summary: "two volumes take a snapshot and rebuild a replica while the verify loop makes a pass",
    expectations: &[
        ("v0", DEADLOCKS),
        ("v1", fails("volume")),
        ("v2", fails("volume")),
        ("v3", fails("volume")),
        ("v4", LOCK_ORDER),
        ("v5", fails("volume")),
        ("v6", fails("leaked")),
        ("record-after-lvol", LOCK_ORDER),
        ("verify-lock", LOCK_ORDER),
        ("transactional-create", LOCK_ORDER),
        ("strict", HOLDS),
    ],
    run,
    full: Some(full_scale),
    out_of_reach: Some("two clients and the verify loop over the store: millions of behaviours"),
    shown: Some("v3"),
    ..Scenario::USUAL
};

const VOLUMES: usize = 2;
const PASSES: usize = 1;

fn run(revision: &str) {
    run_volumes(revision, VOLUMES, PASSES, small);
}

/// Runs `workload` for each volume beside `passes` verify passes; then everything is taken down and nothing is left.
fn run_volumes(revision: &str, volumes: usize, passes: usize, workload: fn(&Volume<'_>) -> Result<()>) {
    let server = stage::server(revision);
    let workers: Vec<thread::JoinHandle<()>> = (0..volumes)
        .map(|number| {
            let server = server.clone();
            stage::spawn(&format!("volume-{number}"), move || {
                let volume = Volume { server: &server, number };
                workload(&volume).unwrap_or_else(|error| volume.fail(&error.message));
            })
        })
        .collect();
    let verify = {
        let server = server.clone();
        stage::spawn("verify", move || {
            for _ in 0..passes {
                stage::verify(&server);
                thread::yield_now();
            }
        })
    };
    workers.into_iter().for_each(stage::join);
    stage::join(verify);
    stage::verify(&server);
    oracle::nothing_leaked(&server, "after the last volume");
    take_down(&server, volumes);
}

fn take_down(server: &Server, volumes: usize) {
    let engines = (0..volumes).map(|number| server.engine_delete(&engine_name(number)));
    let engines: Result<Vec<()>> = engines.collect();
    let replicas: Result<Vec<()>> =
        server.replica_names().iter().map(|name| server.replica_delete(name, true)).collect();
    if let Err(error) = engines.and(replicas) {
        panic!("after the last volume: it cannot be taken down: {error}");
    }
    oracle::nothing_leaked(server, "after the last volume");
    assert_eq!(server.ports().in_use(), 0, "after the last volume: ports are still taken");
}

fn engine_name(number: usize) -> String {
    format!("vol{number}-e")
}

/// One volume's side of the workload.
struct Volume<'s> {
    server: &'s Server,
    number: usize,
}

/// Two replicas, an engine, a snapshot; one replica is destroyed and a third one rebuilt in its place.
fn small(volume: &Volume<'_>) -> Result<()> {
    volume.create_replica(1)?;
    volume.create_replica(2)?;
    volume.create_engine(&[1, 2], Frontend::Empty)?;
    volume.server.engine_snapshot_create(&volume.engine(), "s")?;
    volume.expect_modes(&[1, 2])?;
    volume.replace_replica(1, 3)?;
    volume.expect_modes(&[2, 3])
}

impl Volume<'_> {
    fn engine(&self) -> String {
        engine_name(self.number)
    }

    fn replica(&self, which: u32) -> String {
        format!("vol{}-r-{which:08}", self.number)
    }

    fn fail(&self, what: &str) -> ! {
        panic!("volume {}: {what}", self.number)
    }

    /// Ends the workload unless `held`.
    fn check(&self, held: bool, what: impl FnOnce() -> String) {
        if !held {
            self.fail(&what());
        }
    }

    fn create_replica(&self, which: u32) -> Result<ReplicaView> {
        let name = self.replica(which);
        let reply = stage::create(self.server, &name);
        if let Err(what) = oracle::is_recorded(self.server, &name, &reply) {
            self.fail(&what);
        }
        reply
    }

    fn create_engine(&self, replicas: &[u32], frontend: Frontend) -> Result<()> {
        let mut addresses = std::collections::BTreeMap::new();
        for which in replicas {
            let name = self.replica(*which);
            let address = self.server.replica_get(&name)?.address();
            addresses.insert(name, address);
        }
        let engine = self.server.engine_create(&self.engine(), &addresses, frontend)?;
        self.check(engine.state == State::Running, || format!("the engine is {}: {}", engine.state, engine.error));
        self.expect_modes(replicas)
    }

    /// The engine runs and has exactly these replicas, all of them RW.
    fn expect_modes(&self, replicas: &[u32]) -> Result<()> {
        let engine = self.server.engine_get(&self.engine())?;
        self.check(engine.state == State::Running, || format!("the engine is {}: {}", engine.state, engine.error));
        let names: Vec<String> = replicas.iter().map(|which| self.replica(*which)).collect();
        self.check(engine.modes.keys().eq(&names), || format!("the engine has {:?}, not {names:?}", engine.modes));
        for (name, mode) in &engine.modes {
            self.check(*mode == Mode::Rw, || format!("the engine holds {name} for {mode}"));
        }
        Ok(())
    }

    /// Destroys a replica and rebuilds another in its place.
    fn replace_replica(&self, old: u32, new: u32) -> Result<()> {
        self.server.replica_delete(&self.replica(old), true)?;
        self.server.engine_replica_delete(&self.engine(), &self.replica(old))?;
        let address = self.create_replica(new)?.address();
        let job = self.server.engine_replica_add(&self.engine(), &self.replica(new), &address)?;
        self.server.run_rebuild(&job)?;
        let view = self.server.replica_get(&self.replica(new))?;
        self.check(view.state == State::Running, || format!("{} is {}: {}", view.name, view.state, view.error));
        Ok(())
    }
}

/// An error of the workload itself, for readers of the failure.
fn unexpected(what: impl Into<String>) -> Error {
    Error::new(replica_manager::ErrorKind::Failed, what)
}
