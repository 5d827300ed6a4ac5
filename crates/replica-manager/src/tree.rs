//! A replica's snapshot tree and active chain, as read from a listing.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::names::{self, HEAD};
use crate::spdk::{Listing, Lvol};

/// One volume of a replica, names without the replica's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The volume's identity.
    pub uuid: u64,
    /// Its size.
    pub size_mib: u64,
    /// The snapshot above it, or the full name of a volume that is not the replica's.
    pub parent: Option<String>,
    /// The snapshots below it, and [`HEAD`].
    pub children: BTreeSet<String>,
    /// When it was made.
    pub created: u64,
    /// Whether a user asked for it.
    pub user_created: bool,
}

/// A replica's volumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Every snapshot, by name.
    pub snapshots: BTreeMap<String, Node>,
    /// The head, if there is one.
    pub head: Option<Node>,
    /// The backing image or nothing, then the snapshots from the root to the head, then [`HEAD`].
    pub chain: Vec<Option<String>>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { snapshots: BTreeMap::new(), head: None, chain: vec![None] }
    }
}

impl Tree {
    /// Reads the tree of a replica whose head must be in that store and of that size.
    pub(crate) fn read(listing: &Listing, replica: &str, lvstore: &str, size_mib: u64) -> Result<Self> {
        let head = listing.lvols.get(replica);
        let head = head.ok_or_else(|| Error::mismatch(format!("{replica} has no head volume")))?;
        if head.snapshot || head.lvstore != lvstore || head.size_mib != size_mib {
            return Err(Error::mismatch(format!("the volume {replica} is not its head")));
        }
        let prefix = names::snapshot_lvol(replica, "");
        let own = listing.lvols.iter().filter(|(_, lvol)| lvol.snapshot);
        let snapshots: BTreeMap<String, Node> = own
            .filter_map(|(name, lvol)| Some((name.strip_prefix(&prefix)?.to_owned(), (name, lvol))))
            .map(|(name, (lvol_name, lvol))| (name, node(listing, replica, lvol_name, lvol)))
            .collect();
        let head = node(listing, replica, replica, head);
        let chain = chain(&snapshots, &head);
        Ok(Self { snapshots, head: Some(head), chain })
    }

    /// Every snapshot with its parent snapshot, parents first.
    pub fn from_the_root(&self) -> Vec<(String, Option<String>)> {
        let mut order: Vec<(String, Option<String>)> = Vec::new();
        let is_root = |node: &&Node| node.parent.as_ref().is_none_or(|parent| !self.snapshots.contains_key(parent));
        let mut open: Vec<&String> =
            self.snapshots.iter().filter(|(_, node)| is_root(node)).map(|(name, _)| name).collect();
        while let Some(name) = open.pop() {
            let node = &self.snapshots[name];
            let parent = node.parent.clone().filter(|parent| self.snapshots.contains_key(parent));
            order.push((name.clone(), parent));
            open.extend(node.children.iter().rev().filter(|child| self.snapshots.contains_key(*child)));
        }
        order
    }

    /// The last snapshot before the head.
    pub fn heads_parent(&self) -> Option<&String> {
        let parent = self.head.as_ref()?.parent.as_ref()?;
        self.snapshots.contains_key(parent).then_some(parent)
    }

    /// Every volume of the replica, by full name.
    pub fn lvols(&self, replica: &str) -> BTreeSet<String> {
        let snapshots = self.snapshots.keys().map(|name| names::snapshot_lvol(replica, name));
        snapshots.chain(self.head.iter().map(|_| replica.to_owned())).collect()
    }

    /// Takes over what a freshly started head is, and leaves the rest as remembered.
    pub(crate) fn refresh_head(&mut self, replica: &str, lvol: &Lvol) {
        if self.head.is_none() {
            self.chain.push(Some(HEAD.to_owned()));
        }
        self.head = Some(Node {
            uuid: lvol.uuid,
            size_mib: lvol.size_mib,
            parent: lvol.parent.as_deref().map(|parent| short(replica, parent)),
            children: BTreeSet::new(),
            created: lvol.created,
            user_created: lvol.user_created,
        });
    }
}

fn short(replica: &str, lvol: &str) -> String {
    if lvol == replica {
        return HEAD.to_owned();
    }
    let own = lvol.strip_prefix(&names::snapshot_lvol(replica, ""));
    own.unwrap_or(lvol).to_owned()
}

fn node(listing: &Listing, replica: &str, name: &str, lvol: &Lvol) -> Node {
    let children = listing.children(name).filter(|child| names::is_replica_lvol(replica, child));
    Node {
        uuid: lvol.uuid,
        size_mib: lvol.size_mib,
        parent: lvol.parent.as_deref().map(|parent| short(replica, parent)),
        children: children.map(|child| short(replica, child)).collect(),
        created: lvol.created,
        user_created: lvol.user_created,
    }
}

fn chain(snapshots: &BTreeMap<String, Node>, head: &Node) -> Vec<Option<String>> {
    let mut chain = vec![Some(HEAD.to_owned())];
    let mut above = head.parent.as_ref();
    while let Some((name, node)) = above.and_then(|name| snapshots.get_key_value(name)) {
        if chain.len() > snapshots.len() {
            break;
        }
        chain.push(Some(name.clone()));
        above = node.parent.as_ref();
    }
    chain.push(above.filter(|root| names::is_backing_image(root)).cloned());
    chain.reverse();
    chain
}
