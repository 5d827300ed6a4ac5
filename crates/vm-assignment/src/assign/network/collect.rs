//! Which networks the machine is to be on: those that were named, or the default one if it may be kept.

use crate::access;
use crate::error::{Error, short};
use crate::ledger::by;
use crate::op::Op;
use crate::records::{Acl, GuestType, Network, NetworkOffering, Nic};

use super::super::plan::Plan;
use super::Wanted;

const STAGE: &str = "network.collect";

/// In the order of the request, each once.
pub(super) fn networks(op: &mut Op<'_>, plan: &Plan) -> Result<Vec<Wanted>, Error> {
    op.step("network.collect")?;
    let cards = op.db.find::<Nic>(&by("instance_id", plan.vm.id).and("removed", false))?;
    if plan.request.networks.is_empty() {
        return kept_default(op, plan, &cards);
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    for name in &plan.request.networks {
        let network = named(op, plan, name)?;
        if wanted.iter().any(|one| one.network.id == network.id) {
            continue;
        }
        let keeps = network.guest_type == GuestType::Shared && network.acl == Acl::Domain;
        let old = cards.iter().find(|card| keeps && card.network_id == network.id);
        wanted.push(Wanted { ip4: old.and_then(|card| card.ip4.clone()), network });
    }
    Ok(wanted)
}

/// Without names only the default card's network is considered, and only if it was shared with the new owner anyway.
fn kept_default(op: &mut Op<'_>, plan: &Plan, cards: &[Nic]) -> Result<Vec<Wanted>, Error> {
    let Some(card) = cards.iter().find(|card| card.default_nic) else { return Ok(Vec::new()) };
    let network: Network = op.must(card.network_id)?;
    let kind = matches!(network.guest_type, GuestType::Shared | GuestType::L2);
    if network.acl != Acl::Domain || !kind || !access::may_use_network(op, &plan.new, &network)? {
        return Ok(Vec::new());
    }
    Ok(vec![Wanted { network, ip4: card.ip4.clone() }])
}

fn named(op: &mut Op<'_>, plan: &Plan, name: &str) -> Result<Network, Error> {
    let network = op.db.first::<Network>(&by("name", name))?;
    let network = network.ok_or_else(|| Error::invalid(STAGE, format!("there is no network {}", short(name))))?;
    if !access::may_use_network(op, &plan.new, &network)? {
        return Err(Error::denied(STAGE, format!("{} may not use network {name}", plan.new.name)));
    }
    let offering: NetworkOffering = op.must(network.network_offering_id)?;
    if offering.system_only {
        return Err(Error::invalid(STAGE, format!("network {name} is for the system only")));
    }
    // The reported system does not compare the zones.
    if op.revision.locks_first() && network.zone_id != plan.vm.zone_id {
        return Err(Error::invalid(STAGE, format!("network {name} is in another zone than {}", plan.vm.name)));
    }
    Ok(network)
}
