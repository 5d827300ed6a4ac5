//! The report's second advice: a checkpoint, so that a failure in the network phase rolls back every change so far.
//!
//! The two phases stay as reported; from the checkpoint on, each write leaves behind how to undo it, and a failure undoes
//! them in one transaction. What it cannot do: between the phases others see the machine half moved; if the process dies
//! there, or the undoing fails, it stays half moved; and it puts back what it found, whoever has changed it since.

use crate::assign::checks::{self, FIXED};
use crate::assign::network::{self, MacFrom, NoNetwork};
use crate::assign::plan::Plan;
use crate::assign::request::Request;
use crate::error::Error;
use crate::op::Op;

use super::reported::move_records;

pub(in crate::assign) fn run(op: &mut Op<'_>, request: &Request) -> Result<Plan, Error> {
    let plan = checks::run(op, request, FIXED)?;
    op.db.checkpoint();
    move_records(op, &plan)?;
    match network::rebuild(op, &plan, NoNetwork::Create, MacFrom::SecondConnection) {
        Ok(()) => Ok(plan),
        Err(error) => {
            undo(op)?;
            Err(error)
        }
    }
}

fn undo(op: &mut Op<'_>) -> Result<(), Error> {
    op.step("undo.checkpoint")?;
    op.transaction(|op| Ok(op.db.undo_to_checkpoint()?))
}
