//! What a strategy decides, written down.

use std::cell::RefCell;
use std::rc::Rc;

use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::{Event, View};
use bohrbug_trace::{StepIdx, TaskId};

use super::schedule::Schedule;
use crate::names::Names;
use crate::strategy::{Descriptor, Preemptions, Standing, Strategy};

/// The decisions of one execution.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    chosen: Vec<TaskId>,
    decided: Vec<StepIdx>,
    values: SortedMap<TaskId, Vec<u32>>,
    preemptions: Preemptions,
}

impl Log {
    /// How often the scheduler overruled a task.
    pub(crate) const fn preemptions(&self) -> u32 {
        self.preemptions.count()
    }

    /// How many events there were at each decision of who acts next.
    pub(crate) fn decided(&self) -> &[StepIdx] {
        &self.decided
    }

    /// The schedule that makes the same decisions.
    pub(crate) fn schedule(&self, view: View<'_>) -> Schedule {
        let names = Names::of(view);
        let values = self.values.iter().map(|(task, values)| (names.task(*task).to_owned(), values.clone()));
        Schedule::new(self.chosen.iter().map(|task| names.task(*task)), values.collect())
    }
}

/// A strategy, and beside it what it decides.
pub(crate) struct Logged<S> {
    inner: S,
    log: Rc<RefCell<Log>>,
}

impl<S> Logged<S> {
    pub(crate) const fn new(inner: S, log: Rc<RefCell<Log>>) -> Self {
        Self { inner, log }
    }
}

impl<S: Strategy> Strategy for Logged<S> {
    fn begin(&mut self, execution: u64) -> bool {
        let mut log = self.log.borrow_mut();
        log.chosen.clear();
        log.decided.clear();
        log.values.clear();
        log.preemptions = Preemptions::new();
        drop(log);
        self.inner.begin(execution)
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        let task = self.inner.next_task(view);
        let mut log = self.log.borrow_mut();
        log.preemptions.decided(view, task);
        log.chosen.push(task);
        log.decided.push(view.steps());
        task
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        let value = self.inner.choose(view, alternatives);
        self.log.borrow_mut().values.entry(view.current()).or_default().push(value);
        value
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.inner.reported(view, event);
    }

    fn end(&mut self, view: View<'_>) {
        self.inner.end(view);
    }

    fn descriptor(&self) -> Descriptor {
        self.inner.descriptor()
    }

    fn standing(&self) -> Standing {
        self.inner.standing()
    }
}
