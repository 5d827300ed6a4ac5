//! Turns heisenbugs into bohrbugs: runs a closure under many schedules, and makes the one that fails happen again.
//!
//! The closure's threads, locks and atomics come from `bohrbug_sync`. [`check`] is what a test calls: it replays the traces
//! that were saved under the test's name, explores, and panics with a report when an execution fails.
//!
//! ```
//! use bohrbug_sync::atomic::{AtomicU32, Ordering};
//! use bohrbug_sync::thread;
//!
//! let report = bohrbug::check(|| {
//!     let count = AtomicU32::new(0);
//! // With a load and a store instead, some schedule loses a count.
//!     let add = || count.fetch_add(1, Ordering::SeqCst);
//!     thread::scope(|scope| {
//!         scope.spawn(add);
//!         scope.spawn(add);
//!     });
//!     assert_eq!(count.into_inner(), 2);
//! });
//! assert_eq!(report.verdict, bohrbug::Verdict::Verified);
//! ```
//!
//! Tools use the layer below: an [`Exploration`] of a [`Program`] gives a [`Report`], and [`replay`] reproduces its
//! [`trace`](Report::trace).
//!
//! ```
//! use bohrbug::{Exploration, FailureKind, Program, ReplayVerdict, Runtime, Verdict, replay};
//! use bohrbug_sync::{Arc, Mutex, thread};
//!
//! let dinner = Program::new(|| {
//!     let forks = Arc::new([Mutex::new(()), Mutex::new(())]);
//!     let other = thread::spawn({
//!         let forks = forks.clone();
//!         move || drop((forks[1].lock(), forks[0].lock()))
//!     });
//!     drop((forks[0].lock(), forks[1].lock()));
//!     other.join().unwrap();
//! });
//! let report = Exploration::new("dinner", "dfs").run(&dinner, |_| ())?;
//! let Verdict::Failed(found) = report.verdict else { panic!("{}", report.verdict) };
//! let trace = found.trace;
//! assert_eq!(trace.header.failure.as_ref().map(|failure| failure.kind), Some(FailureKind::Deadlock));
//! assert_eq!(replay(&trace, &dinner, Runtime::Native)?.verdict, ReplayVerdict::Reproduced);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//!
//! 1. A verdict is about the workload that was explored: see [`Verdict`], and [`Report::basis`] for what it rests on. Only
//!    `dpor` (alone or in the portfolio), `dfs` and `bounded` prove anything, and only about schedules, under the memory model
//!    asked for (sequentially consistent, unless it is another), within the bounds of [`Config`].
//! 2. What does not come from `bohrbug_sync` is not controlled. Running one execution twice finds out most programs
//!    that depend on it.
//! 3. What each monitor cannot see is in the header of its file and in `docs/monitors.md`. A data race is one of cells of
//!    `bohrbug_sync`; plain memory is not watched, and what orders tasks must come from `bohrbug_sync`, too.
//! 4. loom takes no schedule: what was found on another runtime cannot be replayed there.

mod basis;
mod budget;
mod check;
pub mod debugger;
mod determinism;
mod diagnose;
mod environment;
pub mod explain;
mod explore;
mod failure;
mod happens_before;
mod hook;
mod luggage;
pub mod minimize;
mod names;
mod planned;
mod record;
mod replay;
pub mod report;
mod rerun;
mod runtime;
mod search;
mod selection;
mod session;
#[cfg(unix)]
pub mod survive;
#[cfg(not(unix))]
#[path = "survive/absent.rs"]
pub mod survive;
mod unknown;
#[cfg(feature = "proptest")]
mod workload;

pub mod behaviour;
pub mod coverage;
pub mod history;
pub mod memory;
pub mod monitor;
pub mod shard;
pub mod shell;
pub mod strategy;

pub use basis::{Doubt, Exception};
pub use bohrbug_sync::control::{Carrier, Config, MemoryModel, Runtime};
pub use bohrbug_trace as trace;
pub use bohrbug_trace::{Certainty, FailureKind};
pub use budget::{Budget, Stopwatch};
pub use check::{Check, check};
pub use diagnose::diagnose;
pub use environment::Environment;
pub use explore::{Exploration, Found, Progress, Report, Verdict};
pub use failure::Failure;
pub use replay::{
    Look, Mode, Neighbourhood, Replay, ReplayError, Verdict as ReplayVerdict, replay, replay_around, replay_exactly,
    replay_looking,
};
pub use runtime::Program;
pub use search::{is_seeded, runtime_of, strategies};
pub use selection::StrategyChoice;
pub use survive::Again;
pub use unknown::{
    FeatureOff, NotUnderMemory, UnknownCarrier, UnknownMemory, UnknownMonitor, UnknownName, UnknownStrategy,
};
#[cfg(feature = "proptest")]
pub use workload::Input;

/// The guide's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide.md")]
struct Guide;

/// The example of the page on memory, as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/memory.md")]
struct Memory;

/// The examples of the page on monitors, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/monitors.md")]
struct Monitors;
