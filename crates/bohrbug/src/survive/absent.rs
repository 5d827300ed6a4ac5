//! Where there is no Unix nothing survives: what ends the process ends it, as it would without Bohrbug.

#[path = "about.rs"]
mod about;

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use bohrbug_sync::control::Config;
use bohrbug_trace::{StepIdx, TaskId, Trace, TraceEvent};

use crate::failure::Failure;
use crate::rerun::Schedule;
use crate::runtime::Program;

pub use about::Again;
pub(crate) use about::{About, Watch, millis};

pub(crate) use crate::environment::OWN_CHILDREN as CHILD;

/// What a task may use of processor time without an event, unless somebody asks for another bound; nobody looks here.
pub const LOOP_TIME: Duration = Duration::from_secs(10);

/// What this process was started for: nothing.
pub struct Asked(Infallible);

/// What this process was started for, if by [`Again`]: never.
pub const fn asked() -> Option<Asked> {
    None
}

impl Asked {
    pub(crate) fn is_of(&self, _: &str, _: u32) -> bool {
        match self.0 {}
    }

    pub(crate) const fn is_of_journal(&self) -> bool {
        match self.0 {}
    }

    /// A trace without events whose header says what is to run.
    pub fn stub(&self) -> Trace {
        match self.0 {}
    }

    /// Where traces go, if whoever was at it had a word on that.
    pub fn traces(&self) -> Option<&Path> {
        match self.0 {}
    }

    /// Does it, and ends the process.
    pub fn carry_out(self, _: &Program, _: impl FnOnce(Trace, String) -> bool) -> ! {
        match self.0 {}
    }
}

/// Does it.
pub fn undisturbed<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// Nothing is guarded.
pub(crate) struct Guard(Infallible);

impl Guard {
    pub(crate) fn begin(_: About, _: Option<Again>) -> Option<Self> {
        None
    }

    pub(crate) fn share(shared: &Shared) -> Option<Self> {
        match shared.0 {}
    }
}

/// What goes along with an execution: nothing.
pub(crate) struct Carried(Infallible);

pub(crate) const fn pack() -> Option<Carried> {
    None
}

pub(crate) const fn unpack(carried: Carried) {
    match carried.0 {}
}

pub(crate) struct Shared(Infallible);

pub(crate) const fn shared() -> Option<Shared> {
    None
}

pub(crate) const fn next_check() -> u32 {
    0
}

#[cfg(feature = "proptest")]
pub(crate) fn tell(_: impl FnOnce(&mut About)) {}

pub(crate) fn tell_watch(_: Watch) {}

#[derive(Clone, Copy)]
pub(crate) struct Pen(Infallible);

impl Pen {
    pub(crate) const fn begin(self, _: u64, _: bool) {
        match self.0 {}
    }

    pub(crate) const fn end(self) {
        match self.0 {}
    }

    pub(crate) const fn decided(self, _: TaskId) {
        match self.0 {}
    }

    pub(crate) const fn chose(self, _: u32) {
        match self.0 {}
    }
}

pub(crate) const fn pen(_: &Config) -> Option<Pen> {
    None
}

pub(crate) fn failed(_: &Failure, _: StepIdx) {}

pub(crate) fn said(_: &str) {}

/// No process leaves anything behind.
pub(crate) struct Leftover {
    pub(crate) about: About,
    pub(crate) number: u64,
    pub(crate) was_running: bool,
}

impl Leftover {
    pub(crate) fn all(_: impl Fn(&About) -> bool) -> Vec<Self> {
        Vec::new()
    }

    pub(crate) const fn retold(&self, _: &Program) -> Result<Option<Trace>, NotRun> {
        Ok(None)
    }

    pub(crate) const fn discard(&self) {}

    pub(crate) const fn progress(&self) -> String {
        String::new()
    }
}

pub(crate) fn left_behind(_: &About, _: &Program, _: impl FnOnce(Trace)) {}

pub(crate) fn about_of(trace: &Trace) -> About {
    About::of_trace(trace)
}

pub(crate) enum Wish {
    Trace,
    Schedule(Schedule),
}

impl Wish {
    pub(crate) const fn trace(_: &[TraceEvent]) -> Self {
        Self::Trace
    }
}

pub(crate) struct Order;

impl Order {
    pub(crate) fn new(_: About, _: Wish) -> Self {
        Self
    }
}

#[derive(Debug, Default)]
pub(crate) struct Ran {
    pub(crate) events: Vec<TraceEvent>,
    pub(crate) chosen: Vec<(String, StepIdx)>,
    pub(crate) values: std::collections::BTreeMap<String, Vec<u32>>,
    pub(crate) preemptions: u32,
    pub(crate) failure: Option<Failure>,
}

#[derive(Debug, thiserror::Error)]
#[error("a failure that ends the process is replayed on Unix only")]
pub(crate) struct NotRun;

pub(crate) const fn run(_: &Again, _: Order) -> Result<Ran, NotRun> {
    Err(NotRun)
}
