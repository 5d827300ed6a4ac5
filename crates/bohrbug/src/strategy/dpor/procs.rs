//! Who is who: a task's number depends on the order in which tasks are made, so the search knows it by its parent and by
//! the how-manieth child it is.

use std::collections::BTreeMap;

use bohrbug_sync::control::View;
use bohrbug_trace::TaskId;

/// A task, the same in every execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Proc(pub(super) u32);

impl Proc {
    /// The task that runs the closure under test.
    pub(super) const MAIN: Self = Self(0);

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The tasks of the current execution, and all that ever were.
#[derive(Clone, Debug)]
pub(super) struct Procs {
    /// By parent and number among its children.
    known: BTreeMap<(Proc, u32), Proc>,
    /// By number of the task in this execution.
    tasks: Vec<Task>,
}

#[derive(Clone, Copy, Debug)]
struct Task {
    proc: Proc,
    parent: Proc,
    /// The step that made it.
    made_by: usize,
}

impl Procs {
    pub(super) fn new() -> Self {
        let main = Task { proc: Proc::MAIN, parent: Proc::MAIN, made_by: 0 };
        Self { known: BTreeMap::new(), tasks: vec![main] }
    }

    /// How many tasks there are now.
    pub(super) const fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Forgets all but the first.
    pub(super) fn truncate(&mut self, tasks: usize) {
        self.tasks.truncate(tasks);
    }

    /// Takes in the tasks that the step of that number has made.
    pub(super) fn meet(&mut self, view: View<'_>, step: usize) {
        for number in self.tasks.len()..view.task_count() {
            let parent = self.of(view.task(TaskId(number as u32)).1);
            let elder = self.tasks.iter().skip(1).filter(|task| task.parent == parent).count() as u32;
            let next = Proc(self.known.len() as u32 + 1);
            let proc = *self.known.entry((parent, elder)).or_insert(next);
            self.tasks.push(Task { proc, parent, made_by: step });
        }
    }

    pub(super) fn of(&self, task: TaskId) -> Proc {
        self.tasks[task.index()].proc
    }

    /// The task's number in this execution, if it is there yet.
    pub(super) fn task(&self, proc: Proc) -> Option<TaskId> {
        self.tasks.iter().position(|task| task.proc == proc).map(|place| TaskId(place as u32))
    }

    /// The step that made the task.
    pub(super) fn made_by(&self, task: TaskId) -> usize {
        self.tasks[task.index()].made_by
    }

    /// Every task there is now.
    pub(super) fn tasks(&self) -> impl Iterator<Item = (TaskId, Proc)> {
        self.tasks.iter().enumerate().map(|(place, task)| (TaskId(place as u32), task.proc))
    }
}
