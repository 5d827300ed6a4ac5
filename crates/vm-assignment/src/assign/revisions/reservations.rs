//! 4.20.3: as before, with quota reserved before it is used and the reservation replaced by the count.

use crate::assign::checks::{self, RESERVING};
use crate::assign::plan::Plan;
use crate::assign::request::Request;
use crate::error::Error;
use crate::op::Op;
use crate::quota::Reserved;

use super::pr10875::ensure_and_move;

pub(in crate::assign) fn run(op: &mut Op<'_>, request: &Request) -> Result<Plan, Error> {
    let plan = checks::run(op, request, RESERVING)?;
    let reserved = Reserved::all(op, &plan.new, plan.charges())?;
    let outcome = ensure_and_move(op, &plan, &reserved);
    reserved.close(op)?;
    outcome?;
    Ok(plan)
}
