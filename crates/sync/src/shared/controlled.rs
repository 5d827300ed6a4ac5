//! The model build's place of a `Shared`: its link to the execution that uses it.
//!
//! The lock around the value is taken after the scheduling point, so in an execution it is free unless the closure of
//! another access is under way, which then is not the one step that it has to be.

use std::panic::Location;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult};

use bohrbug_events::{ObjectId, ObjectKind, Operation, Outcome};

use crate::ambient::ambient;
use crate::control::{Ctx, Pending, State, Twin};
use crate::slot::Slot;

pub(super) struct Place(Slot);

impl Place {
    #[track_caller]
    pub(super) const fn new() -> Self {
        Self(Slot::new())
    }

    pub(super) fn object(&self, x: Ctx) -> ObjectId {
        self.0.object(x, ObjectKind::Cell, || State::Stateless)
    }

    #[track_caller]
    pub(super) fn read<'a, T: ?Sized>(&self, value: &'a RwLock<T>) -> RwLockReadGuard<'a, T> {
        match ambient() {
            None => {
                self.0.assert_uncontrolled();
                value.read().unwrap_or_else(PoisonError::into_inner)
            }
            Some(x) => {
                self.step(x, Operation::CellRead, Location::caller());
                in_one_step(x, value.try_read())
            }
        }
    }

    #[track_caller]
    pub(super) fn write<'a, T: ?Sized>(&self, value: &'a RwLock<T>) -> RwLockWriteGuard<'a, T> {
        match ambient() {
            None => {
                self.0.assert_uncontrolled();
                value.write().unwrap_or_else(PoisonError::into_inner)
            }
            Some(x) => {
                self.step(x, Operation::CellWrite, Location::caller());
                in_one_step(x, value.try_write())
            }
        }
    }

    fn step(&self, x: Ctx, operation: Operation, site: &'static Location<'static>) {
        access_point(x, self.object(x), operation, site);
    }
}

/// A scheduling point and event of an access to a cell.
pub(crate) fn access_point(x: Ctx, object: ObjectId, operation: Operation, site: &'static Location<'static>) {
    let pending = Pending::new(operation, object, site);
    let (turn, _) = x.turn(
        pending,
        |twin| match twin {
            Twin::Loom(twin) => twin.atomic().touch(x, operation != Operation::CellRead),
            other => other.pause(),
        },
        |_, ()| (),
    );
    x.report_access(&pending, turn.outcome(Outcome::Done));
}

fn in_one_step<G>(x: Ctx, guard: TryLockResult<G>) -> G {
    match guard {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => x.give_up(
            "a Shared was accessed while the closure of another access to it was under way: a closure given to \
             Shared::read or Shared::write operated on another primitive, or on the same cell; take what it needs out of \
             the cell first"
                .to_owned(),
        ),
    }
}
