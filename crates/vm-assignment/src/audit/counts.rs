//! I6: counts are what a recount finds; I7: nobody is above a limit; I8: no reservation outlives its operation.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, View};
use crate::ledger::{Record, Table};
use crate::neighbours::recount::counts;
use crate::quota::{self, Charge};
use crate::records as r;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Account(i64),
    Domain(i64),
}

type Totals = BTreeMap<(Owner, r::Resource, String), i128>;

pub(super) fn check(view: &View<'_>, findings: &mut Vec<Finding>) {
    let expected = recount(view);
    let rows: Vec<r::ResourceCount> = view.tables.all();
    for row in &rows {
        let Some(owner) = owner(row.account_id, row.domain_id) else { continue };
        let expected = expected.get(&(owner, row.resource, row.tag.clone())).copied().unwrap_or(0);
        if i128::from(row.count) != expected {
            findings.push(Finding {
                invariant: "I6",
                rows: vec![(Table::ResourceCount, row.id)],
                vm: None,
                text: format!(
                    "{} counts {} {}{}, has {expected}",
                    name(view, owner),
                    row.count,
                    row.resource,
                    of_tag(&row.tag)
                ),
            });
        }
    }
    uncounted(view, &expected, &rows, findings);
    limits(view, &rows, findings);
    for row in view.tables.all::<r::Reservation>() {
        findings.push(Finding {
            invariant: "I8",
            rows: vec![(Table::Reservation, row.id())],
            vm: None,
            text: format!("{} {} are reserved for nobody", row.amount, row.resource),
        });
    }
}

fn uncounted(view: &View<'_>, expected: &Totals, rows: &[r::ResourceCount], findings: &mut Vec<Finding>) {
    for ((who, resource, tag), total) in expected.iter().filter(|(_, total)| **total != 0) {
        let counted = rows.iter().any(|row| {
            owner(row.account_id, row.domain_id) == Some(*who) && row.resource == *resource && row.tag == *tag
        });
        if !counted {
            findings.push(Finding {
                invariant: "I6",
                rows: Vec::new(),
                vm: None,
                text: format!("{} has {total} {resource}{}, counted nowhere", name(view, *who), of_tag(tag)),
            });
        }
    }
}

fn limits(view: &View<'_>, rows: &[r::ResourceCount], findings: &mut Vec<Finding>) {
    for limit in view.tables.all::<r::ResourceLimit>().iter().filter(|limit| limit.max != -1) {
        let Some(who) = owner(limit.account_id, limit.domain_id) else { continue };
        if is_exempt(view, who) {
            continue;
        }
        let row = rows.iter().find(|row| {
            (row.account_id, row.domain_id, row.resource) == (limit.account_id, limit.domain_id, limit.resource)
                && row.tag == limit.tag
        });
        if let Some(row) = row.filter(|row| row.count > limit.max) {
            findings.push(Finding {
                invariant: "I7",
                rows: vec![(Table::ResourceCount, row.id), (Table::ResourceLimit, limit.id)],
                vm: None,
                text: format!(
                    "{} has {} {}{}, more than its limit of {}",
                    name(view, who),
                    row.count,
                    row.resource,
                    of_tag(&row.tag),
                    limit.max
                ),
            });
        }
    }
}

fn is_exempt(view: &View<'_>, who: Owner) -> bool {
    match who {
        Owner::Account(id) => view.account(id).is_some_and(|account| account.kind == r::AccountKind::RootAdmin),
        Owner::Domain(id) => view.domains.iter().any(|domain| domain.id == id && domain.parent_id.is_none()),
    }
}

fn recount(view: &View<'_>) -> Totals {
    let mut totals = Totals::new();
    let running_only = view.switch(r::Switch::RunningVmsOnly);
    for vm in view.vms.iter().filter(|vm| counts(vm, running_only)) {
        if let Some(offering) = view.tables.get(vm.service_offering_id) {
            add(view, &mut totals, vm.account_id, quota::of_vm(vm, &offering));
        }
    }
    for volume in view.volumes.iter().filter(|volume| !volume.removed) {
        add(view, &mut totals, volume.account_id, quota::of_volume(volume));
    }
    let own = |network: &&r::Network| network.guest_type == r::GuestType::Isolated && network.acl == r::Acl::Account;
    for network in view.networks.iter().filter(own) {
        add(view, &mut totals, network.account_id, [quota::of_network()]);
    }
    totals
}

/// Counts for the account and for each domain it is in.
fn add(view: &View<'_>, totals: &mut Totals, account: i64, charges: impl IntoIterator<Item = Charge>) {
    let home = view.account(account).map(|account| account.domain_id);
    let domains = view.domains.iter().filter(|domain| home.is_some_and(|home| view.is_within(home, domain.id)));
    let owners: Vec<Owner> = domains.map(|domain| Owner::Domain(domain.id)).chain([Owner::Account(account)]).collect();
    for charge in charges {
        for owner in &owners {
            *totals.entry((*owner, charge.resource, charge.tag.clone())).or_default() += i128::from(charge.amount);
        }
    }
}

fn owner(account: Option<i64>, domain: Option<i64>) -> Option<Owner> {
    account.map(Owner::Account).or(domain.map(Owner::Domain))
}

fn name(view: &View<'_>, owner: Owner) -> String {
    match owner {
        Owner::Account(id) => format!("account {}", view.name(id)),
        Owner::Domain(id) => {
            let path = view.domains.iter().find(|domain| domain.id == id).map_or("?", |domain| domain.path.as_str());
            format!("domain {path}")
        }
    }
}

fn of_tag(tag: &str) -> String {
    if tag.is_empty() { String::new() } else { format!(" tagged {tag}") }
}

/// The counts that these contents should have: for building worlds.
pub(crate) fn rows(tables: &crate::ledger::Tables) -> Result<Vec<r::ResourceCount>, crate::error::Error> {
    let view = View::new(tables)?;
    let row = |((who, resource, tag), total): ((Owner, r::Resource, String), i128)| {
        let (account_id, domain_id) = match who {
            Owner::Account(id) => (Some(id), None),
            Owner::Domain(id) => (None, Some(id)),
        };
        let count = i64::try_from(total).unwrap_or(i64::MAX);
        r::ResourceCount { id: 0, account_id, domain_id, resource, tag, count }
    };
    let mut totals = recount(&view);
    let kinds = kinds(&totals);
    let domains = view.domains.iter().map(|domain| Owner::Domain(domain.id));
    for owner in domains.chain(view.accounts.iter().map(|account| Owner::Account(account.id))) {
        for (resource, tag) in &kinds {
            totals.entry((owner, *resource, tag.clone())).or_default();
        }
    }
    // Domains before accounts, so that locking by id goes from the root down.
    let mut rows: Vec<r::ResourceCount> = totals.into_iter().map(row).collect();
    rows.sort_by_key(|row| (row.account_id, row.domain_id));
    Ok(rows)
}

/// Every resource untagged, and under every tag that anybody uses.
fn kinds(totals: &Totals) -> BTreeSet<(r::Resource, String)> {
    let untagged = r::Resource::ALL.iter().map(|resource| (*resource, String::new()));
    totals.keys().map(|(_, resource, tag)| (*resource, tag.clone())).chain(untagged).collect()
}
