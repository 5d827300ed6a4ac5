//! The park token of a thread whose waits park, as std's do: after such a wait it may be gone.
//!
//! In std 1.95, on Linux, a receive, a send to a full channel and the end of a scope park their thread if they have to wait, and
//! to park takes the thread's token, whoever gave it and whatever for; a lock, a condition variable, a barrier, an
//! initialisation and a `join` leave it. So an `unpark` meant for a later `park` can be lost.
//!
//! Whether the token is gone is a choice, and an event if there is one: the thread has a token when its wait is over, and may
//! have had to wait. It may if what let it go on need not have come before it was there. That is asked of the order in which
//! the events had to come, and not of the one in which they came, so that it is the same in all executions that differ in
//! nothing else.
//!
//! Departure: std may also leave a token that nobody gave, since whoever ends a wait unparks; a `park` that returns for no reason
//! is what the bound on spurious wake-ups is for.

use bohrbug_events::{Access, ObjectId, Operation, Outcome, conflict};

use super::{Ctx, Event, Inner, Pending, State};
use crate::native::model::Asked;

impl Ctx {
    /// How many events there have been.
    pub(crate) fn events(self) -> usize {
        self.with(|x| x.log.len())
    }

    /// The current task has just done what it may have waited for: one of those at least. It was there after `arrived` events, or
    /// all but the last.
    pub(crate) fn may_take_token(self, waits: &[Pending], arrived: Option<usize>) {
        let Some(first) = waits.first().filter(|_| !self.stopping()) else { return };
        let Some(object) = self.with(|x| x.token(waits, arrived)) else { return };
        let pending = Pending::new(Operation::TakeToken, object, first.site);
        self.tell_step();
        let taken = self.choose_for(pending, 2);
        self.happen(&pending, Outcome::Done, Some(taken.into()));
    }
}

impl Inner {
    /// The current task's thread, if it has a token that it may have lost.
    fn token(&mut self, waits: &[Pending], arrived: Option<usize>) -> Option<ObjectId> {
        let object = self.tasks[self.current().index()].object;
        let has_one = self.state(object).thread().has_token();
        (has_one && self.may_have_waited(waits, arrived)).then_some(object)
    }

    #[cold]
    fn may_have_waited(&self, waits: &[Pending], arrived: Option<usize>) -> bool {
        let me = self.current();
        let arrived = arrived.unwrap_or(self.log.len().saturating_sub(1));
        if self.log.last().is_some_and(|event| event.outcome == Outcome::TimedOut) {
            return true;
        }
        let Some(last) = self.log[..arrived].iter().rposition(|event| event.task == me) else { return true };
        let may_have_waited_for = |pending| {
            let reason = self.reason(pending);
            reason.is_some_and(|reason| reason > last || !self.has_to_precede(reason, last))
        };
        waits.iter().any(may_have_waited_for)
    }

    /// The last event by which the current task's operation could happen, and could not before.
    ///
    /// Whatever is done to a channel, and a thread's end, is in one order with all that is: no earlier one matters.
    fn reason(&self, pending: &Pending) -> Option<usize> {
        let asked = Asked { task: self.current(), pending, other: None, by_itself: false };
        let mut state = self.at_first(pending.object);
        let mut could = state.admits(&asked);
        let mut reason = None;
        for (place, event) in self.log.iter().enumerate().filter(|(_, event)| event.touches(pending.object)) {
            state.apply(event);
            let can = state.admits(&asked);
            if can && !could {
                reason = Some(place);
            }
            could = can;
        }
        reason
    }

    /// Whether the earlier event comes before the later one in every execution that differs in the order of independent events
    /// alone.
    fn has_to_precede(&self, earlier: usize, later: usize) -> bool {
        let mut tasks = vec![self.log[earlier].task];
        let mut accesses: Vec<Access> = self.accesses(&self.log[earlier]).into_iter().flatten().collect();
        for event in &self.log[earlier + 1..=later] {
            let mine = self.accesses(event);
            let conflicts = |&before: &Access| mine.into_iter().flatten().any(|access| conflict(before, access));
            if !tasks.contains(&event.task) && !accesses.iter().any(conflicts) {
                continue;
            }
            if !tasks.contains(&event.task) {
                tasks.push(event.task);
            }
            for access in mine.into_iter().flatten() {
                if !accesses.contains(&access) {
                    accesses.push(access);
                }
            }
        }
        tasks.contains(&self.log[later].task)
    }

    /// What the event did to its objects and, if it may have parked, to its thread's token.
    fn accesses(&self, event: &Event) -> [Option<Access>; 2] {
        let parks = match (event.operation, &self.objects.get(event.object.index()).map(|object| &object.state)) {
            (Operation::Recv, _) => true,
            (Operation::Send, Some(State::Channel(channel))) => channel.capacity().is_some(),
            _ => false,
        };
        let object = self.tasks[event.task.index()].object;
        let token = Access { operation: Operation::TakeToken, object, other: ObjectId::NONE };
        [Some(event.access()), parks.then_some(token)]
    }
}
