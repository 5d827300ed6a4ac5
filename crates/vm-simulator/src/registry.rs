//! The registry: every managed object by its reference, and who is told when one changes.
//!
//! Its mutex is a leaf: while it is held nothing else is locked and nobody is called.

use std::collections::BTreeMap;

use bohrbug_sync::{Arc, Mutex, MutexGuard, PoisonError, label};

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

/// Objects, watchers and the next numbers.
pub(crate) struct Registry {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    objects: BTreeMap<Ref, Object>,
    handlers: Vec<Arc<PropertyCollector>>,
    next: BTreeMap<ObjectKind, u32>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        let registry = Self { tables: Mutex::new(Tables::default()) };
        label(&registry.tables, "registry");
        registry
    }

    #[track_caller]
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reference that no object has yet.
    pub(crate) fn next(&self, kind: ObjectKind) -> Ref {
        let mut tables = self.tables();
        let next = tables.next.entry(kind).or_insert(1);
        let id = *next;
        *next += 1;
        Ref::new(kind, id)
    }

    /// Registers an object; watchers look again whether it is one of theirs.
    pub(crate) fn put(&self, object: Object) {
        let reference = object.reference();
        let handlers = {
            let mut tables = self.tables();
            tables.objects.insert(reference, object);
            tables.handlers.clone()
        };
        for handler in handlers {
            handler.notify(reference, Vec::new());
        }
    }

    /// Removes an object; watchers are told that it left.
    pub(crate) fn remove(&self, reference: Ref) {
        let handlers = {
            let mut tables = self.tables();
            tables.objects.remove(&reference);
            tables.handlers.clone()
        };
        for handler in handlers {
            handler.left(reference);
        }
    }

    pub(crate) fn get(&self, reference: Ref) -> Result<Object, Fault> {
        self.tables()
            .objects
            .get(&reference)
            .cloned()
            .ok_or_else(|| Fault::new(FaultKind::ManagedObjectNotFound, format!("there is no {reference}")).of("obj"))
    }

    pub(crate) fn subscribe(&self, handler: &Arc<PropertyCollector>) {
        let mut tables = self.tables();
        if !tables.handlers.iter().any(|known| Arc::ptr_eq(known, handler)) {
            tables.handlers.push(Arc::clone(handler));
        }
    }

    pub(crate) fn unsubscribe(&self, handler: &PropertyCollector) {
        let gone = handler.reference();
        self.tables().handlers.retain(|known| known.reference() != gone);
    }

    /// Tells every watcher of these updates of an object. The watchers are called outside the registry's lock, but
    /// inside whatever the caller holds: the object's own lock, as a rule.
    pub(crate) fn update(&self, reference: Ref, updates: Vec<Vec<Changed>>) {
        if updates.is_empty() {
            return;
        }
        let handlers = self.tables().handlers.clone();
        for handler in handlers {
            for update in &updates {
                handler.notify(reference, update.clone());
            }
        }
    }

    /// Tells every watcher that a list view has changed.
    pub(crate) fn view_changed(&self, view: Ref) {
        let handlers = self.tables().handlers.clone();
        for handler in handlers {
            handler.view_changed(view);
        }
    }
}
