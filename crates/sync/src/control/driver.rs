//! The driver: what decides and watches one execution.

use std::fmt;
use std::ops::Range;
use std::panic::Location;

use bohrbug_events::{ObjectId, ObjectKind, Operation, StepIdx, TaskId};
use bohrbug_memory::{LocationIdx, StoreIdx};

use super::{Config, Event, Inner, MemoryAccess, Origin, Pending, RawAccess, Runtime, State, Status, TaskSet};

/// Decides and watches. One value may drive many executions, one after the other.
///
/// It is called in the running task's own context, so it must not use the primitives of this crate.
pub trait Driver {
    /// Who performs its announced operation next, out of [`View::ready`]; `None` abandons the execution.
    ///
    /// Only the native runtime asks.
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId>;

    /// A number below `alternatives` (at least 2): what a choice or a fault point comes to.
    ///
    /// What it is about is what the current task has [announced](View::pending).
    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32;

    /// Whether [`Driver::next_task`] wants to be asked where only one task can go on, too. Asked when an execution begins,
    /// and of no consequence while the driver is told of every event; after an incident it is asked at every step.
    fn wants_forced_steps(&self) -> bool {
        true
    }

    /// Whether [`Driver::reported`] wants to be called; asked when an execution begins.
    fn watches(&self) -> bool {
        true
    }

    /// Whether [`Driver::reported`] wants to be called for accesses to cells, even if not for other events; asked when an
    /// execution begins.
    fn watches_cells(&self) -> bool {
        self.watches()
    }

    /// Whether [`View::word`] is to know what atomics hold; asked when an execution begins.
    fn wants_words(&self) -> bool {
        false
    }

    /// Whether [`Driver::is_freed`] can say anything; asked when an execution begins.
    fn watches_memory(&self) -> bool {
        false
    }

    /// Whether the memory at that address has been freed in this execution. An object of this crate that is used there ends
    /// the execution with an [`Incident::UseAfterFree`].
    fn is_freed(&mut self, view: View<'_>, address: usize) -> bool {
        let _ = (view, address);
        false
    }

    /// The current task drops a cell that was used before; told if accesses to cells are.
    fn dropped(&mut self, view: View<'_>, cell: ObjectId) {
        let _ = (view, cell);
    }

    /// A task has used memory in a way that is no event; see [`accessed`](super::accessed).
    fn accessed(&mut self, view: View<'_>, access: &RawAccess) {
        let _ = (view, access);
    }

    /// Whether what was reported ends the execution; asked after [`Driver::reported`] where [`Driver::next_task`] cannot say
    /// so: on a foreign runtime, and where it is not asked at every step.
    fn is_over(&self) -> bool {
        false
    }

    /// An event has happened.
    fn reported(&mut self, view: View<'_>, event: &Event);

    /// Something went wrong, or may have.
    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Reaction;
}

/// What an incident leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// The execution ends here: its tasks unwind.
    Stop,
    /// It goes on as the program would by itself.
    GoOn,
}

/// Something that a monitor may call a failure.
#[derive(Clone, Debug)]
pub enum Incident {
    /// A task's closure panicked and nothing caught it.
    Panic {
        /// Who.
        task: TaskId,
        /// The panic's message.
        message: String,
        /// Where it panicked.
        site: Option<String>,
    },
    /// Nothing can run any more, or some tasks wait for each other in a cycle.
    Deadlock {
        /// The tasks that wait, each with what it waits for; a cycle first, in its order.
        blocked: Vec<Blocked>,
        /// How many of the first of them form a cycle; 0 when there is none.
        cycle: usize,
    },
    /// The execution reached twice its step bound, the second half of it scheduled fairly; or, where that did not stop it, four
    /// times, and so on.
    StepBound {
        /// The events so far.
        steps: u32,
        /// Whether the second half was scheduled fairly, so that starvation is not the reason.
        fair: bool,
    },
    /// The current task uses an object that is in freed memory; what it wants of it does not happen.
    UseAfterFree {
        /// What kind of object.
        kind: ObjectKind,
        /// Which, if it was used before it was freed.
        object: Option<ObjectId>,
        /// Where in memory.
        address: usize,
    },
    /// The runtime, or the code under test, did what the runtime cannot follow.
    Runtime {
        /// Its words.
        message: String,
    },
}

/// A task that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Who waits.
    pub task: TaskId,
    /// For which object.
    pub object: ObjectId,
    /// Who would have to act first, where that is known: the lock's holders, the joined thread.
    pub holders: Vec<TaskId>,
}

/// What a driver sees of the execution it drives.
#[derive(Clone, Copy)]
pub struct View<'a>(pub(super) &'a Inner);

impl<'a> View<'a> {
    /// The tasks whose announced operation can happen now.
    ///
    /// Only the native runtime keeps it; on a foreign one ask [`View::is_ready`].
    pub fn ready(self) -> &'a TaskSet {
        &self.0.ready
    }

    /// The task that ran last.
    pub fn current(self) -> TaskId {
        self.0.current()
    }

    /// Whether the task's announced operation can happen now.
    pub fn is_ready(self, task: TaskId) -> bool {
        self.0.is_ready(task)
    }

    /// Whether the task that ran last can go on.
    pub fn current_is_ready(self) -> bool {
        self.0.is_ready(self.0.current())
    }

    /// How many events have been reported.
    pub fn steps(self) -> StepIdx {
        StepIdx(self.0.log.len() as u32)
    }

    /// Every event so far.
    pub fn events(self) -> &'a [Event] {
        &self.0.log
    }

    /// Where the execution runs.
    pub fn runtime(self) -> Runtime {
        self.0.runtime()
    }

    /// Whether loads may read older stores than the latest.
    pub fn is_weak(self) -> bool {
        self.0.runtime() == Runtime::Loom || self.0.memory.is_some()
    }

    /// Whether what [`Driver::choose`] is asked for is a store: which one is read, or which one the new one goes behind in
    /// modification order. 0 is the latest.
    pub fn asks_memory(self) -> bool {
        self.0.asks_memory
    }

    /// The stores that can be chosen then, by the order in which they were made, of that atomic, which the current task
    /// accesses. `None` where memory is not weak.
    pub fn offered(self, atomic: ObjectId) -> Option<(LocationIdx, &'a [StoreIdx])> {
        self.0.memory.as_ref()?.offered(atomic)
    }

    /// What the accesses to atomics so far were, in their order. Only where memory [is weak](View::is_weak) on native, and if
    /// the driver [wants to know](Driver::wants_words) words.
    pub fn accesses(self) -> &'a [MemoryAccess] {
        self.0.memory.as_ref().map_or(&[], |memory| memory.accesses())
    }

    /// What was answered to that at that step: how many later stores could have been chosen.
    pub fn older(self, step: StepIdx) -> u32 {
        let found = self.0.older.binary_search_by_key(&step, |(step, _)| *step);
        found.map_or(0, |place| self.0.older[place].1)
    }

    /// For a step that reads an atomic: how many writes to it came after the one that was read, in the order of events. Only
    /// where memory [is weak](View::is_weak) there are such steps.
    pub fn age(self, step: StepIdx) -> usize {
        let found = self.0.ages.binary_search_by_key(&step, |(step, _)| *step);
        found.map_or(0, |place| self.0.ages[place].1 as usize)
    }

    /// Where the atomics and futexes lie that were used and are still there, in no order.
    #[expect(clippy::disallowed_methods, reason = "whoever asks is told that there is no order")]
    pub fn atomics(self) -> impl Iterator<Item = usize> {
        self.0.addresses.keys().map(|&(address, _)| address)
    }

    /// What an atomic holds, as a number that is of use within this execution alone: it may be an address. `None` for what
    /// is no atomic, and unless the driver [wants to know](Driver::wants_words).
    pub fn word(self, object: ObjectId) -> Option<u64> {
        self.0.words.get(object.index()).copied().flatten().filter(|_| object.is_some())
    }

    /// Whether the driver [wants to know](Driver::wants_words) what atomics hold.
    pub fn keeps_words(self) -> bool {
        self.0.head.keeps_words()
    }

    /// How many messages a channel holds at the most; `None` for one without a bound, and for what is no channel.
    pub fn capacity(self, object: ObjectId) -> Option<usize> {
        match &self.0.objects[object.index()].state {
            State::Channel(channel) => channel.capacity(),
            _ => None,
        }
    }

    /// How many tasks meet at a barrier; `None` for what is no barrier.
    pub fn parties(self, object: ObjectId) -> Option<usize> {
        match &self.0.objects[object.index()].state {
            State::Barrier(barrier) => Some(barrier.parties()),
            _ => None,
        }
    }

    /// How many tasks there have been.
    pub fn task_count(self) -> usize {
        self.0.tasks.len()
    }

    /// What the task has announced; of no meaning for one that has finished.
    pub fn pending(self, task: TaskId) -> &'a Pending {
        &self.0.tasks[task.index()].pending
    }

    /// Whether the task has ended.
    pub fn finished(self, task: TaskId) -> bool {
        self.0.tasks[task.index()].finished
    }

    /// The name, the parent and the place of the spawn of a task.
    pub fn task(self, task: TaskId) -> (Option<&'a str>, TaskId, &'static Location<'static>) {
        let task = &self.0.tasks[task.index()];
        (task.name.as_deref(), task.parent, task.site)
    }

    /// The task as an object: what others join, park and unpark.
    pub fn task_object(self, task: TaskId) -> ObjectId {
        self.0.tasks[task.index()].object
    }

    /// How many objects there have been.
    pub fn object_count(self) -> usize {
        self.0.objects.len()
    }

    /// Whether one of them is of that kind.
    pub const fn has(self, kind: ObjectKind) -> bool {
        self.0.kinds & super::inner::bit(kind) != 0
    }

    /// Whether the step bound was passed, so that nobody's decisions follow.
    pub fn is_cut(self) -> bool {
        self.0.was_cut()
    }

    /// Whether the next decision is not the foreign scheduler's: the current task [stays](View::take_stay), or the
    /// execution was cut or is stopping, and everybody has their turn.
    #[inline]
    pub fn steers(self) -> bool {
        self.0.head.stay().get() || self.0.fair || self.0.status() == Status::Stopping
    }

    /// Whether a foreign scheduler has to go on with the current task at this decision: the step is part of the one
    /// before, and the foreign primitive has a scheduling point in the middle of it. Asking uses it up.
    pub fn take_stay(self) -> bool {
        self.0.head.stay().take()
    }

    /// The tasks that waited for good when main had ended and nobody could go on: the program's end does not wait for them.
    pub fn left_waiting(self) -> &'a [Blocked] {
        &self.0.left_waiting
    }

    /// The objects whose memory was freed by the tasks whose last event is one of those, by their places in the execution.
    pub fn freed_after(self, events: Range<usize>) -> impl Iterator<Item = ObjectId> {
        let (begin, end) = (events.start as u32, events.end as u32);
        let first = self.0.frees.partition_point(|(steps, _)| *steps <= begin);
        self.0.frees[first..].iter().take_while(move |(steps, _)| *steps <= end).map(|(_, object)| *object)
    }

    /// An object of the execution that a thread which is none of its tasks has tried to use: its kind and where it was made.
    pub fn intruder(self) -> Option<&'static Location<'static>> {
        self.0.intruder
    }

    /// The bounds and choices of the execution.
    pub fn config(self) -> &'a Config {
        &self.0.config
    }

    /// What an object knows of itself.
    pub fn origin(self, object: ObjectId) -> &'a Origin {
        &self.0.objects[object.index()].origin
    }

    /// Where an atomic or a cell lies in memory, which is of use within this execution alone; `None` for any other object.
    pub fn address(self, object: ObjectId) -> Option<usize> {
        let located = &self.0.located;
        located.binary_search_by_key(&object, |(object, _)| *object).ok().map(|place| located[place].1)
    }

    /// What the event says, if it is a remark of the code under test.
    pub fn note(self, event: &Event) -> Option<&'a str> {
        let place = event.value().filter(|_| event.operation == Operation::Note)?;
        self.0.tasks[event.task.index()].notes.get(usize::try_from(place).ok()?)
    }

    /// For an object that is a thread, the task it is.
    pub fn thread(self, object: ObjectId) -> Option<TaskId> {
        self.0.thread_of(object)
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("steps", &self.steps()).field("ready", &self.ready()).finish_non_exhaustive()
    }
}
