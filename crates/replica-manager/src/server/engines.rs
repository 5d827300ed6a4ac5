//! Calls on engines, by name: what an RPC handler does.

use std::collections::BTreeMap;

use bohrbug_sync::Arc;

use super::Server;
use crate::engine::{Engine, EngineView, Finish, Frontend, RebuildJob};
use crate::error::{Error, ErrorKind, Result};

const SIZE_MIB: u64 = 500;

impl Server {
    /// Creates an engine over replicas, given by name and address. A failure is reported in the reply's state.
    pub fn engine_create(
        &self,
        name: &str,
        replicas: &BTreeMap<String, String>,
        frontend: Frontend,
    ) -> Result<EngineView> {
        let engine = {
            let mut maps = self.write();
            if maps.engines.contains_key(name) {
                return Err(Error::new(ErrorKind::AlreadyExists, format!("engine {name} exists")));
            }
            let engine = Arc::new(Engine::new(name, frontend, SIZE_MIB));
            maps.engines.insert(name.to_owned(), engine.clone());
            engine
        };
        engine.create(self, replicas)
    }

    /// Takes an engine down and forgets it.
    pub fn engine_delete(&self, name: &str) -> Result<()> {
        let Ok(engine) = self.engine(name) else {
            return Ok(());
        };
        engine.delete(self.node())?;
        self.write().engines.remove(name);
        Ok(())
    }

    /// What an engine looks like now.
    pub fn engine_get(&self, name: &str) -> Result<EngineView> {
        Ok(self.engine(name)?.view())
    }

    /// Compares one engine with the target and its replicas, as a verify pass does with all of them.
    pub fn engine_validate(&self, name: &str) -> Result<()> {
        self.engine(name)?.validate(self, None)
    }

    /// Takes a snapshot of the volume.
    pub fn engine_snapshot_create(&self, name: &str, snapshot: &str) -> Result<()> {
        self.engine(name)?.snapshot_create(self, snapshot)
    }

    /// Deletes a snapshot of the volume.
    pub fn engine_snapshot_delete(&self, name: &str, snapshot: &str) -> Result<()> {
        self.engine(name)?.snapshot_delete(self, snapshot)
    }

    /// Goes back to a snapshot of the volume.
    pub fn engine_snapshot_revert(&self, name: &str, snapshot: &str) -> Result<()> {
        self.engine(name)?.snapshot_revert(self, snapshot)
    }

    /// Deletes what rebuilds left.
    pub fn engine_snapshot_purge(&self, name: &str) -> Result<()> {
        self.engine(name)?.snapshot_purge(self)
    }

    /// Starts the rebuild of a replica; the copy is the job's, see [`Server::run_rebuild`].
    pub fn engine_replica_add(&self, name: &str, replica: &str, address: &str) -> Result<RebuildJob> {
        self.engine(name)?.replica_add(self, replica, address)
    }

    /// Takes a replica out of an engine.
    pub fn engine_replica_delete(&self, name: &str, replica: &str) -> Result<()> {
        self.engine(name)?.replica_delete(self.node(), replica)
    }

    /// Does what an accepted add started in the background: copies, then finishes. A copy that fails makes the
    /// destination ERR.
    pub fn run_rebuild(&self, job: &RebuildJob) -> Result<()> {
        self.run_copy(job)?;
        self.engine(&job.engine)?.finish(self, job)
    }

    /// The first half of [`Server::run_rebuild`].
    pub fn run_copy(&self, job: &RebuildJob) -> Result<()> {
        let copied = job.copy_all(self);
        if copied.is_err() {
            self.engine(&job.engine)?.mark_err(&job.destination);
        }
        Ok(())
    }

    /// The second half of [`Server::run_rebuild`].
    pub fn run_finish(&self, job: &RebuildJob) -> Result<()> {
        self.engine(&job.engine)?.finish(self, job)
    }

    /// Phase 1 of an unlocked finish.
    pub fn finish_begin(&self, job: &RebuildJob) -> Result<Finish> {
        self.engine(&job.engine)?.finish_begin(self, job)
    }

    /// Phase 2: the replicas are asked, the engine is free.
    pub fn finish_call(&self, job: &RebuildJob, finish: &mut Finish) {
        finish.call_replicas(self, job);
    }

    /// Phase 3: the engine is told.
    pub fn finish_apply(&self, job: &RebuildJob, finish: Finish) -> Result<()> {
        self.engine(&job.engine)?.finish_apply(self, job, finish)
    }

    pub(super) fn engine_ports(&self) -> usize {
        let engines = self.read().engines.clone();
        engines.values().filter(|engine| engine.view().port != 0).count()
    }

    fn engine(&self, name: &str) -> Result<Arc<Engine>> {
        let found = self.read().engines.get(name).cloned();
        found.ok_or_else(|| Error::not_found(format!("engine {name}")))
    }
}
