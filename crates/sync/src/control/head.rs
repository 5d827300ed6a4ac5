//! What is asked of an execution at every step, in cells; and where its tables are.

use std::cell::Cell;
use std::ptr::NonNull;

use bohrbug_events::{StepIdx, TaskId};

use super::inner::Inner;
use super::{Carrier, Config, MemoryModel, Runtime, Status};
use crate::native::kernel::Kernel;

/// What is asked of an execution at every step, in cells; and where its tables are.
pub(crate) struct Head {
    pub(crate) kernel: Kernel,
    runtime: Runtime,
    /// Whether the runtime is native, and tasks are coroutines.
    on_coroutines: bool,
    /// Whether loads may read older stores than the latest.
    is_weak: bool,
    /// What has to be looked after at steps now, as bits of [`care`]; 0 where nothing has to be.
    care: Cell<u8>,
    status: Cell<Status>,
    /// Whether a foreign scheduler has to go on with the current task at its next decision.
    stay: Cell<bool>,
    /// Whether the driver wants to know what atomics hold.
    keeps_words: Cell<bool>,
    current: Cell<TaskId>,
    /// How many events were recorded.
    steps: Cell<u32>,
    epoch: Cell<u64>,
    /// The tables; set as soon as they are there, and theirs for ever.
    inner: Cell<*mut Inner>,
}

/// Why a step is not an ordinary one.
mod care {
    /// Tasks are not coroutines.
    pub(super) const CARRIED: u8 = 1;
    /// Somebody has borrowed the tables.
    pub(super) const LENT: u8 = 2;
    /// The execution is not running.
    pub(super) const OVER: u8 = 4;
    /// The driver knows which memory has been freed.
    pub(super) const GUARDED: u8 = 8;
    /// Memory is weak.
    pub(super) const WEAK: u8 = 16;
    /// The driver is being asked, or told: a panic that comes meanwhile is its own.
    pub(super) const ASKING: u8 = 32;
}

impl Head {
    pub(super) fn new(runtime: Runtime, config: &Config) -> Self {
        let is_native = runtime == Runtime::Native;
        let is_weak = is_native && config.memory == MemoryModel::Rc11;
        Self {
            kernel: Kernel::new(config),
            runtime,
            on_coroutines: is_native && config.carrier == Carrier::Coroutines,
            is_weak,
            care: Cell::new(care::OVER),
            status: Cell::new(Status::Idle),
            stay: Cell::new(false),
            keeps_words: Cell::new(false),
            current: Cell::new(TaskId::MAIN),
            steps: Cell::new(0),
            epoch: Cell::new(0),
            inner: Cell::new(std::ptr::null_mut()),
        }
    }

    pub(super) fn set_inner(&self, inner: NonNull<Inner>) {
        self.inner.set(inner.as_ptr());
    }

    /// The tables, which live as long as the head.
    #[inline(always)]
    pub(super) fn inner(&self) -> *mut Inner {
        self.inner.get()
    }

    /// An execution of that number begins; the driver may want to know what atomics hold, and may know which memory has been
    /// freed.
    pub(super) fn begin(&self, epoch: u64, keeps_words: bool, guards_memory: bool) {
        let lent = self.care.get() & care::LENT;
        let kept = [(!self.on_coroutines, care::CARRIED), (guards_memory, care::GUARDED), (self.is_weak, care::WEAK)];
        self.care.set(kept.into_iter().filter(|(is_so, _)| *is_so).fold(lent, |all, (_, bit)| all | bit));
        self.keeps_words.set(keeps_words);
        self.epoch.set(epoch);
        self.current.set(TaskId::MAIN);
        self.steps.set(0);
        self.status.set(Status::Running);
        self.stay.set(false);
    }

    /// Whether there is nothing to look after at a step of the execution: its tasks are coroutines, it is running, nobody has
    /// its tables, and memory is not guarded.
    #[inline(always)]
    pub(super) fn steps_are_ordinary(&self) -> bool {
        self.care.get() & (care::CARRIED | care::LENT | care::OVER | care::GUARDED) == 0
    }

    /// Whether an event is recorded, and that is all.
    #[inline(always)]
    pub(super) fn records_alone(&self) -> bool {
        self.care.get() & (care::OVER | care::WEAK) == 0
    }

    /// Whether the runtime is native, and tasks are coroutines.
    #[inline(always)]
    pub(super) const fn on_coroutines(&self) -> bool {
        self.on_coroutines
    }

    #[inline(always)]
    pub(super) const fn is_weak(&self) -> bool {
        self.is_weak
    }

    #[inline(always)]
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.get()
    }

    #[inline(always)]
    pub(super) const fn runtime(&self) -> Runtime {
        self.runtime
    }

    #[inline(always)]
    pub(super) fn current(&self) -> TaskId {
        self.current.get()
    }

    #[inline(always)]
    pub(super) fn set_current(&self, task: TaskId) {
        self.current.set(task);
    }

    #[inline(always)]
    pub(super) fn status(&self) -> Status {
        self.status.get()
    }

    pub(super) fn steps(&self) -> StepIdx {
        StepIdx(self.steps.get())
    }

    #[inline(always)]
    pub(super) fn count_step(&self) {
        self.steps.set(self.steps.get() + 1);
    }

    pub(super) fn set_status(&self, status: Status) {
        self.status.set(status);
        let over = if status == Status::Running { 0 } else { care::OVER };
        self.care.set(self.care.get() & !care::OVER | over);
    }

    pub(super) fn is_asking(&self) -> bool {
        self.care.get() & care::ASKING != 0
    }

    pub(super) fn set_asking(&self, asking: bool) {
        let bit = if asking { care::ASKING } else { 0 };
        self.care.set(self.care.get() & !care::ASKING | bit);
    }

    /// Notes that the tables are lent to the driver, which is asked, until it has answered. Nothing else that is noted may change
    /// meanwhile.
    #[inline(always)]
    pub(super) fn lend(&self) -> Lent<'_> {
        let before = self.care.get();
        self.care.set(before | care::LENT | care::ASKING);
        Lent(self, before & !care::ASKING)
    }

    /// Notes that the tables are lent, unless they are; whether it was so.
    #[inline(always)]
    pub(super) fn try_lend(&self) -> bool {
        let before = self.care.get();
        self.care.set(before | care::LENT);
        before & care::LENT == 0
    }

    /// Somebody has given the tables back.
    #[inline(always)]
    pub(super) fn take_back(&self) {
        self.care.set(self.care.get() & !care::LENT);
    }

    /// Whether somebody has the tables.
    #[inline(always)]
    pub(super) fn is_lent(&self) -> bool {
        self.care.get() & care::LENT != 0
    }

    pub(super) fn keeps_words(&self) -> bool {
        self.keeps_words.get()
    }

    pub(super) const fn stay(&self) -> &Cell<bool> {
        &self.stay
    }
}

/// A note that the tables are lent to the driver, and what was noted before.
pub(super) struct Lent<'a>(&'a Head, u8);

impl Lent<'_> {
    /// The driver has answered.
    #[inline(always)]
    pub(super) fn end(self) {
        self.0.care.set(self.1);
        std::mem::forget(self);
    }
}

/// The driver has panicked, and that stays noted.
impl Drop for Lent<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.care.set(self.1 | care::ASKING);
    }
}
