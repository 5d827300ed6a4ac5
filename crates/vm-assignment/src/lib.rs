//! A cloud's operation that moves a virtual machine from one account to another, as a system under test.
//!
//! **The real bug** (cloudstack#10854): an administrator assigns a machine to another account, the set-up of its networks
//! fails, and the machine is moved nevertheless: it belongs to the new account and is on the old one's network; access
//! fails, billing is wrong. The report asks for clear transaction boundaries, a checkpoint in the network phase, and a
//! consistency check afterwards. Each of these is a [`Revision`] here, next to what upstream did and to one, `strict`,
//! that closes the races which all of them leave open.
//!
//! * [`Cloud`] has the operations: the assignment, and those it can meet.
//! * [`ledger`] is where the records are: in memory, on `bohrbug-sync`, so that every interleaving of statements can be
//!   explored; or in an SQLite file (feature `sqlite`).
//! * [`audit`] finds every broken invariant in a ledger, half-done assignments first of all.
//! * [`log`] is what is written down around a call.
//! * [`world`] builds contents to begin with; [`fault`] names the steps that can be made to fail.
//!
//! What was cut: remote effects (routers, hosts, message bus) are not there, except that the strict revision queues them;
//! addresses are IPv4 only; a deploy makes one volume and one card.

mod access;
mod assign;
pub mod audit;
mod cloud;
mod error;
pub mod fault;
mod gate;
pub mod ledger;
pub mod log;
mod neighbours;
mod op;
mod quota;
pub mod records;
mod revision;
mod usage;
pub mod world;

pub use assign::{Assigned, Request};
pub use cloud::{Cloud, Operation};
pub use error::{Error, ErrorKind};
pub use neighbours::Deploy;
pub use revision::Revision;
