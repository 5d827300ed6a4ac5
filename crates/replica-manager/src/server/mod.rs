//! The server: three maps under one lock, and the operations that callers name objects in (`operations`).
//!
//! What an operation does to the *maps* differs between revisions and lives in [`crate::revision`]; what it does to
//! the object it found does not, and lives with the object. In every revision but `v0` the server's lock is held only
//! to look an object up, never across an operation on it.

mod audit;
mod engines;
mod maps;
mod operations;
mod replicas;

use bohrbug_sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard, label, mpsc, thread};

pub(crate) use maps::Maps;
pub(crate) use maps::{BackingImages, Replicas};
pub use operations::Operation;
pub use replicas::is_refusal;

use crate::backing_image::BackingImage;
use crate::behaviour::Behaviour;
use crate::error::{Error, ErrorKind, Result};
use crate::locks::{read, write};
use crate::names;
use crate::node::Node;
use crate::ports::Ports;
use crate::revision::{Protocol, Revision, Verified};
use crate::spdk::Spdk;
use crate::updates::{Subject, Updates};

/// The disk that every server starts with.
pub const DISK: &str = "disk";
const DISK_MIB: u64 = 10 * 1024;

/// What a server is made of.
pub struct Config {
    /// Which protocol, and which time's tree.
    pub revision: Revision,
    /// The storage target.
    pub spdk: Spdk,
    /// The ports that it may hand out, both ends included.
    pub ports: (u16, u16),
}

/// A storage server.
pub struct Server {
    node: Node,
    maps: RwLock<Maps>,
    revision: Revision,
    protocol: Box<dyn Protocol>,
}

impl Server {
    /// A server with one empty disk ([`DISK`], 10 GiB) and the ports 20000 to 30000.
    pub fn new(revision: Revision) -> Self {
        Self::with(Config { revision, spdk: Spdk::default(), ports: (20_000, 30_000) })
    }

    /// A server made to order; the disk is added to the target if it can be.
    pub fn with(config: Config) -> Self {
        let maps = RwLock::new(Maps::default());
        label(&maps, "server");
        // A target that cannot make the disk has none; every create will say so.
        let mut spdk = config.spdk;
        let _ = spdk.create_lvstore(DISK, DISK_MIB);
        Self {
            node: Node {
                spdk,
                ports: Ports::new(config.ports.0, config.ports.1),
                updates: Updates::off(),
                behaviour: config.revision.behaviour(),
                ip: "10.0.0.1".to_owned(),
            },
            maps,
            revision: config.revision,
            protocol: config.revision.protocol(),
        }
    }

    /// Its revision.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// How the tree of its time acts.
    pub fn behaviour(&self) -> Behaviour {
        self.node.behaviour
    }

    /// The storage target, for whoever works behind the server's back.
    pub fn spdk(&self) -> &Spdk {
        &self.node.spdk
    }

    /// The port allocator.
    pub fn ports(&self) -> &Ports {
        &self.node.ports
    }

    /// Starts the thread that hands update signals on; answers its handle.
    pub fn start_updates(&mut self) -> thread::JoinHandle<()> {
        let drains = self.node.behaviour.drains_on_shutdown;
        self.node.updates.start(drains)
    }

    /// A new watcher of that kind of object.
    pub fn watch(&self, subject: Subject) -> mpsc::Receiver<()> {
        self.node.updates.watch(subject)
    }

    /// Where signals go.
    pub fn updates(&self) -> &Updates {
        &self.node.updates
    }

    fn verify_once(&self) -> Result<Verified> {
        let outcome = self.protocol.verify(self);
        if let Err(error) = &outcome
            && error.kind == ErrorKind::BrokenPipe
        {
            self.set_error_states(error);
        }
        outcome
    }

    /// One tick of the monitor: a pass, and a new client if the connection broke.
    pub fn tick(&self) -> Result<Verified> {
        let outcome = self.verify();
        if matches!(&outcome, Err(error) if error.kind == ErrorKind::BrokenPipe) {
            self.write().reconnects += 1;
        }
        outcome
    }

    /// How often the monitor built a new client.
    pub fn reconnects(&self) -> u64 {
        self.read().reconnects
    }

    fn set_error_states(&self, error: &Error) {
        let (replicas, engines) = {
            let maps = self.read();
            (maps.replicas.clone(), maps.engines.clone())
        };
        replicas.values().for_each(|replica| replica.set_error_state(error));
        engines.values().for_each(|engine| engine.set_error_state(error));
    }

    fn backing_image(&self, key: &str) -> Result<Arc<BackingImage>> {
        self.read().backing_image(key)
    }

    /// The key that a backing image has on the server's disk.
    pub(crate) fn backing_image_key(&self, name: &str) -> Result<String> {
        let disk = self.node.spdk.get_lvstore(DISK)?;
        Ok(names::backing_image(name, disk.uuid))
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    #[track_caller]
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Maps> {
        read(&self.maps)
    }

    #[track_caller]
    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Maps> {
        write(&self.maps)
    }

    pub(crate) fn protocol(&self) -> &dyn Protocol {
        &*self.protocol
    }
}

/// Objects by name; operations in the middle of something hold on to theirs.
pub(crate) type Shelf<T> = std::collections::BTreeMap<String, Arc<T>>;
