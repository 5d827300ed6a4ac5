//! Engines, by name: what goes on behind an operation's answer, and its phases for tests that drive them by hand.

use bohrbug_sync::Arc;

use super::Server;
use crate::engine::{Engine, Finish, RebuildJob};
use crate::error::{Error, Result};

impl Server {
    /// Compares one engine with the target and its replicas, as a verify pass does with all of them.
    pub fn engine_validate(&self, name: &str) -> Result<()> {
        self.engine(name)?.validate(self, None)
    }

    /// Does what an accepted add started in the background: copies, then finishes. A copy that fails makes the
    /// destination ERR.
    pub fn run_rebuild(&self, job: &RebuildJob) -> Result<()> {
        self.run_copy(job)?;
        job.engine.finish(self, job)
    }

    /// The first half of [`Server::run_rebuild`].
    pub fn run_copy(&self, job: &RebuildJob) -> Result<()> {
        let copied = job.copy_all(self);
        if copied.is_err() {
            job.engine.mark_err(self, job);
        }
        Ok(())
    }

    /// The second half of [`Server::run_rebuild`].
    pub fn run_finish(&self, job: &RebuildJob) -> Result<()> {
        job.engine.finish(self, job)
    }

    /// Phase 1 of an unlocked finish.
    pub fn finish_begin(&self, job: &RebuildJob) -> Result<Finish> {
        job.engine.finish_begin(self, job)
    }

    /// Phase 2: the replicas are asked, the engine is free.
    pub fn finish_call(&self, job: &RebuildJob, finish: &mut Finish) {
        finish.call_replicas(self, job);
    }

    /// Phase 3: the engine is told.
    pub fn finish_apply(&self, job: &RebuildJob, finish: Finish) -> Result<()> {
        job.engine.finish_apply(self, job, finish)
    }

    pub(super) fn engine(&self, name: &str) -> Result<Arc<Engine>> {
        let found = self.read().engines.get(name).cloned();
        found.ok_or_else(|| Error::not_found(format!("engine {name}")))
    }
}
