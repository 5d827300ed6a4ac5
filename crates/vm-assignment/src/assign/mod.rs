//! The operation: move a machine from one account to another.
//!
//! [`checks`] says what must hold before; [`ownership`] moves the records; [`network`] rebuilds the network cards;
//! [`revisions`] puts the three together, one small file a revision: that is where the reported bug and its fixes are.

mod checks;
mod network;
mod ownership;
mod plan;
mod request;
mod revisions;

pub(crate) use request::validate_name;
pub use request::{Assigned, Request};

pub(crate) use network::{MacFrom, allocate};

use crate::error::Error;
use crate::op::Op;
use crate::revision::Revision;

/// Runs the operation as the revision has it.
pub(crate) fn run(op: &mut Op<'_>, request: &Request) -> Result<Assigned, Error> {
    request.validate()?;
    let plan = match op.revision {
        Revision::Reported => revisions::reported::run(op, request),
        Revision::Transaction => revisions::transaction::run(op, request),
        Revision::Checkpoint => revisions::checkpoint::run(op, request),
        Revision::VerifyAfter => revisions::verify_after::run(op, request),
        Revision::Pr7061 => revisions::pr7061::run(op, request),
        Revision::Pr10875 => revisions::pr10875::run(op, request),
        Revision::Reservations => revisions::reservations::run(op, request),
        Revision::Strict => revisions::strict::run(op, request),
    }?;
    Ok(Assigned { vm: plan.vm.name, from: plan.old.name, to: plan.new.name })
}
