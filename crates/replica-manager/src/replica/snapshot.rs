//! A replica's snapshots: create, delete, revert, purge.
//!
//! A refusal (unknown or duplicate name, two children) leaves the state alone; a failure after that is the replica's.

use super::{Inner, Replica, State};
use crate::error::{Error, Result};
use crate::names::snapshot_lvol;
use crate::node::Node;

impl Replica {
    pub(crate) fn snapshot_create(&self, node: &Node, snapshot: &str, user_created: bool) -> Result<()> {
        self.change(node, |inner| {
            inner.check_snapshottable()?;
            if inner.tree.snapshots.contains_key(snapshot) {
                return Err(Error::refused(format!("{} has a snapshot {snapshot}", inner.name)));
            }
            node.spdk.snapshot_lvol(&inner.name, &snapshot_lvol(&inner.name, snapshot), user_created)?;
            inner.reread_tree(node)
        })
    }

    /// Deletes a snapshot; an unknown one is gone already.
    pub(crate) fn snapshot_delete(&self, node: &Node, snapshot: &str) -> Result<()> {
        self.change(node, |inner| {
            inner.check_snapshottable()?;
            match inner.tree.snapshots.get(snapshot) {
                None => Ok(()),
                Some(found) if found.children.len() > 1 => {
                    Err(Error::refused(format!("{snapshot} of {} has more than one child", inner.name)))
                }
                Some(_) => {
                    inner.check_unserved(node, snapshot)?;
                    inner.delete_snapshot(node, snapshot)
                }
            }
        })
    }

    /// Makes the head anew from a snapshot and exports it where it was.
    pub(crate) fn snapshot_revert(&self, node: &Node, snapshot: &str) -> Result<()> {
        self.change(node, |inner| {
            inner.check_snapshottable()?;
            if !inner.tree.snapshots.contains_key(snapshot) {
                return Err(Error::refused(format!("{} has no snapshot {snapshot}", inner.name)));
            }
            let parent = snapshot_lvol(&inner.name, snapshot);
            inner.reclone_head(node, &parent)?;
            inner.reread_tree(node)
        })
    }

    /// Deletes what rebuilds left: system snapshots with at most one child that are not right above the head.
    pub(crate) fn snapshot_purge(&self, node: &Node) -> Result<()> {
        self.change(node, |inner| {
            if inner.tree.chain.len() < 2 {
                return Err(Error::mismatch(format!("{} has no head to purge under", inner.name)));
            }
            inner.check_snapshottable()?;
            for snapshot in inner.purgeable() {
                if inner.check_unserved(node, &snapshot).is_err() {
                    continue;
                }
                inner.delete_snapshot(node, &snapshot)?;
            }
            Ok(())
        })
    }
}

impl Inner {
    pub(super) fn check_snapshottable(&self) -> Result<()> {
        match self.state {
            State::Stopped | State::Running => Ok(()),
            state => Err(Error::refused(format!("{} is {state}", self.name))),
        }
    }

    fn purgeable(&self) -> Vec<String> {
        let heads_parent = self.tree.heads_parent();
        let leftover = self
            .tree
            .snapshots
            .iter()
            .filter(|(name, node)| !node.user_created && node.children.len() <= 1 && Some(*name) != heads_parent);
        leftover.map(|(name, _)| name.clone()).collect()
    }

    fn delete_snapshot(&mut self, node: &Node, snapshot: &str) -> Result<()> {
        node.spdk.delete_lvol(&snapshot_lvol(&self.name, snapshot))?;
        self.reread_tree(node)
    }

    /// Replaces the head by a clone of `parent`; exported again if it was.
    pub(super) fn reclone_head(&mut self, node: &Node, parent: &str) -> Result<()> {
        let was_exposed = self.exposed;
        if was_exposed {
            node.spdk.stop_expose(&self.name)?;
            self.exposed = false;
        }
        node.spdk.delete_lvol(&self.name)?;
        node.spdk.clone_lvol(&self.spec.lvstore, parent, &self.name, self.spec.size_mib)?;
        if was_exposed {
            self.expose_head(node)?;
        }
        Ok(())
    }
}
