//! What all atomics share: an operation on one becomes an event, on whichever runtime.

use std::panic::Location;
use std::sync::atomic::Ordering;

use bohrbug_events::{Operation, Outcome};

use crate::control::{Ctx, Exchanged, Pending, Turn, Twin, WeakExchange};
use crate::loom::Atomic;

/// A type that std has an atomic of.
pub(crate) trait Word: Copy + PartialEq + 'static {
    /// std's atomic of that type.
    type Std;

    /// Whether it is a pointer.
    const IS_POINTER: bool = false;

    fn load(atomic: &Self::Std) -> Self;

    fn store(atomic: &Self::Std, value: Self);

    /// The value as an event may carry it.
    fn recorded(self) -> Option<u64>;

    /// The value as a number: equal values have equal ones.
    fn bits(self) -> u64;
}

/// What a read came to.
#[derive(Clone, Copy)]
pub(crate) struct Seen<W> {
    pub(crate) value: W,
    /// Whether it is older than what was written last.
    pub(crate) stale: bool,
    /// How many writes came after the one that was read.
    pub(crate) age: u32,
}

/// One operation on one atomic, announced.
struct Access {
    x: Ctx,
    pending: Pending,
}

impl Access {
    fn new<W: Word>(
        x: Ctx,
        operation: Operation,
        atomic: &W::Std,
        order: Ordering,
        site: &'static Location<'static>,
    ) -> Self {
        let address = std::ptr::from_ref(atomic).addr();
        let object = x.atomic_at(address, size_of::<W::Std>(), site);
        if W::IS_POINTER {
            x.mark_pointer(object);
        }
        x.keep_word(object, || W::load(atomic).bits());
        Self { x, pending: Pending::new(operation, object, site).ordered(order.into()) }
    }

    /// Waits for the turn. On loom `on_loom` then performs the operation and its result is returned; elsewhere the
    /// caller performs it in memory.
    fn turn<R>(&self, on_loom: impl FnOnce(&Atomic) -> R) -> (Turn, Option<R>) {
        let act = |twin: &Twin| match twin {
            Twin::Loom(twin) => Some(on_loom(twin.atomic())),
            other => {
                other.pause();
                None
            }
        };
        let (turn, result) = self.x.turn(self.pending, act, |_, _| ());
        (turn, result.flatten())
    }

    /// Writes the value in memory.
    #[inline]
    fn write<W: Word>(&self, atomic: &W::Std, value: W) {
        W::store(atomic, value);
        self.x.keep_word(self.pending.object, || value.bits());
    }

    /// Reports what was seen, under an outcome that matters more than its being stale.
    fn report<W: Word>(&self, turn: Turn, seen: Seen<W>, outcome: Outcome) -> W {
        let stale = seen.stale && outcome == Outcome::Done;
        let outcome = turn.outcome(if stale { Outcome::Stale } else { outcome });
        self.x.note_age(seen.age);
        self.x.report(&self.pending, outcome, seen.value.recorded());
        seen.value
    }
}

const fn fresh<W>(value: W) -> Seen<W> {
    Seen { value, stale: false, age: 0 }
}

#[inline]
pub(crate) fn load<W: Word>(x: Ctx, atomic: &W::Std, order: Ordering, site: &'static Location<'static>) -> W {
    let access = Access::new::<W>(x, Operation::Load, atomic, order, site);
    let (turn, seen) = access.turn(|loom| loom.mirror(x, W::load(atomic)).load(order));
    let seen = seen.unwrap_or_else(|| {
        let latest = W::load(atomic);
        if x.is_weak() { x.weak_load(turn, &access.pending, latest, order) } else { fresh(latest) }
    });
    access.report(turn, seen, Outcome::Done)
}

#[inline]
pub(crate) fn store<W: Word>(x: Ctx, atomic: &W::Std, value: W, order: Ordering, site: &'static Location<'static>) {
    let access = Access::new::<W>(x, Operation::Store, atomic, order, site);
    let (turn, _) = access.turn(|loom| loom.mirror(x, W::load(atomic)).store(value, order));
    let is_latest = !x.is_weak() || x.weak_store(turn, &access.pending, W::load(atomic), value, order);
    if is_latest {
        access.write(atomic, value);
    }
    access.report(turn, Seen { stale: !is_latest, ..fresh(value) }, Outcome::Done);
}

/// Changes the value in one step; returns the old one.
#[inline]
pub(crate) fn update<W: Word>(
    x: Ctx,
    atomic: &W::Std,
    order: Ordering,
    site: &'static Location<'static>,
    change: impl Fn(W) -> W,
) -> W {
    let access = Access::new::<W>(x, Operation::Rmw, atomic, order, site);
    let (turn, seen) = access.turn(|loom| loom.mirror(x, W::load(atomic)).update(order, &change));
    if x.is_weak() {
        let (seen, is_latest) = x.weak_update(turn, &access.pending, W::load(atomic), order, &change);
        if is_latest {
            access.write(atomic, change(seen.value));
        }
        return access.report(turn, seen, Outcome::Done);
    }
    let seen = seen.unwrap_or_else(|| fresh(W::load(atomic)));
    access.write(atomic, change(seen.value));
    access.report(turn, seen, Outcome::Done)
}

/// The operands of a compare-exchange.
pub(crate) struct Exchange<W> {
    pub(crate) current: W,
    pub(crate) new: W,
    pub(crate) success: Ordering,
    pub(crate) failure: Ordering,
    pub(crate) weak: bool,
}

impl<W: Word> Exchange<W> {
    #[inline]
    pub(crate) fn perform(self, x: Ctx, atomic: &W::Std, site: &'static Location<'static>) -> Result<W, W> {
        let mut access = Access::new::<W>(x, Operation::CompareExchange, atomic, self.success, site);
        access.pending = access.pending.or_if_it_fails(self.failure.into()).expecting(self.current.bits());
        let (turn, seen) = access.turn(|loom| {
            let mirror = loom.mirror(x, W::load(atomic));
            mirror.compare_exchange(self.current, self.new, self.success, self.failure)
        });
        if x.is_weak() {
            return self.in_weak_memory(&access, turn, atomic);
        }
        let on_loom = seen.is_some();
        match seen.unwrap_or_else(|| self.in_memory(atomic)) {
            Ok(seen) if !on_loom && self.weak && turn == Turn::Taken && x.weak_failure() => {
                Err(access.report(turn, seen, Outcome::WeakFailure))
            }
            Ok(seen) => {
                access.write(atomic, self.new);
                Ok(access.report(turn, seen, Outcome::Done))
            }
            Err(seen) => Err(access.report(turn, seen, Outcome::Mismatch)),
        }
    }

    fn in_weak_memory(&self, access: &Access, turn: Turn, atomic: &W::Std) -> Result<W, W> {
        let Self { current, new, success, failure, weak } = *self;
        let exchange = WeakExchange { current, new, success, failure, weak };
        match access.x.weak_exchange(turn, &access.pending, W::load(atomic), exchange) {
            Exchanged::Done(seen, is_latest) => {
                if is_latest {
                    access.write(atomic, new);
                }
                Ok(access.report(turn, seen, Outcome::Done))
            }
            Exchanged::Mismatch(seen) => Err(access.report(turn, seen, Outcome::Mismatch)),
            Exchanged::WeakFailure(seen) => Err(access.report(turn, seen, Outcome::WeakFailure)),
        }
    }

    fn in_memory(&self, atomic: &W::Std) -> Result<Seen<W>, Seen<W>> {
        let value = W::load(atomic);
        if value == self.current { Ok(fresh(value)) } else { Err(fresh(value)) }
    }
}

/// Panics as std does on an order that a load cannot have.
#[track_caller]
#[inline]
pub(crate) fn check_load(order: Ordering) {
    match order {
        Ordering::Release => panic!("there is no such thing as a release load"),
        Ordering::AcqRel => panic!("there is no such thing as an acquire-release load"),
        _ => {}
    }
}

/// Panics as std does on an order that a store cannot have.
#[track_caller]
#[inline]
pub(crate) fn check_store(order: Ordering) {
    match order {
        Ordering::Acquire => panic!("there is no such thing as an acquire store"),
        Ordering::AcqRel => panic!("there is no such thing as an acquire-release store"),
        _ => {}
    }
}

/// Panics as std does on an order that a failed exchange cannot have.
#[track_caller]
#[inline]
pub(crate) fn check_failure(order: Ordering) {
    match order {
        Ordering::Release => panic!("there is no such thing as a release failure ordering"),
        Ordering::AcqRel => panic!("there is no such thing as an acquire-release failure ordering"),
        _ => {}
    }
}

/// The strongest order that an exchange of that order can have where it fails.
#[inline]
pub(crate) const fn if_it_fails(order: Ordering) -> Ordering {
    match order {
        Ordering::Relaxed | Ordering::Release => Ordering::Relaxed,
        Ordering::Acquire | Ordering::AcqRel => Ordering::Acquire,
        _ => Ordering::SeqCst,
    }
}
