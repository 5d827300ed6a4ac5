//! `strict`: the residual defects of `v4` to `v6` closed, on today's tree.
//!
//! 1. One create or delete at a time on a name, of a replica, an engine or a backing image: it holds the name's turn from
//!    beginning to end. So no duplicate objects, and a delete acts on the object whose key it removes. What could not be
//!    deleted stays known, and what could not be made leaves nothing.
//! 2. Verify lists without the server's lock and then changes names one by one, passing over every name that was in
//!    flight at any time since it copied the maps, replicas and backing images alike. So no placeholder for a volume
//!    whose replica is about to be recorded, no lost update, and no skipped pass: traffic on one name does not keep
//!    the others from being synced.
//! 3. What looks as if it had no volume is asked again, in the turn of its name, before it is removed, and gives back its
//!    ports: a rebuild's start has no head for a moment, and may be over before verify looks whether it is going on.
//! 4. Passes do not overlap.
//! 5. Watchers are told when it is so: after the map has changed.
//!
//! What objects do differently is in [`crate::Behaviour::STRICT`].

use std::collections::BTreeMap;

use bohrbug_sync::{Mutex, MutexGuard, label};

use super::pass::Pass;
use super::{Protocol, Verified, create_engine, delete_engine, record_backing_image};
use crate::engine::{EngineView, Frontend};
use crate::error::Result;
use crate::locks::lock;
use crate::replica::{ReplicaSpec, ReplicaView};
use crate::server::{Maps, Server};
use crate::updates::Subject;

const TURNS: usize = 16;

pub(crate) struct Strict {
    /// Names that share a turn only wait for each other more than they must.
    turns: [Mutex<()>; TURNS],
    passes: Mutex<()>,
}

impl Default for Strict {
    fn default() -> Self {
        let turns = std::array::from_fn(|_| Mutex::new(()));
        for (at, turn) in turns.iter().enumerate() {
            label(turn, format_args!("turn {at}"));
        }
        let passes = Mutex::new(());
        label(&passes, "verify passes");
        Self { turns, passes }
    }
}

impl Protocol for Strict {
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView> {
        let _turn = self.turn(&spec.name);
        let replica = {
            let mut maps = server.write();
            let replica = maps.known_or_new(server.node(), spec)?;
            take_off(&mut maps, &spec.name);
            replica
        };
        let reply = server.start_quietly(&replica, spec);
        {
            let mut maps = server.write();
            maps.in_flight.remove(&spec.name);
            maps.replicas.insert(spec.name.clone(), replica);
        }
        if reply.is_ok() {
            server.node().updates.signal(Subject::Replica);
        }
        reply
    }

    fn verify(&self, server: &Server) -> Result<Verified> {
        let _one_at_a_time = lock(&self.passes);
        let mut pass = {
            let mut maps = server.write();
            maps.touched = maps.in_flight.clone();
            Pass::copy(&maps)
        };
        let listing = Pass::list(server)?;
        pass.adopt(server, &listing);
        for name in pass.without_lvols(&listing) {
            if self.remove_empty(server, &name)? {
                pass.replicas.remove(&name);
            }
        }
        apply_untouched(server, &mut pass)?;
        pass.sync(server, None)?;
        Ok(Verified::Applied)
    }

    fn delete(&self, server: &Server, name: &str, cleanup: bool) -> Result<()> {
        let _turn = self.turn(name);
        let found = {
            let mut maps = server.write();
            let found = maps.replicas.get(name).cloned();
            take_off(&mut maps, name);
            found
        };
        let deleted = found.and_then(|replica| replica.delete_quietly(server.node(), cleanup));
        {
            let mut maps = server.write();
            maps.in_flight.remove(name);
            if cleanup && !matches!(deleted, Some(Err(_))) {
                maps.replicas.remove(name);
            }
        }
        if deleted.is_some() {
            server.node().updates.signal(Subject::Replica);
        }
        deleted.unwrap_or(Ok(()))
    }

    fn create_engine(
        &self,
        server: &Server,
        name: &str,
        replicas: &BTreeMap<String, String>,
        frontend: Frontend,
    ) -> Result<EngineView> {
        let _turn = self.turn(name);
        create_engine(server, name, replicas, frontend)
    }

    fn delete_engine(&self, server: &Server, name: &str) -> Result<()> {
        let _turn = self.turn(name);
        delete_engine(server, name)
    }

    fn create_backing_image(&self, server: &Server, name: &str) -> Result<String> {
        let key = server.backing_image_key(name)?;
        let _turn = self.turn(&key);
        let image = {
            let mut maps = server.write();
            let image = record_backing_image(&mut maps, &key)?;
            take_off(&mut maps, &key);
            image
        };
        let made = image.create(server.node());
        let undone = made.is_err() && image.delete_unused(server.node()).is_ok();
        land_backing_image(server, &key, undone);
        made.map(|()| key)
    }

    fn delete_backing_image(&self, server: &Server, key: &str) -> Result<()> {
        let _turn = self.turn(key);
        let found = {
            let mut maps = server.write();
            let found = maps.backing_images.get(key).cloned();
            take_off(&mut maps, key);
            found
        };
        let outcome = found.map_or(Ok(()), |image| image.delete_unused(server.node()));
        land_backing_image(server, key, outcome.is_ok());
        outcome
    }
}

impl Strict {
    #[track_caller]
    fn turn(&self, name: &str) -> MutexGuard<'_, ()> {
        let sum: usize = name.bytes().map(usize::from).sum();
        lock(&self.turns[sum % TURNS])
    }

    /// Takes a replica that owns nothing out of the map, with its ports, unless somebody was faster; whether it is gone.
    fn remove_empty(&self, server: &Server, name: &str) -> Result<bool> {
        let _turn = self.turn(name);
        let found = server.read().replicas.get(name).cloned();
        let Some(replica) = found else {
            return Ok(true);
        };
        if !replica.owns_nothing(server.node())? {
            return Ok(false);
        }
        replica.delete(server.node(), true)?;
        server.write().replicas.remove(name);
        Ok(true)
    }
}

fn land_backing_image(server: &Server, key: &str, is_gone: bool) {
    let mut maps = server.write();
    maps.in_flight.remove(key);
    if is_gone {
        maps.backing_images.remove(key);
    }
}

fn take_off(maps: &mut Maps, name: &str) {
    maps.in_flight.insert(name.to_owned());
    maps.touched.insert(name.to_owned());
}

/// Brings the maps to what the pass decided, except for the names that somebody touched; the pass then syncs what the
/// maps hold.
fn apply_untouched(server: &Server, pass: &mut Pass) -> Result<()> {
    let mut maps = server.write();
    let maps = &mut *maps;
    let touched = &maps.touched;
    merge(&mut maps.replicas, &pass.replicas, touched);
    merge(&mut maps.backing_images, &pass.backing_images, touched);
    pass.orphans.retain(|orphan| {
        let owner = crate::names::temp_head_owner(orphan);
        owner.is_some_and(|key| !touched.contains(key) && !maps.backing_images.contains_key(key))
    });
    pass.for_sync = maps.replicas.clone();
    pass.backing_images = maps.backing_images.clone();
    pass.delete_orphans(server)
}

fn merge<T: Clone>(
    current: &mut std::collections::BTreeMap<String, T>,
    decided: &std::collections::BTreeMap<String, T>,
    touched: &std::collections::BTreeSet<String>,
) {
    current.retain(|name, _| touched.contains(name) || decided.contains_key(name));
    for (name, object) in decided {
        if !touched.contains(name) {
            current.entry(name.clone()).or_insert_with(|| object.clone());
        }
    }
}
