//! The registry: every managed object by its reference, and who is told when one changes.
//!
//! Its locks are leaves: while one is held nothing else is locked and nobody is called.

mod tables;

use bohrbug_sync::Arc;

pub(crate) use tables::Lookups;
use tables::Tables;

use crate::collector::{ListView, PropertyCollector};
use crate::fault::{Fault, FaultKind};
use crate::inventory::{Datastore, Folder, Network, VirtualMachine};
use crate::lock::ObjectLock;
use crate::reference::{ObjectKind, Ref};
use crate::store::Changed;
use crate::task::Task;

/// A managed object.
#[derive(Clone)]
pub(crate) enum Object {
    Folder(Arc<Folder>),
    Machine(Arc<VirtualMachine>),
    Datastore(Arc<Datastore>),
    Network(Arc<Network>),
    Task(Arc<Task>),
    View(Arc<ListView>),
}

impl Object {
    pub(crate) fn reference(&self) -> Ref {
        match self {
            Self::Folder(folder) => folder.reference(),
            Self::Machine(machine) => machine.reference(),
            Self::Datastore(datastore) => datastore.reference(),
            Self::Network(network) => network.reference(),
            Self::Task(task) => task.reference(),
            Self::View(view) => view.reference(),
        }
    }

    pub(crate) fn lock(&self) -> &ObjectLock {
        match self {
            Self::Folder(folder) => folder.lock(),
            Self::Machine(machine) => machine.lock(),
            Self::Datastore(datastore) => datastore.lock(),
            Self::Network(network) => network.lock(),
            Self::Task(task) => task.lock(),
            Self::View(view) => view.lock(),
        }
    }
}

/// The fault for a reference that leads to nothing.
pub(crate) fn not_found(reference: Ref) -> Fault {
    Fault::new(FaultKind::ManagedObjectNotFound, format!("there is no {reference}")).of("obj")
}

/// Objects, watchers and the next numbers.
pub(crate) struct Registry {
    tables: Box<dyn Tables>,
}

impl Registry {
    pub(crate) fn new(lookups: Lookups) -> Self {
        Self { tables: lookups.tables() }
    }

    /// A reference that no object has yet.
    pub(crate) fn next(&self, kind: ObjectKind) -> Ref {
        Ref::new(kind, self.tables.next(kind))
    }

    /// Registers an object; watchers look again whether it is one of theirs.
    pub(crate) fn put(&self, object: Object) {
        let reference = object.reference();
        for handler in self.tables.insert(object) {
            handler.notify(reference, Vec::new());
        }
    }

    /// Removes an object; watchers are told that it left.
    pub(crate) fn remove(&self, reference: Ref) {
        for handler in self.tables.remove(reference) {
            handler.left(reference);
        }
    }

    pub(crate) fn get(&self, reference: Ref) -> Result<Object, Fault> {
        self.tables.get(reference).ok_or_else(|| not_found(reference))
    }

    /// Every object, by reference.
    pub(crate) fn all(&self) -> Vec<Object> {
        self.tables.all()
    }

    pub(crate) fn subscribe(&self, handler: &Arc<PropertyCollector>) {
        self.tables.subscribe(handler);
    }

    pub(crate) fn unsubscribe(&self, handler: &PropertyCollector) {
        self.tables.unsubscribe(handler.reference());
    }

    /// Tells every watcher of these updates of an object. The watchers are called outside the registry's lock, but
    /// inside whatever the caller holds: the object's own lock, as a rule.
    pub(crate) fn update(&self, reference: Ref, updates: Vec<Vec<Changed>>) {
        if updates.is_empty() {
            return;
        }
        for handler in self.tables.handlers() {
            for update in &updates {
                handler.notify(reference, update.clone());
            }
        }
    }

    /// The same as one update, so that nobody is told a part of it.
    pub(crate) fn update_at_once(&self, reference: Ref, updates: Vec<Vec<Changed>>) {
        if updates.is_empty() {
            return;
        }
        for handler in self.tables.handlers() {
            handler.notify_all(reference, updates.clone());
        }
    }

    /// Tells every watcher that a list view has changed.
    pub(crate) fn view_changed(&self, view: Ref) {
        for handler in self.tables.handlers() {
            handler.view_changed(view);
        }
    }
}
