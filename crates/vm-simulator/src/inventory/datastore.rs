//! The datastore: files and the space that is left for more.

use std::collections::BTreeMap;

use bohrbug_sync::{Arc, Mutex, MutexGuard, PoisonError, Shared, label};

use crate::fault::{Fault, FaultKind};
use crate::lock::{Context, ObjectLock};
use crate::reconfigure::Effect;
use crate::reference::Ref;
use crate::store::Ground;
use crate::value::Value;

/// A datastore.
#[derive(Debug)]
pub struct Datastore {
    reference: Ref,
    name: String,
    lock: ObjectLock,
    free_space: Shared<i64>,
    files: Mutex<BTreeMap<String, i64>>,
}

/// How free space is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// Read, then written: of two decrements at once one is lost.
    ReadThenWrite,
    /// Read and written under the datastore's lock.
    UnderLock,
}

impl Datastore {
    pub(crate) fn new(reference: Ref, name: &str, free_space: i64) -> Arc<Self> {
        let datastore = Self {
            reference,
            name: name.to_owned(),
            lock: ObjectLock::new(reference),
            free_space: Shared::new(free_space),
            files: Mutex::new(BTreeMap::new()),
        };
        label(&datastore.free_space, format_args!("{reference} freeSpace"));
        label(&datastore.files, format_args!("{reference} files"));
        Arc::new(datastore)
    }

    /// The datastore's reference.
    pub fn reference(&self) -> Ref {
        self.reference
    }

    /// The datastore's name, as paths have it in brackets.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn lock(&self) -> &ObjectLock {
        &self.lock
    }

    /// The free space, in bytes.
    pub fn free_space(&self) -> i64 {
        self.free_space.get()
    }

    /// The files with their sizes.
    pub fn files(&self) -> BTreeMap<String, i64> {
        self.locked_files().clone()
    }

    /// Puts a file there, as setting up a test does.
    pub fn put_file(&self, path: &str, size: i64) {
        self.locked_files().insert(path.to_owned(), size);
    }

    #[track_caller]
    fn locked_files(&self) -> MutexGuard<'_, BTreeMap<String, i64>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all of these effects or none. Under the lock of the files the whole is one step for other transactions.
    fn commit(&self, effects: &[&Effect]) -> Result<(), Fault> {
        let by = effects.iter().map(|effect| if let Effect::Space { by } = effect { *by } else { 0 });
        let by = by.fold(0, i64::saturating_add);
        let mut files = self.locked_files();
        let free = self.free_space().saturating_add(by);
        if by < 0 && free < 0 {
            return Err(Fault::new(FaultKind::InsufficientDatastoreSpace, "the datastore is full")
                .of("VirtualDeviceSpec.device.capacityInBytes"));
        }
        let mut after = files.clone();
        for effect in effects {
            refuse_overwriting(effect, &files, &after)?;
            effect.apply_to_files(&mut after);
        }
        *files = after;
        self.free_space.set(free);
        Ok(())
    }

    pub(crate) fn tree(&self) -> Value {
        let summary = vec![("freeSpace", Value::Int(self.free_space()))];
        Value::Struct(vec![("name", Value::Text(self.name.clone())), ("summary", Value::Struct(summary))])
    }
}

/// The datastore as a reconfiguration acts on it.
pub(crate) struct OnDatastore<'a> {
    pub(crate) ctx: &'a mut Context,
    pub(crate) datastore: &'a Datastore,
    pub(crate) space: Space,
}

impl OnDatastore<'_> {
    fn count(&mut self, by: i64) {
        let free_space = &self.datastore.free_space;
        let read_then_write = || free_space.set(free_space.get().saturating_add(by));
        match self.space {
            Space::ReadThenWrite => read_then_write(),
            Space::UnderLock => {
                self.ctx.with_lock(&self.datastore.lock, |_| read_then_write());
            }
        }
    }
}

impl Ground for OnDatastore<'_> {
    fn step(&mut self, effect: &Effect) {
        match effect {
            Effect::Space { by } if *by != 0 => self.count(*by),
            Effect::CreateFile { .. } | Effect::DeleteFile { .. } => {
                effect.apply_to_files(&mut self.datastore.locked_files());
            }
            _ => {}
        }
    }

    fn all(&mut self, effects: &[Effect]) -> Result<(), Fault> {
        let concerned = |effect: &&Effect| {
            matches!(effect, Effect::CreateFile { .. } | Effect::DeleteFile { .. } | Effect::Space { .. })
        };
        let effects: Vec<&Effect> = effects.iter().filter(concerned).collect();
        if effects.is_empty() {
            return Ok(());
        }
        let datastore = self.datastore;
        match self.space {
            Space::ReadThenWrite => datastore.commit(&effects),
            Space::UnderLock => self.ctx.with_lock(&datastore.lock, |_| datastore.commit(&effects)),
        }
    }
}

/// Another transaction may have created the file since this one was planned. A file that was there when this one was
/// planned was meant to be replaced, and its plan deleted it first or is the only one that knows its path.
fn refuse_overwriting(
    effect: &Effect,
    before: &BTreeMap<String, i64>,
    after: &BTreeMap<String, i64>,
) -> Result<(), Fault> {
    match effect {
        Effect::CreateFile { path, .. } if before.contains_key(path) && after.contains_key(path) => {
            Err(Fault::new(FaultKind::FileAlreadyExists, format!("the file '{path}' exists"))
                .of("VirtualDeviceSpec.device.backing.fileName"))
        }
        _ => Ok(()),
    }
}
