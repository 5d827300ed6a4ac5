//! The tables of one execution: its tasks, its objects, the log of its events, and what bounds it.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::Location;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;

use bohrbug_events::{ObjectId, ObjectKind, StepIdx, TaskId};
use rustc_hash::FxHashMap;

use super::head::Head;
use super::memory::Memory;
use super::object::{Object, State};
use super::statics::Statics;
use super::table::Table;
use super::task::Task;
use super::task_set::TaskSet;
use super::{Blocked, Config, Driver, Event, Origin, Runtime, Status};
use crate::lazy;
use crate::live::{self, Lane};
use crate::local::Locals;

/// The tables of one execution; their memory serves many, one after the other.
pub(crate) struct Inner {
    pub(super) head: Rc<Head>,
    pub(super) config: Config,
    lane: Lane,
    /// Who decides and watches; set from the execution's begin to its end.
    pub(super) driver: Option<NonNull<dyn Driver>>,
    /// The driver of the executions that are begun without one.
    pub(super) owned: Option<Box<dyn Driver>>,
    pub(super) watched: bool,
    /// Whether the driver wants to know of accesses to cells, at least.
    pub(super) cells_watched: bool,
    /// Whether the driver knows which memory has been freed.
    pub(super) guards_memory: bool,
    /// Where the object was made that a thread from outside has tried to use.
    pub(super) intruder: Option<&'static Location<'static>>,
    /// Whether the driver is not asked where only one task can go on.
    pub(super) skips_forced_steps: bool,
    /// Whether anybody has to be told of each event: the driver, or loom's tasks.
    pub(super) told: bool,
    /// What the first panic said that ended a task and was no incident.
    pub(crate) passed: Option<String>,
    /// The panic of the driver that has ended the execution.
    pub(super) fault: Option<Box<dyn Any + Send>>,
    pub(super) tasks: Table<Task>,
    pub(super) unfinished: u32,
    /// The tasks whose announced operation can happen now; kept on native only.
    pub(super) ready: TaskSet,
    pub(super) objects: Table<Object>,
    /// Of which kinds, as bits.
    pub(super) kinds: u32,
    /// Objects that have no room for a slot, by address: atomics and cells.
    pub(super) addresses: FxHashMap<(usize, ObjectKind), ObjectId>,
    /// The same, by their numbers.
    pub(super) located: Vec<(ObjectId, usize)>,
    /// What was used last at each address, locks and others alike; kept only while memory is guarded.
    pub(super) places: BTreeMap<usize, ObjectId>,
    /// The objects whose memory was freed, each with how many events there had been.
    pub(super) frees: Vec<(u32, ObjectId)>,
    /// Fault points by name, and choices by file, line and column.
    pub(super) choices: FxHashMap<(&'static str, u32, u32), ObjectId>,
    /// What each atomic holds, by its number, if the driver wants to know.
    pub(super) words: Vec<Option<u64>>,
    pub(super) log: Vec<Event>,
    /// The steps that read an atomic, and not what was written to it last, each with how many writes came after that.
    pub(super) ages: Vec<(StepIdx, u32)>,
    /// Weak memory, where it is.
    pub(super) memory: Option<Box<Memory>>,
    /// Whether what the driver is asked to choose is a store.
    pub(super) asks_memory: bool,
    /// Whether an event has changed two futexes at once.
    pub(super) has_requeued: bool,
    /// The tasks that were moved from one futex to another, each with the step that did so.
    pub(super) moves: Vec<(StepIdx, TaskId)>,
    /// The steps at which another store was chosen than the latest, each with how many later ones could have been.
    pub(super) older: Vec<(StepIdx, u32)>,
    /// The execution's own clock in nanoseconds; it passes only by choice.
    pub(super) clock: u64,
    /// How often tasks have yielded one after the other while nobody else could go on.
    pub(super) idle_yields: u32,
    pub(super) timeouts_left: u32,
    pub(super) spurious_left: u32,
    pub(super) weak_failures_left: u32,
    pub(super) fair: bool,
    /// From how many events on the driver is asked again whether an execution beyond its step bound is to be stopped.
    pub(super) next_look: u32,
    /// The tasks that waited for good when main had ended and nobody could go on.
    pub(super) left_waiting: Vec<Blocked>,
    /// How often tasks that unwind have asked for a turn since the execution is over.
    pub(super) waits_while_unwinding: u32,
    /// Where the program under test was handed over: the place of the main task's first and last step.
    pub(super) site: &'static Location<'static>,
    pub(super) lazies: lazy::Values,
    pub(super) statics: Statics,
}

impl Inner {
    pub(super) fn new(head: Rc<Head>, config: Config, site: &'static Location<'static>) -> Self {
        Self {
            memory: head.is_weak().then(Box::default),
            asks_memory: false,
            has_requeued: false,
            moves: Vec::new(),
            older: Vec::new(),
            head,
            config,
            lane: Lane::take(),
            driver: None,
            owned: None,
            watched: true,
            cells_watched: true,
            guards_memory: false,
            intruder: None,
            skips_forced_steps: false,
            told: true,
            passed: None,
            fault: None,
            tasks: Table::new(),
            unfinished: 0,
            ready: TaskSet::new(),
            objects: Table::new(),
            kinds: 0,
            addresses: FxHashMap::default(),
            located: Vec::new(),
            places: BTreeMap::new(),
            frees: Vec::new(),
            choices: FxHashMap::default(),
            words: Vec::new(),
            log: Vec::with_capacity(1024),
            ages: Vec::new(),
            clock: 0,
            idle_yields: 0,
            timeouts_left: 0,
            spurious_left: 0,
            weak_failures_left: 0,
            fair: false,
            next_look: 0,
            left_waiting: Vec::new(),
            waits_while_unwinding: 0,
            site,
            lazies: lazy::Values::default(),
            statics: Statics::default(),
        }
    }

    /// An execution begins, under a driver that lives until its end.
    pub(super) fn begin(&mut self, driver: NonNull<dyn Driver>) {
        self.driver = Some(driver);
        // SAFETY: the caller's promise.
        let asked = unsafe { driver.as_ref() };
        self.watched = asked.watches();
        self.cells_watched = asked.watches_cells();
        self.guards_memory = asked.watches_memory();
        self.intruder = None;
        self.skips_forced_steps = !self.watched && !asked.wants_forced_steps();
        self.told = self.watched || self.runtime() == Runtime::Loom;
        self.passed = None;
        self.head.begin(self.lane.begin(), asked.wants_words(), self.guards_memory);
        self.timeouts_left = self.config.timeouts;
        self.spurious_left = self.config.spurious;
        self.weak_failures_left = self.config.weak_failures;
        self.clock = 0;
        self.idle_yields = 0;
        self.fair = false;
        self.next_look = 0;
        self.left_waiting.clear();
        self.waits_while_unwinding = 0;
        self.unfinished = 0;
        self.ready.clear();
        self.tasks.clear();
        self.objects.clear();
        self.kinds = 0;
        self.addresses.clear();
        self.located.clear();
        if !self.places.is_empty() {
            self.places.clear();
        }
        self.frees.clear();
        self.choices.clear();
        self.words.clear();
        self.log.clear();
        self.ages.clear();
        self.has_requeued = false;
        self.moves.clear();
        self.older.clear();
        self.asks_memory = false;
        if let Some(memory) = &mut self.memory {
            memory.clear();
        }
        self.add_task(None, TaskId::MAIN, self.site);
    }

    /// The execution has ended; what the code under test has left behind in it is for the caller to drop.
    pub(super) fn end(&mut self) -> Vec<Locals> {
        self.lane.end();
        self.intruder = live::take_intruder(self.head.epoch());
        self.driver = None;
        self.head.set_status(Status::Idle);
        if self.runtime() != Runtime::Native {
            for object in &mut *self.objects {
                object.twin.retire();
            }
        }
        let mut left = Vec::new();
        for task in &mut *self.tasks {
            if let Some(locals) = task.locals.take() {
                left.push(locals);
            }
        }
        left
    }

    #[inline(always)]
    pub(super) fn runtime(&self) -> Runtime {
        self.head.runtime()
    }

    #[inline(always)]
    pub(crate) fn current(&self) -> TaskId {
        self.head.current()
    }

    #[inline(always)]
    pub(crate) fn status(&self) -> Status {
        self.head.status()
    }

    /// Whether the step bound was passed, so that the rest was scheduled fairly and not by the strategy.
    pub(crate) const fn was_cut(&self) -> bool {
        self.fair
    }

    /// Whether it is running, and within its step bound.
    #[inline]
    pub(crate) fn is_ordinary(&self) -> bool {
        self.status() == Status::Running && (self.log.len() as u32) < self.config.step_bound
    }

    /// Whether the driver is not asked where only one task can go on.
    #[inline]
    pub(crate) const fn skips_forced_steps(&self) -> bool {
        self.skips_forced_steps
    }

    /// The number of the next event.
    pub(crate) fn next_step(&self) -> u32 {
        self.log.len() as u32
    }

    pub(crate) const fn all_finished(&self) -> bool {
        self.unfinished == 0
    }

    pub(crate) fn youngest_unfinished(&self) -> Option<TaskId> {
        let unfinished = || self.tasks.iter().rposition(|task| !task.finished);
        if self.all_finished() { None } else { Some(TaskId(unfinished()? as u32)) }
    }

    pub(crate) fn stop_now(&self) {
        self.head.set_status(Status::Stopping);
    }

    #[inline(always)]
    pub(crate) fn add_object(&mut self, origin: Origin, renew_state: impl FnOnce(&mut State)) -> ObjectId {
        let object = ObjectId(self.objects.len() as u32);
        let runtime = self.runtime();
        self.kinds |= bit(origin.kind);
        self.objects.add().renew(runtime, origin, renew_state);
        object
    }

    pub(super) fn add_task(
        &mut self,
        name: Option<Arc<str>>,
        parent: TaskId,
        site: &'static Location<'static>,
    ) -> TaskId {
        let origin = Origin { kind: ObjectKind::Thread, site, name: None, carried: false, holds_pointer: false };
        let task = TaskId(self.tasks.len() as u32);
        let object = self.add_object(origin, |state| state.become_thread(task));
        self.tasks.add().renew(name, parent, object, site);
        self.unfinished += 1;
        self.ready.insert(task);
        task
    }

    #[cold]
    pub(super) fn keep_word(&mut self, atomic: ObjectId, word: u64) {
        if self.words.len() <= atomic.index() {
            self.words.resize(atomic.index() + 1, None);
        }
        self.words[atomic.index()] = Some(word);
    }

    /// The state of an object.
    #[inline(always)]
    pub(crate) fn state(&mut self, object: ObjectId) -> &mut State {
        &mut self.objects[object.index()].state
    }

    pub(super) fn thread_of(&self, object: ObjectId) -> Option<TaskId> {
        match &self.objects.get(object.index())?.state {
            State::Thread(thread) => Some(thread.task()),
            _ => None,
        }
    }
}

/// The bit of a kind, of which there are fewer than there are bits.
pub(super) const fn bit(kind: ObjectKind) -> u32 {
    const { assert!(ObjectKind::ALL.len() <= u32::BITS as usize) };
    1 << kind as u32
}
