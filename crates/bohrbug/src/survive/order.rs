//! What a child is told to do: one execution of one workload, and where to write down what happens.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bohrbug_sync::control::{Event, View};
use bohrbug_trace::{TaskId, Trace, TraceEvent};
use serde::{Deserialize, Serialize};

use super::about::{About, Watch};
use super::guard::Guard;
use super::page::Decision;
use super::records::{self, Record, Recorder};
use crate::rerun::{Schedule, Scheduled, usual};
use crate::runtime::{Ended, Program, Search};
use crate::session::Session;
use crate::strategy::{Descriptor, Follow, Strategy};

/// One execution to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) about: About,
    pub(crate) wish: Wish,
    /// Whether it goes on after a failure.
    pub(crate) goes_on: bool,
    /// Where what happens is written down.
    pub(crate) records: PathBuf,
}

/// How it is to be scheduled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Wish {
    /// By the decisions of a journal.
    Decisions(Vec<u32>),
    /// Step by step as in a trace, whose text this is.
    Trace(String),
    /// By blocks of steps.
    Schedule(Schedule),
}

impl Wish {
    pub(super) fn decisions(decisions: &[Decision]) -> Self {
        Self::Decisions(decisions.iter().map(|decision| decision.encoded()).collect())
    }

    pub(crate) fn trace(events: &[TraceEvent]) -> Self {
        let header = bohrbug_trace::Header::new("an execution", bohrbug_trace::Runtime::Native, "follow");
        Self::Trace(Trace { header, events: events.to_vec() }.render())
    }

    fn into_strategy(self, goes_on: bool) -> Box<dyn Strategy> {
        match self {
            Self::Decisions(entries) => {
                let decisions = entries.into_iter().map(Decision::decoded).collect();
                Box::new(Decided { decisions, at: 0, goes_on })
            }
            Self::Trace(text) => {
                let events = Trace::parse(Path::new("the order"), text.as_bytes()).map(|trace| trace.events);
                Box::new(Follow::new(events.unwrap_or_default()))
            }
            Self::Schedule(schedule) => Box::new(Scheduled::new(schedule)),
        }
    }
}

/// Decides as it was decided before.
struct Decided {
    decisions: Vec<Decision>,
    at: usize,
    goes_on: bool,
}

impl Decided {
    fn next(&mut self) -> Option<Decision> {
        let decision = self.decisions.get(self.at).copied();
        self.at += 1;
        decision
    }
}

impl Strategy for Decided {
    fn begin(&mut self, execution: u64) -> bool {
        execution == 0
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        // Where only one could go on nothing was written down.
        if view.ready().len() == 1 {
            return view.ready().nth(0);
        }
        match self.next() {
            Some(Decision::Task(task)) if view.ready().contains(TaskId(task)) => TaskId(task),
            _ => usual(view),
        }
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        match self.next() {
            Some(Decision::Value(value)) => value.min(alternatives - 1),
            _ => 0,
        }
    }

    fn descriptor(&self) -> Descriptor {
        let descriptor = Descriptor::searching();
        if self.goes_on { descriptor.to_the_end() } else { descriptor }
    }
}

/// A strategy whose decisions, and what comes of them, are written down.
struct Told {
    inner: Box<dyn Strategy>,
    recorder: Arc<Mutex<Recorder>>,
}

/// Nobody else has it: it goes along with the execution.
fn lock(recorder: &Mutex<Recorder>) -> MutexGuard<'_, Recorder> {
    recorder.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Strategy for Told {
    fn begin(&mut self, execution: u64) -> bool {
        self.inner.begin(execution)
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        let task = self.inner.next_task(view);
        lock(&self.recorder).decided(view, task);
        task
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        let value = self.inner.choose(view, alternatives);
        lock(&self.recorder).chose(view, value);
        value
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        lock(&self.recorder).happened(view, event);
        if self.inner.descriptor().watches {
            self.inner.reported(view, event);
        }
    }

    fn end(&mut self, view: View<'_>) {
        self.inner.end(view);
    }

    fn descriptor(&self) -> Descriptor {
        self.inner.descriptor().watching()
    }
}

impl Order {
    pub(crate) fn new(about: About, wish: Wish) -> Self {
        Self { about, wish, goes_on: false, records: PathBuf::new() }
    }

    pub(super) fn read(path: &Path) -> Option<Self> {
        serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
    }

    pub(super) fn write(&self, file: &mut File) -> io::Result<()> {
        file.write_all(&serde_json::to_vec(self)?)
    }

    /// Runs the execution, and ends the process.
    pub(super) fn carry_out(self, program: &Program) -> ! {
        let ran = self.run(program);
        let code = if ran.is_ok() { 0 } else { super::FAILED };
        // SAFETY: it does not come back. What the test, or the program, would do next is nothing to whoever has given the order.
        unsafe { libc::_exit(code) }
    }

    fn run(self, program: &Program) -> io::Result<()> {
        let file = File::options().append(true).create(true).open(&self.records)?;
        let guard = Guard::of_child(self.about.clone(), file.as_raw_fd());
        let recorder = records::open(file);
        lock(&recorder).write(&Record::Begun);
        let strategy = Told { inner: self.wish.into_strategy(self.goes_on), recorder: recorder.clone() };
        let session = match &self.about.watch {
            Watch::Exploring { on, off } => Session::new(Box::new(strategy), program, on, off),
            Watch::Replaying(kind) => Session::replaying(Box::new(strategy), program, *kind),
        };
        let supervisor = move |ended: Ended<'_>| {
            let length = ended.length;
            ended.into_failure().into_iter().for_each(|failure| records::failed(&failure, length));
            ControlFlow::Break(())
        };
        let ran = Search::Native.run(session, &self.about.config(), program, Box::new(supervisor));
        lock(&recorder).write(&Record::End);
        drop(guard);
        ran.map(|_| ()).map_err(io::Error::other)
    }
}
