//! 4.20.0: two phases of different durability.
//!
//! The records are moved in a transaction, which commits; then the network phase runs, each statement committing by
//! itself. Whatever fails in there, the machine has been moved.

use crate::assign::checks::{self, REPORTED};
use crate::assign::network::{self, MacFrom, NoNetwork};
use crate::assign::ownership;
use crate::assign::plan::Plan;
use crate::assign::request::Request;
use crate::error::Error;
use crate::op::Op;
use crate::quota::Reserved;

pub(in crate::assign) fn run(op: &mut Op<'_>, request: &Request) -> Result<Plan, Error> {
    let plan = checks::run(op, request, REPORTED)?;
    move_records(op, &plan)?;
    network::rebuild(op, &plan, NoNetwork::Create, MacFrom::SecondConnection)?;
    Ok(plan)
}

/// The first phase; the transaction ends here.
pub(super) fn move_records(op: &mut Op<'_>, plan: &Plan) -> Result<(), Error> {
    op.step("assign.begin")?;
    op.transaction(|op| {
        ownership::hand_over(op, plan, &Reserved::default())?;
        ownership::count_in(op, plan, &Reserved::default())?;
        ownership::bill_new_owner(op, plan)?;
        op.step("assign.ownership-commit")
    })
}
