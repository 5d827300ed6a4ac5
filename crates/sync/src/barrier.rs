//! A barrier, as [`std::sync::Barrier`].
//!
//! A wait is two events: the task *arrives*, which never blocks, and *leaves* once the last party has arrived. That one is
//! the leader, as usually in std; in which order they leave makes no difference.
//!
//! Departure: on shuttle and loom the barrier is built from what those have. loom has none. shuttle's cannot be arrived
//! at without blocking, so a task that unwinds could not count as a party; and it cannot be opened when an execution ends
//! early.

use std::fmt;
use std::panic::Location;

use bohrbug_events::{ObjectId, ObjectKind, Operation, Outcome};

use crate::ambient::ambient;
use crate::control::{Ctx, Pending, State, Turn};
use crate::native;
use crate::slot::Slot;

/// Lets a number of threads wait for each other, as [`std::sync::Barrier`].
///
/// ```
/// use bohrbug_sync::{Barrier, thread};
///
/// let barrier = Barrier::new(3);
/// let leaders: usize = thread::scope(|s| {
///     let threads = [(); 3].map(|()| s.spawn(|| barrier.wait().is_leader()));
///     threads.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
/// });
/// assert_eq!(leaders, 1);
/// ```
pub struct Barrier {
    slot: Slot,
    plain: std::sync::Barrier,
    parties: usize,
}

/// What [`Barrier::wait`] returns, as [`std::sync::BarrierWaitResult`], which only std can make.
pub struct BarrierWaitResult(bool);

impl Barrier {
    /// A barrier for `parties` threads; for none it is one for one.
    #[track_caller]
    #[must_use]
    pub const fn new(parties: usize) -> Self {
        Self { slot: Slot::new(), plain: std::sync::Barrier::new(parties), parties }
    }

    /// Waits until all parties are here. The barrier can then be used for another round.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        match ambient() {
            None => {
                self.slot.assert_uncontrolled();
                BarrierWaitResult(self.plain.wait().is_leader())
            }
            Some(x) => BarrierWaitResult(self.wait_controlled(x, Location::caller())),
        }
    }

    pub(crate) fn object(&self, x: Ctx) -> ObjectId {
        self.slot.object(x, ObjectKind::Barrier, || State::Barrier(native::barrier::Barrier::new(self.parties)))
    }

    fn wait_controlled(&self, x: Ctx, site: &'static Location<'static>) -> bool {
        let object = self.object(x);
        let pending = Pending::new(Operation::Arrive, object, site);
        let (turn, _) = x.turn(pending, |twin| twin.pause(), |_, ()| ());
        let (round, leads) = x.barrier(object, |barrier| barrier.next());
        x.happen(&pending, turn.outcome(Outcome::Done), None);
        x.call(object);

        let pending = Pending::new(Operation::Leave, object, site).stamped(round);
        let (turn, _) = x.turn(pending, |twin| twin.meet(x), |_, ()| ());
        if turn == Turn::Unwinding {
            x.report(&pending, Outcome::Unwinding, None);
            return false;
        }
        x.report(&pending, if leads { Outcome::Leader } else { Outcome::Done }, None);
        leads
    }
}

impl BarrierWaitResult {
    /// Whether this thread is the one that its round's parties have for leader.
    #[must_use]
    pub const fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.is_leader()).finish()
    }
}
