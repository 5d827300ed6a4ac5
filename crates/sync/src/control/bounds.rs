//! What is bounded in an execution: choices, early timeouts, spurious wake-ups, its length; and its clock.

use std::panic::Location;

use bohrbug_trace::Outcome;

use super::{Ctx, Execution, Incident, Pending, Reaction, Runtime, Status};

impl Ctx {
    /// Ends the process if a task that unwinds waits over and over: it cannot be switched out, so nobody can ever do what
    /// it waits for.
    pub(crate) fn give_up_if_endless(self, site: &'static Location<'static>) {
        let x = self.get();
        x.waits_while_unwinding += 1;
        if x.waits_while_unwinding > x.config.step_bound {
            eprintln!(
                "bohrbug-sync: a thread that unwinds from a panic waits for a condition variable in a loop at {site}; \
                 such a thread cannot be switched out, so nobody can end its wait, and the process ends here; wait only \
                 if !std::thread::panicking(), or with a timeout"
            );
            std::process::abort();
        }
    }

    /// A number below `alternatives`, decided by the driver.
    pub(crate) fn choose(self, alternatives: u32) -> u32 {
        if alternatives < 2 {
            return 0;
        }
        self.get().ask(|driver, view| driver.choose(view, alternatives)).min(alternatives - 1)
    }

    /// As [`Ctx::choose`], for an operation that is no scheduling point: while the driver decides it is what the current
    /// task has announced, so that a decision can be known again by what it is about.
    pub(crate) fn choose_for(self, pending: Pending, alternatives: u32) -> u32 {
        let me = self.current();
        let before = std::mem::replace(&mut self.task(me).pending, pending);
        let chosen = self.choose(alternatives);
        self.task(me).pending = before;
        chosen
    }

    /// Whether an equal comparison fails all the same this time; counts against the bound on such failures.
    pub(crate) fn weak_failure(self) -> bool {
        let fails = self.get().weak_failures_left > 0 && self.choose(2) == 1;
        if fails {
            self.get().weak_failures_left -= 1;
        }
        fails
    }

    /// How many timeouts may still fire early.
    pub(crate) fn timeout_budget(self) -> u32 {
        self.get().timeouts_left
    }

    /// One of them has.
    pub(crate) fn spend_timeout(self) {
        let x = self.get();
        x.timeouts_left = x.timeouts_left.saturating_sub(1);
        if x.timeouts_left == 0 {
            x.reconsider_others();
        }
    }

    /// The clock.
    pub(crate) fn clock(self) -> u64 {
        self.get().clock
    }

    /// Lets the clock pass to `moment`.
    pub(crate) fn advance_clock(self, moment: u64) {
        let clock = &mut self.get().clock;
        *clock = moment.max(*clock);
    }

    /// How a timed or idle wait of the current task came to its end, if by itself.
    pub(crate) fn wake_reason(self, pending: &Pending) -> Outcome {
        let x = self.get();
        if pending.deadline().is_some() && (x.timeouts_left > 0 || x.tasks[x.current.index()].expired) {
            if x.tasks[x.current.index()].expired {
                x.tasks[x.current.index()].expired = false;
            } else {
                self.spend_timeout();
            }
            x.clock = x.clock.max(pending.deadline().unwrap_or(0));
            return Outcome::TimedOut;
        }
        x.spurious_left = x.spurious_left.saturating_sub(1);
        if x.spurious_left == 0 {
            x.reconsider_others();
        }
        Outcome::Spurious
    }
}

impl Execution {
    /// Turns to fair scheduling at the step bound, and stops at twice that.
    #[inline]
    pub(crate) fn check_step_bound(&mut self) {
        if (self.log.len() as u32) >= self.config.step_bound {
            self.step_bound_passed();
        }
    }

    #[cold]
    fn step_bound_passed(&mut self) {
        let steps = self.log.len() as u32;
        self.fair = true;
        let fair = self.runtime != Runtime::Loom;
        if fair && steps < self.config.step_bound.saturating_mul(2) {
            return;
        }
        if self.status == Status::Running && self.incident(&Incident::StepBound { steps, fair }) == Reaction::Stop {
            self.status = Status::Stopping;
        }
    }
}
