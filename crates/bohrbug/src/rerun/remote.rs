//! Executions of a failure that ends the process: each in a process of its own.

use bohrbug_trace::{FailureKind, Trace, TraceEvent};

use super::{Attempt, Cost, Schedule};
use crate::runtime::Program;
use crate::survive::{self, About, Again, Order, Ran, Wish};

/// How many executions minimising may take, where each takes a process.
const MOST: u32 = 200;

/// The same where each that fails takes as long as a watchdog waits.
const MOST_SLOW: u32 = 20;

/// The part of the time a watchdog waits that is enough where the failure is known: what comes of it is replayed in full.
const PART: u64 = 10;

/// How executions are run elsewhere.
pub(crate) struct Remote {
    again: Again,
    about: About,
    left: u32,
}

impl Remote {
    /// For the failure of that trace; `None` if it can be had in this process, or in no other.
    pub(crate) fn of(trace: &Trace, program: &Program) -> Option<Self> {
        let kind = trace.header.failure.as_ref()?.kind;
        let again = program.again.clone().filter(|_| trace.ends_process())?;
        let is_slow = trace.header.ends_process || matches!(kind, FailureKind::EndlessLoop | FailureKind::Uncontrolled);
        Some(Self { again, about: survive::about_of(trace), left: if is_slow { MOST_SLOW } else { MOST } })
    }

    /// Follows recorded events.
    ///
    /// # Errors
    ///
    /// If no process comes to the workload.
    pub(crate) fn follow(&self, events: &[TraceEvent]) -> Result<Ran, survive::NotRun> {
        survive::run(&self.again, Order::new(self.about.clone(), Wish::trace(events)))
    }

    /// As an attempt to be bettered.
    pub(super) fn recorded(&self, events: &[TraceEvent]) -> Option<Attempt> {
        self.follow(events).ok().map(attempt)
    }

    /// Follows a schedule; `None` if there have been enough of them.
    pub(super) fn scheduled(&mut self, schedule: Schedule) -> Option<Attempt> {
        self.left = self.left.checked_sub(1)?;
        let about = About { loop_time: (self.about.loop_time / PART).max(1), ..self.about.clone() };
        survive::run(&self.again, Order::new(about, Wish::Schedule(schedule))).ok().map(attempt)
    }
}

fn attempt(ran: Ran) -> Attempt {
    let Ran { events, chosen, values, preemptions, failure, .. } = ran;
    Attempt {
        failure,
        schedule: Schedule::new(chosen.iter().map(|(task, _)| task.as_str()), values),
        cost: Cost::of_recorded(&events, preemptions),
        decided: chosen.into_iter().map(|(_, events)| events).collect(),
        waiting: Vec::new(),
        events,
    }
}
