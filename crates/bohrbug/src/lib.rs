//! Turns heisenbugs into bohrbugs.

mod budget;
mod check;
mod determinism;
mod environment;
mod explore;
mod failure;
mod hook;
mod names;
mod record;
mod replay;
pub mod report;
mod runtime;
mod search;
mod session;

pub mod monitor;
pub mod strategy;

pub use bohrbug_sync::control::{Config, Runtime};
pub use bohrbug_trace as trace;
pub use budget::{Budget, Stopwatch};
pub use check::{Check, check};
pub use environment::Environment;
pub use explore::{Exploration, Report, Verdict};
pub use failure::Failure;
pub use replay::{Replay, ReplayError, Verdict as ReplayVerdict, replay};
pub use runtime::Program;
pub use search::{UnknownStrategy, runtime_of, strategies};
