//! A replica as the source of a rebuild: exports one snapshot and copies snapshots into the destination's volume.

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

    /// Connects the destination's rebuilding volume; without the replica's lock, as upstream did.
    pub(crate) fn source_attach(&self, node: &Node, port: u16) -> Result<()> {
        let bdev = copy_target_bdev(&self.name);
        node.spdk.attach_nvme(&bdev, port)?;
        self.attached.set(Some(bdev));
        Ok(())
    }

    /// Disconnects it again.
    pub(crate) fn source_detach(&self, node: &Node) -> Result<()> {
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
        let known = read(&self.inner).tree.snapshots.contains_key(snapshot);
        let target = self.attached.get();
        match target {
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
        let Some(source) = inner.source.take() else {
            return Ok(());
        };
        self.source_detach(node)?;
        ignore_missing(node.spdk.stop_expose(&snapshot_lvol(&self.name, &source.snapshot)))?;
        inner.release_own_port(source.port);
        Ok(())
    }
}

impl Inner {
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
