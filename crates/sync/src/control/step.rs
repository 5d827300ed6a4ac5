//! One step of one task: announce, wait for the turn, act, report.

use std::panic::Location;

use bohrbug_events::{ObjectId, Operation, Outcome, TaskId};

use super::Ctx;
use super::head::Head;
use super::object::Twin;
use super::rehearsal::apply;
use super::{Event, Inner, Pending, Runtime, Status, abort};
use crate::{native, panic_count};

/// Whether a task got its turn in the ordinary way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It was chosen, and its operation can happen.
    Taken,
    /// The execution is over before its end, and the task is unwinding already, so that it cannot be unwound from here: it
    /// acts at once, on whatever it finds.
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
        if self.head().steps_are_ordinary() {
            // SAFETY: just so.
            return (unsafe { native::kernel::turn(self, pending) }, None);
        }
        if self.runtime() == Runtime::Native {
            return (native::kernel::turn_with_care(self, pending), None);
        }
        self.turn_on_foreign(pending, act, undo)
    }

    #[inline(never)]
    fn turn_on_foreign<R>(
        self,
        pending: Pending,
        act: impl FnOnce(&Twin) -> R,
        undo: impl FnOnce(&Twin, R),
    ) -> (Turn, Option<R>) {
        if std::thread::panicking() {
            return self.turn_of_unwinding(pending, act, undo);
        }
        self.flush_deferred();
        if self.stopping() {
            abort();
        }
        match self.foreign_turn(pending, act, undo) {
            Some(result) => (Turn::Taken, Some(result)),
            None => abort(),
        }
    }

    /// The turn of a task of a foreign execution that unwinds. The runtime is not to know that, since others may go on.
    #[cold]
    fn turn_of_unwinding<R>(
        self,
        pending: Pending,
        act: impl FnOnce(&Twin) -> R,
        undo: impl FnOnce(&Twin, R),
    ) -> (Turn, Option<R>) {
        let ran = || {
            self.flush_deferred();
            if self.stopping() { None } else { self.foreign_turn(pending, act, undo) }
        };
        let result = if self.stopping() { None } else { panic_count::aside(ran) };
        if result.is_some() { (Turn::Taken, result) } else { (Turn::Unwinding, None) }
    }

    /// Performs the operation on the twin when it is the current task's turn; `None` if the execution was stopped.
    #[inline]
    fn foreign_turn<R>(self, pending: Pending, act: impl FnOnce(&Twin) -> R, undo: impl FnOnce(&Twin, R)) -> Option<R> {
        let me = self.current();
        if !self.borrow().announce_foreign(me, pending) {
            self.cannot_go_on(me);
        }
        self.with(Inner::check_step_bound);
        if self.stopping() {
            self.wake_everybody();
            return None;
        }
        let result = act(&self.twin(pending.object));
        self.set_current(me);
        if self.stopping() {
            undo(&self.twin(pending.object), result);
            self.set_current(me);
            return None;
        }
        Some(result)
    }

    /// The current task of a foreign execution waits: perhaps for good, perhaps as the last.
    #[cold]
    fn cannot_go_on(self, me: TaskId) {
        let is_stuck = self.with(|x| {
            x.look_for_cycle(me);
            x.nobody_is_ready()
        });
        if is_stuck {
            self.resolve_stuck();
        }
    }

    /// Tells those who meet at an object that it has changed.
    pub(crate) fn call(self, object: ObjectId) {
        let me = self.current();
        self.twin(object).call();
        self.set_current(me);
    }

    /// Reports the operation that this task has just performed.
    #[inline(always)]
    pub(crate) fn report(self, pending: &Pending, outcome: Outcome, value: Option<u64>) {
        // SAFETY: nothing in there has a handle.
        let told = unsafe { self.tables() }.report(self.head(), pending, outcome, value);
        if told {
            self.tell_about_last_event();
        }
    }

    /// The operation of this task happens: it does to its objects what such an event does, and is reported.
    #[inline]
    pub(crate) fn happen(self, pending: &Pending, outcome: Outcome, value: Option<u64>) {
        // SAFETY: nothing in there has a handle.
        let told = unsafe { self.tables() }.happen(self.head(), pending, outcome, value);
        if told {
            self.tell_about_last_event();
        }
    }

    /// Does what the event that will be reported does to its objects; for what has to be done in between.
    pub(crate) fn apply(self, pending: &Pending, outcome: Outcome, value: Option<u64>) {
        self.with(|x| x.apply(&Event::new(self.current(), pending, outcome, value)));
    }

    /// As [`Ctx::report`], after `change`.
    ///
    /// # Safety
    ///
    /// That has no handle to the execution.
    #[inline(always)]
    pub(crate) unsafe fn report_after<R>(
        self,
        pending: &Pending,
        outcome: Outcome,
        change: impl FnOnce(&mut Inner) -> R,
    ) -> R {
        // SAFETY: nothing in here has a handle.
        let x = unsafe { self.tables() };
        let result = change(x);
        if x.report(self.head(), pending, outcome, None) {
            self.tell_about_last_event();
        }
        result
    }

    /// Reports an operation for which nobody can wait, and which nobody waits for.
    #[inline]
    pub(crate) fn report_unawaited(self, pending: &Pending) {
        // SAFETY: nothing in there has a handle.
        let x = unsafe { self.tables() };
        x.record(self.head(), pending, Outcome::Done, None);
        if x.told {
            self.tell_about_last_event();
        }
    }

    /// As [`Ctx::report`], for an access to a cell: there are drivers that watch nothing else.
    #[inline]
    pub(crate) fn report_access(self, pending: &Pending, outcome: Outcome) {
        self.tell_step();
        self.report(pending, outcome, None);
        if self.with(|x| x.cells_watched && !x.watched) {
            self.tell_driver();
        }
    }

    /// Tells the driver that the current task drops a cell.
    #[cold]
    pub(crate) fn tell_of_drop(self, cell: ObjectId) {
        if self.head().status() == Status::Running && !std::thread::panicking() {
            self.with(|x| x.ask(|driver, view| driver.dropped(view, cell)));
        }
    }

    /// Tells whoever wants to know of the event that was reported last.
    #[cold]
    fn tell_about_last_event(self) {
        if self.runtime() == Runtime::Loom {
            let announced = self.pending(self.current());
            crate::loom::reported(self, &announced);
        }
        if self.with(|x| x.watched) {
            self.tell_driver();
        }
    }

    fn tell_driver(self) {
        if self.with(Inner::tell_driver) {
            self.stop();
        }
    }

    /// Logs a remark of the current task: an event that nobody decides.
    ///
    /// It has its number among the task's remarks, which is the same in every interleaving in which the task does the same.
    pub(crate) fn note(self, text: String, site: &'static Location<'static>) {
        self.tell_step();
        let number = self.task(self.current(), |row| row.notes.add(text)) as u64;
        self.report(&Pending::new(Operation::Note, ObjectId::NONE, site), Outcome::Done, Some(number));
    }

    /// Tells a debugger of an event that comes without a turn.
    #[inline]
    pub(crate) fn tell_step(self) {
        if !self.on_coroutines() {
            native::stepping::step(self);
        }
    }

    /// An empty text for a remark of the current task.
    pub(crate) fn blank_note(self) -> String {
        self.task(self.current(), |row| row.notes.blank())
    }

    /// Puts off a release of a foreign lock to the moment when this task no longer unwinds.
    pub(crate) fn defer(self, operation: Operation, object: ObjectId) {
        if self.runtime() != Runtime::Native {
            self.task(self.current(), |row| row.deferred.push((operation, object)));
        }
    }

    /// Performs the releases that were put off.
    #[inline]
    pub(crate) fn flush_deferred(self) {
        if self.task(self.current(), |row| !row.deferred.is_empty()) {
            self.flush_all_deferred();
        }
    }

    #[cold]
    fn flush_all_deferred(self) {
        let me = self.current();
        while let Some((operation, object)) = self.task(me, |row| row.deferred.pop()) {
            self.twin(object).release(operation);
            self.set_current(me);
        }
    }
}

impl Inner {
    /// Does what the event does, records it and decides anew who can go on; whether anybody wants to be told.
    fn happen(&mut self, head: &Head, pending: &Pending, outcome: Outcome, value: Option<u64>) -> bool {
        if head.records_alone() {
            self.log.push(Event::new(head.current(), pending, outcome, value));
            head.count_step();
            let Self { log, objects, .. } = self;
            log.last().into_iter().for_each(|event| apply(objects, event));
        } else {
            let event = Event::new(head.current(), pending, outcome, value);
            self.apply(&event);
            self.record_with_care(head, &event);
        }
        self.go_on(head, pending)
    }

    /// Records the operation and decides anew who can go on; whether anybody wants to be told.
    #[inline(always)]
    fn report(&mut self, head: &Head, pending: &Pending, outcome: Outcome, value: Option<u64>) -> bool {
        self.record(head, pending, outcome, value);
        self.go_on(head, pending)
    }

    /// Decides anew who can go on; whether anybody wants to be told.
    #[inline(always)]
    fn go_on(&mut self, head: &Head, pending: &Pending) -> bool {
        let me = head.current();
        let was_interested = std::mem::take(&mut self.tasks[me.index()].interested);
        if head.runtime() == Runtime::Native {
            if was_interested {
                self.withdraw(me);
            }
            self.refresh(pending.object);
            self.refresh(pending.other);
        }
        self.told
    }

    /// An event that is recorded and no more is made where nobody takes its address: so it goes from registers into the log. A
    /// processor that reads as a whole what was just written in parts waits for it.
    #[inline(always)]
    fn record(&mut self, head: &Head, pending: &Pending, outcome: Outcome, value: Option<u64>) {
        if head.records_alone() {
            self.log.push(Event::new(head.current(), pending, outcome, value));
            head.count_step();
        } else {
            self.record_with_care(head, &Event::new(head.current(), pending, outcome, value));
        }
    }

    /// As [`Inner::record`], where memory is weak or the execution is over.
    #[inline(never)]
    fn record_with_care(&mut self, head: &Head, event: &Event) {
        if head.status() == Status::Running {
            self.log.push(*event);
            head.count_step();
            if self.memory.is_some() {
                self.synchronise(event);
            }
        }
    }

    /// Tells the driver of the last event; whether a foreign execution is to be stopped for it.
    fn tell_driver(&mut self) -> bool {
        if self.status() != Status::Running {
            return false;
        }
        let Some(&event) = self.log.last() else { return false };
        let native = self.runtime() == Runtime::Native;
        let cannot_say = !native || self.skips_forced_steps;
        let is_over = self.ask(|driver, view| {
            driver.reported(view, &event);
            cannot_say && driver.is_over()
        });
        if is_over && native {
            self.skips_forced_steps = false;
        }
        is_over && !native
    }
}
