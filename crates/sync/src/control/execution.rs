//! One execution: the tables of its tasks and objects, and the log of its events.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{Location, resume_unwind};
use std::ptr::NonNull;

use bohrbug_trace::{ObjectId, ObjectKind, StepIdx, TaskId};
use rustc_hash::FxHashMap;

use super::object::{Object, State};
use super::statics::Statics;
use super::table::Table;
use super::task::Task;
use super::task_set::TaskSet;
use super::{Config, Ctx, Driver, Event, Origin, Runtime, View};
use crate::live::Lane;
use crate::native::kernel::Kernel;
use crate::{ambient, lazy, native};

/// Whether tasks still run the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// No execution, or one whose tasks all ended.
    Idle,
    /// They do.
    Running,
    /// The execution is over before its end: every task unwinds at its next operation.
    Stopping,
}

/// The state of one execution; its memory serves many, one after the other.
pub struct Execution {
    pub(super) runtime: Runtime,
    pub(super) config: Config,
    pub(super) status: Status,
    pub(super) epoch: u64,
    lane: Lane,
    /// Who decides and watches; set from the execution's begin to its end.
    pub(super) driver: Option<NonNull<dyn Driver>>,
    /// The driver of the executions that are begun without one.
    owned: Option<Box<dyn Driver>>,
    pub(super) watched: bool,
    /// Whether the driver wants to know of accesses to cells, at least.
    pub(super) cells_watched: bool,
    /// Whether the driver is not asked where only one task can go on.
    pub(super) skips_forced_steps: bool,
    /// Whether anybody has to be told of each event: the driver, or loom's tasks.
    pub(super) told: bool,
    /// Whether the driver is being asked, or told: a panic that comes meanwhile is its own.
    pub(super) asking: bool,
    /// The panic of the driver that has ended the execution.
    pub(super) fault: Option<Box<dyn Any + Send>>,
    pub(super) current: TaskId,
    pub(super) tasks: Table<Task>,
    pub(super) unfinished: u32,
    /// The tasks whose announced operation can happen now; kept on native only.
    pub(super) ready: TaskSet,
    pub(super) objects: Table<Object>,
    /// Objects that have no room for a slot, by address: atomics and cells.
    pub(super) addresses: FxHashMap<(usize, ObjectKind), ObjectId>,
    /// Fault points by name, and choices by file, line and column.
    pub(super) choices: FxHashMap<(&'static str, u32, u32), ObjectId>,
    pub(super) log: Vec<Event>,
    /// The steps that read an atomic, and not what was written to it last, each with how many writes came after that.
    pub(super) ages: Vec<(StepIdx, u32)>,
    /// The execution's own clock in nanoseconds; it passes only by choice.
    pub(super) clock: u64,
    pub(super) timeouts_left: u32,
    pub(super) spurious_left: u32,
    pub(super) weak_failures_left: u32,
    pub(super) fair: bool,
    /// How often tasks that unwind were asked to wait, which they cannot.
    pub(super) waits_while_unwinding: u32,
    /// Where the program under test was handed over: the place of the main task's first and last step.
    site: &'static Location<'static>,
    /// Whether a foreign scheduler has to go on with the current task at its next decision.
    stay: Cell<bool>,
    pub(crate) kernel: Kernel,
    pub(crate) lazies: lazy::Values,
    pub(super) statics: Statics,
}

impl Execution {
    /// Room for executions on one runtime.
    #[track_caller]
    pub fn new(runtime: Runtime, config: Config) -> Box<Self> {
        Box::new(Self {
            runtime,
            kernel: Kernel::new(config.stack_size),
            config,
            status: Status::Idle,
            epoch: 0,
            lane: Lane::take(),
            driver: None,
            owned: None,
            watched: true,
            cells_watched: true,
            skips_forced_steps: false,
            told: true,
            asking: false,
            fault: None,
            current: TaskId::MAIN,
            tasks: Table::new(),
            unfinished: 0,
            ready: TaskSet::new(),
            objects: Table::new(),
            addresses: FxHashMap::default(),
            choices: FxHashMap::default(),
            log: Vec::with_capacity(1024),
            ages: Vec::new(),
            clock: 0,
            timeouts_left: 0,
            spurious_left: 0,
            weak_failures_left: 0,
            fair: false,
            waits_while_unwinding: 0,
            site: Location::caller(),
            stay: Cell::new(false),
            lazies: lazy::Values::default(),
            statics: Statics::default(),
        })
    }

    /// Says where the program under test was handed over, for the events that have no place of their own.
    pub const fn set_site(&mut self, site: &'static Location<'static>) {
        self.site = site;
    }

    /// Runs `f` once on the native runtime, under `driver`.
    ///
    /// # Panics
    ///
    /// If the execution was made for another runtime; and as the driver did, if that panicked: when all tasks have unwound.
    pub fn run(&mut self, driver: &mut dyn Driver, f: &dyn Fn()) {
        assert_eq!(self.runtime, Runtime::Native, "only the native runtime schedules by itself");
        // SAFETY: only the lifetime changes; `end`, below, drops the pointer.
        let driver: &'static mut dyn Driver = unsafe { std::mem::transmute::<&mut dyn Driver, _>(driver) };
        self.start(NonNull::from(driver));
        native::kernel::run(Ctx::new(NonNull::from(&mut *self)), f);
        self.end();
        if let Some(fault) = self.fault.take() {
            resume_unwind(fault);
        }
    }

    /// Keeps the driver of the executions that [`Execution::begin`] begins.
    ///
    /// # Panics
    ///
    /// If an execution is under way.
    pub fn own(&mut self, driver: Box<dyn Driver>) {
        assert_eq!(self.status, Status::Idle, "the driver of an execution that is under way stays");
        self.owned = Some(driver);
    }

    /// Begins an execution on a foreign runtime, whose main closure then calls [`Execution::main`].
    ///
    /// It lasts until [`Execution::end`]: the other tasks may outlive the main closure. The execution must not be moved
    /// or dropped before.
    ///
    /// # Panics
    ///
    /// If it [owns](Execution::own) no driver.
    pub fn begin(&mut self) {
        let Some(driver) = &mut self.owned else {
            panic!(
                "an execution that is begun for a foreign runtime has to own its driver; call Execution::own before"
            );
        };
        let driver = NonNull::from(&mut **driver);
        self.start(driver);
    }

    fn start(&mut self, driver: NonNull<dyn Driver>) {
        self.driver = Some(driver);
        // SAFETY: both callers pass a driver that lives until `end`.
        let asked = unsafe { driver.as_ref() };
        self.watched = asked.watches();
        self.cells_watched = asked.watches_cells();
        self.skips_forced_steps = !self.watched && !asked.wants_forced_steps();
        self.told = self.watched || self.runtime == Runtime::Loom;
        crate::panics::forget();
        self.epoch = self.lane.begin();
        self.status = Status::Running;
        self.current = TaskId::MAIN;
        self.timeouts_left = self.config.timeouts;
        self.spurious_left = self.config.spurious;
        self.weak_failures_left = self.config.weak_failures;
        self.clock = 0;
        self.fair = false;
        self.waits_while_unwinding = 0;
        self.stay.set(false);
        self.unfinished = 0;
        self.ready.clear();
        self.tasks.clear();
        self.objects.clear();
        self.addresses.clear();
        self.choices.clear();
        self.log.clear();
        self.ages.clear();
        let ctx = Ctx::new(NonNull::from(&mut *self));
        ambient::replace(Some(ctx.0));
        ctx.add_task(None, TaskId::MAIN, self.site);
    }

    /// Runs `f` as the main task of the execution that this OS thread has begun on a foreign runtime.
    ///
    /// # Panics
    ///
    /// If none has begun.
    pub fn main(f: &dyn Fn()) {
        let Some(x) = ambient::ambient() else {
            panic!("a main task needs an execution that has begun");
        };
        crate::thread::enter_thread(x, TaskId::MAIN);
        super::run_task(x, TaskId::MAIN, &mut super::Main(f));
    }

    /// Ends the execution; what it recorded can be read until the next one begins.
    pub fn end(&mut self) {
        ambient::replace(None);
        self.lane.end();
        self.driver = None;
        self.status = Status::Idle;
        self.lazies.drop_all();
        for task in &mut *self.tasks {
            task.locals.drop_all();
        }
        self.statics.restore();
        if self.runtime != Runtime::Native {
            for object in &mut *self.objects {
                object.twin.retire();
            }
        }
    }

    /// The runtime of its executions.
    pub const fn runtime(&self) -> Runtime {
        self.runtime
    }

    /// The execution as drivers see it.
    pub fn view(&self) -> View<'_> {
        View(self)
    }

    /// The events of the execution.
    pub fn events(&self) -> &[Event] {
        &self.log
    }

    /// Whether it is running, stopping, or neither.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Whether the step bound was passed, so that the rest was scheduled fairly and not by the strategy.
    pub fn was_cut(&self) -> bool {
        self.fair
    }

    /// Whether a foreign scheduler has to go on with the current task at this decision: the step is part of the one
    /// before, and the foreign primitive has a scheduling point in the middle of it. Asking uses it up.
    pub fn take_stay(&self) -> bool {
        self.stay.take()
    }

    /// Whether the next decision is not the foreign scheduler's: the current task [stays](Execution::take_stay), or the
    /// execution was cut or is stopping, and everybody has their turn.
    #[inline]
    pub fn steers(&self) -> bool {
        self.stay.get() || self.fair || self.status == Status::Stopping
    }

    /// Makes the foreign scheduler go on with the current task at its next decision.
    pub(crate) fn stay(&self) {
        self.stay.set(true);
    }

    /// How many tasks never came to their end.
    pub fn unfinished_tasks(&self) -> u32 {
        self.unfinished
    }

    /// The bounds and choices of its executions.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The execution that this OS thread is in, for a foreign runtime's scheduler.
    #[inline]
    pub fn with_ambient<R>(f: impl FnOnce(&Self) -> R) -> Option<R> {
        ambient::ambient().map(|ctx| f(ctx.get()))
    }

    /// Whether it is running, and within its step bound.
    #[inline]
    pub(crate) fn is_ordinary(&self) -> bool {
        self.status == Status::Running && (self.log.len() as u32) < self.config.step_bound
    }

    /// Whether the driver is not asked where only one task can go on.
    #[inline]
    pub(crate) const fn skips_forced_steps(&self) -> bool {
        self.skips_forced_steps
    }

    pub(crate) const fn all_finished(&self) -> bool {
        self.unfinished == 0
    }

    pub(crate) fn youngest_unfinished(&self) -> Option<TaskId> {
        let unfinished = || self.tasks.iter().rposition(|task| !task.finished);
        if self.all_finished() { None } else { Some(TaskId(unfinished()? as u32)) }
    }

    pub(crate) fn stop_now(&mut self) {
        self.status = Status::Stopping;
    }

    #[inline(always)]
    pub(super) fn add_object(&mut self, origin: Origin, renew_state: impl FnOnce(&mut State)) -> ObjectId {
        let object = ObjectId(self.objects.len() as u32);
        self.objects.add().renew(self.runtime, origin, renew_state);
        object
    }

    pub(super) fn thread_of(&self, object: ObjectId) -> Option<TaskId> {
        match &self.objects.get(object.index())?.state {
            State::Thread(thread) => Some(thread.task()),
            _ => None,
        }
    }
}

impl fmt::Debug for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution")
            .field("runtime", &self.runtime)
            .field("status", &self.status)
            .field("steps", &self.log.len())
            .finish_non_exhaustive()
    }
}
