//! When the driver is asked or told, and what becomes of its own panics.

use std::any::Any;

use bohrbug_events::TaskId;

use super::{Ctx, Driver, Incident, Inner, RawAccess, Reaction, View};

impl Inner {
    /// Whom the driver wants to run next.
    #[inline]
    pub(crate) fn next_task(&mut self) -> Option<TaskId> {
        self.ask(|driver, view| driver.next_task(view))
    }

    /// Asks the driver something, or tells it.
    #[inline]
    pub(super) fn ask<R>(&mut self, question: impl FnOnce(&mut dyn Driver, View<'_>) -> R) -> R {
        let mut driver =
            self.driver.unwrap_or_else(|| unreachable!("a bug in bohrbug-sync: no execution is under way"));
        let lent = self.head.lend();
        // SAFETY: `Execution::run` and `begin` see to it that the driver lives until `end` clears the pointer; it never re-enters.
        let answer = question(unsafe { driver.as_mut() }, View(self));
        lent.end();
        answer
    }

    /// Tells the driver what was done with memory; where that ends the execution, it is asked at the next step, whoever can go on.
    pub(super) fn tell_accesses(&mut self, accesses: &[RawAccess]) {
        let is_over = self.ask(|driver, view| {
            accesses.iter().for_each(|access| driver.accessed(view, access));
            driver.is_over()
        });
        if is_over {
            self.skips_forced_steps = false;
        }
    }

    pub(super) fn incident(&mut self, incident: &Incident) -> Reaction {
        self.skips_forced_steps = false;
        self.ask(|driver, view| driver.incident(view, incident))
    }

    /// The driver's answer makes no sense.
    #[cold]
    pub(crate) fn cannot_go_on(&mut self, chosen: TaskId) -> ! {
        self.head.set_asking(true);
        panic!("the strategy chose {chosen}, which cannot go on");
    }

    /// The driver has panicked: all tasks unwind, and then it goes on where the execution was begun.
    pub(crate) fn fail_with(&mut self, fault: Box<dyn Any + Send>) {
        self.head.set_asking(false);
        self.fault.get_or_insert(fault);
        self.stop_now();
    }

    /// Whether the driver has panicked.
    pub(crate) const fn has_failed(&self) -> bool {
        self.fault.is_some()
    }
}

impl Ctx {
    /// Tells the driver that something went wrong, or may have.
    pub(super) fn incident(self, incident: &Incident) -> Reaction {
        self.with(|x| x.incident(incident))
    }
}
