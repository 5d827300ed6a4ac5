//! Advanced zones without security groups: an owner has isolated networks of his own.

use crate::error::Error;
use crate::ledger::by;
use crate::op::Op;
use crate::records::{Acl, GuestType, Network};

use super::super::plan::Plan;
use super::{MacFrom, NoNetwork, Wanted, allocate_all, cleanup, collect, create, groups};

pub(super) fn rebuild(op: &mut Op<'_>, plan: &Plan, none: NoNetwork, mac: MacFrom) -> Result<(), Error> {
    groups::refuse_any(plan)?;
    let mut wanted = collect::networks(op, plan)?;
    if wanted.is_empty() {
        op.step("network.select")?;
        wanted.push(Wanted { network: own_network(op, plan, none)?, ip4: None });
    }
    cleanup::remove_cards(op, plan)?;
    allocate_all(op, plan, &wanted, mac)
}

/// The one isolated network of the new owner; several are a question back to the caller.
fn own_network(op: &mut Op<'_>, plan: &Plan, none: NoNetwork) -> Result<Network, Error> {
    const STAGE: &str = "tx/network";
    let mut found = of_owner(op, plan)?;
    match (found.pop(), found.len(), none) {
        (Some(network), 0, _) => Ok(network),
        (None, _, NoNetwork::Create) => create::network(op, plan, create::Quota::Checked),
        (None, _, NoNetwork::Refuse) => {
            Err(Error::runtime(STAGE, format!("{} has no network in zone {}", plan.new.name, plan.zone.name)))
        }
        (Some(_), more, _) => {
            let text = format!("{} has {} networks: name one", plan.new.name, more + 1);
            Err(Error::invalid(STAGE, text))
        }
    }
}

/// The isolated networks that the new owner has in the machine's zone.
pub(super) fn of_owner(op: &mut Op<'_>, plan: &Plan) -> Result<Vec<Network>, Error> {
    let own = by("account_id", plan.new.id).and("zone_id", plan.zone.id);
    Ok(op.db.find(&own.and("guest_type", GuestType::Isolated).and("acl", Acl::Account))?)
}
