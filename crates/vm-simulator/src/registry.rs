//! The registry: every managed object by its reference, and who is told when one changes.
//!
//! Its mutex is a leaf: while it is held nothing else is locked and nobody is called.

use std::collections::BTreeMap;

use bohrbug_sync::{Arc, Mutex, PoisonError, RwLock, label};

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
    tables: Guarded,
}

/// Whether those who only look something up exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookups {
    /// As the original has it.
    OneAtATime,
    /// They do not: there is less to wait for, and fewer orders to explore.
    Together,
}

enum Guarded {
    OneAtATime(Mutex<Tables>),
    Together(RwLock<Tables>),
}

impl Guarded {
    #[track_caller]
    fn read<R>(&self, look: impl FnOnce(&Tables) -> R) -> R {
        match self {
            Self::OneAtATime(tables) => look(&tables.lock().unwrap_or_else(PoisonError::into_inner)),
            Self::Together(tables) => look(&tables.read().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    #[track_caller]
    fn write<R>(&self, change: impl FnOnce(&mut Tables) -> R) -> R {
        match self {
            Self::OneAtATime(tables) => change(&mut tables.lock().unwrap_or_else(PoisonError::into_inner)),
            Self::Together(tables) => change(&mut tables.write().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

#[derive(Default)]
struct Tables {
    objects: BTreeMap<Ref, Object>,
    handlers: Vec<Arc<PropertyCollector>>,
    next: BTreeMap<ObjectKind, u32>,
}

impl Registry {
    pub(crate) fn new(lookups: Lookups) -> Self {
        let tables = match lookups {
            Lookups::OneAtATime => Guarded::OneAtATime(Mutex::new(Tables::default())),
            Lookups::Together => Guarded::Together(RwLock::new(Tables::default())),
        };
        match &tables {
            Guarded::OneAtATime(tables) => label(tables, "registry"),
            Guarded::Together(tables) => label(tables, "registry"),
        }
        Self { tables }
    }

    /// A reference that no object has yet.
    pub(crate) fn next(&self, kind: ObjectKind) -> Ref {
        self.tables.write(|tables| {
            let next = tables.next.entry(kind).or_insert(1);
            let id = *next;
            *next += 1;
            Ref::new(kind, id)
        })
    }

    /// Registers an object; watchers look again whether it is one of theirs.
    pub(crate) fn put(&self, object: Object) {
        let reference = object.reference();
        let handlers = self.tables.write(|tables| {
            tables.objects.insert(reference, object);
            tables.handlers.clone()
        });
        for handler in handlers {
            handler.notify(reference, Vec::new());
        }
    }

    /// Removes an object; watchers are told that it left.
    pub(crate) fn remove(&self, reference: Ref) {
        let handlers = self.tables.write(|tables| {
            tables.objects.remove(&reference);
            tables.handlers.clone()
        });
        for handler in handlers {
            handler.left(reference);
        }
    }

    pub(crate) fn get(&self, reference: Ref) -> Result<Object, Fault> {
        self.tables.read(|tables| tables.objects.get(&reference).cloned()).ok_or_else(|| not_found(reference))
    }

    /// Every object, by reference.
    pub(crate) fn all(&self) -> Vec<Object> {
        self.tables.read(|tables| tables.objects.values().cloned().collect())
    }

    pub(crate) fn subscribe(&self, handler: &Arc<PropertyCollector>) {
        self.tables.write(|tables| {
            if !tables.handlers.iter().any(|known| Arc::ptr_eq(known, handler)) {
                tables.handlers.push(Arc::clone(handler));
            }
        });
    }

    pub(crate) fn unsubscribe(&self, handler: &PropertyCollector) {
        let gone = handler.reference();
        self.tables.write(|tables| tables.handlers.retain(|known| known.reference() != gone));
    }

    fn handlers(&self) -> Vec<Arc<PropertyCollector>> {
        self.tables.read(|tables| tables.handlers.clone())
    }

    /// Tells every watcher of these updates of an object. The watchers are called outside the registry's lock, but
    /// inside whatever the caller holds: the object's own lock, as a rule.
    pub(crate) fn update(&self, reference: Ref, updates: Vec<Vec<Changed>>) {
        if updates.is_empty() {
            return;
        }
        for handler in self.handlers() {
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
        for handler in self.handlers() {
            handler.notify_all(reference, updates.clone());
        }
    }

    /// Tells every watcher that a list view has changed.
    pub(crate) fn view_changed(&self, view: Ref) {
        for handler in self.handlers() {
            handler.view_changed(view);
        }
    }
}
