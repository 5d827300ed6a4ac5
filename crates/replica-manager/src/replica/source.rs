//! A replica as the source of a rebuild: exports one snapshot and copies snapshots into the destination's volume.

use bohrbug_sync::RwLockWriteGuard;

use super::{Inner, Replica, State};
use crate::error::{Error, Result, ignore_missing};
use crate::locks::read;
use crate::names::{copy_target_bdev, snapshot_lvol};
use crate::node::Node;
use crate::ports::PortRange;
use crate::spdk::Copy;

/// Whom the source serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    destination: String,
    snapshot: String,
    port: u16,
}

impl Source {
    pub(super) fn snapshot(&self) -> &str {
        &self.snapshot
    }
}

impl Replica {
    /// Exports a snapshot for a destination; the same pair again gets the same port, another destination a refusal.
    pub(crate) fn source_start(&self, node: &Node, destination: &str, snapshot: &str) -> Result<u16> {
        self.change(node, |inner| {
            inner.check_can_serve(snapshot)?;
            if let Some(source) = &inner.source {
                let same = source.destination == destination && source.snapshot == snapshot;
                let refusal = || Error::refused(format!("{} serves {}", inner.name, source.destination));
                return same.then_some(source.port).ok_or_else(refusal);
            }
            let port = inner.own_port()?;
            node.spdk.expose(&snapshot_lvol(&inner.name, snapshot), port)?;
            let (destination, snapshot) = (destination.to_owned(), snapshot.to_owned());
            inner.source = Some(Source { destination, snapshot, port });
            Ok(port)
        })
    }

    /// Connects the destination's rebuilding volume; without the replica's lock, as upstream did until `828db995`.
    pub(crate) fn source_attach(&self, node: &Node, port: u16) -> Result<()> {
        let held = self.copy_target_lock(node);
        if node.behaviour.guards_what_is_in_use && held.as_ref().is_some_and(|inner| inner.source.is_none()) {
            return Err(Error::refused(format!("{} serves nobody", self.name)));
        }
        let bdev = copy_target_bdev(&self.name);
        node.spdk.attach_nvme(&bdev, port)?;
        self.attached.set(Some(bdev));
        Ok(())
    }

    /// Disconnects it again.
    pub(crate) fn source_detach(&self, node: &Node) -> Result<()> {
        let _held = self.copy_target_lock(node);
        self.detach(node)
    }

    fn copy_target_lock(&self, node: &Node) -> Option<RwLockWriteGuard<'_, Inner>> {
        node.behaviour.locks_copy_target.then(|| self.lock())
    }

    fn detach(&self, node: &Node) -> Result<()> {
        match self.attached.get() {
            Some(bdev) => {
                ignore_missing(node.spdk.detach_nvme(&bdev))?;
                self.attached.set(None);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Starts copying one snapshot; answers the copy's number.
    pub(crate) fn source_copy_start(&self, node: &Node, snapshot: &str) -> Result<usize> {
        let held = self.copy_target_lock(node);
        let knows = |inner: &Inner| inner.tree.snapshots.contains_key(snapshot);
        let known = held.as_deref().map_or_else(|| knows(&read(&self.inner)), knows);
        match self.attached.get() {
            Some(target) if known => node.spdk.start_shallow_copy(&snapshot_lvol(&self.name, snapshot), &target),
            Some(_) => Err(Error::not_found(format!("snapshot {snapshot} of {}", self.name))),
            None => Err(Error::refused(format!("{} has no target attached", self.name))),
        }
    }

    /// How far a copy came.
    pub(crate) fn source_copy_check(&self, node: &Node, copy: usize) -> Result<Copy> {
        let running = read(&self.inner).state == State::Running;
        if !running {
            return Err(Error::refused(format!("{} is not running", self.name)));
        }
        node.spdk.check_shallow_copy(copy)
    }

    /// Ends the service for a destination.
    pub(crate) fn source_finish(&self, node: &Node) -> Result<()> {
        self.change(node, |inner| self.drop_source(inner, node))
    }

    pub(super) fn drop_source(&self, inner: &mut Inner, node: &Node) -> Result<()> {
        let Some(source) = inner.source.clone() else {
            return Ok(());
        };
        self.detach(node)?;
        ignore_missing(node.spdk.stop_expose(&snapshot_lvol(&self.name, &source.snapshot)))?;
        inner.source = None;
        inner.release_own_port(source.port);
        Ok(())
    }
}

impl Inner {
    /// Refuses what would take the exported snapshot away, in a tree that minds.
    pub(super) fn check_unserved(&self, node: &Node, snapshot: &str) -> Result<()> {
        let served = self.source.as_ref().is_some_and(|source| source.snapshot == snapshot);
        match served && node.behaviour.guards_what_is_in_use {
            true => Err(Error::refused(format!("{} exports {snapshot} for a rebuild", self.name))),
            false => Ok(()),
        }
    }

    fn check_can_serve(&self, snapshot: &str) -> Result<()> {
        if self.state != State::Running || self.destination.is_some() {
            return Err(Error::refused(format!("{} is {} and cannot be a source", self.name, self.state)));
        }
        if !self.tree.snapshots.contains_key(snapshot) {
            return Err(Error::refused(format!("{} has no snapshot {snapshot}", self.name)));
        }
        Ok(())
    }

    pub(super) fn own_port(&mut self) -> Result<u16> {
        let ports = self.own_ports.as_mut();
        let ports = ports.ok_or_else(|| Error::refused(format!("{} has no ports", self.name)))?;
        Ok(ports.allocate(1)?.start)
    }

    pub(super) fn release_own_port(&mut self, port: u16) {
        if let Some(ports) = &mut self.own_ports {
            ports.release(PortRange { start: port, end: port });
        }
    }
}
