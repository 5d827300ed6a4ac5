//! The storage target (SPDK): one JSON-RPC at a time, each one atomic step that can fail.
//!
//! The target is another process with one thread: a call is one request to it, one event, and whoever asks first is served
//! first; of two that only look it makes no difference who that is. The lock around its state is nobody's but the target's own
//! and is never waited for under a scheduler.
//! A call fails for a reason in the store, because a test injected a failure ([`Spdk::inject`]), or, when fault points
//! are on ([`Spdk::with_faults`]), because the scheduler decided so.
//!
//! Departures, each of which merges steps between which upstream could be preempted only by someone who is kept out
//! by another lock anyway: (1) one listing shows volumes, stores, exports, NVMe devices and RAIDs; (2) exporting first
//! ends an export of the same volume; (3) a clone is made at its final size; (4) a shallow copy is done at its start,
//! and checking it only reads the outcome; (5) a detach is done when it answers.

mod calls;
mod store;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bohrbug_sync::atomic::{AtomicU64, Ordering};
use bohrbug_sync::{choice, label};

use crate::error::{Error, ErrorKind, Result};
pub use calls::{CALLS, Call, Lister};
use calls::{State, blank};
use store::no_device;
pub use store::{Copy, Listing, Lvol, Lvstore, Nvme, Raid};

/// The storage target.
#[derive(Debug)]
pub struct Spdk {
    /// How many requests have changed something: what a scheduler sees of one. An atomic's name goes by its place, hence
    /// the box.
    requests: Box<AtomicU64>,
    state: Mutex<State>,
    faults: bool,
}

impl Default for Spdk {
    fn default() -> Self {
        let requests = Box::new(AtomicU64::new(0));
        label(&*requests, "spdk");
        Self { requests, state: Mutex::new(State::default()), faults: false }
    }
}

impl Spdk {
    /// A target on which any call may fail, if the scheduler so decides.
    pub fn with_faults() -> Self {
        Self { faults: true, ..Self::default() }
    }

    /// Lets the next call of that name fail.
    pub fn inject(&self, call: Call, kind: ErrorKind) {
        self.state().injected.push((call, kind));
    }

    /// Takes back what was injected and did not happen.
    pub fn inject_nothing(&self) {
        self.state().injected.clear();
    }

    /// Starts writing down who lists.
    pub fn start_journal(&self) {
        self.state().journal = Some(Vec::new());
    }

    /// What was written down so far.
    pub fn journal(&self) -> Vec<String> {
        self.state().journal.clone().unwrap_or_default()
    }

    /// The state, behind everybody's back: no request.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request that changes something.
    #[track_caller]
    fn call(&self, call: Call) -> Result<MutexGuard<'_, State>> {
        let faulty = self.faults && choice::fault(call);
        self.requests.fetch_add(1, Ordering::SeqCst);
        self.answer(call, faulty)
    }

    /// A request that changes nothing, so that two of them come to the same in either order. Not so where the next one is
    /// to fail, or each is written down.
    #[track_caller]
    fn look(&self, call: Call) -> Result<MutexGuard<'_, State>> {
        if self.state().tells_requests_apart() {
            return self.call(call);
        }
        let faulty = self.faults && choice::fault(call);
        self.requests.load(Ordering::SeqCst);
        self.answer(call, faulty)
    }

    fn answer(&self, call: Call, faulty: bool) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.take_injected(call)?;
        if faulty {
            return Err(Error::new(ErrorKind::Failed, format!("{call} failed")));
        }
        Ok(state)
    }

    /// Makes a disk, before anybody else knows of the target.
    pub fn create_lvstore(&mut self, name: &str, capacity_mib: u64) -> Result<()> {
        let mut state = self.state();
        state.take_injected("spdk.lvstore-create")?;
        let uuid = state.next();
        state.disk.lvstores.insert(name.to_owned(), Lvstore { uuid, capacity_mib });
        Ok(())
    }

    /// Looks a disk up.
    pub fn get_lvstore(&self, name: &str) -> Result<Lvstore> {
        let state = self.look("spdk.lvstore-get")?;
        state.disk.lvstores.get(name).cloned().ok_or_else(|| no_device(name))
    }

    /// Everything that there is.
    pub fn list(&self, lister: Lister<'_>) -> Result<Listing> {
        let mut state = self.look(lister.call())?;
        if let Some(journal) = &mut state.journal {
            journal.push(format!("{lister:?}"));
        }
        Ok(state.disk.clone())
    }

    /// Looks a volume up.
    pub fn get_lvol(&self, name: &str) -> Result<Lvol> {
        let state = self.look("spdk.lvol-get")?;
        state.disk.lvol(name).cloned()
    }

    /// Makes an empty volume.
    pub fn create_lvol(&self, lvstore: &str, name: &str, size_mib: u64) -> Result<()> {
        let mut state = self.call("spdk.lvol-create")?;
        let store = state.disk.lvstores.get(lvstore).ok_or_else(|| no_device(lvstore))?;
        if size_mib > store.capacity_mib {
            return Err(Error::new(ErrorKind::NoSpace, format!("{lvstore} has no {size_mib} MiB")));
        }
        state.insert(name, blank(lvstore, size_mib))
    }

    /// Makes a writable volume over a parent: a snapshot here, or an NVMe device.
    pub fn clone_lvol(&self, lvstore: &str, parent: &str, name: &str, size_mib: u64) -> Result<()> {
        let mut state = self.call("spdk.lvol-clone")?;
        if !state.disk.lvols.contains_key(parent) && !state.disk.nvme.contains_key(parent) {
            return Err(no_device(parent));
        }
        let parent = Some(parent.to_owned());
        state.insert(name, Lvol { parent, ..blank(lvstore, size_mib) })
    }

    /// Freezes a volume's contents under a new name and puts that above it.
    pub fn snapshot_lvol(&self, lvol: &str, name: &str, user_created: bool) -> Result<()> {
        let mut state = self.call("spdk.lvol-snapshot")?;
        let live = state.disk.lvol(lvol)?.clone();
        state.insert(name, Lvol { snapshot: true, user_created, ..live })?;
        if let Some(live) = state.disk.lvols.get_mut(lvol) {
            live.parent = Some(name.to_owned());
            live.blocks.clear();
        }
        Ok(())
    }

    /// Deletes a volume; what shows through it into its only child stays there.
    pub fn delete_lvol(&self, name: &str) -> Result<()> {
        self.call("spdk.lvol-delete")?.disk.remove_lvol(name)
    }

    /// Puts a volume under another parent.
    pub fn set_parent(&self, lvol: &str, parent: &str) -> Result<()> {
        let mut state = self.call("spdk.lvol-set-parent")?;
        state.disk.check_parent(lvol, parent)?;
        let child = state.disk.lvols.get_mut(lvol).ok_or_else(|| no_device(lvol))?;
        child.parent = Some(parent.to_owned());
        Ok(())
    }

    /// Copies what a snapshot itself holds (not what shows through it) to a device; answers the copy's number.
    pub fn start_shallow_copy(&self, snapshot: &str, device: &str) -> Result<usize> {
        let mut state = self.call("spdk.shallow-copy-start")?;
        let blocks = state.disk.lvol(snapshot)?.blocks.clone();
        let total = blocks.len() as u64;
        let error = state.take_injected("spdk.shallow-copy").err().map(|error| error.message);
        let copied = if error.is_some() { 0 } else { total };
        if error.is_none() {
            for (block, content) in blocks {
                state.disk.write(device, block, content)?;
            }
        }
        state.copies.push(Copy { copied, total, error });
        Ok(state.copies.len() - 1)
    }

    /// How far a copy came.
    pub fn check_shallow_copy(&self, copy: usize) -> Result<Copy> {
        let state = self.look("spdk.shallow-copy-check")?;
        state.copies.get(copy).cloned().ok_or_else(|| no_device(&format!("copy {copy}")))
    }

    /// Exports a volume on a port.
    pub fn expose(&self, lvol: &str, port: u16) -> Result<()> {
        let mut state = self.call("spdk.expose")?;
        state.disk.lvol(lvol)?;
        state.disk.exports.insert(lvol.to_owned(), port);
        Ok(())
    }

    /// Ends an export.
    pub fn stop_expose(&self, lvol: &str) -> Result<()> {
        let mut state = self.call("spdk.stop-expose")?;
        let ended = state.disk.exports.remove(lvol);
        ended.map(drop).ok_or_else(|| no_device(lvol))
    }

    /// Connects whatever is exported on that port as an NVMe device.
    pub fn attach_nvme(&self, bdev: &str, port: u16) -> Result<()> {
        let mut state = self.call("spdk.nvme-attach")?;
        let exported = state.disk.exports.iter().find(|(_, at)| **at == port);
        let (lvol, _) = exported.ok_or_else(|| no_device(&format!("port {port}")))?;
        let lvol = lvol.clone();
        state.disk.nvme.insert(bdev.to_owned(), Nvme { lvol, port });
        Ok(())
    }

    /// Disconnects an NVMe device; RAIDs lose it as a base.
    pub fn detach_nvme(&self, bdev: &str) -> Result<()> {
        let mut state = self.call("spdk.nvme-detach")?;
        for raid in state.disk.raids.values_mut() {
            raid.bases.retain(|base| base != bdev);
        }
        let detached = state.disk.nvme.remove(bdev);
        detached.map(drop).ok_or_else(|| no_device(bdev))
    }

    /// Makes a RAID 1 over NVMe devices.
    pub fn create_raid(&self, name: &str, bases: &[String], size_mib: u64) -> Result<()> {
        let mut state = self.call("spdk.raid-create")?;
        if bases.is_empty() {
            return Err(Error::new(ErrorKind::Failed, format!("raid {name} has no base")));
        }
        let bases = bases.to_vec();
        state.disk.raids.insert(name.to_owned(), Raid { bases, size_mib });
        Ok(())
    }

    /// Deletes a RAID.
    pub fn delete_raid(&self, name: &str) -> Result<()> {
        let mut state = self.call("spdk.raid-delete")?;
        let deleted = state.disk.raids.remove(name);
        deleted.map(drop).ok_or_else(|| no_device(name))
    }

    /// Adds a base to a RAID.
    pub fn grow_raid(&self, name: &str, base: &str) -> Result<()> {
        let mut state = self.call("spdk.raid-grow")?;
        let raid = state.disk.raids.get_mut(name).ok_or_else(|| no_device(name))?;
        raid.bases.push(base.to_owned());
        Ok(())
    }

    /// Writes a block through every base of a RAID.
    pub fn write(&self, raid: &str, block: u64, content: u64) -> Result<()> {
        let mut state = self.call("spdk.write")?;
        let raid = state.disk.raids.get(raid).ok_or_else(|| no_device(raid))?;
        for base in raid.bases.clone() {
            state.disk.write(&base, block, content)?;
        }
        Ok(())
    }

    /// Reads a block of a device: a volume, an NVMe device, or a RAID (its first base); `None` where nothing was
    /// written.
    pub fn read(&self, device: &str, block: u64) -> Result<Option<u64>> {
        let state = self.look("spdk.read")?;
        let base = state.disk.raids.get(device).and_then(|raid| raid.bases.first());
        Ok(state.disk.read(base.map_or(device, String::as_str), block))
    }
}
