//! Running a program again under a schedule that was changed a little: what minimising and explaining are made of.
//!
//! It runs on native alone, since only there does somebody of ours decide every step. A failure that needs a stale read of
//! loom's never happens here; one under a weak memory model of ours does, since each such read is a choice.

mod log;
mod remote;
mod schedule;

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use bohrbug_sync::control::{Config, Event, Execution, Runtime, View};
use bohrbug_trace::{FailureKind, Operation, Outcome, StepIdx, TaskId, Trace, TraceEvent};

pub(crate) use log::{Log, Logged};
pub(crate) use remote::Remote;
pub(crate) use schedule::{Schedule, Scheduled, usual};

use crate::failure::Failure;
use crate::names::Names;
use crate::record;
use crate::runtime::{Ended, Ending, NativeRun, Program};
use crate::session::Session;
use crate::strategy::Strategy;

/// One execution, and the schedule that makes it happen again.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) failure: Option<Failure>,
    pub(crate) schedule: Schedule,
    pub(crate) events: Vec<TraceEvent>,
    /// For each decision of who acts next, how many events there were: the number of the event that came of it.
    pub(crate) decided: Vec<StepIdx>,
    /// In a deadlock, what each task waits for that has not come to its end.
    pub(crate) waiting: Vec<TraceEvent>,
    pub(crate) cost: Cost,
}

/// What a minimal execution has least of, in the order of what matters more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cost {
    /// Choices that are not the usual one: faults, timeouts, spurious wake-ups, failures of a weak exchange.
    pub(crate) choices: u32,
    /// The values that were chosen, added up.
    pub(crate) values: u64,
    pub(crate) preemptions: u32,
    pub(crate) events: u32,
    /// How often another task ran than the one before.
    pub(crate) switches: u32,
}

impl Cost {
    pub(crate) fn of(events: &[Event], preemptions: u32) -> Self {
        let events = events.iter().map(|event| (event.task, event.operation, event.outcome, event.value()));
        Self::counted(events, preemptions)
    }

    /// As [`Cost::of`], of events in words.
    fn of_recorded(events: &[TraceEvent], preemptions: u32) -> Self {
        let events = events.iter().map(|event| (event.task.as_str(), event.operation, event.outcome, event.value));
        Self::counted(events, preemptions)
    }

    fn counted<T: PartialEq>(
        events: impl ExactSizeIterator<Item = (T, Operation, Outcome, Option<u64>)>,
        preemptions: u32,
    ) -> Self {
        let mut cost = Self { choices: 0, values: 0, preemptions, events: events.len() as u32, switches: 0 };
        let mut last = None;
        for (task, operation, outcome, value) in events {
            cost.switches += u32::from(last.as_ref().is_some_and(|last| *last != task));
            last = Some(task);
            let chosen = match operation {
                operation if operation.is_chosen() => value.unwrap_or(0),
                _ => 0,
            };
            let held_back = operation == Operation::ReadLock && outcome == Outcome::WouldBlock;
            let rare = [Outcome::TimedOut, Outcome::Spurious, Outcome::WeakFailure, Outcome::Stale];
            let odd = rare.contains(&outcome) || held_back;
            cost.values += chosen;
            cost.choices += u32::from(odd || chosen > 0);
        }
        cost
    }
}

/// An execution that is tried may become so many times as long as the recorded one, or of [`LEAST`] events: where a change of the
/// schedule has a task wait in a loop for good, the bound of the exploration is for many more.
const LONGER: u32 = 4;

/// A bound on length is no smaller.
const LEAST: u32 = 10_000;

/// Runs one program again and again, and counts.
pub(crate) struct Runner<'a> {
    pub(crate) program: &'a Program,
    config: Config,
    /// How many events an execution may have that is kept, where executions are cut earlier than when the failure was found: of
    /// a longer one it is not known how it would have gone on.
    pub(crate) longest: Option<u32>,
    /// The memory of the executions.
    execution: Option<Box<Execution>>,
    /// The kind of the failure that is looked for: monitors that predict others are off.
    kind: Option<FailureKind>,
    /// The events of all executions so far.
    pub(crate) spent: u64,
    /// How many executions there were.
    pub(crate) executions: u64,
    /// Where they are run, if not in this process.
    remote: Option<Remote>,
}

impl<'a> Runner<'a> {
    pub(crate) const fn new(program: &'a Program, config: Config) -> Self {
        Self { program, config, longest: None, execution: None, kind: None, spent: 0, executions: 0, remote: None }
    }

    /// For the failure of that trace.
    pub(crate) fn of(trace: &Trace, program: &'a Program) -> Self {
        let kind = trace.header.failure.as_ref().map(|failure| failure.kind);
        let mut config = record::config(trace);
        let bound = u32::try_from(trace.events.len()).unwrap_or(u32::MAX).saturating_mul(LONGER).max(LEAST);
        // Of executions that are too long these are failures, or may be.
        let is_of_length =
            matches!(kind, Some(FailureKind::Livelock | FailureKind::StepBound | FailureKind::Custom(_)));
        let longest = (bound < config.step_bound && !is_of_length).then_some(bound);
        config.step_bound = longest.unwrap_or(config.step_bound);
        Self { kind, longest, remote: Remote::of(trace, program), ..Self::new(program, config) }
    }

    /// Whether each execution is run in a process of its own, so that there cannot be many.
    pub(crate) const fn is_remote(&self) -> bool {
        self.remote.is_some()
    }

    /// Runs a schedule, and keeps the execution if its failure and its cost are wanted.
    pub(crate) fn run_schedule_if(
        &mut self,
        schedule: Schedule,
        wanted: impl FnOnce(Option<&Failure>, Cost) -> bool,
    ) -> Option<Attempt> {
        let Some(remote) = &mut self.remote else { return self.run_if(Scheduled::new(schedule), wanted) };
        let attempt = remote.scheduled(schedule)?;
        self.executions += 1;
        self.spent += attempt.events.len() as u64;
        wanted(attempt.failure.as_ref(), attempt.cost).then_some(attempt)
    }

    /// Runs one execution.
    pub(crate) fn run(&mut self, strategy: impl Strategy + 'static) -> Attempt {
        let seen = self.run_if(strategy, |_, _| true);
        seen.expect("a bug in bohrbug: an execution that does not end")
    }

    /// Runs one execution, and keeps it if its failure and its cost are wanted: most are not, and to write one down takes as
    /// long as to run it.
    pub(crate) fn run_if(
        &mut self,
        strategy: impl Strategy + 'static,
        wanted: impl FnOnce(Option<&Failure>, Cost) -> bool,
    ) -> Option<Attempt> {
        let (mut seen, mut wanted) = (None, Some(wanted));
        self.search(strategy, |ended, log| {
            let cost = Cost::of(ended.execution.events(), log.preemptions());
            if wanted.take().is_some_and(|wanted| wanted(ended.failure.as_deref(), cost)) {
                seen = Some(attempt(ended, log, cost));
            }
            ControlFlow::Break(())
        });
        seen
    }

    /// Runs executions until `look`, which is shown each of them with its decisions, wants no more; whether nothing was
    /// left.
    pub(crate) fn search(
        &mut self,
        strategy: impl Strategy + 'static,
        mut look: impl FnMut(Ended<'_>, &Log) -> ControlFlow<()>,
    ) -> bool {
        let _quiet = crate::hook::Quiet::begin();
        let log = Rc::new(RefCell::new(Log::default()));
        let session = Session::replaying(Box::new(Logged::new(strategy, log.clone())), self.program, self.kind);
        let execution = self.execution.take();
        let execution = execution.unwrap_or_else(|| Execution::new(Runtime::Native, self.config.clone()));
        let mut run = NativeRun::within(execution, session, self.program);
        let ending = run.all(|ended: Ended<'_>| {
            self.spent += ended.execution.events().len() as u64;
            self.executions += 1;
            look(ended, &log.borrow())
        });
        self.execution = Some(run.into_execution());
        ending == Ending::Complete
    }

    /// Runs the recorded execution: the same steps, as far as the program still does them.
    pub(crate) fn recorded(&mut self, trace: &Trace) -> Attempt {
        if let Some(attempt) = self.remote.as_ref().and_then(|remote| remote.recorded(&trace.events)) {
            self.executions += 1;
            return attempt;
        }
        self.run(crate::strategy::Follow::new(trace.events.clone()))
    }
}

/// What is kept of an execution of that cost.
pub(crate) fn attempt(ended: Ended<'_>, log: &Log, cost: Cost) -> Attempt {
    let view = ended.execution.view();
    let failure = ended.into_failure();
    let is_deadlock = failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Deadlock);
    Attempt {
        waiting: if is_deadlock { waiting(view) } else { Vec::new() },
        failure,
        schedule: log.schedule(view),
        events: record::events(view),
        decided: log.decided().to_vec(),
        cost,
    }
}

/// What the tasks that did not come to their end have announced and can wait for.
fn waiting(view: View<'_>) -> Vec<TraceEvent> {
    let names = Names::of(view);
    let ended = |task| view.events().iter().any(|event| event.task == task && event.operation == Operation::End);
    let tasks = (0..view.task_count() as u32).map(TaskId).filter(|task| !ended(*task));
    let blocking = tasks.filter(|task| view.pending(*task).operation.can_block());
    blocking.map(|task| record::announced(&names, view, task)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bohrbug_trace::Header;

    #[test]
    fn an_execution_that_is_tried_is_cut_earlier_unless_its_length_is_the_failure() {
        let longest = |kind, events: usize| {
            let mut header = Header::new("a", bohrbug_trace::Runtime::Native, "random");
            header.failure = Some(Failure::new(kind, String::new()).record());
            header.choices = record::choices(&Config::default());
            let event = TraceEvent::new("main", Operation::Yield, "a.rs:1:1");
            Runner::of(&Trace { header, events: vec![event; events] }, &Program::new(|| ())).longest
        };
        assert_eq!(longest(FailureKind::DataRace, 10), Some(LEAST));
        assert_eq!(longest(FailureKind::Deadlock, 5_000), Some(20_000));
        assert_eq!(longest(FailureKind::DataRace, 50_000), None, "the bound of the trace is less");
        assert_eq!(longest(FailureKind::Livelock, 10), None);
        assert_eq!(longest(FailureKind::StepBound, 10), None);
    }
}
