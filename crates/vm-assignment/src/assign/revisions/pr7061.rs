//! Upstream's first fix (cloudstack#7061): one transaction around everything.
//!
//! A network that is made inside it is not committed when its first MAC address is drawn, and addresses are drawn by a
//! second connection, which cannot see it: accounts without a network could not be given a machine (cloudstack#10825).

use crate::assign::checks::{self, FIXED};
use crate::assign::network::{MacFrom, NoNetwork};
use crate::assign::plan::Plan;
use crate::assign::request::Request;
use crate::error::Error;
use crate::op::Op;
use crate::quota::Reserved;

use super::transaction::move_all;

pub(in crate::assign) fn run(op: &mut Op<'_>, request: &Request) -> Result<Plan, Error> {
    let plan = checks::run(op, request, FIXED)?;
    move_all(op, &plan, NoNetwork::Create, MacFrom::SecondConnection, &Reserved::default())?;
    Ok(plan)
}
