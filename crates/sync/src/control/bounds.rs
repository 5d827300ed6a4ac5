//! What is bounded in an execution: choices, early timeouts, spurious wake-ups, its length; and its clock.

use std::panic::Location;

use bohrbug_events::Outcome;

use super::{Ctx, Incident, Inner, Pending, Reaction, Runtime, Status};

impl Ctx {
    /// Ends the process if a task that unwinds waits over and over in a foreign execution that is over: nobody will ever do
    /// what it waits for.
    pub(crate) fn give_up_if_endless(self, site: &'static Location<'static>) {
        if self.runtime() != Runtime::Native && self.with(|x| x.is_endless(1)) {
            eprintln!(
                "bohrbug-sync: a thread that unwinds from a panic waits for a condition variable in a loop at {site}, \
                 in an execution that is over, so nobody can end its wait, and the process ends here; wait only if \
                 !std::thread::panicking(), or with a timeout"
            );
            std::process::abort();
        }
    }

    /// A number below `alternatives`, decided by the driver.
    pub(crate) fn choose(self, alternatives: u32) -> u32 {
        self.with(|x| x.choose(alternatives))
    }

    /// As [`Ctx::choose`], for an operation that is no scheduling point: while the driver decides it is what the current
    /// task has announced, so that a decision can be known again by what it is about.
    pub(crate) fn choose_for(self, pending: Pending, alternatives: u32) -> u32 {
        self.with(|x| {
            let me = x.current().index();
            let before = std::mem::replace(&mut x.tasks[me].pending, pending);
            let chosen = x.choose(alternatives);
            x.tasks[me].pending = before;
            chosen
        })
    }

    /// Whether an equal comparison fails all the same this time; counts against the bound on such failures.
    pub(crate) fn weak_failure(self) -> bool {
        self.with(Inner::weak_failure)
    }

    /// How many timeouts may still fire early.
    pub(crate) fn timeout_budget(self) -> u32 {
        self.with(|x| x.timeouts_left)
    }

    /// One of them has.
    pub(crate) fn spend_timeout(self) {
        self.with(Inner::spend_timeout);
    }

    /// The clock.
    pub(crate) fn clock(self) -> u64 {
        self.with(|x| x.clock)
    }

    /// Lets the clock pass to `moment`.
    pub(crate) fn advance_clock(self, moment: u64) {
        self.with(|x| x.clock = moment.max(x.clock));
    }

    /// How a timed or idle wait of the current task came to its end, if by itself.
    pub(crate) fn wake_reason(self, pending: &Pending) -> Outcome {
        self.with(|x| x.wake_reason(pending))
    }
}

impl Inner {
    /// Whether a task that unwinds has asked for its turn so often since the execution is over that it will not end; this time
    /// counts as so many.
    pub(crate) const fn is_endless(&mut self, times: u32) -> bool {
        self.waits_while_unwinding += times;
        self.waits_while_unwinding > self.config.step_bound
    }

    /// As [`Ctx::weak_failure`].
    pub(super) fn weak_failure(&mut self) -> bool {
        let fails = self.weak_failures_left > 0 && self.choose(2) == 1;
        self.weak_failures_left -= u32::from(fails);
        fails
    }

    /// A number below `alternatives`, decided by the driver.
    pub(super) fn choose(&mut self, alternatives: u32) -> u32 {
        if alternatives < 2 {
            return 0;
        }
        self.ask(|driver, view| driver.choose(view, alternatives)).min(alternatives - 1)
    }

    fn spend_timeout(&mut self) {
        self.timeouts_left = self.timeouts_left.saturating_sub(1);
        if self.timeouts_left == 0 {
            self.reconsider_others();
        }
    }

    fn wake_reason(&mut self, pending: &Pending) -> Outcome {
        let me = self.current().index();
        let expired = self.tasks[me].expired;
        if let Some(deadline) = pending.deadline().filter(|_| self.timeouts_left > 0 || expired) {
            self.tasks[me].expired = false;
            if !expired {
                self.spend_timeout();
            }
            self.clock = self.clock.max(deadline);
            return Outcome::TimedOut;
        }
        self.spurious_left = self.spurious_left.saturating_sub(1);
        if self.spurious_left == 0 {
            self.reconsider_others();
        }
        Outcome::Spurious
    }

    /// Turns to fair scheduling at the step bound, and asks the driver at twice that, and whenever it has doubled, whether to stop.
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
        let fair = self.runtime() != Runtime::Loom;
        if fair && steps < self.next_look.max(self.config.step_bound.saturating_mul(2)) {
            return;
        }
        self.next_look = steps.saturating_mul(2);
        if self.status() == Status::Running && self.incident(&Incident::StepBound { steps, fair }) == Reaction::Stop {
            self.stop_now();
        }
    }
}
