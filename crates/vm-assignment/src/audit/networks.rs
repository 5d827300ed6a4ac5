//! I4: addresses; I10: no network is left of an assignment that failed.

use std::collections::BTreeMap;

use super::{Finding, View};
use crate::ledger::Table;
use crate::records as r;

pub(super) fn check(view: &View<'_>, findings: &mut Vec<Finding>) {
    one_card_an_address(view, findings);
    cards_of_the_removed(view, findings);
    shared_addresses(view, findings);
    orphans(view, findings);
}

fn one_card_an_address(view: &View<'_>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<(i64, &str), &r::Nic> = BTreeMap::new();
    for nic in view.nics.iter().filter(|nic| !nic.removed) {
        let Some(ip4) = &nic.ip4 else { continue };
        if let Some(first) = seen.insert((nic.network_id, ip4), nic) {
            findings.push(Finding {
                invariant: "I4",
                rows: vec![(Table::Nic, first.id), (Table::Nic, nic.id)],
                vm: Some(nic.instance_id),
                text: format!("two network cards have the address {ip4}"),
            });
        }
    }
}

fn cards_of_the_removed(view: &View<'_>, findings: &mut Vec<Finding>) {
    for nic in view.nics.iter().filter(|nic| !nic.removed) {
        if view.vms.iter().any(|vm| vm.id == nic.instance_id && vm.removed) {
            findings.push(Finding {
                invariant: "I4",
                rows: vec![(Table::Nic, nic.id), (Table::Vm, nic.instance_id)],
                vm: Some(nic.instance_id),
                text: "a removed machine has a network card".to_owned(),
            });
        }
    }
}

/// An address of a shared network is allocated exactly when a live card has it, and then to that card's machine.
fn shared_addresses(view: &View<'_>, findings: &mut Vec<Finding>) {
    for row in view.tables.all::<r::IpAddress>().iter().filter(|row| row.guest) {
        let holds =
            |nic: &&r::Nic| !nic.removed && nic.network_id == row.network_id && nic.ip4.as_ref() == Some(&row.address);
        let holder = view.nics.iter().find(holds);
        let allocated = row.state == r::IpState::Allocated;
        if allocated == holder.is_some() && (!allocated || row.vm_id == holder.map(|nic| nic.instance_id)) {
            continue;
        }
        let address = (Table::IpAddress, row.id);
        findings.push(Finding {
            invariant: "I4",
            rows: [address].into_iter().chain(holder.map(|nic| (Table::Nic, nic.id))).collect(),
            vm: holder.map(|nic| nic.instance_id).or(row.vm_id),
            text: format!("address {} is {}, and its network card says otherwise", row.address, row.state),
        });
    }
}

fn orphans(view: &View<'_>, findings: &mut Vec<Finding>) {
    for network in view.networks.iter().filter(|network| network.created_for.is_some()) {
        findings.push(Finding {
            invariant: "I10",
            rows: vec![(Table::Network, network.id)],
            vm: None,
            text: format!(
                "network {} of {} is left of an assignment that failed",
                network.name,
                view.name(network.account_id)
            ),
        });
    }
}
