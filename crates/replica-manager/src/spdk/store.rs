//! What the storage target holds, and what each of its calls does to it.
//!
//! A volume's contents are the blocks written since it split off its parent; reading goes up the chain. A parent, and
//! a base of a RAID, may be an NVMe device, which stands for the volume exported at the other end.

use std::collections::BTreeMap;

use crate::error::{Error, ErrorKind, Result};

/// A logical volume store: one disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lvstore {
    /// Its identity.
    pub uuid: u64,
    /// How many MiB it holds.
    pub capacity_mib: u64,
}

/// A logical volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lvol {
    /// The store that it lies in.
    pub lvstore: String,
    /// Its identity.
    pub uuid: u64,
    /// Its size.
    pub size_mib: u64,
    /// The volume (or NVMe device) whose contents show through.
    pub parent: Option<String>,
    /// Whether it is read-only.
    pub snapshot: bool,
    /// Whether a user asked for it, as opposed to a rebuild.
    pub user_created: bool,
    /// When it was made, in calls.
    pub created: u64,
    /// What was written to it: block number to content.
    pub(crate) blocks: BTreeMap<u64, u64>,
}

/// An NVMe device: another target's export, connected here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nvme {
    /// The volume at the other end.
    pub lvol: String,
    /// The port that it is connected through.
    pub port: u16,
}

/// A RAID 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raid {
    /// The NVMe devices it stands on.
    pub bases: Vec<String>,
    /// Its size.
    pub size_mib: u64,
}

/// A shallow copy that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Blocks copied.
    pub copied: u64,
    /// Blocks to copy.
    pub total: u64,
    /// Why it ended early.
    pub error: Option<String>,
}

/// Everything that the target holds, which is also what a listing shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Disks by name.
    pub lvstores: BTreeMap<String, Lvstore>,
    /// Volumes by name.
    pub lvols: BTreeMap<String, Lvol>,
    /// Exports: volume to port.
    pub exports: BTreeMap<String, u16>,
    /// Connected NVMe devices.
    pub nvme: BTreeMap<String, Nvme>,
    /// RAIDs.
    pub raids: BTreeMap<String, Raid>,
}

impl Listing {
    /// The volumes that show this one as their parent.
    pub fn children<'a>(&'a self, parent: &'a str) -> impl Iterator<Item = &'a String> {
        self.lvols.iter().filter(move |(_, lvol)| lvol.parent.as_deref() == Some(parent)).map(|(name, _)| name)
    }

    pub(super) fn lvol(&self, name: &str) -> Result<&Lvol> {
        self.lvols.get(name).ok_or_else(|| no_device(name))
    }

    pub(super) fn remove_lvol(&mut self, name: &str) -> Result<()> {
        let children: Vec<String> = self.children(name).cloned().collect();
        let lvol = self.lvol(name)?.clone();
        match children.as_slice() {
            [] => {}
            [child] => self.merge_into(child, lvol),
            _ => {
                return Err(Error::new(ErrorKind::DeviceBusy, format!("{name} has {} children", children.len())));
            }
        }
        self.lvols.remove(name);
        Ok(())
    }

    fn merge_into(&mut self, child: &str, gone: Lvol) {
        if let Some(child) = self.lvols.get_mut(child) {
            child.parent = gone.parent;
            for (block, content) in gone.blocks {
                child.blocks.entry(block).or_insert(content);
            }
        }
    }

    /// Whether a volume may stand on that parent: it is there, and does not stand on the volume itself.
    pub(super) fn check_parent(&self, lvol: &str, parent: &str) -> Result<()> {
        self.lvol(parent)?;
        let mut below = self.resolve(parent);
        for _ in 0..=self.lvols.len() {
            match below {
                None => return Ok(()),
                Some(name) if name == lvol => break,
                Some(name) => below = self.lvol(name)?.parent.as_deref().and_then(|parent| self.resolve(parent)),
            }
        }
        Err(Error::new(ErrorKind::InvalidArgument, format!("{parent} stands on {lvol}")))
    }

    /// The volume that a parent or a base stands for.
    fn resolve<'a>(&'a self, device: &'a str) -> Option<&'a str> {
        match self.nvme.get(device) {
            Some(nvme) => Some(&nvme.lvol),
            None => self.lvols.contains_key(device).then_some(device),
        }
    }

    pub(super) fn read(&self, device: &str, block: u64) -> Option<u64> {
        let mut at = self.resolve(device);
        // A chain is no longer than there are volumes: a broken one cannot keep us here.
        for _ in 0..=self.lvols.len() {
            let lvol = self.lvols.get(at?)?;
            if let Some(content) = lvol.blocks.get(&block) {
                return Some(*content);
            }
            at = lvol.parent.as_deref().and_then(|parent| self.resolve(parent));
        }
        None
    }

    pub(super) fn write(&mut self, device: &str, block: u64, content: u64) -> Result<()> {
        let name = self.resolve(device).ok_or_else(|| no_device(device))?.to_owned();
        let lvol = self.lvols.get_mut(&name).ok_or_else(|| no_device(&name))?;
        lvol.blocks.insert(block, content);
        Ok(())
    }
}

pub(super) fn no_device(name: &str) -> Error {
    Error::new(ErrorKind::NoSuchDevice, format!("no such device: {name}"))
}
