//! Security groups: which zones have them, leaving the old owner's, joining the new owner's.

use crate::error::{Error, short};
use crate::ledger::by;
use crate::op::Op;
use crate::records::{
    Account, GuestType, IpAddress, IpState, Network, NetworkOffering, SecurityGroup, SecurityGroupMember,
};

use super::super::plan::Plan;
use super::Wanted;

const STAGE: &str = "tx/network";

/// Whether the machine's zone, or what was asked for, calls for security groups.
pub(super) fn supported(op: &mut Op<'_>, plan: &Plan) -> Result<bool, Error> {
    if plan.zone.security_groups {
        return Ok(true);
    }
    for name in &plan.request.networks {
        if let Some(network) = op.db.first::<Network>(&by("name", name.as_str()))?
            && network.guest_type == GuestType::Shared
            && has_service(op, &network)?
        {
            return Ok(true);
        }
    }
    let only_groups =
        plan.request.networks.is_empty() && plan.request.security_groups.as_ref().is_some_and(|list| !list.is_empty());
    if only_groups { free_network_exists(op, plan) } else { Ok(false) }
}

fn free_network_exists(op: &mut Op<'_>, plan: &Plan) -> Result<bool, Error> {
    for network in op.db.find::<Network>(&by("zone_id", plan.zone.id).and("guest_type", GuestType::Shared))? {
        let free = by("network_id", network.id).and("guest", true).and("state", IpState::Free);
        if has_service(op, &network)? && op.db.first::<IpAddress>(&free)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_service(op: &mut Op<'_>, network: &Network) -> Result<bool, Error> {
    Ok(op.must::<NetworkOffering>(network.network_offering_id)?.security_groups)
}

/// The machine leaves every group.
pub(super) fn leave_all(op: &mut Op<'_>, plan: &Plan) -> Result<(), Error> {
    op.step("network.security-groups")?;
    op.db.delete::<SecurityGroupMember>(&by("instance_id", plan.vm.id))?;
    Ok(())
}

/// On VMware there are no security groups; even an empty list is refused.
pub(super) fn refuse_vmware(plan: &Plan) -> Result<(), Error> {
    if plan.vm.hypervisor == "VMware" && plan.request.security_groups.is_some() {
        return Err(Error::invalid(STAGE, format!("{} is a VMware machine: it has no security groups", plan.vm.name)));
    }
    Ok(())
}

/// In a zone without security groups naming some is a mistake.
pub(super) fn refuse_any(plan: &Plan) -> Result<(), Error> {
    if plan.request.security_groups.as_ref().is_some_and(|list| !list.is_empty()) {
        return Err(Error::invalid(STAGE, format!("zone {} has no security groups", plan.zone.name)));
    }
    Ok(())
}

/// The machine joins the groups that were named and, once, the new owner's default group.
pub(super) fn join(op: &mut Op<'_>, plan: &Plan, wanted: &[Wanted]) -> Result<(), Error> {
    op.step("network.secure")?;
    if plan.vm.hypervisor == "VMware" {
        return Ok(());
    }
    if let Some(default) = wanted.first()
        && !has_service(op, &default.network)?
    {
        return Ok(());
    }
    let mut ids = Vec::new();
    for name in plan.request.security_groups.iter().flatten() {
        ids.push(named(op, &plan.new, name)?);
    }
    ids.push(default_group(op, &plan.new)?);
    let mut joined: Vec<i64> = Vec::new();
    for id in ids {
        if !joined.contains(&id) {
            op.db.insert(&SecurityGroupMember { id: 0, security_group_id: id, instance_id: plan.vm.id })?;
            joined.push(id);
        }
    }
    Ok(())
}

/// `owner.group`, or just `group`; it has to be the new owner's.
fn named(op: &mut Op<'_>, owner: &Account, name: &str) -> Result<i64, Error> {
    let (account, group) = name.split_once('.').unwrap_or((owner.name.as_str(), name));
    if account != owner.name {
        return Err(Error::denied(STAGE, format!("{} may not use security group {}", owner.name, short(name))));
    }
    let found = op.db.first::<SecurityGroup>(&by("account_id", owner.id).and("name", group))?;
    found
        .map(|group| group.id)
        .ok_or_else(|| Error::invalid(STAGE, format!("there is no security group {}", short(name))))
}

fn default_group(op: &mut Op<'_>, owner: &Account) -> Result<i64, Error> {
    match op.db.first::<SecurityGroup>(&by("account_id", owner.id).and("name", "default"))? {
        Some(group) => Ok(group.id),
        None => Ok(op.db.insert(&SecurityGroup { id: 0, name: "default".into(), account_id: owner.id })?),
    }
}
