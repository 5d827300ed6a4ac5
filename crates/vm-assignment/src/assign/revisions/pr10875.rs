//! Upstream's second fix (cloudstack#10875, in 4.20.1): the network is made and committed first; if the transaction then
//! fails, the network is deleted.
//!
//! What it cannot do: it does not know of a network whose implementation failed, because it never got it back; and the
//! error of a deletion that fails takes the place of the error that led to it.

use crate::assign::checks::{self, FIXED};
use crate::assign::network::{self, MacFrom, NoNetwork};
use crate::assign::plan::Plan;
use crate::assign::request::Request;
use crate::error::Error;
use crate::op::Op;
use crate::quota::Reserved;

use super::transaction::move_all;

pub(in crate::assign) fn run(op: &mut Op<'_>, request: &Request) -> Result<Plan, Error> {
    let plan = checks::run(op, request, FIXED)?;
    ensure_and_move(op, &plan, &Reserved::default())?;
    Ok(plan)
}

pub(super) fn ensure_and_move(op: &mut Op<'_>, plan: &Plan, reserved: &Reserved) -> Result<(), Error> {
    let made = network::ensure(op, plan)?;
    let outcome = move_all(op, plan, NoNetwork::Refuse, MacFrom::SecondConnection, reserved);
    if let (Err(_), Some(network)) = (&outcome, made) {
        network::delete(op, network)?;
    }
    outcome
}
