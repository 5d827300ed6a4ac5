//! Folders, and moving machines between them.

use bohrbug_sync::{Arc, Shared, label};

use super::VirtualMachine;
use crate::fault::Fault;
use crate::lock::{Context, ObjectLock};
use crate::reference::Ref;
use crate::revision::Telling;
use crate::simulator::Simulator;
use crate::store::Changed;
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

    /// Changes the children; then, under the same lock, `then` gets them as they are now.
    fn edit(
        &self,
        ctx: &mut Context,
        guard: FolderGuard,
        change: impl FnOnce(&mut Vec<Ref>),
        then: impl FnOnce(Vec<Ref>),
    ) {
        match guard {
            FolderGuard::Unlocked => then(self.read_change_write(change)),
            FolderGuard::Locked => ctx.with_lock(&self.lock, |_| then(self.read_change_write(change))),
        }
    }

    fn read_change_write(&self, change: impl FnOnce(&mut Vec<Ref>)) -> Vec<Ref> {
        let mut children = self.children.get();
        change(&mut children);
        self.children.set(children.clone());
        children
    }
}

impl Simulator {
    /// Adds a child to a folder; `then` is done under the same lock, and then watchers are told.
    pub(crate) fn adopt(&self, ctx: &mut Context, folder: &Folder, child: Ref, then: impl FnOnce()) {
        let add = |children: &mut Vec<Ref>| children.push(child);
        folder.edit(ctx, self.policy.folders, add, |children| {
            then();
            self.tell_children(folder, children);
        });
    }

    /// Removes a child of a folder, in the same way.
    pub(crate) fn disown(&self, ctx: &mut Context, folder: &Folder, child: Ref, then: impl FnOnce()) {
        let remove = |children: &mut Vec<Ref>| children.retain(|known| *known != child);
        folder.edit(ctx, self.policy.folders, remove, |children| {
            then();
            self.tell_children(folder, children);
        });
    }

    fn tell_children(&self, folder: &Folder, children: Vec<Ref>) {
        if self.policy.telling == Telling::Everything {
            let update = vec![Changed::assign("childEntity", Value::Refs(children))];
            self.registry.update(folder.reference, vec![update]);
        }
    }

    /// Moves a machine into another folder.
    pub fn relocate_vm(&self, ctx: &mut Context, machine: &VirtualMachine, to: &Folder) -> Result<(), Fault> {
        match self.policy.folders {
            FolderGuard::Unlocked => self.move_child(ctx, machine, to),
            FolderGuard::Locked => ctx.with_lock(machine.lock(), |ctx| {
                self.move_child(ctx, machine, to)?;
                self.tell_parent(machine, to);
                Ok(())
            }),
        }
    }

    fn move_child(&self, ctx: &mut Context, machine: &VirtualMachine, to: &Folder) -> Result<(), Fault> {
        machine.check_exists(&machine.settings())?;
        if let Some(from) = machine.parent().and_then(|parent| self.folder(parent)) {
            self.disown(ctx, &from, machine.reference(), || ());
        }
        self.adopt(ctx, to, machine.reference(), || ());
        machine.set_parent(Some(to.reference()));
        Ok(())
    }

    /// The original takes the machine out of the registry and registers it anew, which has watchers look again.
    fn tell_parent(&self, machine: &VirtualMachine, to: &Folder) {
        let update = match self.policy.telling {
            Telling::AsOriginal => Vec::new(),
            Telling::Everything => vec![Changed::assign("parent", Value::Ref(to.reference()))],
        };
        self.registry.update(machine.reference(), vec![update]);
    }
}
