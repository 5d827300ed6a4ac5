//! What the verify loop does to a replica: construct a pending one, validate a running one.

use super::{Inner, Replica, State};
use crate::error::{Error, Result};
use crate::node::Node;
use crate::spdk::{Lister, Listing};
use crate::tree::Tree;

impl Replica {
    /// Brings the object in line with the target. `taken_before` is a listing from before the lock was taken, which
    /// is what versions up to `f1584880` validated against; later ones ask for their own.
    pub(crate) fn sync(&self, node: &Node, taken_before: Option<&Listing>) -> Result<()> {
        let mut inner = self.lock();
        let act = match inner.state {
            State::Pending => Inner::construct,
            State::Running if inner.destination.is_none() => Inner::validate,
            _ => return Ok(()),
        };
        let outcome = match taken_before {
            Some(listing) => act(&mut inner, node, listing),
            None => match node.spdk.list(Lister::Replica(&self.name)) {
                Ok(listing) => act(&mut inner, node, &listing),
                Err(error) => return Err(error),
            },
        };
        inner.settle(outcome)
    }
}

impl Inner {
    fn construct(&mut self, _: &Node, listing: &Listing) -> Result<()> {
        self.tree = self.read_tree(listing)?;
        self.state = State::Stopped;
        Ok(())
    }

    fn validate(&mut self, node: &Node, listing: &Listing) -> Result<()> {
        let found = self.read_tree(listing)?;
        if found != self.tree {
            return Err(Error::mismatch(format!("the volumes of {} are not those it remembers", self.name)));
        }
        if self.ip.is_empty() || self.ports.is_none() {
            return Err(Error::mismatch(format!("{} is running without an address", self.name)));
        }
        self.validate_export(node, listing)
    }

    fn validate_export(&self, node: &Node, listing: &Listing) -> Result<()> {
        let wanted = self.ports.filter(|_| self.exposed).map(|ports| ports.start);
        let found = listing.exports.get(&self.name).copied();
        let excused = found.is_none() && !node.behaviour.missing_export_is_an_error;
        if wanted == found || excused {
            return Ok(());
        }
        Err(Error::mismatch(format!("{} is exported on {found:?}, not on {wanted:?}", self.name)))
    }

    fn read_tree(&self, listing: &Listing) -> Result<Tree> {
        Tree::read(listing, &self.name, &self.spec.lvstore, self.spec.size_mib)
    }

    pub(super) fn reread_tree(&mut self, node: &Node) -> Result<()> {
        let listing = node.spdk.list(Lister::Replica(&self.name))?;
        self.tree = self.read_tree(&listing)?;
        Ok(())
    }
}
