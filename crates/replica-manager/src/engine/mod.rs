//! An engine: a RAID 1 over the replicas of a volume, and what it thinks of each of them.
//!
//! Every method holds the engine's lock for its whole length, calls to the replicas' server included; the exceptions
//! are said where they are. So the order of locks is: engine, then server, then replica.
//!
//! Departures: (1) all replicas are on the same server, an RPC is a method call; (2) a frontend is a port and a
//! device name; (3) only the target side of an engine is modelled.

mod rebuild;
mod snapshot;
mod validate;
mod view;

use std::collections::BTreeMap;

use bohrbug_sync::{Mutex, MutexGuard, label};

pub(crate) use view::Member;
pub use view::{EngineView, Frontend, Mode};

pub use rebuild::{Finish, RebuildJob};

use crate::error::{Error, ErrorKind, Result, ignore_missing};
use crate::locks::lock;
use crate::names;
use crate::node::Node;
use crate::replica::State;
use crate::server::Server;
use crate::tree::Tree;
use crate::updates::Subject;

const SIZE_MIB: u64 = 500;

/// An engine object.
pub struct Engine {
    name: String,
    inner: Mutex<Inner>,
}

pub(crate) struct Inner {
    name: String,
    state: State,
    error: String,
    frontend: Frontend,
    suspended: bool,
    port: u16,
    size_mib: u64,
    members: BTreeMap<String, Member>,
    tree: Tree,
    rebuilds: u32,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Engine").field(&self.name).finish()
    }
}

impl Engine {
    pub(crate) fn new(name: &str, frontend: Frontend) -> Self {
        let inner = Mutex::new(Inner {
            name: name.to_owned(),
            state: State::Pending,
            error: String::new(),
            frontend,
            suspended: false,
            port: 0,
            size_mib: SIZE_MIB,
            members: BTreeMap::new(),
            tree: Tree::default(),
            rebuilds: 0,
        });
        label(&inner, format_args!("engine {name}"));
        let name = name.to_owned();
        Self { name, inner }
    }

    /// What it looks like now.
    pub fn view(&self) -> EngineView {
        self.lock().view()
    }

    /// Connects the replicas and builds the RAID over those that answered.
    pub(crate) fn create(&self, server: &Server, replicas: &BTreeMap<String, String>) -> Result<EngineView> {
        let reply = {
            let mut inner = self.lock();
            if inner.state != State::Pending {
                return Err(Error::new(ErrorKind::AlreadyExists, format!("engine {} exists", self.name)));
            }
            if let Err(error) = inner.start(server, replicas) {
                inner.fail(&error);
            }
            inner.view()
        };
        server.node().updates.signal(Subject::Engine);
        Ok(reply)
    }

    /// Takes the RAID down and disconnects the replicas.
    pub(crate) fn delete(&self, node: &Node) -> Result<()> {
        let outcome = {
            let mut inner = self.lock();
            let outcome = inner.tear_down(node);
            inner.settle(outcome)
        };
        node.updates.signal(Subject::Engine);
        outcome
    }

    /// Running and pending become error: what a broken connection to the target does.
    pub(crate) fn set_error_state(&self, why: &Error) {
        let mut inner = self.lock();
        if !matches!(inner.state, State::Stopped | State::Error) {
            inner.fail(why);
        }
    }

    /// Takes a replica out of the engine and its device out of the RAID. `strict` keeps the last one that can be read: without
    /// it the volume is lost, as in longhorn#9216, and with it every replica that is being rebuilt.
    pub(crate) fn replica_delete(&self, node: &Node, replica: &str) -> Result<()> {
        self.change(node, |inner| {
            let member = inner.member_to_give_up(node, replica)?;
            ignore_missing(node.spdk.detach_nvme(&member.bdev))?;
            inner.members.remove(replica);
            Ok(())
        })
    }

    /// Its RAID and its devices on the target, by name.
    pub(crate) fn devices(&self) -> Vec<String> {
        let inner = self.lock();
        inner.members.values().map(|member| member.bdev.clone()).chain([self.name.clone()]).collect()
    }

    fn change<R>(&self, node: &Node, step: impl FnOnce(&mut Inner) -> Result<R>) -> Result<R> {
        let outcome = {
            let mut inner = self.lock();
            let outcome = step(&mut inner);
            inner.settle(outcome)
        };
        node.updates.signal(Subject::Engine);
        outcome
    }

    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }
}

impl Inner {
    fn view(&self) -> EngineView {
        let running = self.state == State::Running && self.frontend == Frontend::BlockDevice;
        EngineView {
            name: self.name.clone(),
            state: self.state,
            error: self.error.clone(),
            modes: self.members.iter().map(|(name, member)| (name.clone(), member.mode)).collect(),
            addresses: self.members.iter().map(|(name, member)| (name.clone(), member.address.clone())).collect(),
            port: self.port,
            endpoint: if running { format!("/dev/longhorn/{}", self.name) } else { String::new() },
            tree: self.tree.clone(),
        }
    }

    fn fail(&mut self, why: &Error) {
        self.state = State::Error;
        self.error = why.message.clone();
    }

    /// Passes an outcome on; a failure that is more than a refusal becomes the engine's state.
    fn settle<R>(&mut self, outcome: Result<R>) -> Result<R> {
        if let Err(error) = &outcome
            && error.kind != ErrorKind::FailedPrecondition
        {
            self.fail(error);
        }
        outcome
    }

    fn start(&mut self, server: &Server, replicas: &BTreeMap<String, String>) -> Result<()> {
        let node = server.node();
        for (name, address) in replicas {
            let mode = if connect(node, name, address).is_ok() { Mode::Rw } else { Mode::Err };
            self.members.insert(name.clone(), Member::new(name, address, mode, 0));
        }
        node.spdk.create_raid(&self.name, &self.usable_bdevs(), self.size_mib)?;
        if self.frontend == Frontend::BlockDevice {
            self.port = node.ports.allocate(1)?.start;
        }
        self.state = State::Running;
        self.refresh(server);
        Ok(())
    }

    fn tear_down(&mut self, node: &Node) -> Result<()> {
        ignore_missing(node.spdk.delete_raid(&self.name))?;
        for member in self.members.values() {
            ignore_missing(node.spdk.detach_nvme(&member.bdev))?;
        }
        if self.port != 0 {
            let port = std::mem::take(&mut self.port);
            node.ports.release(crate::ports::PortRange { start: port, end: port });
        }
        self.state = State::Stopped;
        Ok(())
    }

    fn check_running(&self) -> Result<()> {
        match self.state {
            State::Running => Ok(()),
            state => Err(Error::refused(format!("engine {} is {state}", self.name))),
        }
    }

    fn member_to_give_up(&self, node: &Node, replica: &str) -> Result<&Member> {
        let member = self.members.get(replica);
        let member = member.ok_or_else(|| Error::refused(format!("{} has no replica {replica}", self.name)))?;
        let is_the_last = member.mode == Mode::Rw && self.usable_bdevs().len() == 1;
        if is_the_last && self.state == State::Running && node.behaviour.guards_what_is_in_use {
            return Err(Error::refused(format!("{replica} is the last replica of {} that can be read", self.name)));
        }
        Ok(member)
    }

    fn usable_bdevs(&self) -> Vec<String> {
        let usable = self.members.values().filter(|member| member.mode == Mode::Rw);
        usable.map(|member| member.bdev.clone()).collect()
    }

    /// The replicas that take part: RW and WO.
    fn live(&self) -> Vec<String> {
        let live = self.members.iter().filter(|(_, member)| member.mode != Mode::Err);
        live.map(|(name, _)| name.clone()).collect()
    }

    fn has_wo(&self) -> bool {
        self.members.values().any(|member| member.mode == Mode::Wo)
    }

    fn set_mode(&mut self, replica: &str, mode: Mode) {
        if let Some(member) = self.members.get_mut(replica) {
            member.mode = mode;
        }
    }
}

/// The port in an address.
fn port_of(address: &str) -> Option<u16> {
    address.rsplit_once(':')?.1.parse().ok()
}

/// Whether a client for a replica's server could be built from its address.
fn makes_a_client(address: &str) -> bool {
    let ip = address.rsplit_once(':').map(|(ip, _)| ip);
    ip.is_some_and(|ip| ip.parse::<std::net::Ipv4Addr>().is_ok()) && port_of(address).is_some()
}

fn connect(node: &Node, replica: &str, address: &str) -> Result<()> {
    let port = port_of(address);
    let port = port.ok_or_else(|| Error::new(ErrorKind::InvalidArgument, format!("no address: {address}")))?;
    node.spdk.attach_nvme(&names::nvme_bdev(replica), port)
}
