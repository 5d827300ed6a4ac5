//! Real threads on `strict`: every operation of the server's list, on a few names, beside the verify loop.
//!
//! The short run is part of every test run. The long one is `REPLICA_MANAGER_STRESS_SECONDS=60 cargo test --release -p
//! replica-manager --test stress`. When all have ended, maps, target and ports account for each other, before and after one
//! more verify pass, and everything can be taken down. A run that does not end is given up, and fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use replica_manager::{Frontend, Operation, ReplicaSpec, Result, Revision, Server, spdk::Lister};

const THREADS: usize = 8;
const REPLICAS: [&str; 4] = ["vol-r-0000000a", "vol-r-0000000b", "vol-r-0000000c", "vol-r-0000000d"];
const ENGINES: [&str; 2] = ["vol-e", "vol-f"];
const SNAPSHOTS: [&str; 3] = ["s", "t", "u"];
const IMAGE: &str = "b";

#[test]
fn eight_threads_and_the_verify_loop_leave_nothing_unaccounted_for() {
    let seconds = std::env::var("REPLICA_MANAGER_STRESS_SECONDS").ok().and_then(|text| text.parse().ok());
    let length = Duration::from_secs(seconds.unwrap_or(1));
    let world = Arc::new(World::new());
    let (ended, ends) = mpsc::channel();
    for worker in 0..=THREADS {
        let (world, ended) = (Arc::clone(&world), ended.clone());
        std::thread::spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(|| world.work(worker)));
            ended.send(result.is_ok()).expect("the test waits for its threads");
        });
    }
    #[expect(clippy::disallowed_methods, reason = "the workers run for a while, on real threads")]
    std::thread::sleep(length);
    world.over.store(true, Ordering::Relaxed);
    for left in (0..=THREADS).rev() {
        match ends.recv_timeout(Duration::from_secs(30)) {
            Ok(sound) => assert!(sound, "a thread panicked"),
            Err(_) => panic!("{} threads are stuck: a deadlock", left + 1),
        }
    }
    world.check_the_end();
    let (operations, done) = (&world.operations, &world.done);
    println!("operations: {}, done: {}", operations.load(Ordering::Relaxed), done.load(Ordering::Relaxed));
}

struct World {
    server: Server,
    over: AtomicBool,
    operations: AtomicUsize,
    done: AtomicUsize,
}

impl World {
    fn new() -> Self {
        Self {
            server: Server::new(Revision::Strict),
            over: AtomicBool::new(false),
            operations: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
        }
    }

    /// The last worker is the verify loop.
    fn work(&self, worker: usize) {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (worker as u64 + 1));
        while !self.over.load(Ordering::Relaxed) {
            let operation = if worker == THREADS { Operation::Verify } else { *dice.one_of(Operation::ALL) };
            let outcome = self.call(operation, &mut dice);
            self.operations.fetch_add(1, Ordering::Relaxed);
            self.done.fetch_add(usize::from(outcome.is_ok()), Ordering::Relaxed);
        }
    }

    fn call(&self, operation: Operation, dice: &mut Dice) -> Result<()> {
        let server = &self.server;
        let (replica, other) = (*dice.one_of(&REPLICAS), *dice.one_of(&REPLICAS));
        let (engine, snapshot) = (*dice.one_of(&ENGINES), *dice.one_of(&SNAPSHOTS));
        match operation {
            Operation::ReplicaCreate => {
                let backing_image = (dice.below(4) == 0).then(|| IMAGE.to_owned());
                server.replica_create(&ReplicaSpec { backing_image, ..ReplicaSpec::new(replica) }).map(drop)
            }
            Operation::ReplicaDelete => server.replica_delete(replica, dice.below(2) == 0),
            Operation::ReplicaGet => server.replica_get(replica).map(drop),
            Operation::ReplicaList => {
                drop(server.replica_names());
                Ok(())
            }
            Operation::ReplicaSnapshotCreate => server.replica_snapshot_create(replica, snapshot),
            Operation::ReplicaSnapshotDelete => server.replica_snapshot_delete(replica, snapshot),
            Operation::ReplicaSnapshotRevert => server.replica_snapshot_revert(replica, snapshot),
            Operation::ReplicaSnapshotPurge => server.replica_snapshot_purge(replica),
            Operation::RebuildSourceStart => server.rebuild_source_start(replica, other, snapshot).map(drop),
            Operation::RebuildSourceAttach => server.rebuild_source_attach(replica, self.port(other)),
            Operation::RebuildSourceDetach => server.rebuild_source_detach(replica),
            Operation::RebuildSourceCopyStart => server.rebuild_source_copy_start(replica, snapshot).map(drop),
            Operation::RebuildSourceCopyCheck => server.rebuild_source_copy_check(replica, 0).map(drop),
            Operation::RebuildSourceFinish => server.rebuild_source_finish(replica),
            Operation::RebuildDestinationStart => {
                server.rebuild_destination_start(replica, other, self.port(other), snapshot).map(drop)
            }
            Operation::RebuildDestinationRevert => server.rebuild_destination_revert(replica, Some(snapshot)),
            Operation::RebuildDestinationCopyStart => server.rebuild_destination_copy_start(replica, snapshot),
            Operation::RebuildDestinationCopyCheck => server.rebuild_destination_copy_check(replica).map(drop),
            Operation::RebuildDestinationSnapshotCreate => {
                server.rebuild_destination_snapshot_create(replica, snapshot, true)
            }
            Operation::RebuildDestinationFinish => server.rebuild_destination_finish(replica),
            Operation::EngineCreate => {
                let addresses = [(replica.to_owned(), server.replica_get(replica)?.address())].into();
                let frontend = if dice.below(2) == 0 { Frontend::Empty } else { Frontend::BlockDevice };
                server.engine_create(engine, &addresses, frontend).map(drop)
            }
            Operation::EngineDelete => server.engine_delete(engine),
            Operation::EngineGet => server.engine_get(engine).map(drop),
            Operation::EngineSnapshotCreate => server.engine_snapshot_create(engine, snapshot),
            Operation::EngineSnapshotDelete => server.engine_snapshot_delete(engine, snapshot),
            Operation::EngineSnapshotRevert => server.engine_snapshot_revert(engine, snapshot),
            Operation::EngineSnapshotPurge => server.engine_snapshot_purge(engine),
            Operation::EngineReplicaAdd => {
                let address = server.replica_get(replica)?.address();
                server.run_rebuild(&server.engine_replica_add(engine, replica, &address)?)
            }
            Operation::EngineReplicaDelete => server.engine_replica_delete(engine, replica),
            Operation::BackingImageCreate => server.backing_image_create(IMAGE).map(drop),
            Operation::BackingImageDelete => server.backing_image_delete(&self.image()),
            Operation::BackingImageGet => server.backing_image_get(&self.image()).map(drop),
            Operation::Verify => server.verify().map(drop),
        }
    }

    /// A port of that replica's.
    fn port(&self, replica: &str) -> u16 {
        self.server.replica_get(replica).ok().and_then(|view| view.ports).map_or(0, |ports| ports.start)
    }

    fn image(&self) -> String {
        let disk = self.server.spdk().get_lvstore(replica_manager::DISK).expect("a disk");
        replica_manager::names::backing_image(IMAGE, disk.uuid)
    }

    fn check_the_end(&self) {
        let server = &self.server;
        assert_eq!(server.audit().unwrap(), Vec::<String>::new());
        server.verify().unwrap();
        assert_eq!(server.audit().unwrap(), Vec::<String>::new(), "after a verify pass");
        for engine in ENGINES {
            server.engine_delete(engine).unwrap();
        }
        for name in server.replica_names() {
            server.replica_delete(&name, true).unwrap();
        }
        for image in server.spdk().list(Lister::Observer).unwrap().lvols.keys() {
            server.backing_image_delete(image).unwrap();
        }
        assert_eq!(server.audit().unwrap(), Vec::<String>::new(), "after everything was taken down");
        assert_eq!(server.ports().in_use(), 0);
    }
}

/// A small generator, so that a run needs nothing from outside.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
