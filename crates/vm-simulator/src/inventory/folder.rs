//! Folders, and moving machines between them.

use bohrbug_sync::{Arc, Shared, label};

use super::VirtualMachine;
use crate::fault::Fault;
use crate::lock::{Context, ObjectLock};
use crate::reference::Ref;
use crate::value::Value;

/// A folder of machines and folders.
#[derive(Debug)]
pub struct Folder {
    reference: Ref,
    name: String,
    lock: ObjectLock,
    children: Shared<Vec<Ref>>,
}

/// How the children of folders are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FolderGuard {
    /// Without the lock of the folder or of the child: what another request does in between is lost.
    Unlocked,
    /// With the lock of the child around the whole move, and of each folder while it is changed.
    Locked,
}

impl Folder {
    pub(crate) fn new(reference: Ref, name: &str) -> Arc<Self> {
        let folder = Self {
            reference,
            name: name.to_owned(),
            lock: ObjectLock::new(reference),
            children: Shared::new(Vec::new()),
        };
        label(&folder.children, format_args!("{reference} childEntity"));
        Arc::new(folder)
    }

    /// The folder's reference.
    pub fn reference(&self) -> Ref {
        self.reference
    }

    pub(crate) fn lock(&self) -> &ObjectLock {
        &self.lock
    }

    /// The children as they are now, without the folder's lock.
    pub(crate) fn children(&self) -> Vec<Ref> {
        self.children.get()
    }

    pub(crate) fn tree(&self) -> Value {
        Value::Struct(vec![("name", Value::Text(self.name.clone())), ("childEntity", Value::Refs(self.children()))])
    }

    /// Adds a child.
    pub(crate) fn add(&self, ctx: &mut Context, guard: FolderGuard, child: Ref) {
        self.edit(ctx, guard, |children| children.push(child));
    }

    /// Removes a child.
    pub(crate) fn remove(&self, ctx: &mut Context, guard: FolderGuard, child: Ref) {
        self.edit(ctx, guard, |children| children.retain(|known| *known != child));
    }

    fn edit(&self, ctx: &mut Context, guard: FolderGuard, change: impl FnOnce(&mut Vec<Ref>)) {
        match guard {
            FolderGuard::Unlocked => self.read_change_write(change),
            FolderGuard::Locked => ctx.with_lock(&self.lock, |_| self.read_change_write(change)),
        }
    }

    fn read_change_write(&self, change: impl FnOnce(&mut Vec<Ref>)) {
        let mut children = self.children.get();
        change(&mut children);
        self.children.set(children);
    }
}

impl FolderGuard {
    /// Moves `machine` into `to`; `folder` finds the folder it is in.
    pub(crate) fn relocate(
        self,
        ctx: &mut Context,
        machine: &VirtualMachine,
        to: &Folder,
        folder: &dyn Fn(Ref) -> Option<Arc<Folder>>,
    ) -> Result<(), Fault> {
        match self {
            Self::Unlocked => self.move_child(ctx, machine, to, folder),
            Self::Locked => ctx.with_lock(machine.lock(), |ctx| self.move_child(ctx, machine, to, folder)),
        }
    }

    fn move_child(
        self,
        ctx: &mut Context,
        machine: &VirtualMachine,
        to: &Folder,
        folder: &dyn Fn(Ref) -> Option<Arc<Folder>>,
    ) -> Result<(), Fault> {
        machine.check_exists(&machine.settings())?;
        if let Some(from) = machine.parent().and_then(folder) {
            from.remove(ctx, self, machine.reference());
        }
        to.add(ctx, self, machine.reference());
        machine.set_parent(Some(to.reference()));
        Ok(())
    }
}
