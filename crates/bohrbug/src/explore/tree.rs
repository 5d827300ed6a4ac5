//! A search in several OS threads, with the same result as in one.
//!
//! Threads take parts of the tree from each other (`pool`), and the first one counts: each execution of the part of the search that it
//! explores itself, in the order in which one thread would come to it, and what others have explored when it comes there. A
//! part in which anything failed, or with which the budget ends, it explores once more itself: so the first failure and all
//! figures are the same however many threads there are. What was run beyond the end is dropped.
//!
//! What is run elsewhere is the last that one thread would come to: where the budget ends long before the search does, several threads
//! gain nothing.

mod branches;
mod pool;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use self::branches::{Branches, Desk};
use self::pool::Pool;
use super::Exploration;
use super::jobs::{Split, in_threads};
use super::observer::Observer;
use super::statics;
use super::tally::Recorder;
use super::worker::shares;
use crate::budget::Stopwatch;
use crate::runtime::{NativeRun, Program};
use crate::session::Session;

/// Explores in as many threads as are asked for; `None` if executions share something.
pub(super) fn explore(exploration: &Exploration, program: &Program, observer: &mut Observer) -> Option<Split> {
    let (pool, watch) = (Arc::new(Pool::default()), observer.watch());
    let one = || Thread { exploration, program, pool: pool.clone(), watch };
    let help = || {
        let helper = one();
        move || helper.help()
    };
    let split = in_threads(exploration.jobs, help, || one().lead(observer));
    (!pool.is_void()).then_some(split)
}

/// One of the threads.
struct Thread<'a> {
    exploration: &'a Exploration,
    program: &'a Program,
    pool: Arc<Pool>,
    /// Since when the exploration has taken time.
    watch: Stopwatch,
}

impl Thread<'_> {
    /// Explores parts of the search until it is over.
    fn help(self) {
        let mut nothing = Recorder::new(self.exploration);
        self.work(&Desk::new(self.exploration.budget), None, &mut nothing);
    }

    /// Explores the search, and counts.
    fn lead(self, observer: &mut Observer) -> Split {
        let mut recorder = Recorder::new(self.exploration);
        let is_complete = self.work(&Desk::new(self.exploration.budget), Some(observer), &mut recorder);
        Split { is_complete, first: recorder.take_first() }
    }

    /// Whether the search has come to its end.
    fn work(&self, desk: &Rc<RefCell<Desk>>, mut observer: Option<&mut Observer>, counted: &mut Recorder) -> bool {
        let _end = End(&self.pool);
        let Exploration { config, on, off, .. } = self.exploration;
        let strategy = Branches::new(self.pool.clone(), desk.clone(), observer.is_some());
        let session = Session::new(Box::new(strategy), self.program, on, off);
        let mut run = NativeRun::new(session, config, self.program);
        let (mut recorded, mut recorder) = (None, Recorder::new(self.exploration));
        for number in 0.. {
            let Some(ended) = run.one(number) else { break };
            let view = ended.execution.view();
            if shares(view) || statics::are_used(view) {
                self.pool.make_void();
                return false;
            }
            let part = desk.borrow().part;
            // A doubt is raised once in a thread, and one thread would have come to it at another place.
            if part.is_some() && !ended.doubts.is_empty() {
                self.pool.make_void();
                return false;
            }
            if let (None, Some(observer)) = (part, &mut observer) {
                desk.borrow_mut().adopted.drain(..).for_each(|summary| observer.see_all(summary));
                let record = counted.record(observer.executions(), ended);
                if observer.see(record).is_break() {
                    return false;
                }
                let mut desk = desk.borrow_mut();
                (desk.executions, desk.events) = (observer.executions(), observer.events());
                continue;
            }
            // What one thread has seen before says nothing of what one would have seen alone.
            if recorded != part {
                (recorded, recorder) = (part, Recorder::new(self.exploration));
            }
            desk.borrow_mut().record = Some(recorder.record(number + 1, ended));
            if self.exploration.budget.is_out_of_time(self.watch) {
                return false;
            }
        }
        if let Some(observer) = observer {
            desk.borrow_mut().adopted.drain(..).for_each(|summary| observer.see_all(summary));
        }
        !self.pool.is_over()
    }
}

/// Ends the others when one thread has seen the end, or has panicked by a bug of ours.
struct End<'a>(&'a Pool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
