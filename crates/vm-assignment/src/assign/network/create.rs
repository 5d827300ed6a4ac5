//! A network for an owner who has none: made, implemented if its offering says so, and deleted if all was in vain.

use crate::error::{Error, ErrorKind};
use crate::ledger::by;
use crate::op::Op;
use crate::quota::{self, Reserved};
use crate::records::{
    Account, Acl, Availability, GuestType, Network, NetworkOffering, NetworkSequence, NetworkState, ZoneKind,
};

use super::super::plan::Plan;
use super::{collect, groups, isolated};

const STAGE: &str = "21-ensure-network";

/// How the owner's network quota is honoured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quota {
    /// Looked at.
    Checked,
    /// Looked at and reserved until it is counted.
    Reserved,
}

/// Before the transaction: makes the network that it will need, and commits it. `None`: it needs none.
pub(in crate::assign) fn ensure(op: &mut Op<'_>, plan: &Plan) -> Result<Option<Network>, Error> {
    op.step("network.ensure")?;
    if plan.zone.kind == ZoneKind::Basic || groups::supported(op, plan)? {
        return Ok(None);
    }
    groups::refuse_any(plan)?;
    if !collect::networks(op, plan)?.is_empty() || !isolated::of_owner(op, plan)?.is_empty() {
        return Ok(None);
    }
    network(op, plan, Quota::Reserved).map(Some)
}

/// Makes the owner's network. If the offering asks for it to be implemented at once and that fails, the caller never
/// learns of the network that has been made.
pub(super) fn network(op: &mut Op<'_>, plan: &Plan, how: Quota) -> Result<Network, Error> {
    let offering = offering(op)?;
    if !plan.zone.physical_network {
        return Err(Error::invalid(STAGE, format!("zone {} has no physical network", plan.zone.name)));
    }
    let charge = quota::of_network();
    let reserved = match how {
        Quota::Reserved => Reserved::all(op, &plan.new, [(charge.clone(), STAGE)])?,
        Quota::Checked => {
            quota::check(op, &plan.new, &charge, STAGE)?;
            Reserved::default()
        }
    };
    let made = op.transaction(|op| {
        op.step("network.create")?;
        reserved.replace_by_count(op, &charge)?;
        quota::count(op, &plan.new, &charge, 1)?;
        insert(op, plan, &offering)
    });
    reserved.close(op)?;
    let made = made?;
    if offering.persistent { implement(op, made) } else { Ok(made) }
}

/// The first offering that is created for accounts without a network.
fn offering(op: &mut Op<'_>) -> Result<NetworkOffering, Error> {
    let required = by("availability", Availability::Required).and("system_only", false);
    let first = op.db.first::<NetworkOffering>(&required)?;
    let first = first.ok_or_else(|| Error::invalid(STAGE, "no network offering is required".to_owned()))?;
    if !first.enabled {
        return Err(Error::invalid(STAGE, format!("network offering {} is not enabled", first.name)));
    }
    Ok(first)
}

fn insert(op: &mut Op<'_>, plan: &Plan, offering: &NetworkOffering) -> Result<Network, Error> {
    let mut network = Network {
        id: 0,
        name: format!("{}-network", plan.new.name),
        account_id: plan.new.id,
        domain_id: plan.new.domain_id,
        zone_id: plan.zone.id,
        network_offering_id: offering.id,
        guest_type: GuestType::Isolated,
        acl: Acl::Account,
        scope_id: None,
        cidr: "10.1.1.0/24".into(),
        system: false,
        state: NetworkState::Allocated,
        created_for: Some(plan.vm.id),
    };
    network.id = op.db.insert(&network)?;
    op.db.insert(&NetworkSequence { id: 0, network_id: network.id, mac_address_seq: 0 })?;
    Ok(network)
}

fn implement(op: &mut Op<'_>, mut network: Network) -> Result<Network, Error> {
    op.step("network.implement").map_err(|error| Error { kind: ErrorKind::CloudRuntime, ..error })?;
    network.state = NetworkState::Implemented;
    op.db.set::<Network>(&by("id", network.id), &[("state", network.state.into())])?;
    Ok(network)
}

/// Deletes a network that was made in vain.
pub(in crate::assign) fn delete(op: &mut Op<'_>, network: Network) -> Result<(), Error> {
    op.step("undo.network")?;
    op.transaction(|op| {
        op.db.delete::<NetworkSequence>(&by("network_id", network.id))?;
        op.db.delete::<Network>(&by("id", network.id))?;
        let owner: Account = op.must(network.account_id)?;
        quota::count(op, &owner, &quota::of_network(), -1)
    })
}
