//! I1, I5, I11: a machine and everything that hangs on it belong to one account; I2, I3: its cards are its owner's.

use super::{Finding, View, is_live};
use crate::ledger::Table;
use crate::records as r;

pub(super) fn check(view: &View<'_>, findings: &mut Vec<Finding>) {
    for vm in view.vms.iter().filter(|vm| !vm.removed) {
        owner_and_domain(view, vm, findings);
        volumes(view, vm, findings);
        groups(view, vm, findings);
        if is_live(vm) {
            cards(view, vm, findings);
        }
    }
}

fn owner_and_domain(view: &View<'_>, vm: &r::Vm, findings: &mut Vec<Finding>) {
    if view.account(vm.account_id).is_some_and(|owner| owner.domain_id == vm.domain_id) {
        return;
    }
    findings.push(Finding {
        invariant: "I1",
        rows: vec![(Table::Vm, vm.id), (Table::Account, vm.account_id)],
        vm: Some(vm.id),
        text: format!("machine {} is in another domain than its owner {}", vm.name, view.name(vm.account_id)),
    });
}

fn volumes(view: &View<'_>, vm: &r::Vm, findings: &mut Vec<Finding>) {
    let attached = view.volumes.iter().filter(|volume| volume.instance_id == Some(vm.id) && !volume.removed);
    for volume in attached.filter(|volume| (volume.account_id, volume.domain_id) != (vm.account_id, vm.domain_id)) {
        findings.push(Finding {
            invariant: "I1",
            rows: vec![(Table::Vm, vm.id), (Table::Volume, volume.id)],
            vm: Some(vm.id),
            text: format!(
                "machine {} belongs to {}, its volume {} to {} or to another domain",
                vm.name,
                view.name(vm.account_id),
                volume.name,
                view.name(volume.account_id)
            ),
        });
    }
}

fn groups(view: &View<'_>, vm: &r::Vm, findings: &mut Vec<Finding>) {
    let tables = view.tables;
    for member in tables.all::<r::SecurityGroupMember>().iter().filter(|member| member.instance_id == vm.id) {
        let group = tables.get::<r::SecurityGroup>(member.security_group_id);
        if let Some(group) = group.filter(|group| group.account_id != vm.account_id) {
            findings.push(Finding {
                invariant: "I5",
                rows: vec![(Table::SecurityGroupMember, member.id), (Table::SecurityGroup, group.id)],
                vm: Some(vm.id),
                text: of_another(view, vm, "security group", &group.name, group.account_id),
            });
        }
    }
    for member in tables.all::<r::InstanceGroupMember>().iter().filter(|member| member.instance_id == vm.id) {
        let group = tables.get::<r::InstanceGroup>(member.group_id);
        if let Some(group) = group.filter(|group| group.account_id != vm.account_id) {
            findings.push(Finding {
                invariant: "I11",
                rows: vec![(Table::InstanceGroupMember, member.id), (Table::InstanceGroup, group.id)],
                vm: Some(vm.id),
                text: of_another(view, vm, "instance group", &group.name, group.account_id),
            });
        }
    }
}

fn of_another(view: &View<'_>, vm: &r::Vm, what: &str, name: &str, owner: i64) -> String {
    let (vm_owner, owner) = (view.name(vm.account_id), view.name(owner));
    format!("machine {} belongs to {vm_owner}, its {what} {name} to {owner}", vm.name)
}

fn cards(view: &View<'_>, vm: &r::Vm, findings: &mut Vec<Finding>) {
    let all: Vec<&r::Nic> = view.nics.iter().filter(|nic| nic.instance_id == vm.id).collect();
    let live: Vec<&r::Nic> = all.iter().copied().filter(|nic| !nic.removed).collect();
    for nic in &live {
        card(view, vm, nic, findings);
    }
    let rows = || [(Table::Vm, vm.id)].into_iter().chain(live.iter().map(|nic| (Table::Nic, nic.id))).collect();
    let mut finding = |text: String| findings.push(Finding { invariant: "I3", rows: rows(), vm: Some(vm.id), text });
    let defaults = live.iter().filter(|nic| nic.default_nic).count();
    if live.is_empty() && !all.is_empty() {
        finding(format!("machine {} of {} has lost its network cards", vm.name, view.name(vm.account_id)));
    } else if defaults != 1 && !all.is_empty() {
        finding(format!("machine {} has {defaults} default network cards", vm.name));
    }
    let mut devices: Vec<i64> = live.iter().map(|nic| nic.device_id).collect();
    devices.sort_unstable();
    devices.dedup();
    if devices.len() != live.len() {
        finding(format!("two network cards of machine {} are one device", vm.name));
    }
}

/// The report's symptom: ownership and network no longer agree.
fn card(view: &View<'_>, vm: &r::Vm, nic: &r::Nic, findings: &mut Vec<Finding>) {
    let network = view.networks.iter().find(|network| network.id == nic.network_id);
    let owner = view.account(vm.account_id);
    if let (Some(network), Some(owner)) = (network, owner)
        && !usable(view, network, owner)
    {
        findings.push(Finding {
            invariant: "I2",
            rows: vec![(Table::Vm, vm.id), (Table::Nic, nic.id), (Table::Network, network.id)],
            vm: Some(vm.id),
            text: format!(
                "machine {} belongs to {}, but is on network {} of {}: ownership and network no longer agree",
                vm.name,
                owner.name,
                network.name,
                view.name(network.account_id)
            ),
        });
    }
}

fn usable(view: &View<'_>, network: &r::Network, owner: &r::Account) -> bool {
    if owner.kind == r::AccountKind::RootAdmin && view.switch(r::Switch::AdminAnywhere) {
        return true;
    }
    if network.acl == r::Acl::Account || network.guest_type == r::GuestType::L2 {
        let permitted = view.tables.all::<r::NetworkPermission>();
        let permitted = permitted.iter().any(|row| (row.network_id, row.account_id) == (network.id, owner.id));
        return network.account_id == owner.id || permitted;
    }
    network.scope_id.is_none_or(|scope| view.is_within(owner.domain_id, scope))
}
