//! Who is who: a task's number depends on the order in which tasks are made, so the search knows it by its parent and its
//! place among that parent's children.

use bohrbug_sorted::SortedMap;
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
    /// By parent and place among its children.
    known: SortedMap<(Proc, u32), Proc>,
    /// By number of the task in this execution.
    tasks: Vec<Task>,
    /// For each that ever was, its number in this execution.
    here: Vec<Option<TaskId>>,
}

#[derive(Clone, Copy, Debug)]
struct Task {
    proc: Proc,
    parent: TaskId,
    children: u32,
    /// The step that made it.
    made_by: usize,
}

impl Procs {
    pub(super) fn new() -> Self {
        let main = Task { proc: Proc::MAIN, parent: TaskId::MAIN, children: 0, made_by: 0 };
        Self { known: SortedMap::new(), tasks: vec![main], here: vec![Some(TaskId::MAIN)] }
    }

    /// How many tasks there are now.
    pub(super) const fn len(&self) -> usize {
        self.tasks.len()
    }

    /// How many there ever were but the main one.
    pub(super) fn known(&self) -> usize {
        self.known.len()
    }

    /// Forgets all but the first tasks.
    pub(super) fn truncate(&mut self, tasks: usize) {
        while self.tasks.len() > tasks
            && let Some(task) = self.tasks.pop()
        {
            self.here[task.proc.index()] = None;
            self.tasks[task.parent.index()].children -= 1;
        }
    }

    /// Takes in the tasks that the step of that number has made.
    pub(super) fn meet(&mut self, view: View<'_>, step: usize) {
        for number in self.tasks.len()..view.task_count() {
            let task = TaskId(number as u32);
            let parent = view.task(task).1;
            let elder = self.tasks[parent.index()].children;
            self.tasks[parent.index()].children += 1;
            let next = Proc(self.known.len() as u32 + 1);
            let proc = *self.known.entry((self.of(parent), elder)).or_insert(next);
            if self.here.len() <= proc.index() {
                self.here.resize(proc.index() + 1, None);
            }
            self.here[proc.index()] = Some(task);
            self.tasks.push(Task { proc, parent, children: 0, made_by: step });
        }
    }

    pub(super) fn of(&self, task: TaskId) -> Proc {
        self.tasks[task.index()].proc
    }

    /// The task's number in this execution, if it is there yet.
    pub(super) fn task(&self, proc: Proc) -> Option<TaskId> {
        self.here.get(proc.index()).copied().flatten()
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
