//! The audit: what the maps, the target and the port allocator say of each other, while nothing is going on.

use std::collections::BTreeSet;

use super::Server;
use crate::error::Result;
use crate::names;
use crate::replica::{ReplicaView, State};
use crate::spdk::{Lister, Listing};

/// What the maps account for.
struct Owned {
    /// Volumes in a replica's tree: they have to be there.
    remembered: BTreeSet<String>,
    /// Volumes and devices that an object holds for the time being: they may be there.
    borrowed: BTreeSet<String>,
    /// Replicas in state error: what bears their names is theirs, remembered or not.
    broken: Vec<String>,
    images: BTreeSet<String>,
    ports: usize,
}

impl Owned {
    fn accounts_for(&self, lvol: &str) -> bool {
        let is_a_broken_ones = || self.broken.iter().any(|replica| names::is_replica_lvol(replica, lvol));
        self.remembered.contains(lvol) || self.borrowed.contains(lvol) || is_a_broken_ones()
    }
}

impl Server {
    /// Everything that is wrong between the maps, the target and the port allocator: a port range, a volume, an export, an
    /// NVMe device or a RAID that no object in a map owns, and a replica or a backing image that remembers a volume which is
    /// not there. Empty when all is well.
    ///
    /// # Errors
    ///
    /// If the target cannot be asked.
    pub fn audit(&self) -> Result<Vec<String>> {
        let listing = self.spdk().list(Lister::Observer)?;
        let owned = self.owned();
        let mut findings = volumes(&owned, &listing);
        findings.extend(images(&owned, &listing));
        findings.extend(devices(&owned, &listing));
        let taken = self.ports().in_use();
        if owned.ports != taken {
            findings.push(format!("{taken} ports are taken, {} are owned: a range leaked", owned.ports));
        }
        Ok(findings)
    }

    fn owned(&self) -> Owned {
        let (replicas, engines, images) = {
            let maps = self.read();
            (maps.replicas.clone(), maps.engines.clone(), maps.backing_images.keys().cloned().collect())
        };
        let views: Vec<ReplicaView> = replicas.values().map(|replica| replica.view()).collect();
        let ranges = views.iter().filter_map(|view| view.ports).map(|ports| ports.count());
        let broken = views.iter().filter(|view| view.state == State::Error);
        let frontends = engines.values().filter(|engine| engine.view().port != 0).count();
        let of_replicas = replicas.values().flat_map(|replica| replica.borrowed());
        let of_engines = engines.values().flat_map(|engine| engine.devices());
        Owned {
            remembered: views.iter().flat_map(|view| view.tree.lvols(&view.name)).collect(),
            ports: ranges.sum::<usize>() + frontends,
            borrowed: of_replicas.chain(of_engines).collect(),
            broken: broken.map(|view| view.name.clone()).collect(),
            images,
        }
    }
}

fn volumes(owned: &Owned, listing: &Listing) -> Vec<String> {
    let present = listing.lvols.keys().filter(|name| !names::is_backing_image(name));
    let strangers = present.filter(|name| !owned.accounts_for(name));
    let is_a_broken_ones = |lvol: &str| owned.broken.iter().any(|replica| names::is_replica_lvol(replica, lvol));
    let gone = owned.remembered.iter().filter(|name| !listing.lvols.contains_key(*name) && !is_a_broken_ones(name));
    let strangers = strangers.map(|lvol| format!("no replica in the map owns the volume {lvol}"));
    strangers.chain(gone.map(|lvol| format!("a replica remembers the volume {lvol}, which is gone"))).collect()
}

fn images(owned: &Owned, listing: &Listing) -> Vec<String> {
    let present = listing.lvols.keys().filter(|name| names::is_backing_image(name));
    let strangers = present.filter(|name| !owned.images.contains(*name));
    let gone = owned.images.iter().filter(|name| !listing.lvols.contains_key(*name));
    let strangers = strangers.map(|lvol| format!("the backing image {lvol} is on the disk and not in the map"));
    strangers.chain(gone.map(|lvol| format!("the backing image {lvol} is in the map and not on the disk"))).collect()
}

fn devices(owned: &Owned, listing: &Listing) -> Vec<String> {
    let is_owned = |name: &String| owned.borrowed.contains(name);
    let exports = listing.exports.keys().filter(|name| !owned.accounts_for(name));
    let raids = listing.raids.keys().filter(|name| !is_owned(name));
    let nvme = listing.nvme.keys().filter(|name| !is_owned(name));
    let exports = exports.map(|lvol| format!("nobody in the map owns the export of {lvol}"));
    let raids = raids.map(|raid| format!("no engine in the map owns the RAID {raid}"));
    let nvme = nvme.map(|device| format!("nobody in the map owns the device {device}"));
    exports.chain(raids).chain(nvme).collect()
}
