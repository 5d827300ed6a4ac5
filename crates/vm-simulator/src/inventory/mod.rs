//! The inventory: machines in folders, the datastore below their disks, the networks behind their cards.

mod clone;
mod create;
mod datastore;
mod folder;
mod machine;
mod power;

pub use create::NewMachine;
pub use datastore::Datastore;
pub use folder::Folder;
pub use machine::VirtualMachine;

pub(crate) use clone::Cloning;
pub(crate) use create::{Creation, Defaults};
pub(crate) use datastore::{OnDatastore, Space};
pub(crate) use folder::FolderGuard;

use crate::lock::ObjectLock;
use crate::reference::Ref;
use crate::value::Value;

/// A network. It never changes.
#[derive(Debug)]
pub struct Network {
    reference: Ref,
    name: String,
    lock: ObjectLock,
}

impl Network {
    pub(crate) fn new(reference: Ref, name: &str) -> Self {
        Self { reference, name: name.to_owned(), lock: ObjectLock::new(reference) }
    }

    /// The network's reference.
    pub fn reference(&self) -> Ref {
        self.reference
    }

    pub(crate) fn lock(&self) -> &ObjectLock {
        &self.lock
    }

    pub(crate) fn tree(&self) -> Value {
        Value::Struct(vec![("name", Value::Text(self.name.clone()))])
    }
}
