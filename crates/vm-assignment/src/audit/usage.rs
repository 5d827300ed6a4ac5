//! I9: what is billed is opened and closed in turn, and what is open belongs to the owner.

use std::collections::BTreeMap;

use super::{Finding, View, is_live};
use crate::ledger::Table;
use crate::records::{self as r, UsageKind};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    Vm,
    Volume,
    Address,
}

pub(super) fn check(view: &View<'_>, findings: &mut Vec<Finding>) {
    let mut open: BTreeMap<(Family, i64), r::UsageEvent> = BTreeMap::new();
    for event in view.tables.all::<r::UsageEvent>() {
        let Some((family, opens)) = family(event.kind) else { continue };
        let key = (family, event.resource_id);
        match open.remove(&key) {
            Some(before) if opens => {
                findings.push(finding(view, &event, Some(&before), "is billed twice over"));
            }
            None if !opens => findings.push(finding(view, &event, None, "is closed without having been open")),
            Some(before) if before.account_id != event.account_id => {
                findings.push(finding(view, &event, Some(&before), "is closed for another than it was opened for"));
            }
            _ => {}
        }
        if opens {
            open.insert(key, event);
        }
    }
    for ((family, resource), event) in &open {
        let owner = owner(view, *family, *resource);
        if owner != Some(event.account_id) {
            let who = owner.map_or("nobody", |owner| view.name(owner));
            findings.push(finding(view, event, None, &format!("is open, but the owner is {who}")));
        }
    }
    unbilled(view, &open, findings);
    given_to_the_disabled(view, findings);
}

/// I13: an account that is disabled has been given nothing since. (Each disabling is an event.)
fn given_to_the_disabled(view: &View<'_>, findings: &mut Vec<Finding>) {
    let events: Vec<r::UsageEvent> = view.tables.all();
    for account in view.accounts.iter().filter(|account| account.state == r::AccountState::Disabled) {
        let of_account = events.iter().filter(|event| event.account_id == account.id);
        let disabled = of_account.clone().rev().find(|event| event.kind == UsageKind::AccountDisable);
        let Some(disabled) = disabled else { continue };
        let is_given = |event: &&r::UsageEvent| family(event.kind).is_some_and(|(_, opens)| opens);
        for given in of_account.filter(is_given).filter(|event| event.id > disabled.id) {
            let mut found = finding(view, given, Some(disabled), "comes after the account was disabled");
            found.invariant = "I13";
            findings.push(found);
        }
    }
}

fn unbilled(view: &View<'_>, open: &BTreeMap<(Family, i64), r::UsageEvent>, findings: &mut Vec<Finding>) {
    for vm in view.vms.iter().filter(|vm| is_live(vm) && vm.display) {
        if !open.contains_key(&(Family::Vm, vm.id)) {
            findings.push(Finding {
                invariant: "I9",
                rows: vec![(Table::Vm, vm.id)],
                vm: Some(vm.id),
                text: format!("machine {} is billed to nobody", vm.name),
            });
        }
    }
}

fn family(kind: UsageKind) -> Option<(Family, bool)> {
    match kind {
        UsageKind::VmCreate => Some((Family::Vm, true)),
        UsageKind::VmDestroy => Some((Family::Vm, false)),
        UsageKind::VolumeCreate => Some((Family::Volume, true)),
        UsageKind::VolumeDelete => Some((Family::Volume, false)),
        UsageKind::IpAssign => Some((Family::Address, true)),
        UsageKind::IpRelease => Some((Family::Address, false)),
        UsageKind::AccountDisable => None,
    }
}

fn owner(view: &View<'_>, family: Family, resource: i64) -> Option<i64> {
    match family {
        Family::Vm => view.vms.iter().find(|vm| vm.id == resource && is_live(vm)).map(|vm| vm.account_id),
        Family::Volume => {
            view.volumes.iter().find(|volume| volume.id == resource && !volume.removed).map(|volume| volume.account_id)
        }
        Family::Address => view.tables.get::<r::IpAddress>(resource).and_then(|address| address.account_id),
    }
}

fn finding(view: &View<'_>, event: &r::UsageEvent, before: Option<&r::UsageEvent>, what: &str) -> Finding {
    let (who, resource) = (view.name(event.account_id), &event.resource_name);
    let vm = match family(event.kind) {
        Some((Family::Vm, _)) => Some(event.resource_id),
        Some((Family::Volume, _)) => {
            view.volumes.iter().find(|volume| volume.id == event.resource_id).and_then(|volume| volume.instance_id)
        }
        _ => None,
    };
    Finding {
        invariant: "I9",
        rows: [event].into_iter().chain(before).map(|event| (Table::UsageEvent, event.id)).collect(),
        vm,
        text: format!("{} of {resource} for {who} {what}", event.kind),
    }
}
