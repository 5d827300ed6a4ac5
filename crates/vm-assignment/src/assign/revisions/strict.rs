//! Everything in one transaction, under locks that are taken first and in one order, and every check after the locks.
//!
//! So the owner, the state, the rules, the volumes and the quotas cannot change between the check and the use; two
//! operations cannot wait for each other; and a network that has to be made is made here, once, seen by this connection
//! only, and gone again if anything fails.

use crate::assign::checks::{self, STRICT};
use crate::assign::network::{self, MacFrom, NoNetwork};
use crate::assign::ownership;
use crate::assign::plan::Plan;
use crate::assign::request::Request;
use crate::error::Error;
use crate::gate;
use crate::op::Op;
use crate::quota::Reserved;

/// A ledger with one writer, or one that other revisions write, may still refuse for reasons of timing.
const ATTEMPTS: usize = 3;

pub(in crate::assign) fn run(op: &mut Op<'_>, request: &Request) -> Result<Plan, Error> {
    let mut outcome = attempt(op, request);
    for _ in 1..ATTEMPTS {
        match &outcome {
            Err(error) if error.is_contention() => outcome = attempt(op, request),
            _ => break,
        }
    }
    outcome
}

fn attempt(op: &mut Op<'_>, request: &Request) -> Result<Plan, Error> {
    op.transaction(|op| {
        gate::counts(op)?;
        gate::machine(op, &request.vm)?;
        // Who names nobody means himself.
        let account = request.account.as_deref().or(Some(request.caller.as_str()));
        gate::target(op, account, request.project.as_deref())?;
        let plan = checks::run(op, request, STRICT)?;
        op.step("assign.begin")?;
        ownership::hand_over(op, &plan, &Reserved::default())?;
        ownership::hand_over_policies(op, &plan)?;
        if !request.skip_network {
            network::rebuild(op, &plan, NoNetwork::Create, MacFrom::OwnConnection)?;
        }
        ownership::count_in(op, &plan, &Reserved::default())?;
        ownership::bill_new_owner(op, &plan)?;
        op.step("assign.commit")?;
        Ok(plan)
    })
    .map_err(Error::wrapped_in_network)
}
