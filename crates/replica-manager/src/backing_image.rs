//! A backing image: a read-only volume that replicas stand on.
//!
//! Departure: its contents are not fetched from anywhere; it is ready as soon as its volume is frozen.

use bohrbug_sync::{Mutex, MutexGuard, label};

use crate::error::{Error, ErrorKind, Result, ignore_missing};
use crate::locks::lock;
use crate::names::temp_head;
use crate::node::Node;
use crate::spdk::Lister;
use crate::updates::Subject;

/// Where a backing image is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackingImageState {
    /// Known by name only.
    Pending,
    /// Its volume is there.
    Ready,
    /// Making it failed.
    Failed,
    /// Deleted.
    Terminating,
}

/// A backing image object.
pub struct BackingImage {
    key: String,
    lvstore: String,
    state: Mutex<BackingImageState>,
}

const SIZE_MIB: u64 = 32;

impl BackingImage {
    pub(crate) fn new(key: &str, lvstore: &str) -> Self {
        let state = Mutex::new(BackingImageState::Pending);
        label(&state, format_args!("backing image {key}"));
        let (key, lvstore) = (key.to_owned(), lvstore.to_owned());
        Self { key, lvstore, state }
    }

    /// Its state now.
    pub fn state(&self) -> BackingImageState {
        *lock(&self.state)
    }

    /// Refuses unless a replica can stand on it.
    pub(crate) fn check_ready(&self) -> Result<()> {
        match self.state() {
            BackingImageState::Ready => Ok(()),
            state => Err(Error::refused(format!("backing image {} is {state:?}", self.key))),
        }
    }

    /// The same, and as long as the answer is held it stays so.
    pub(crate) fn hold_ready(&self) -> Result<MutexGuard<'_, BackingImageState>> {
        let state = lock(&self.state);
        match *state {
            BackingImageState::Ready => Ok(state),
            other => Err(Error::refused(format!("backing image {} is {other:?}", self.key))),
        }
    }

    pub(crate) fn create(&self, node: &Node) -> Result<()> {
        let outcome = {
            let mut state = lock(&self.state);
            if *state != BackingImageState::Pending {
                return Err(Error::new(ErrorKind::AlreadyExists, format!("{} exists", self.key)));
            }
            let outcome = self.make(node);
            *state = if outcome.is_ok() { BackingImageState::Ready } else { BackingImageState::Failed };
            outcome
        };
        node.updates.signal(Subject::BackingImage);
        outcome
    }

    fn make(&self, node: &Node) -> Result<()> {
        let head = temp_head(&self.key);
        node.spdk.create_lvol(&self.lvstore, &head, SIZE_MIB)?;
        node.spdk.snapshot_lvol(&head, &self.key, false)?;
        ignore_missing(node.spdk.delete_lvol(&head))
    }

    pub(crate) fn delete(&self, node: &Node) -> Result<()> {
        let outcome = {
            let mut state = lock(&self.state);
            *state = BackingImageState::Terminating;
            ignore_missing(node.spdk.delete_lvol(&self.key))
        };
        node.updates.signal(Subject::BackingImage);
        outcome
    }

    /// Deletes it with everything that making it may have left, unless a replica stands on it; a failure leaves it as it
    /// was.
    pub(crate) fn delete_unused(&self, node: &Node) -> Result<()> {
        let outcome = {
            let mut state = lock(&self.state);
            let listing = node.spdk.list(Lister::BackingImage(&self.key))?;
            if let Some(child) = listing.children(&self.key).find(|child| **child != temp_head(&self.key)) {
                return Err(Error::refused(format!("{child} stands on backing image {}", self.key)));
            }
            let deleted = ignore_missing(node.spdk.delete_lvol(&temp_head(&self.key)))
                .and_then(|()| ignore_missing(node.spdk.delete_lvol(&self.key)));
            if deleted.is_ok() {
                *state = BackingImageState::Terminating;
            }
            deleted
        };
        node.updates.signal(Subject::BackingImage);
        outcome
    }

    /// One that verify adopted becomes ready when its volume says so.
    pub(crate) fn validate(&self, node: &Node) -> Result<()> {
        let mut state = lock(&self.state);
        if *state == BackingImageState::Pending {
            let listing = node.spdk.list(Lister::BackingImage(&self.key))?;
            if listing.lvols.contains_key(&self.key) {
                *state = BackingImageState::Ready;
            }
        }
        Ok(())
    }
}
