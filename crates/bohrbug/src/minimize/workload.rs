//! A smaller workload that fails in the same way.
//!
//! What a smaller workload is only its scenario knows, so the caller names them. Each is explored anew, since a schedule of
//! the large one means nothing in the small one.

use std::ops::ControlFlow;

use bohrbug_trace::Trace;
use serde_json::Value;

use super::State;
use crate::rerun::{Cost, attempt};
use crate::runtime::Program;
use crate::strategy::Random;

/// A smaller workload.
#[derive(Clone, Debug)]
pub struct Smaller {
    /// What the trace's header says of it; `None` where nothing is said of the usual one.
    pub workload: Option<Value>,
    /// The scenario with it.
    pub program: Program,
}

/// The part of the effort that goes into each smaller workload.
const SHARE: u64 = 4;

impl<'a, F: FnMut(&Trace)> State<'a, F> {
    /// Goes over to the first of the smaller workloads that fails in the same way.
    pub(super) fn shrink_workload(&mut self, smaller: &'a [Smaller]) {
        // There it takes too many executions.
        let smaller = if self.runner.is_remote() { &[] } else { smaller };
        for one in smaller {
            let large = std::mem::replace(&mut self.runner.program, &one.program);
            if self.fails_at_random() {
                self.workload.clone_from(&one.workload);
                return;
            }
            self.runner.program = large;
        }
    }

    fn fails_at_random(&mut self) -> bool {
        let (fingerprint, time, watch) = (self.fingerprint, self.effort.time, self.watch);
        let mut left = self.effort.events / SHARE;
        let mut found = None;
        self.runner.search(Random::new(self.header.header.seed), |ended, log| {
            let view = ended.execution.view();
            left = left.saturating_sub(view.events().len() as u64);
            if ended.fails_with(fingerprint) {
                let cost = Cost::of(view.events(), log.preemptions());
                found = Some(attempt(ended, log, cost));
            }
            let over = found.is_some() || left == 0 || time.is_some_and(|time| watch.elapsed() >= time);
            if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let Some(found) = found else { return false };
        // Another workload's: it cannot be compared with the one before.
        self.best = found;
        true
    }
}
