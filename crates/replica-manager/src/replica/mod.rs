//! A replica: one copy of a volume, its state machine, and what it owns on the storage target.
//!
//! Every method holds the replica's own lock for its whole length, storage calls included; [`Replica::view`] and
//! [`Replica::is_rebuilding`] hold it for reading. Update signals go out after it was released.
//!
//! Departures: (1) a start of a *stopped* replica trusts the tree that it remembers and refreshes only the head, as
//! upstream does today; (2) a replica that is neither pending nor running does not ask for a listing when it is
//! synced, since nothing would be done with it.

mod destination;
mod snapshot;
mod source;
mod sync;
mod view;

use bohrbug_sync::{RwLock, RwLockWriteGuard, Shared, label};

use destination::Destination;
pub use view::{ReplicaSpec, ReplicaView, State};

pub(crate) use destination::Driver;
pub use destination::{RebuildProgress, RebuildState, RebuildStatus};
use source::Source;

use crate::error::{Error, ErrorKind, Result, ignore_missing};
use crate::locks::{read, write};
use crate::names;
use crate::node::Node;
use crate::ports::{Bitmap, PortRange};
use crate::spdk::Lister;
use crate::tree::Tree;
use crate::updates::Subject;

/// A replica object. The server's map and whoever is in the middle of an operation share it, which is how one name
/// can come to have two.
pub struct Replica {
    name: String,
    inner: RwLock<Inner>,
    /// The rebuild's target as seen from the source: upstream changed it without the replica's lock (until
    /// `828db995`).
    attached: Shared<Option<String>>,
}

pub(crate) struct Inner {
    name: String,
    state: State,
    error: String,
    spec: ReplicaSpec,
    tree: Tree,
    ports: Option<PortRange>,
    own_ports: Option<Bitmap>,
    ip: String,
    exposed: bool,
    source: Option<Source>,
    destination: Option<Destination>,
    last_rebuild: RebuildStatus,
    /// How many rebuilds began.
    rebuilds: u32,
}

impl Replica {
    /// A pending replica that nothing on the target stands for yet.
    pub(crate) fn new(spec: ReplicaSpec) -> Self {
        let name = spec.name.clone();
        let inner = RwLock::new(Inner {
            name: name.clone(),
            state: State::Pending,
            error: String::new(),
            tree: Tree::default(),
            ports: None,
            own_ports: None,
            ip: String::new(),
            exposed: false,
            source: None,
            destination: None,
            last_rebuild: RebuildStatus::default(),
            rebuilds: 0,
            spec,
        });
        label(&inner, format_args!("replica {name}"));
        let attached = Shared::new(None);
        label(&attached, format_args!("attached target of {name}"));
        Self { name, inner, attached }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it looks like now.
    pub fn view(&self) -> ReplicaView {
        read(&self.inner).view()
    }

    /// Whether it is running as the destination of a rebuild.
    pub(crate) fn is_rebuilding(&self) -> bool {
        read(&self.inner).is_rebuilding()
    }

    /// Anything but stopped and error becomes error: what a broken connection to the target does.
    pub(crate) fn set_error_state(&self, why: &Error) {
        let mut inner = write(&self.inner);
        if !matches!(inner.state, State::Stopped | State::Error) {
            inner.fail(why);
        }
    }

    /// Makes the head if it is not there, exports it, and runs. A failure after the state check is reported in the
    /// reply, not as an error.
    pub(crate) fn create(&self, node: &Node, backing: Option<&str>) -> Result<ReplicaView> {
        let reply = self.create_quietly(node, backing)?;
        node.updates.signal(Subject::Replica);
        Ok(reply)
    }

    /// The same, and tells no watcher.
    pub(crate) fn create_quietly(&self, node: &Node, backing: Option<&str>) -> Result<ReplicaView> {
        let mut inner = write(&self.inner);
        inner.check_startable()?;
        if let Err(error) = inner.start(node, backing) {
            inner.fail(&error);
        }
        Ok(inner.view())
    }

    /// Stops it, and with `cleanup` deletes everything that it owns.
    pub(crate) fn delete(&self, node: &Node, cleanup: bool) -> Result<()> {
        let Some(outcome) = self.delete_quietly(node, cleanup) else {
            return Ok(());
        };
        node.updates.signal(Subject::Replica);
        outcome
    }

    /// The same, and tells no watcher; `None` if there was nothing to do.
    pub(crate) fn delete_quietly(&self, node: &Node, cleanup: bool) -> Option<Result<()>> {
        let mut inner = write(&self.inner);
        let keeps = matches!(inner.state, State::Pending | State::Terminating);
        if node.behaviour.detach_keeps_pending && !cleanup && keeps {
            return None;
        }
        let outcome = self.tear_down(&mut inner, node, cleanup);
        Some(inner.settle(outcome))
    }

    fn tear_down(&self, inner: &mut Inner, node: &Node, cleanup: bool) -> Result<()> {
        if inner.exposed {
            ignore_missing(node.spdk.stop_expose(&self.name))?;
            inner.exposed = false;
        }
        self.drop_source(inner, node)?;
        inner.drop_destination(node)?;
        if let Some(ports) = inner.ports.take() {
            node.ports.release(ports);
        }
        inner.own_ports = None;
        inner.ip.clear();
        inner.error.clear();
        if !cleanup {
            inner.state = State::Stopped;
            return Ok(());
        }
        let was_broken = std::mem::replace(&mut inner.state, State::Terminating) == State::Error;
        match was_broken && node.behaviour.guards_what_is_in_use {
            true => inner.delete_what_is_there(node),
            false => inner.delete_volumes(node),
        }
    }

    /// Runs `step` under the lock; its failure becomes the replica's state; unless it was refused, it signals.
    fn change<R>(&self, node: &Node, step: impl FnOnce(&mut Inner) -> Result<R>) -> Result<R> {
        let outcome = {
            let mut inner = write(&self.inner);
            let outcome = step(&mut inner);
            inner.settle(outcome)
        };
        if !matches!(&outcome, Err(error) if error.kind == ErrorKind::FailedPrecondition) {
            node.updates.signal(Subject::Replica);
        }
        outcome
    }

    /// Whether nothing on the target is this replica's, asked while nobody is in the middle of an operation on it.
    pub(crate) fn owns_nothing(&self, node: &Node) -> Result<bool> {
        let inner = read(&self.inner);
        let listing = node.spdk.list(Lister::Replica(&self.name))?;
        let owns = listing.lvols.keys().any(|lvol| names::is_replica_lvol(&self.name, lvol));
        Ok(!owns && !inner.is_rebuilding())
    }

    /// What it holds on the target beside its tree: the volume that a rebuild copies into, and devices of other targets.
    pub(crate) fn borrowed(&self) -> Vec<String> {
        let inner = read(&self.inner);
        let destination = inner.destination.iter().flat_map(|rebuild| rebuild.borrowed(&self.name));
        destination.chain(self.attached.get()).collect()
    }

    #[track_caller]
    fn lock(&self) -> RwLockWriteGuard<'_, Inner> {
        write(&self.inner)
    }
}

impl Inner {
    fn view(&self) -> ReplicaView {
        ReplicaView {
            name: self.name.clone(),
            state: self.state,
            error: self.error.clone(),
            lvstore: self.spec.lvstore.clone(),
            size_mib: self.spec.size_mib,
            ports: self.ports,
            ip: self.ip.clone(),
            tree: self.tree.clone(),
            rebuilding: self.is_rebuilding(),
            serving: self.source.as_ref().map(|source| source.snapshot().to_owned()),
            rebuild: self.last_rebuild.clone(),
        }
    }

    fn is_rebuilding(&self) -> bool {
        self.state == State::Running && self.destination.is_some()
    }

    fn fail(&mut self, why: &Error) {
        self.state = State::Error;
        self.error = why.message.clone();
    }

    /// Passes an outcome on; a failure that is more than a refusal becomes the replica's state.
    fn settle<R>(&mut self, outcome: Result<R>) -> Result<R> {
        if let Err(error) = &outcome
            && error.kind != ErrorKind::FailedPrecondition
        {
            self.fail(error);
        }
        outcome
    }

    fn check_startable(&self) -> Result<()> {
        match self.state {
            State::Pending | State::Stopped => Ok(()),
            State::Running => Err(Error::new(ErrorKind::AlreadyExists, format!("{} is running", self.name))),
            state => Err(Error::refused(format!("{} is {state} and cannot be created", self.name))),
        }
    }

    fn start(&mut self, node: &Node, backing: Option<&str>) -> Result<()> {
        self.prepare_head(node, backing)?;
        self.refresh_tree(node)?;
        self.state = State::Stopped;
        let ports = node.ports.allocate(self.spec.ports)?;
        self.ports = Some(ports);
        self.own_ports = Some(Bitmap::new(ports.start.saturating_add(1), ports.end));
        self.ip = node.ip.clone();
        self.expose_head(node)?;
        self.state = State::Running;
        self.error.clear();
        Ok(())
    }

    fn prepare_head(&self, node: &Node, backing: Option<&str>) -> Result<()> {
        match node.spdk.get_lvol(&self.name) {
            Ok(head) if !head.snapshot && head.lvstore == self.spec.lvstore => return Ok(()),
            Ok(_) => node.spdk.delete_lvol(&self.name)?,
            Err(error) if error.kind == ErrorKind::NoSuchDevice => {}
            Err(error) => return Err(error),
        }
        let last = self.tree.chain.iter().flatten().rfind(|name| *name != names::HEAD);
        let parent = match last {
            Some(base) if names::is_backing_image(base) => Some(base.clone()),
            Some(snapshot) => Some(names::snapshot_lvol(&self.name, snapshot)),
            None => backing.map(str::to_owned),
        };
        let (lvstore, size) = (&self.spec.lvstore, self.spec.size_mib);
        match parent {
            Some(parent) => node.spdk.clone_lvol(lvstore, &parent, &self.name, size),
            None => node.spdk.create_lvol(lvstore, &self.name, size),
        }
    }

    fn refresh_tree(&mut self, node: &Node) -> Result<()> {
        if self.state == State::Pending {
            return self.reread_tree(node);
        }
        let head = node.spdk.get_lvol(&self.name)?;
        self.tree.refresh_head(&self.name, &head);
        Ok(())
    }

    fn expose_head(&mut self, node: &Node) -> Result<()> {
        let ports = self.ports.ok_or_else(|| Error::mismatch(format!("{} has no port", self.name)))?;
        node.spdk.expose(&self.name, ports.start)?;
        self.exposed = true;
        Ok(())
    }

    /// A broken replica may have volumes that it does not remember: whatever bears its name goes, leaves first.
    fn delete_what_is_there(&mut self, node: &Node) -> Result<()> {
        let listing = node.spdk.list(Lister::Replica(&self.name))?;
        let mut own: Vec<&String> =
            listing.lvols.keys().filter(|lvol| names::is_replica_lvol(&self.name, lvol)).collect();
        while let Some(at) = own.iter().position(|lvol| !listing.children(lvol).any(|child| own.contains(&child))) {
            ignore_missing(node.spdk.delete_lvol(own.remove(at)))?;
        }
        self.tree = Tree::default();
        Ok(())
    }

    /// Head first, then the snapshots from the leaves up, so that none has a child when it goes.
    fn delete_volumes(&mut self, node: &Node) -> Result<()> {
        ignore_missing(node.spdk.delete_lvol(&self.name))?;
        for (snapshot, _) in self.tree.from_the_root().iter().rev() {
            ignore_missing(node.spdk.delete_lvol(&names::snapshot_lvol(&self.name, snapshot)))?;
        }
        self.tree = Tree::default();
        Ok(())
    }
}
