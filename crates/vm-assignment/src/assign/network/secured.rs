//! Advanced zones with security groups: shared networks, none of which is ever made here.

use crate::error::Error;
use crate::op::Op;

use super::super::plan::Plan;
use super::{MacFrom, allocate_all, cleanup, collect, groups};

pub(super) fn rebuild(op: &mut Op<'_>, plan: &Plan, mac: MacFrom) -> Result<(), Error> {
    groups::leave_all(op, plan)?;
    let wanted = collect::networks(op, plan)?;
    cleanup::remove_cards(op, plan)?;
    op.step("network.select")?;
    if wanted.is_empty() {
        return Err(Error::invalid("tx/network", format!("name a network for {}: none can be kept", plan.vm.name)));
    }
    groups::refuse_vmware(plan)?;
    allocate_all(op, plan, &wanted, mac)?;
    groups::join(op, plan, &wanted)
}
