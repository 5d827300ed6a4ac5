//! Adding a replica: it joins write-only at once, is copied in the background, and becomes RW at the end.
//!
//! Upstream starts a goroutine for the copy; here [`Engine::replica_add`] answers a [`RebuildJob`] and the caller
//! decides which thread runs it, so that a workload has no more threads than it needs.

use super::{Engine, Frontend, Inner, Member, Mode, connect};
use crate::error::{Error, ErrorKind, Result};
use crate::names;
use crate::replica::RebuildProgress;
use crate::server::Server;

/// The copy that an accepted add still has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildJob {
    pub(crate) engine: String,
    pub(crate) source: String,
    pub(crate) destination: String,
    destination_port: u16,
    snapshots: Vec<Step>,
}

/// One snapshot to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    snapshot: String,
    parent: Option<String>,
    user_created: bool,
}

/// The end of a rebuild between its phases: what the replicas answered, before the engine is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    was: Option<Mode>,
    outcome: Result<()>,
}

impl Engine {
    /// Starts a rebuild of the replica at that address.
    pub(crate) fn replica_add(&self, server: &Server, replica: &str, address: &str) -> Result<RebuildJob> {
        self.change(server.node(), |inner| {
            inner.check_addable(replica)?;
            let source = inner.pick_source()?;
            inner.suspended = true;
            let mut job = RebuildJob {
                engine: inner.name.clone(),
                source,
                destination: replica.to_owned(),
                destination_port: 0,
                snapshots: Vec::new(),
            };
            let added = inner.begin_rebuild(server, &mut job, address);
            inner.suspended = false;
            match added {
                Ok(()) => Ok(job),
                Err(error) => inner.fail_add(server, job, address, error),
            }
        })
    }

    /// Marks a replica ERR, if the engine has it.
    pub(crate) fn mark_err(&self, replica: &str) {
        self.lock().set_mode(replica, Mode::Err);
    }

    /// Ends a rebuild: in one go under the engine's lock, or in three phases, by the tree's age.
    pub(crate) fn finish(&self, server: &Server, job: &RebuildJob) -> Result<()> {
        if server.node().behaviour.finishes_unlocked {
            let mut finish = self.finish_begin(server, job)?;
            finish.call_replicas(server, job);
            return self.finish_apply(server, job, finish);
        }
        self.change(server.node(), |inner| {
            let mut finish = inner.finish_begin(server, job)?;
            finish.call_replicas(server, job);
            inner.finish_apply(job, finish)
        })
    }

    /// Phase 1: what the engine thinks of the destination now.
    pub(crate) fn finish_begin(&self, server: &Server, job: &RebuildJob) -> Result<Finish> {
        self.change(server.node(), |inner| inner.finish_begin(server, job))
    }

    /// Phase 3: the outcome, unless the engine changed its mind meanwhile.
    pub(crate) fn finish_apply(&self, server: &Server, job: &RebuildJob, finish: Finish) -> Result<()> {
        self.change(server.node(), |inner| inner.finish_apply(job, finish))
    }
}

impl RebuildJob {
    /// The replica that is being rebuilt.
    pub fn destination(&self) -> &str {
        &self.destination
    }

    /// Copies one snapshot after another, parents first, without the engine's lock.
    pub(crate) fn copy_all(&self, server: &Server) -> Result<()> {
        let mut standing_on: Option<&String> = None;
        for (at, step) in self.snapshots.iter().enumerate() {
            if at == 0 || step.parent.as_ref() != standing_on {
                server.rebuild_destination_revert(&self.destination, step.parent.as_deref())?;
            }
            self.copy(server, step)?;
            standing_on = Some(&step.snapshot);
        }
        Ok(())
    }

    fn copy(&self, server: &Server, step: &Step) -> Result<()> {
        server.rebuild_source_attach(&self.source, self.destination_port)?;
        server.rebuild_destination_copy_start(&self.destination, &step.snapshot)?;
        while server.rebuild_destination_copy_check(&self.destination)? == RebuildProgress::Copying {
            bohrbug_sync::thread::yield_now();
        }
        server.rebuild_source_detach(&self.source)?;
        server.rebuild_destination_snapshot_create(&self.destination, &step.snapshot, step.user_created)
    }
}

impl Finish {
    /// Phase 2: asks the destination to finish, if it is still wanted, and lets the source go.
    pub(crate) fn call_replicas(&mut self, server: &Server, job: &RebuildJob) {
        if self.was == Some(Mode::Wo) {
            self.outcome = server.rebuild_destination_finish(&job.destination);
        }
        // A source that is gone has nothing left to let go.
        let _ = server.rebuild_source_finish(&job.source);
    }
}

impl Inner {
    fn check_addable(&self, replica: &str) -> Result<()> {
        self.check_running()?;
        if self.members.contains_key(replica) {
            return Err(Error::refused(format!("engine {} has {replica} already", self.name)));
        }
        match self.has_wo() {
            true => Err(Error::refused(format!("engine {} is rebuilding another replica", self.name))),
            false => Ok(()),
        }
    }

    fn pick_source(&self) -> Result<String> {
        let source = self.members.iter().find(|(_, member)| member.mode == Mode::Rw);
        let none = || Error::refused(format!("engine {} has no replica to copy from", self.name));
        source.map(|(name, _)| name.clone()).ok_or_else(none)
    }

    fn begin_rebuild(&mut self, server: &Server, job: &mut RebuildJob, address: &str) -> Result<()> {
        let snapshot = self.unused_snapshot_name();
        self.snapshot_all(server, &snapshot, false);
        job.snapshots = self.steps();
        let port = server.rebuild_source_start(&job.source, &job.destination, &snapshot)?;
        let (destination, source) = (job.destination.as_str(), job.source.as_str());
        job.destination_port = server.rebuild_destination_start(destination, source, port, &snapshot)?;
        connect(server.node(), destination, address)?;
        let bdev = names::nvme_bdev(destination);
        server.node().spdk.grow_raid(&self.name, &bdev)?;
        // Last, so that nobody finds a member without a mode (upstream `6c9ebf8b`).
        let (address, mode) = (address.to_owned(), Mode::Wo);
        self.members.insert(destination.to_owned(), Member { address, bdev, mode });
        Ok(())
    }

    /// An engine that was deleted and made again counts from the start, over what its predecessor left.
    fn unused_snapshot_name(&mut self) -> String {
        loop {
            self.rebuilds += 1;
            let name = format!("rebuild-{:08x}", self.rebuilds);
            if !self.tree.snapshots.contains_key(&name) {
                return name;
            }
        }
    }

    fn steps(&self) -> Vec<Step> {
        let order = self.tree.from_the_root().into_iter();
        let user_created = |name: &String| self.tree.snapshots.get(name).is_some_and(|node| node.user_created);
        order.map(|(snapshot, parent)| Step { user_created: user_created(&snapshot), snapshot, parent }).collect()
    }

    /// Baseline: the frontend's resume overwrote the error, so the add of a volume with a block device "succeeds" and
    /// the background copy starts for a replica that the engine does not have.
    fn fail_add(&mut self, server: &Server, job: RebuildJob, address: &str, error: Error) -> Result<RebuildJob> {
        let behaviour = server.node().behaviour;
        if !behaviour.reports_failed_add && self.frontend == Frontend::BlockDevice {
            return Ok(job);
        }
        let _ = server.rebuild_source_finish(&job.source);
        if behaviour.reports_failed_add {
            let bdev = names::nvme_bdev(&job.destination);
            let (address, mode) = (address.to_owned(), Mode::Err);
            self.members.insert(job.destination, Member { address, bdev, mode });
        }
        Err(Error::refused(format!("the rebuild did not start: {error}")))
    }

    fn finish_begin(&self, server: &Server, job: &RebuildJob) -> Result<Finish> {
        let was = self.members.get(&job.destination).map(|member| member.mode);
        if was.is_none() && !server.node().behaviour.finish_skips_missing {
            let message = format!("engine {} has no replica {} to finish", self.name, job.destination);
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        Ok(Finish { was, outcome: Ok(()) })
    }

    /// Decides on the mode as it is now: a downgrade since phase 1 stays.
    fn finish_apply(&mut self, job: &RebuildJob, finish: Finish) -> Result<()> {
        let is_wo = self.members.get(&job.destination).is_some_and(|member| member.mode == Mode::Wo);
        if is_wo {
            let mode = if finish.outcome.is_ok() { Mode::Rw } else { Mode::Err };
            self.set_mode(&job.destination, mode);
        }
        Ok(())
    }
}
