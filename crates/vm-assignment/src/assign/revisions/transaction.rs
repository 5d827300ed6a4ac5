//! The report's first advice: clear transaction boundaries. The network phase moves inside; nothing else changes.
//!
//! A network that has to be made is made inside too, and its MAC addresses are drawn on the same connection: that is
//! what upstream's first fix did not do.

use crate::assign::checks::{self, FIXED};
use crate::assign::network::{self, MacFrom, NoNetwork};
use crate::assign::ownership;
use crate::assign::plan::Plan;
use crate::assign::request::Request;
use crate::error::Error;
use crate::op::Op;
use crate::quota::Reserved;

pub(in crate::assign) fn run(op: &mut Op<'_>, request: &Request) -> Result<Plan, Error> {
    let plan = checks::run(op, request, FIXED)?;
    move_all(op, &plan, NoNetwork::Create, MacFrom::OwnConnection, &Reserved::default())?;
    Ok(plan)
}

/// Everything or nothing.
pub(super) fn move_all(
    op: &mut Op<'_>,
    plan: &Plan,
    none: NoNetwork,
    mac: MacFrom,
    reserved: &Reserved,
) -> Result<(), Error> {
    op.step("assign.begin")?;
    op.transaction(|op| {
        ownership::hand_over(op, plan, reserved)?;
        network::rebuild(op, plan, none, mac)?;
        ownership::count_in(op, plan, reserved)?;
        ownership::bill_new_owner(op, plan)?;
        op.step("assign.commit")
    })
    .map_err(Error::wrapped)
}
