//! A vSphere-like inventory, as an ordinary library: virtual machines that are reconfigured while their properties
//! are collected and watched.
//!
//! It is modelled on the simulator of the govmomi project, faithfully enough that behaviours recorded from the
//! original are its test (`tests/recorded.rs`), and it keeps the concurrency structure that made the original's bugs:
//! a lock an object that a request can re-enter, objects that opt out of it, updates that are queued for watchers,
//! device lists that are passed around. Which bugs it has is a matter of its [`Revision`].
//!
//! The map, from what others stand on:
//!
//! * `device`, `state`, `value`, `fault`, `reference`: plain values. No lock, no shared state.
//! * `reconfigure`: what a reconfiguration does, as a pure function from a state to a list of effects.
//! * `store`: how a machine keeps its state and takes these effects; one file a way. Here the revisions part.
//! * `lock`, `registry`, `task`: who may do what when, and who is told.
//! * `inventory`, `collector`, `simulator`: the operations; `operation` is the list of them.
//! * `audit`: what must hold, of an inventory and of what clients are told.
//!
//! What it cannot do: there is no wire protocol, no host, no resource pool, no snapshot; a clock is nowhere in it, so
//! the change version counts instead of telling the time; property values are a few types instead of all of them.

pub mod audit;
pub mod collector;
pub mod device;
pub mod fault;
pub mod inventory;
mod lock;
pub mod operation;
pub mod reconfigure;
pub mod reference;
mod registry;
mod revision;
mod simulator;
pub mod state;
mod store;
mod task;
pub mod value;

pub use lock::Context;
pub use revision::Revision;
pub use simulator::{Simulator, VM_NETWORK};
pub use task::{Task, TaskInfo, TaskState};
