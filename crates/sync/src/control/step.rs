//! One step of one task: announce, wait for the turn, act, report.

use std::any::Any;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};

use bohrbug_trace::{ObjectId, Operation, Outcome, TaskId};

use super::execution::Ctx;
use super::object::{Object, Twin};
use super::task::Task;
use super::{Event, Execution, Incident, Pending, Reaction, Runtime, Status};
use crate::native;

/// The payload with which tasks unwind when their execution is over before its end; no panic hook sees it.
#[derive(Debug)]
pub(crate) struct Abort;

/// Whether a task got its turn in the ordinary way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It was chosen, and its operation can happen.
    Taken,
    /// It is unwinding. The panic count belongs to the OS thread, so a task that unwinds must not be switched out: it
    /// acts at once, without a scheduling point, on whatever it finds.
    Unwinding,
}

impl Turn {
    /// `outcome`, unless the task was unwinding.
    pub(crate) const fn outcome(self, outcome: Outcome) -> Outcome {
        match self {
            Self::Taken => outcome,
            Self::Unwinding => Outcome::Unwinding,
        }
    }
}

impl Ctx {
    /// Announces `pending` and returns when it can happen and this task has been chosen.
    ///
    /// On a foreign runtime `act` performs the operation on the twin, and `undo` takes it back if meanwhile the
    /// execution has been stopped. On native there is no twin and neither is called.
    #[inline(always)]
    pub(crate) fn turn<R>(
        self,
        pending: Pending,
        act: impl FnOnce(&Twin) -> R,
        undo: impl FnOnce(&Twin, R),
    ) -> (Turn, Option<R>) {
        if std::thread::panicking() {
            return (Turn::Unwinding, None);
        }
        if self.runtime() == Runtime::Native {
            native::kernel::turn(self, pending);
            return (Turn::Taken, None);
        }
        (Turn::Taken, Some(self.foreign_turn(pending, act, undo)))
    }

    fn foreign_turn<R>(self, pending: Pending, act: impl FnOnce(&Twin) -> R, undo: impl FnOnce(&Twin, R)) -> R {
        self.flush_deferred();
        if self.stopping() {
            abort();
        }
        let me = self.current();
        if !self.get().announce_foreign(me, pending) {
            self.cannot_go_on(me);
        }
        self.get().check_step_bound();
        if self.stopping() {
            self.abandon();
        }
        let twin = self.twin_of(pending.object);
        let result = act(twin);
        self.set_current(me);
        if self.stopping() {
            undo(twin, result);
            self.set_current(me);
            abort();
        }
        result
    }

    /// The current task of a foreign execution waits: perhaps for good, perhaps as the last.
    fn cannot_go_on(self, me: TaskId) {
        self.get().look_for_cycle(me);
        if self.get().nobody_is_ready() {
            self.resolve_stuck();
        }
    }

    /// Tells those who meet at an object that it has changed.
    pub(crate) fn call(self, object: ObjectId) {
        let me = self.current();
        self.twin_of(object).call();
        self.set_current(me);
    }

    /// The twin behind an object; events without one have the native nothing.
    pub(crate) fn twin_of<'a>(self, object: ObjectId) -> &'a Twin {
        if object.is_some() {
            // SAFETY: objects live until the execution's end, and what is behind the twin's box never moves.
            unsafe { &*self.twin(object) }
        } else {
            &Twin::Native
        }
    }

    /// Reports the operation that this task has just performed.
    #[inline(always)]
    pub(crate) fn report(self, pending: &Pending, outcome: Outcome, value: Option<u64>) {
        let x = self.get();
        let me = x.current;
        if x.status == Status::Running {
            x.log.push(Event::new(me, pending, outcome, value));
        }
        let was_interested = std::mem::take(&mut x.tasks[me.index()].interested);
        if x.runtime == Runtime::Native {
            if was_interested {
                x.withdraw(me);
            }
            x.refresh(pending.object);
            x.refresh(pending.other);
        }
        if x.told {
            self.tell_about_last_event();
        }
    }

    /// Tells whoever wants to know of the event that was reported last.
    #[cold]
    fn tell_about_last_event(self) {
        let x = self.get();
        if x.runtime == Runtime::Loom {
            let announced = x.tasks[x.current.index()].pending;
            crate::loom::reported(self, &announced);
        }
        if x.watched
            && x.status == Status::Running
            && let Some(&event) = x.log.last()
        {
            let (driver, view) = x.driver();
            driver.reported(view, &event);
        }
    }

    /// Ends the process if a task that unwinds waits over and over: it cannot be switched out, so nobody can ever do what
    /// it waits for.
    pub(crate) fn give_up_if_endless(self, site: &'static Location<'static>) {
        let x = self.get();
        x.waits_while_unwinding += 1;
        if x.waits_while_unwinding > x.config.step_bound {
            eprintln!(
                "bohrbug-sync: a thread that unwinds from a panic waits for a condition variable in a loop at {site}; \
                 such a thread cannot be switched out, so nobody can end its wait, and the process ends here; wait only \
                 if !std::thread::panicking(), or with a timeout"
            );
            std::process::abort();
        }
    }

    /// Puts off a release of a foreign lock to the moment when this task no longer unwinds.
    pub(crate) fn defer(self, operation: Operation, object: ObjectId) {
        if self.runtime() != Runtime::Native {
            self.task(self.current()).deferred.push((operation, object));
        }
    }

    /// Performs the releases that were put off.
    #[inline]
    pub(crate) fn flush_deferred(self) {
        if !self.task(self.current()).deferred.is_empty() {
            self.flush_all_deferred();
        }
    }

    #[cold]
    fn flush_all_deferred(self) {
        let me = self.current();
        while let Some((operation, object)) = self.task(me).deferred.pop() {
            self.twin_of(object).release(operation);
            self.set_current(me);
        }
    }

    /// A number below `alternatives`, decided by the driver.
    pub(crate) fn choose(self, alternatives: u32) -> u32 {
        if alternatives < 2 {
            return 0;
        }
        let (driver, view) = self.get().driver();
        driver.choose(view, alternatives).min(alternatives - 1)
    }

    /// As [`Ctx::choose`], for an operation that is no scheduling point: while the driver decides it is what the current
    /// task has announced, so that a decision can be known again by what it is about.
    pub(crate) fn choose_for(self, pending: Pending, alternatives: u32) -> u32 {
        let me = self.current();
        let before = std::mem::replace(&mut self.task(me).pending, pending);
        let chosen = self.choose(alternatives);
        self.task(me).pending = before;
        chosen
    }

    /// Whether an equal comparison fails all the same this time; counts against the bound on such failures.
    pub(crate) fn weak_failure(self) -> bool {
        let fails = self.get().weak_failures_left > 0 && self.choose(2) == 1;
        if fails {
            self.get().weak_failures_left -= 1;
        }
        fails
    }

    /// How many timeouts may still fire early.
    pub(crate) fn timeout_budget(self) -> u32 {
        self.get().timeouts_left
    }

    /// One of them has.
    pub(crate) fn spend_timeout(self) {
        let x = self.get();
        x.timeouts_left = x.timeouts_left.saturating_sub(1);
        if x.timeouts_left == 0 {
            x.reconsider_others();
        }
    }

    /// The clock.
    pub(crate) fn clock(self) -> u64 {
        self.get().clock
    }

    /// Lets the clock pass to `moment`.
    pub(crate) fn advance_clock(self, moment: u64) {
        let clock = &mut self.get().clock;
        *clock = moment.max(*clock);
    }

    /// How a timed or idle wait of the current task came to its end, if by itself.
    pub(crate) fn wake_reason(self, pending: &Pending) -> Outcome {
        let x = self.get();
        if pending.deadline().is_some() && (x.timeouts_left > 0 || x.tasks[x.current.index()].expired) {
            if x.tasks[x.current.index()].expired {
                x.tasks[x.current.index()].expired = false;
            } else {
                self.spend_timeout();
            }
            x.clock = x.clock.max(pending.deadline().unwrap_or(0));
            return Outcome::TimedOut;
        }
        x.spurious_left = x.spurious_left.saturating_sub(1);
        if x.spurious_left == 0 {
            x.reconsider_others();
        }
        Outcome::Spurious
    }

    /// Ends the execution because the code under test did what cannot be followed, and unwinds the calling task.
    pub(crate) fn give_up(self, message: String) -> ! {
        self.get().incident(&Incident::Runtime { message });
        self.get().status = Status::Stopping;
        if self.runtime() == Runtime::Native { native::kernel::abandon(self) } else { self.abandon() }
    }

    /// A panic that nothing caught has ended the current task's closure.
    pub(crate) fn panicked(self, payload: &(dyn Any + Send)) {
        if self.stopping() {
            return;
        }
        let (message, site) = crate::panics::describe(payload);
        let incident = Incident::Panic { task: self.current(), message, site };
        if self.get().incident(&incident) == Reaction::Stop {
            self.stop();
        }
    }

    /// Stops the execution; the caller goes on to its own end.
    fn stop(self) {
        self.get().status = Status::Stopping;
        if self.runtime() != Runtime::Native {
            self.wake_everybody();
        }
    }

    /// Stops a foreign execution from inside a task and unwinds the task.
    fn abandon(self) -> ! {
        self.wake_everybody();
        abort()
    }

    /// Lets every task that waits in the foreign runtime come back, to find that the execution is over.
    fn wake_everybody(self) {
        let me = self.current();
        self.free_leaked_locks();
        if self.runtime() == Runtime::Loom {
            crate::loom::unpark_ready(self, |_| true);
            return;
        }
        for task in 0..self.get().tasks.len() as u32 {
            let task = TaskId(task);
            if task != me && !self.task(task).finished {
                self.rescue(task);
            }
        }
    }

    /// Releases the foreign locks of guards that were leaked by tasks that have ended: nobody else will, and who waits for
    /// them could not come back.
    fn free_leaked_locks(self) {
        let me = self.current();
        for object in 0..self.get().objects.len() as u32 {
            let object = ObjectId(object);
            let holders = match self.state(object) {
                super::State::Mutex(mutex) => mutex.owner().into_iter().collect(),
                super::State::RwLock(rwlock) => rwlock.holders(Operation::WriteLock),
                _ => Vec::new(),
            };
            for task in holders.into_iter().filter(|&task| self.task(task).finished) {
                self.twin_of(object).free(task);
                self.set_current(me);
            }
        }
    }

    /// Wakes a task that waits inside a foreign primitive.
    fn rescue(self, task: TaskId) {
        let me = self.current();
        if task == me {
            return;
        }
        if self.runtime() == Runtime::Loom {
            crate::loom::unpark_ready(self, |other| other == task);
            return;
        }
        let pending = self.task(task).pending;
        if pending.operation.can_block() {
            self.twin_of(pending.object).rescue(pending.operation);
            self.set_current(me);
        }
    }

    /// Nothing can run: lets the earliest timeout fire, or calls it a deadlock.
    fn resolve_stuck(self) {
        match self.get().stuck() {
            Some(expired) => self.rescue(expired),
            None => self.get().status = Status::Stopping,
        }
    }
}

impl Execution {
    /// Notes what a task will do; whether it could do it now.
    #[inline(always)]
    pub(crate) fn announce(&mut self, task: TaskId, pending: Pending) -> bool {
        let entry = &mut self.tasks[task.index()];
        entry.pending = pending;
        // A timeout that fired while its wait ended in another way says nothing about this one.
        entry.expired = false;
        let enabled = !pending.operation.can_block() || self.can_happen(task, &pending);
        self.ready.set(task, enabled);
        enabled
    }

    /// [`Execution::enabled`], and in line where it is simple.
    #[inline(always)]
    fn can_happen(&self, task: TaskId, pending: &Pending) -> bool {
        if Object::is_awaited_alike(pending.operation) {
            self.objects[pending.object.index()].is_open()
        } else {
            self.enabled(task)
        }
    }

    /// As [`Execution::announce`] on a foreign runtime, which schedules by itself: there a task is looked at when somebody
    /// asks. The answer is whether it could go on now.
    #[inline]
    fn announce_foreign(&mut self, task: TaskId, pending: Pending) -> bool {
        let entry = &mut self.tasks[task.index()];
        entry.pending = pending;
        entry.expired = false;
        entry.interested = pending.operation.can_block();
        !entry.interested || self.can_happen(task, &pending)
    }

    /// Has the task told when what it has announced can happen, or no longer can.
    ///
    /// It need not be when it goes on at once: nobody else can change anything meanwhile.
    #[inline]
    pub(crate) fn take_interest(&mut self, task: TaskId) {
        let Task { pending, interested, .. } = &mut self.tasks[task.index()];
        if !pending.operation.can_block() {
            return;
        }
        *interested = true;
        self.objects[pending.object.index()].list(pending.operation).insert(task);
        if pending.other.is_some() {
            self.objects[pending.other.index()].list(pending.operation).insert(task);
        }
    }

    fn withdraw(&mut self, task: TaskId) {
        let pending = &self.tasks[task.index()].pending;
        for object in [pending.object, pending.other] {
            if object.is_some() {
                self.objects[object.index()].list(pending.operation).remove(task);
            }
        }
    }

    /// Decides anew who of the tasks that wait for an object can go on.
    #[inline(always)]
    pub(crate) fn refresh(&mut self, object: ObjectId) {
        if !object.is_some() {
            return;
        }
        let Self { objects, ready, .. } = self;
        let entry = &objects[object.index()];
        if !entry.waiting.is_empty() {
            ready.set_all(&entry.waiting, entry.is_open());
        }
        if !entry.interested.is_empty() {
            self.refresh_interested(object);
        }
    }

    fn refresh_interested(&mut self, object: ObjectId) {
        let interested = std::mem::take(&mut self.objects[object.index()].interested);
        for task in interested.iter() {
            let enabled = self.enabled(task);
            self.ready.set(task, enabled);
        }
        self.objects[object.index()].interested = interested;
    }

    /// Decides anew who of the other tasks can go on: a bound that they counted on is used up.
    fn reconsider_others(&mut self) {
        for task in (0..self.tasks.len() as u32).map(TaskId) {
            let waits = !self.tasks[task.index()].finished && self.tasks[task.index()].pending.operation.can_block();
            if task != self.current && waits {
                let enabled = self.enabled(task);
                self.ready.set(task, enabled);
            }
        }
    }

    /// Whether what the task has announced can happen now.
    pub(crate) fn enabled(&self, task: TaskId) -> bool {
        let pending = &self.tasks[task.index()].pending;
        match &self.objects[pending.object.index()].state {
            super::State::Mutex(mutex) => mutex.is_free(),
            super::State::RwLock(rwlock) => rwlock.admits(pending.operation),
            super::State::Condvar(condvar) => {
                (condvar.has_woken(task) || self.wakes_by_itself(task))
                    && match &self.objects[pending.other.index()].state {
                        super::State::Mutex(mutex) => mutex.is_free(),
                        _ => true,
                    }
            }
            super::State::Barrier(barrier) => barrier.has_opened(pending.stamp()),
            super::State::Once(once) => once.admits(pending.stamp()),
            super::State::Channel(channel) => {
                channel.admits(pending) || pending.deadline().is_some() && self.wakes_by_itself(task)
            }
            super::State::Thread(thread) => match pending.operation {
                Operation::Park => thread.has_token() || self.wakes_by_itself(task),
                _ => thread.has_finished(),
            },
            super::State::Stateless => true,
        }
    }

    /// Whether a waiting task may come back without having been woken.
    pub(crate) fn wakes_by_itself(&self, task: TaskId) -> bool {
        let task = &self.tasks[task.index()];
        task.expired
            || task.pending.deadline().is_some() && self.timeouts_left > 0
            || matches!(task.pending.operation, Operation::Wake | Operation::Park) && self.spurious_left > 0
    }

    /// Turns to fair scheduling at the step bound, and stops at twice that.
    #[inline]
    pub(crate) fn check_step_bound(&mut self) {
        if (self.log.len() as u32) >= self.config.step_bound {
            self.step_bound_passed();
        }
    }

    #[cold]
    fn step_bound_passed(&mut self) {
        let steps = self.log.len() as u32;
        self.fair = true;
        let fair = self.runtime != Runtime::Loom;
        if fair && steps < self.config.step_bound.saturating_mul(2) {
            return;
        }
        if self.status == Status::Running && self.incident(&Incident::StepBound { steps, fair }) == Reaction::Stop {
            self.status = Status::Stopping;
        }
    }
}

/// Unwinds the calling task.
pub(crate) fn abort() -> ! {
    resume_unwind(Box::new(Abort))
}

/// The life of a task, on every runtime: `body` returns whether it came to its end.
pub(crate) fn run_task(x: Ctx, task: TaskId, body: impl FnOnce() -> bool) {
    x.set_current(task);
    let end = catch_unwind(AssertUnwindSafe(|| {
        if x.stopping() {
            return;
        }
        let begin = x.task(task).pending;
        x.report(&begin, Outcome::Done, None);
        body();
        x.flush_deferred();
        crate::local::run_destructors(x, task);
        native::thread::end(x, task);
    }));
    x.set_current(task);
    x.flush_deferred();
    if end.is_err() {
        x.task(task).locals.drop_all();
    }
    retire(x, task);
}

/// The task is over, in whatever way: nobody will see it run again.
fn retire(x: Ctx, task: TaskId) {
    x.task(task).finished = true;
    x.state(x.task(task).object).thread().finish();
    let object = x.task(task).object;
    let execution = x.get();
    execution.ready.set(task, false);
    execution.unfinished -= 1;
    execution.refresh(object);
    let others = execution.runtime != Runtime::Native && execution.unfinished > 0;
    if others && execution.status == Status::Running && execution.nobody_is_ready() {
        x.resolve_stuck();
        if x.stopping() {
            x.wake_everybody();
        }
    }
}

/// Runs a piece of the code under test; a panic that nothing caught is reported, and given back.
pub(crate) fn catch<T>(x: Ctx, f: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    let me = x.current();
    let result = catch_unwind(AssertUnwindSafe(f));
    x.set_current(me);
    if let Err(payload) = &result
        && !payload.is::<Abort>()
    {
        x.flush_deferred();
        x.panicked(&**payload);
    }
    result
}
