//! Following a trace: each step is the recorded one, checked by task, operation and object, never only by a number.
//!
//! Where the program no longer does what was recorded the first such step is remembered, and from there on the recorded
//! order of tasks is kept as far as it goes, so that the execution ends and can still be judged.
//!
//! On shuttle a thread ends in one step with its last operation, and elsewhere perhaps later. Nobody but who joins it or
//! asks whether it is finished can tell, so there the ends of threads are not compared.

use std::cell::RefCell;
use std::rc::Rc;

use bohrbug_sorted::{SortedMap, SortedSet};
use bohrbug_sync::control::{Event, Runtime, View};
use bohrbug_trace::{Difference, ObjectId, Operation, StepIdx, TaskId, TraceEvent, choice_in};

use super::{Descriptor, Strategy};
use crate::names::Names;
use crate::record::{self, recorded};

/// Follows the events of a trace.
#[derive(Debug)]
pub(crate) struct Follow {
    expected: std::sync::Arc<[TraceEvent]>,
    place: usize,
    names: Names,
    /// The tasks by the paths that the recording has for them: a spawn that was followed says which is which, so a path
    /// with a line in it still leads to its task after the line has moved.
    tasks: SortedMap<String, TaskId>,
    /// On shuttle, the tasks that have come to their end.
    ended: SortedSet<TaskId>,
    difference: Option<Difference>,
}

impl Follow {
    pub(crate) fn new(expected: impl Into<std::sync::Arc<[TraceEvent]>>) -> Self {
        Self {
            expected: expected.into(),
            place: 0,
            names: Names::default(),
            tasks: main_alone(),
            ended: SortedSet::new(),
            difference: None,
        }
    }

    /// The first step that was not the recorded one.
    pub(crate) fn difference(&self) -> Option<&Difference> {
        self.difference.as_ref()
    }

    /// How many recorded events have happened.
    pub(crate) const fn place(&self) -> usize {
        self.place
    }

    /// Whom the trace wants to act next, if that task can.
    pub(crate) fn wanted(&mut self, view: View<'_>) -> Option<TaskId> {
        self.names.name_tasks(view);
        if self.difference.is_some() {
            return self.next_recorded_task(view);
        }
        let expected = self.expected.get(self.place)?.clone();
        let task = self.find_task(&expected.task);
        let found = task.filter(|&task| view.is_ready(task));
        match found {
            Some(task) if self.announces(view, task, &expected) => Some(task),
            _ => {
                let found = task.filter(|&task| !view.finished(task)).map(|task| self.announced(view, task));
                self.part(expected, found);
                self.next_recorded_task(view)
            }
        }
    }

    /// The task that the recording calls so.
    fn find_task(&self, recorded: &str) -> Option<TaskId> {
        self.tasks.get(recorded).copied().or_else(|| self.names.find_task(recorded))
    }

    /// Learns which task a recorded spawn has made.
    fn learn_task(&mut self, view: View<'_>, expected: &TraceEvent, event: &Event) {
        let recorded = expected.object.as_deref().and_then(|label| label.strip_prefix("thread "));
        if let (Operation::Spawn, Some(path), Some(task)) = (event.operation, recorded, view.thread(event.object)) {
            self.tasks.insert(path.to_owned(), task);
        }
    }

    /// Whether the task has announced what was recorded.
    fn announces(&mut self, view: View<'_>, task: TaskId, expected: &TraceEvent) -> bool {
        let pending = view.pending(task);
        if pending.operation != expected.operation || pending.order != expected.order {
            return false;
        }
        // A spawn's object is the thread that it is going to make.
        if pending.operation == Operation::Spawn {
            return true;
        }
        self.is_called(view, pending.object, expected.object.as_deref())
    }

    fn is_called(&mut self, view: View<'_>, object: ObjectId, label: Option<&str>) -> bool {
        match (object.is_some(), label) {
            (false, None) => true,
            (true, Some(label)) => {
                let event = |object: &str| TraceEvent::new("main", Operation::Lock, "").on(object);
                let is_known = |names: &Names| names.objects().get(object.index()).is_some_and(|known| known == label);
                if !is_known(&self.names) {
                    self.names.extend(view);
                }
                if !is_known(&self.names) {
                    self.names.rename(view);
                }
                // An object may be given its name after its first use; the finished events are compared once more.
                let unnamed = view.origin(object).name.is_none();
                let named_later = unnamed && !label.starts_with(view.origin(object).kind.name());
                named_later || event(self.names.object(object)).is_same_step(&event(label))
            }
            _ => false,
        }
    }

    /// Passes over the recorded ends of threads that have ended before.
    fn pass_ends(&mut self) {
        while let Some(expected) = self.expected.get(self.place)
            && expected.operation == Operation::End
            && self.find_task(&expected.task).is_some_and(|task| self.ended.contains(&task))
        {
            self.place += 1;
        }
    }

    /// What the task has announced, as an event that has not happened.
    fn announced(&mut self, view: View<'_>, task: TaskId) -> TraceEvent {
        self.names.extend(view);
        record::announced(&self.names, view, task)
    }

    fn part(&mut self, expected: TraceEvent, found: Option<TraceEvent>) {
        let step = StepIdx(self.place as u32);
        self.difference.get_or_insert(Difference { step, expected: Some(expected), found });
    }

    /// After the paths have parted: the ready task whose recorded event comes first.
    fn next_recorded_task(&mut self, view: View<'_>) -> Option<TaskId> {
        let rest = &self.expected[self.place.min(self.expected.len())..];
        rest.iter().find_map(|event| {
            let task = self.find_task(&event.task)?;
            (view.is_ready(task) && view.pending(task).operation == event.operation).then_some(task)
        })
    }
}

/// What is known before the first spawn.
fn main_alone() -> SortedMap<String, TaskId> {
    SortedMap::from([("main".to_owned(), TaskId::MAIN)])
}

impl Strategy for Follow {
    fn begin(&mut self, execution: u64) -> bool {
        self.place = 0;
        self.names = Names::default();
        self.tasks = main_alone();
        self.ended.clear();
        self.difference = None;
        execution == 0
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        let wanted = self.wanted(view);
        // Beyond the recording a task goes on as long as it can.
        let current = Some(view.current()).filter(|_| view.current_is_ready());
        wanted.or(current).unwrap_or_else(|| view.ready().nth(0))
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        let expected = self.expected.get(self.place);
        let chosen = expected.and_then(|event| Some(choice_in(event.operation, event.chosen()?, view.asks_memory())));
        let value = chosen.unwrap_or(0);
        u32::try_from(value).unwrap_or(0).min(alternatives - 1)
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.names.name_tasks(view);
        if event.operation == Operation::End && view.runtime() == Runtime::Shuttle {
            self.ended.insert(event.task);
            self.pass_ends();
            return;
        }
        let Some(expected) = self.expected.get(self.place).cloned() else {
            if self.difference.is_none() {
                self.names.extend(view);
                let step = StepIdx(self.place as u32);
                self.difference =
                    Some(Difference { step, expected: None, found: Some(recorded(&self.names, view, event)) });
            }
            return;
        };
        let same = expected.operation == event.operation
            && self.find_task(&expected.task) == Some(event.task)
            && (event.operation != Operation::Spawn
                || self.difference.is_some()
                || self.is_called(view, event.object, expected.object.as_deref()));
        if self.difference.is_none() && !same {
            self.names.extend(view);
            let found = recorded(&self.names, view, event);
            self.part(expected, Some(found));
        } else if same {
            self.learn_task(view, &expected, event);
            self.place += 1;
            self.pass_ends();
        }
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::searching().watching()
    }
}

/// A trace that is followed, where a scheduler or a replay looks at how far it has come.
#[derive(Clone)]
pub(crate) struct SharedFollow(pub(crate) Rc<RefCell<Follow>>);

impl Strategy for SharedFollow {
    fn begin(&mut self, execution: u64) -> bool {
        self.0.borrow_mut().begin(execution)
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.0.borrow_mut().next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.0.borrow_mut().choose(view, alternatives)
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.0.borrow_mut().reported(view, event);
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::searching().watching()
    }
}
