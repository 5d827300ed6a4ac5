//! The revisions: what creating, deleting and verifying do to the server's maps.
//!
//! A revision is one small file with the whole of its protocol in it, so that a bug and its fix are two files to read
//! side by side: `v3` and `v4` for longhorn#9953, `v5` and `v6` for longhorn#13074. What they share is in
//! [`pass`] (a verify pass's private copy of the maps) and in this trait's default methods.

pub(crate) mod pass;
mod record_after_lvol;
mod strict;
mod transactional_create;
mod v0;
pub(crate) mod v1;
mod v2;
pub(crate) mod v3;
pub(crate) mod v4;
pub(crate) mod v5;
pub(crate) mod v6;
mod verify_lock;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use bohrbug_sync::{Arc, RwLockWriteGuard};

use crate::backing_image::BackingImage;
use crate::behaviour::{Behaviour, MissingReplica};
use crate::engine::{Engine, EngineView, Frontend};
use crate::error::{Error, ErrorKind, Result};
use crate::replica::{Replica, ReplicaSpec, ReplicaView};
use crate::server::{DISK, Maps, Server};

/// Every version that upstream went through, the fixes that the report proposes, and one without known defects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Revision {
    /// One big lock (before `be070c49`): deadlocks with engine operations.
    V0,
    /// Copy, list unlocked, swap (`be070c49`): loses concurrent changes of the map.
    V1,
    /// Listing under the server's lock (`f1584880`).
    V2,
    /// Verify removes replicas without volumes (`6d56db7e`): longhorn#9953.
    V3,
    /// The record follows the creation (`b789d730`): the upstream fix.
    V4,
    /// Listing outside the lock again (`f01edc84`): longhorn#13074.
    V5,
    /// A generation counter (`d85f82bf`): today's.
    V6,
    /// Proposal 1: the record follows the volume.
    RecordAfterLvol,
    /// Proposal 2: a lock keeps verify out during a creation.
    VerifyLock,
    /// Proposal 3: a creation is a transaction.
    TransactionalCreate,
    /// One operation at a time on a name, and a verify that changes only names that nobody touched meanwhile.
    Strict,
}

impl Revision {
    /// All of them, oldest first.
    pub const ALL: [Self; 11] = [
        Self::V0,
        Self::V1,
        Self::V2,
        Self::V3,
        Self::V4,
        Self::V5,
        Self::V6,
        Self::RecordAfterLvol,
        Self::VerifyLock,
        Self::TransactionalCreate,
        Self::Strict,
    ];

    /// Its name in catalogues and traces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V0 => "v0",
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
            Self::V4 => "v4",
            Self::V5 => "v5",
            Self::V6 => "v6",
            Self::RecordAfterLvol => "record-after-lvol",
            Self::VerifyLock => "verify-lock",
            Self::TransactionalCreate => "transactional-create",
            Self::Strict => "strict",
        }
    }

    pub(crate) fn protocol(self) -> Box<dyn Protocol> {
        match self {
            Self::V0 => Box::new(v0::V0),
            Self::V1 => Box::new(v1::V1),
            Self::V2 => Box::new(v2::V2),
            Self::V3 => Box::new(v3::V3),
            Self::V4 => Box::new(v4::V4),
            Self::V5 => Box::new(v5::V5),
            Self::V6 => Box::new(v6::V6),
            Self::RecordAfterLvol => Box::new(record_after_lvol::RecordAfterLvol),
            Self::VerifyLock => Box::new(verify_lock::VerifyLock::default()),
            Self::TransactionalCreate => Box::new(transactional_create::TransactionalCreate),
            Self::Strict => Box::new(strict::Strict::default()),
        }
    }

    /// How the tree of its time acts. The proposals stand in the tree that the report describes, `strict` in today's, mended.
    pub fn behaviour(self) -> Behaviour {
        match self {
            Self::V0 => Behaviour { missing_replica: MissingReplica::NotAskedByVerify, ..Behaviour::EARLY },
            Self::V1 | Self::V2 => Behaviour::EARLY,
            Self::V3 | Self::V4 | Self::RecordAfterLvol | Self::VerifyLock | Self::TransactionalCreate => {
                Behaviour::DEC_2024
            }
            Self::V5 | Self::V6 => Behaviour::HEAD,
            Self::Strict => Behaviour::STRICT,
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Revision {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|revision| revision.name() == name);
        found.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, format!("no revision {name}")))
    }
}

/// How a verify pass ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// The maps are what the pass decided, and everything was synced.
    Applied,
    /// The map had changed meanwhile: nothing was applied or synced, the next pass will see to it.
    Skipped,
}

/// What differs between revisions.
pub(crate) trait Protocol: Send + Sync {
    /// `ReplicaCreate`.
    fn create(&self, server: &Server, spec: &ReplicaSpec) -> Result<ReplicaView>;

    /// One pass of the verify loop.
    fn verify(&self, server: &Server) -> Result<Verified>;

    /// `ReplicaDelete`: acts on the object that it finds and removes the key by name, whatever object that is by
    /// then, and even if it had found none.
    fn delete(&self, server: &Server, name: &str, cleanup: bool) -> Result<()> {
        let found = server.read().replicas.get(name).cloned();
        if let Some(replica) = found {
            replica.delete(server.node(), cleanup)?;
        }
        if cleanup {
            server.write().replicas.remove(name);
        }
        Ok(())
    }

    /// `BackingImageCreate`: the record comes before the volume; answers the key.
    fn create_backing_image(&self, server: &Server, name: &str) -> Result<String> {
        let (image, key) = {
            let mut maps = server.write();
            new_backing_image(server, &mut maps, name)?
        };
        image.create(server.node())?;
        Ok(key)
    }

    /// `BackingImageDelete`.
    fn delete_backing_image(&self, server: &Server, key: &str) -> Result<()> {
        let found = server.read().backing_images.get(key).cloned();
        if let Some(image) = found {
            image.delete(server.node())?;
        }
        server.write().backing_images.remove(key);
        Ok(())
    }

    /// `EngineCreate`: the record comes before the RAID.
    fn create_engine(
        &self,
        server: &Server,
        name: &str,
        replicas: &BTreeMap<String, String>,
        frontend: Frontend,
    ) -> Result<EngineView> {
        create_engine(server, name, replicas, frontend)
    }

    /// `EngineDelete`: removes the key by name, whatever engine that is by then.
    fn delete_engine(&self, server: &Server, name: &str) -> Result<()> {
        delete_engine(server, name)
    }

    /// Looks a replica up for a call on it.
    fn find<'s>(&self, server: &'s Server, name: &str) -> Result<Found<'s>> {
        let found = server.read().replicas.get(name).cloned();
        let replica = found.ok_or_else(|| Error::not_found(format!("replica {name}")))?;
        Ok(Found { replica, _server: None })
    }
}

/// A replica that a call is about to act on, and, in `v0`, the server's lock that it holds meanwhile.
pub(crate) struct Found<'s> {
    replica: Arc<Replica>,
    _server: Option<RwLockWriteGuard<'s, Maps>>,
}

impl Found<'_> {
    /// The object without the server's lock: for calls that go back to the server.
    pub(crate) fn release_server(self) -> Arc<Replica> {
        self.replica
    }
}

impl Deref for Found<'_> {
    type Target = Replica;

    fn deref(&self) -> &Replica {
        &self.replica
    }
}

fn create_engine(
    server: &Server,
    name: &str,
    replicas: &BTreeMap<String, String>,
    frontend: Frontend,
) -> Result<EngineView> {
    let engine = {
        let mut maps = server.write();
        if maps.engines.contains_key(name) {
            return Err(Error::new(ErrorKind::AlreadyExists, format!("engine {name} exists")));
        }
        let engine = Arc::new(Engine::new(name, frontend));
        maps.engines.insert(name.to_owned(), engine.clone());
        engine
    };
    engine.create(server, replicas)
}

fn delete_engine(server: &Server, name: &str) -> Result<()> {
    let found = server.read().engines.get(name).cloned();
    let Some(engine) = found else {
        return Ok(());
    };
    engine.delete(server.node())?;
    server.write().engines.remove(name);
    Ok(())
}

fn new_backing_image(server: &Server, maps: &mut Maps, name: &str) -> Result<(Arc<BackingImage>, String)> {
    let key = server.backing_image_key(name)?;
    Ok((record_backing_image(maps, &key)?, key))
}

fn record_backing_image(maps: &mut Maps, key: &str) -> Result<Arc<BackingImage>> {
    if maps.backing_images.contains_key(key) {
        return Err(Error::new(ErrorKind::AlreadyExists, format!("backing image {key} exists")));
    }
    let image = Arc::new(BackingImage::new(key, DISK));
    maps.backing_images.insert(key.to_owned(), image.clone());
    Ok(image)
}
