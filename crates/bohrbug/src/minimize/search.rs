//! The fewest preemptions, and with so many the fewest steps: by running every schedule with no more preemptions.
//!
//! The search is `bounded`'s, so it comes to all schedules without a preemption first, then to those with one, and so on.
//! When it has been through a bound without meeting the failure, fewer preemptions are proved impossible: with no more
//! choices than are left, of this workload, in sequentially consistent memory. Where the effort ends before, fewer are only
//! not found.

use std::ops::ControlFlow;

use bohrbug_trace::{Fewest, Trace};

use super::State;
use crate::rerun::{Cost, attempt};
use crate::strategy::Bounded;

impl<F: FnMut(&Trace)> State<'_, F> {
    /// Keeps the smallest failure with the fewest preemptions; whether that is proved.
    pub(super) fn search(&mut self) -> Fewest {
        if self.runner.is_remote() {
            return Fewest::NotFound;
        }
        let bounded = Bounded::at_most(self.cost().preemptions);
        let rounds = bounded.rounds();
        let (fingerprint, time, watch) = (self.fingerprint, self.effort.time, self.watch);
        let (before, longest) = (self.runner.spent, self.runner.longest);
        let last = before + self.effort.events;
        let (mut spent, mut cut) = (before, false);
        let mut best = self.cost();
        let mut found = None;
        self.runner.search(bounded, |ended, log| {
            let view = ended.execution.view();
            // All with fewer preemptions than the best has are through: of the others none is better.
            if rounds.bound() > best.preemptions {
                return ControlFlow::Break(());
            }
            spent += view.events().len() as u64;
            cut |= ended.execution.was_cut();
            let cost = Cost::of(view.events(), log.preemptions());
            let is_whole = longest.is_none_or(|longest| cost.events <= longest);
            if is_whole && cost < best && ended.fails_with(fingerprint) {
                best = cost;
                found = Some(attempt(ended, log, cost));
            }
            let late = time.is_some_and(|time| watch.elapsed() >= time);
            if spent >= last || late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        // What the search has cost is its own.
        self.most += self.runner.spent - before;
        if let Some(found) = found {
            self.keep(found);
        }
        let fewer = self.cost().preemptions.checked_sub(1);
        let through = fewer.is_none_or(|fewer| rounds.completed().is_some_and(|completed| completed >= fewer));
        if through && !cut { Fewest::Proved } else { Fewest::NotFound }
    }
}
