//! Basic zones: one shared network for everybody, kept apart by security groups.

use crate::error::Error;
use crate::ledger::by;
use crate::op::Op;
use crate::records::{GuestType, Network};

use super::super::plan::Plan;
use super::{MacFrom, Wanted, allocate_all, cleanup, groups};

const STAGE: &str = "tx/network";

pub(super) fn rebuild(op: &mut Op<'_>, plan: &Plan, mac: MacFrom) -> Result<(), Error> {
    if !plan.request.networks.is_empty() {
        return Err(Error::invalid(STAGE, format!("zone {} is basic: networks cannot be named", plan.zone.name)));
    }
    groups::leave_all(op, plan)?;
    cleanup::remove_cards(op, plan)?;
    op.step("network.select")?;
    let network = the_network(op, plan)?;
    let wanted = [Wanted { network, ip4: None }];
    groups::refuse_vmware(plan)?;
    allocate_all(op, plan, &wanted, mac)?;
    groups::join(op, plan, &wanted)
}

fn the_network(op: &mut Op<'_>, plan: &Plan) -> Result<Network, Error> {
    let system = by("zone_id", plan.zone.id).and("guest_type", GuestType::Shared).and("system", true);
    let mut found = op.db.find::<Network>(&system)?;
    match (found.pop(), found.len()) {
        (Some(network), 0) => Ok(network),
        (None, _) => Err(Error::invalid(STAGE, format!("zone {} has no shared network", plan.zone.name))),
        (Some(_), more) => {
            Err(Error::invalid(STAGE, format!("zone {} has {} shared networks", plan.zone.name, more + 1)))
        }
    }
}
