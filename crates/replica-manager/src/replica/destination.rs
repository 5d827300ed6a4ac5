//! A replica as the destination of a rebuild.
//!
//! Its new head stands on the source's snapshot, connected over NVMe, so that the engine can write to it at once; one
//! snapshot after another is copied into a rebuilding volume and frozen there; at the end the head is put under the
//! last of them. The copy's start and check hold this replica's lock *while they call the source's server*: that is
//! the one place where a replica's lock is held across a call that needs the server's (see `shallow-copy-vs-verify`), and
//! another replica's (see `crossed-rebuilds`). `strict` lets go of it meanwhile, and looks whether the rebuild is still the same.

use bohrbug_sync::{Arc, RwLockWriteGuard};

use super::{Inner, Replica, State};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result, ignore_missing};
use crate::names::{external_bdev, rebuilding_lvol, snapshot_lvol};
use crate::node::Node;
use crate::server::Server;

/// How a rebuild stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RebuildState {
    /// There was none.
    #[default]
    None,
    /// Under way.
    InProgress,
    /// Done.
    Complete,
    /// Broken off.
    Error,
}

/// The last rebuild of a replica.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebuildStatus {
    /// How it stands.
    pub state: RebuildState,
    /// Why it broke off; empty otherwise.
    pub error: String,
    /// Snapshots copied.
    pub processed: usize,
}

/// How far the copy of one snapshot came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RebuildProgress {
    /// Blocks are still to be copied.
    Copying,
    /// All blocks of the snapshot are there.
    Copied,
    /// Nothing is being rebuilt: how the last rebuild ended.
    Over(RebuildStatus),
}

/// In whose name a destination is driven. Only a tree that guards what is in use asks.
#[derive(Debug, Clone)]
pub(crate) enum Driver {
    /// Somebody who calls the operations one by one.
    Client,
    /// One of an engine's rebuilds.
    Engine(Arc<Engine>, u32),
}

impl PartialEq for Driver {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Client, Self::Client) => true,
            (Self::Engine(engine, number), Self::Engine(other, its)) => Arc::ptr_eq(engine, other) && number == its,
            (Self::Client, Self::Engine(..)) | (Self::Engine(..), Self::Client) => false,
        }
    }
}

/// What a destination remembers during a rebuild.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    /// Which of the replica's rebuilds it is.
    number: u32,
    driver: Driver,
    source: String,
    external_snapshot: String,
    external_bdev: String,
    port: u16,
    copying: Option<usize>,
}

impl Destination {
    pub(super) fn borrowed(&self, replica: &str) -> [String; 2] {
        [rebuilding_lvol(replica), self.external_bdev.clone()]
    }
}

impl Replica {
    /// Puts the head over the source's exported snapshot; answers the port that the rebuilding volume will be on.
    pub(crate) fn destination_start(
        &self,
        node: &Node,
        driver: &Driver,
        source: &str,
        source_port: u16,
        snapshot: &str,
    ) -> Result<u16> {
        self.change(node, |inner| inner.become_destination(node, driver, source, source_port, snapshot))
    }

    /// Makes the rebuilding volume anew over a snapshot that was copied already, or empty.
    pub(crate) fn destination_revert(&self, node: &Node, driver: &Driver, snapshot: Option<&str>) -> Result<()> {
        self.change(node, |inner| {
            let port = inner.rebuild(node, driver)?.port;
            let lvol = rebuilding_lvol(&inner.name);
            ignore_missing(node.spdk.stop_expose(&lvol))?;
            ignore_missing(node.spdk.delete_lvol(&lvol))?;
            let (lvstore, size) = (&inner.spec.lvstore, inner.spec.size_mib);
            match snapshot {
                Some(snapshot) => {
                    let parent = snapshot_lvol(&inner.name, snapshot);
                    node.spdk.clone_lvol(lvstore, &parent, &lvol, size)?;
                }
                None => node.spdk.create_lvol(lvstore, &lvol, size)?,
            }
            node.spdk.expose(&lvol, port)
        })
    }

    /// Asks the source to copy a snapshot into the rebuilding volume.
    pub(crate) fn destination_copy_start(&self, server: &Server, driver: &Driver, snapshot: &str) -> Result<()> {
        let mut inner = self.lock();
        let rebuild = inner.rebuild(server.node(), driver)?.clone();
        let (started, mut inner) =
            self.asking(server, inner, || server.rebuild_source_copy_start(&rebuild.source, snapshot));
        inner.check_still_on(&rebuild)?;
        match started {
            Ok(copy) => {
                inner.rebuild(server.node(), driver)?.copying = Some(copy);
                Ok(())
            }
            Err(error) => inner.break_off(error),
        }
    }

    /// Asks the source how far it came.
    pub(crate) fn destination_copy_check(&self, server: &Server) -> Result<RebuildProgress> {
        let inner = self.lock();
        let Some(rebuild) = inner.destination.clone() else {
            return Ok(RebuildProgress::Over(inner.last_rebuild.clone()));
        };
        let copying = rebuild.copying.ok_or_else(|| Error::refused(format!("{} copies nothing", self.name)))?;
        let (checked, mut inner) =
            self.asking(server, inner, || server.rebuild_source_copy_check(&rebuild.source, copying));
        inner.check_still_on(&rebuild)?;
        match checked {
            Ok(copy) => match copy.error {
                Some(error) => inner.break_off(Error::new(ErrorKind::Failed, error)),
                None if copy.copied < copy.total => Ok(RebuildProgress::Copying),
                None => Ok(RebuildProgress::Copied),
            },
            Err(error) => inner.break_off(error),
        }
    }

    /// Calls the source's server, with this replica's lock or, in a tree that minds, without it.
    fn asking<'r, R>(
        &'r self,
        server: &Server,
        inner: RwLockWriteGuard<'r, Inner>,
        call: impl FnOnce() -> R,
    ) -> (R, RwLockWriteGuard<'r, Inner>) {
        if server.behaviour().asks_the_source_unlocked {
            drop(inner);
            return (call(), self.lock());
        }
        (call(), inner)
    }

    /// Freezes what was copied as that snapshot.
    pub(crate) fn destination_snapshot_create(
        &self,
        node: &Node,
        driver: &Driver,
        snapshot: &str,
        user_created: bool,
    ) -> Result<()> {
        self.change(node, |inner| {
            inner.rebuild(node, driver)?.copying = None;
            let frozen = snapshot_lvol(&inner.name, snapshot);
            node.spdk.snapshot_lvol(&rebuilding_lvol(&inner.name), &frozen, user_created)?;
            inner.last_rebuild.processed += 1;
            inner.reread_tree(node)
        })
    }

    /// Puts the head under the copied snapshot and ends the rebuild.
    pub(crate) fn destination_finish(&self, node: &Node, driver: &Driver) -> Result<()> {
        self.change(node, |inner| {
            let snapshot = inner.rebuild(node, driver)?.external_snapshot.clone();
            let parent = snapshot_lvol(&inner.name, &snapshot);
            node.spdk.set_parent(&inner.first_over_the_external(node)?, &parent)?;
            inner.clean_up_rebuild(node)?;
            inner.reread_tree(node)?;
            inner.last_rebuild.state = RebuildState::Complete;
            Ok(())
        })
    }
}

/// A failure before anything was changed: in a tree that guards what is in use, the replica stays what it is.
fn unchanged(node: &Node, error: Error) -> Error {
    match node.behaviour.guards_what_is_in_use {
        true => Error::refused(error.message),
        false => error,
    }
}

impl Inner {
    fn rebuild(&mut self, node: &Node, driver: &Driver) -> Result<&mut Destination> {
        let refusal = |what: &str| Error::refused(format!("{} is {what}", self.name));
        let none = refusal("not being rebuilt");
        let broken = (self.state != State::Running).then(|| refusal("broken, and its rebuild with it"));
        let others = refusal("being rebuilt by somebody else");
        let rebuild = self.destination.as_mut().ok_or(none)?;
        match broken {
            _ if !node.behaviour.guards_what_is_in_use => Ok(rebuild),
            Some(broken) => Err(broken),
            None if rebuild.driver != *driver => Err(others),
            None => Ok(rebuild),
        }
    }

    fn become_destination(
        &mut self,
        node: &Node,
        driver: &Driver,
        source: &str,
        source_port: u16,
        snapshot: &str,
    ) -> Result<u16> {
        if self.state != State::Running || self.destination.is_some() {
            return Err(Error::refused(format!("{} is {} and cannot be rebuilt", self.name, self.state)));
        }
        if self.source.is_some() && node.behaviour.guards_what_is_in_use {
            return Err(Error::refused(format!("{} is the source of a rebuild and cannot be rebuilt", self.name)));
        }
        if self.tree.chain.len() != 2 && !node.behaviour.rebuilds_over_snapshots {
            return Err(Error::mismatch(format!("{} has snapshots already", self.name)));
        }
        let external_bdev = external_bdev(&self.name);
        let port = self.own_port()?;
        if let Err(error) = node.spdk.attach_nvme(&external_bdev, source_port) {
            self.release_own_port(port);
            return Err(unchanged(node, error));
        }
        let recloned = self.reclone_head(node, &external_bdev);
        if recloned.is_ok() || node.behaviour.guards_what_is_in_use {
            // Also where it failed half-way: whoever deletes the replica has to know of the device.
            self.rebuilds = self.rebuilds.wrapping_add(1);
            self.destination = Some(Destination {
                number: self.rebuilds,
                driver: driver.clone(),
                source: source.to_owned(),
                external_snapshot: snapshot.to_owned(),
                external_bdev,
                port,
                copying: None,
            });
        }
        recloned?;
        self.last_rebuild = RebuildStatus { state: RebuildState::InProgress, ..RebuildStatus::default() };
        Ok(port)
    }

    /// The volume that stands right on the external snapshot: the head, or the oldest snapshot taken meanwhile.
    fn first_over_the_external(&self, node: &Node) -> Result<String> {
        let bdev = external_bdev(&self.name);
        let listing = node.spdk.list(crate::spdk::Lister::Replica(&self.name))?;
        let first = listing.children(&bdev).next().cloned();
        first.ok_or_else(|| Error::mismatch(format!("nothing of {} stands on {bdev}", self.name)))
    }

    /// Whether the rebuild is the one that it was when the source was asked.
    fn check_still_on(&self, rebuild: &Destination) -> Result<()> {
        let still = self.destination.as_ref().is_some_and(|now| now.number == rebuild.number);
        still.then_some(()).ok_or_else(|| Error::refused(format!("the rebuild of {} is over", self.name)))
    }

    fn break_off<R>(&mut self, error: Error) -> Result<R> {
        self.last_rebuild.state = RebuildState::Error;
        self.last_rebuild.error = error.message.clone();
        Err(error)
    }

    fn clean_up_rebuild(&mut self, node: &Node) -> Result<()> {
        let Some(rebuild) = self.destination.clone() else {
            return Ok(());
        };
        let lvol = rebuilding_lvol(&self.name);
        ignore_missing(node.spdk.stop_expose(&lvol))?;
        ignore_missing(node.spdk.delete_lvol(&lvol))?;
        ignore_missing(node.spdk.detach_nvme(&rebuild.external_bdev))?;
        // Last: what is left after a failure is let go by whoever tries again.
        self.destination = None;
        self.release_own_port(rebuild.port);
        Ok(())
    }

    /// A delete in the middle of a rebuild ends it with an error that says so.
    pub(super) fn drop_destination(&mut self, node: &Node) -> Result<()> {
        if self.destination.is_some() {
            self.last_rebuild.state = RebuildState::Error;
            self.last_rebuild.error = format!("{} was deleted while it was being rebuilt", self.name);
        }
        self.clean_up_rebuild(node)
    }
}
