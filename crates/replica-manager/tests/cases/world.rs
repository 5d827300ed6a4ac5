//! What the cases' setups are made of.

use std::collections::BTreeMap;
use std::fmt::Debug;

use replica_manager::{
    Config, EngineView, Error, ErrorKind, Frontend, Mode, RebuildJob, ReplicaSpec, ReplicaView, Result, Revision,
    Server, State, spdk::Lister, spdk::Listing, spdk::Spdk,
};

// Names as the control plane gives them, so that every revision's verify adopts them.
pub(crate) const R: &str = "vol-r-0000000a";
pub(crate) const R2: &str = "vol-r-0000000b";
pub(crate) const R3: &str = "vol-r-0000000c";
pub(crate) const E: &str = "vol-e";

pub(crate) struct World {
    pub(crate) server: Server,
}

impl World {
    pub(crate) fn new(revision: Revision) -> Self {
        Self { server: Server::new(revision) }
    }

    pub(crate) fn with_ports(revision: Revision, low: u16, high: u16) -> Self {
        Self { server: Server::with(Config { revision, spdk: Spdk::default(), ports: (low, high) }) }
    }

    pub(crate) fn create(&self, name: &str) -> Result<ReplicaView> {
        self.server.replica_create(&ReplicaSpec::new(name))
    }

    pub(crate) fn running(&self, name: &str) -> ReplicaView {
        let view = self.create(name).expect("the create is accepted");
        assert_eq!(view.state, State::Running, "{}", view.error);
        view
    }

    /// A running replica with snapshots, oldest first.
    pub(crate) fn with_snapshots(&self, name: &str, snapshots: &[&str]) {
        self.running(name);
        for snapshot in snapshots {
            self.server.replica_snapshot_create(name, snapshot).expect("a snapshot");
        }
    }

    pub(crate) fn get(&self, name: &str) -> ReplicaView {
        self.server.replica_get(name).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn state(&self, name: &str) -> State {
        self.get(name).state
    }

    pub(crate) fn chain(&self, name: &str) -> Vec<String> {
        let chain = self.get(name).tree.chain;
        chain.into_iter().map(|entry| entry.unwrap_or_else(|| "-".to_owned())).collect()
    }

    pub(crate) fn disk(&self) -> Listing {
        self.server.spdk().list(Lister::Observer).expect("a listing")
    }

    pub(crate) fn has_lvol(&self, lvol: &str) -> bool {
        self.disk().lvols.contains_key(lvol)
    }

    pub(crate) fn export(&self, lvol: &str) -> Option<u16> {
        self.disk().exports.get(lvol).copied()
    }

    pub(crate) fn verify(&self) {
        self.server.verify().expect("a verify pass");
    }

    /// An engine [`E`] over running replicas, made here if they are not there yet.
    pub(crate) fn engine(&self, replicas: &[&str], frontend: Frontend) -> EngineView {
        let addresses = replicas.iter().map(|name| ((*name).to_owned(), self.address(name))).collect();
        self.engine_at(&addresses, frontend)
    }

    pub(crate) fn engine_at(&self, addresses: &BTreeMap<String, String>, frontend: Frontend) -> EngineView {
        let view = self.server.engine_create(E, addresses, frontend).expect("the create is accepted");
        assert_eq!(view.state, State::Running, "{}", view.error);
        view
    }

    pub(crate) fn address(&self, name: &str) -> String {
        match self.server.replica_get(name) {
            Ok(view) => view.address(),
            Err(_) => self.running(name).address(),
        }
    }

    pub(crate) fn engine_state(&self) -> State {
        self.server.engine_get(E).expect("the engine").state
    }

    pub(crate) fn modes(&self) -> Vec<(String, Mode)> {
        self.server.engine_get(E).expect("the engine").modes.into_iter().collect()
    }

    pub(crate) fn mode(&self, replica: &str) -> Option<Mode> {
        self.server.engine_get(E).expect("the engine").modes.get(replica).copied()
    }

    /// Adds [`R2`] to an engine over [`R`] and leaves it WO.
    pub(crate) fn rebuilding(&self) -> RebuildJob {
        self.engine(&[R], Frontend::BlockDevice);
        self.running(R2);
        let address = self.address(R2);
        self.server.engine_replica_add(E, R2, &address).expect("the add is accepted")
    }

    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.server.audit().expect("an audit"), Vec::<String>::new());
    }
}

pub(crate) fn assert_kind<T: Debug>(result: Result<T>, kind: ErrorKind) -> Error {
    let error = result.expect_err("a failure");
    assert_eq!(error.kind, kind, "{error}");
    error
}

pub(crate) fn assert_refused<T: Debug>(result: Result<T>) {
    assert_kind(result, ErrorKind::FailedPrecondition);
}
