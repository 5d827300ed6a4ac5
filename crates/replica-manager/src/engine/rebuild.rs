//! Adding a replica: it joins write-only at once, is copied in the background, and becomes RW at the end.
//!
//! Upstream starts a goroutine for the copy; here [`Engine::replica_add`] answers a [`RebuildJob`] and the caller
//! decides which thread runs it, so that a workload has no more threads than it needs.

use bohrbug_sync::Arc;

use super::{Engine, Frontend, Inner, Member, Mode, connect};
use crate::error::{Error, ErrorKind, Result};
use crate::names;
use crate::replica::{Driver, RebuildProgress, State};
use crate::revision::Found;
use crate::server::Server;

/// The copy that an accepted add still has to do.
#[derive(Debug, Clone)]
pub struct RebuildJob {
    /// The engine itself: whoever is known by its name by the time of the finish may be another one.
    pub(crate) engine: Arc<Engine>,
    /// Which of the engine's rebuilds this is.
    number: u32,
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
    pub(crate) fn replica_add(self: &Arc<Self>, server: &Server, replica: &str, address: &str) -> Result<RebuildJob> {
        self.change(server.node(), |inner| {
            inner.check_addable(replica)?;
            let source = inner.pick_source()?;
            inner.suspended = true;
            let mut job = RebuildJob {
                engine: self.clone(),
                number: 0,
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

    /// Marks a job's replica ERR, if the engine has it.
    pub(crate) fn mark_err(&self, server: &Server, job: &RebuildJob) {
        let mut inner = self.lock();
        if inner.is_the_jobs(server, job) {
            inner.set_mode(&job.destination, Mode::Err);
        }
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
            inner.finish_apply(server, job, finish)
        })
    }

    /// Phase 1: what the engine thinks of the destination now.
    pub(crate) fn finish_begin(&self, server: &Server, job: &RebuildJob) -> Result<Finish> {
        self.change(server.node(), |inner| inner.finish_begin(server, job))
    }

    /// Phase 3: the outcome, unless the engine changed its mind meanwhile.
    pub(crate) fn finish_apply(&self, server: &Server, job: &RebuildJob, finish: Finish) -> Result<()> {
        self.change(server.node(), |inner| inner.finish_apply(server, job, finish))
    }
}

impl RebuildJob {
    /// In whose name the destination is driven.
    fn driver(&self) -> Driver {
        Driver::Engine(self.engine.clone(), self.number)
    }

    fn destination<'s>(&self, server: &'s Server) -> Result<Found<'s>> {
        server.protocol().find(server, &self.destination)
    }

    /// Copies one snapshot after another, parents first, without the engine's lock.
    pub(crate) fn copy_all(&self, server: &Server) -> Result<()> {
        let mut standing_on: Option<&String> = None;
        for (at, step) in self.snapshots.iter().enumerate() {
            if at == 0 || step.parent.as_ref() != standing_on {
                self.destination(server)?.destination_revert(server.node(), &self.driver(), step.parent.as_deref())?;
            }
            self.copy(server, step)?;
            standing_on = Some(&step.snapshot);
        }
        Ok(())
    }

    fn copy(&self, server: &Server, step: &Step) -> Result<()> {
        server.rebuild_source_attach(&self.source, self.destination_port)?;
        self.destination(server)?.release_server().destination_copy_start(server, &self.driver(), &step.snapshot)?;
        while server.rebuild_destination_copy_check(&self.destination)? == RebuildProgress::Copying {
            bohrbug_sync::thread::yield_now();
        }
        server.rebuild_source_detach(&self.source)?;
        let (node, user_created) = (server.node(), step.user_created);
        self.destination(server)?.destination_snapshot_create(node, &self.driver(), &step.snapshot, user_created)
    }
}

impl Finish {
    /// Phase 2: asks the destination to finish, if it is still wanted, and lets the source go.
    pub(crate) fn call_replicas(&mut self, server: &Server, job: &RebuildJob) {
        if self.was == Some(Mode::Wo) {
            let finish = |replica: Found<'_>| replica.destination_finish(server.node(), &job.driver());
            self.outcome = job.destination(server).and_then(finish);
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
        job.number = self.rebuilds;
        self.snapshot_all(server, &snapshot, false);
        self.check_source_is_left(server, job)?;
        job.snapshots = self.steps();
        let port = server.rebuild_source_start(&job.source, &job.destination, &snapshot)?;
        let (destination, source) = (job.destination.as_str(), job.source.as_str());
        job.destination_port =
            job.destination(server)?.destination_start(server.node(), &job.driver(), source, port, &snapshot)?;
        connect(server.node(), destination, address)?;
        let bdev = names::nvme_bdev(destination);
        server.node().spdk.grow_raid(&self.name, &bdev)?;
        // Last, so that nobody finds a member without a mode (upstream `6c9ebf8b`).
        self.members.insert(destination.to_owned(), Member::new(destination, address, Mode::Wo, job.number));
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
            let member = Member::new(&job.destination, address, Mode::Err, job.number);
            self.members.insert(job.destination, member);
        }
        Err(Error::refused(format!("the rebuild did not start: {error}")))
    }

    fn finish_begin(&self, server: &Server, job: &RebuildJob) -> Result<Finish> {
        let member = self.members.get(&job.destination).filter(|_| self.is_the_jobs(server, job));
        let was = member.map(|member| member.mode);
        if was.is_none() && !server.node().behaviour.finish_skips_missing {
            let message = format!("engine {} has no replica {} to finish", self.name, job.destination);
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        Ok(Finish { was, outcome: Ok(()) })
    }

    /// Taking the snapshot may have shown that the source is none any more.
    fn check_source_is_left(&self, server: &Server, job: &RebuildJob) -> Result<()> {
        let is_left = self.members.get(&job.source).is_some_and(|member| member.mode == Mode::Rw);
        match is_left || !server.node().behaviour.tells_replicas_apart {
            true => Ok(()),
            false => Err(Error::refused(format!("{} can no longer be copied from", job.source))),
        }
    }

    /// Whether the member of that name is the one that the job's add brought, where that is asked.
    fn is_the_jobs(&self, server: &Server, job: &RebuildJob) -> bool {
        let joined_by = self.members.get(&job.destination).map(|member| member.rebuild);
        !server.node().behaviour.tells_replicas_apart || joined_by.is_none_or(|number| number == job.number)
    }

    /// Decides on the mode as it is now: a downgrade since phase 1 stays. `strict` takes nobody into an engine that failed
    /// meanwhile, whose volume nobody reads any more.
    fn finish_apply(&mut self, server: &Server, job: &RebuildJob, finish: Finish) -> Result<()> {
        let is_wo = self.members.get(&job.destination).is_some_and(|member| member.mode == Mode::Wo);
        if is_wo && self.is_the_jobs(server, job) {
            let takes_in = self.state == State::Running || !server.node().behaviour.tells_replicas_apart;
            let mode = if finish.outcome.is_ok() && takes_in { Mode::Rw } else { Mode::Err };
            self.set_mode(&job.destination, mode);
        }
        Ok(())
    }
}
