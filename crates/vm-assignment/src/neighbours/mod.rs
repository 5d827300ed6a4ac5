//! The operations that an assignment can meet. Each exists as upstream has it, with the locks and the checks that it
//! has there, and as the strict revision has it: under the locks of [`crate::gate`], and with the owner checked there.

pub(crate) mod account;
pub(crate) mod deploy;
pub(crate) mod destroy;
pub(crate) mod recount;
pub(crate) mod rule;
pub(crate) mod start;
pub(crate) mod volumes;

pub use deploy::Deploy;

use crate::error::{Error, short};
use crate::ledger::by;
use crate::op::Op;
use crate::records::{Vm, Volume};

/// The machine: in the strict revision locked, so that it stays what it is until the transaction ends.
fn machine(op: &mut Op<'_>, name: &str) -> Result<Vm, Error> {
    let found = if op.revision.locks_first() {
        crate::gate::machine(op, name)?
    } else {
        op.db.first::<Vm>(&by("name", name).and("removed", false))?
    };
    found.ok_or_else(|| Error::invalid("neighbour", format!("there is no machine {}", short(name))))
}

/// The volume, in the same way.
fn volume(op: &mut Op<'_>, name: &str) -> Result<Volume, Error> {
    let found = if op.revision.locks_first() {
        crate::gate::volume(op, name)?
    } else {
        op.db.first::<Volume>(&by("name", name).and("removed", false))?
    };
    found.ok_or_else(|| Error::invalid("neighbour", format!("there is no volume {}", short(name))))
}

/// Refuses to add something to a machine that has been destroyed; the others than the strict revision do not look.
fn refuse_dead(op: &Op<'_>, vm: &Vm) -> Result<(), Error> {
    if op.revision.locks_first() && !recount::counts(vm, false) {
        return Err(Error::invalid("neighbour", format!("{} is {}", vm.name, vm.state)));
    }
    Ok(())
}

/// Runs `body` in a transaction in the strict revision, statement by statement in the others.
fn as_revision_has_it<T>(op: &mut Op<'_>, body: impl FnOnce(&mut Op<'_>) -> Result<T, Error>) -> Result<T, Error> {
    if op.revision.locks_first() { op.transaction(body) } else { body(op) }
}
