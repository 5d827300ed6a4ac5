//! Counting anew: what an account has is read from its machines, volumes and networks, and written into its counts.
//!
//! Upstream holds the counts' rows meanwhile (since cloudstack#8302), the account's first, then its domains'.

use std::collections::BTreeMap;

use crate::error::{Error, short};
use crate::gate;
use crate::ledger::{by, within};
use crate::op::Op;
use crate::quota::{self, Charge};
use crate::records::{
    Account, Acl, GuestType, Network, Resource, ResourceCount, ServiceOffering, Switch, Vm, VmState, Volume,
};

type Totals = BTreeMap<(Resource, String), i64>;

pub(crate) fn run(op: &mut Op<'_>, name: &str) -> Result<(), Error> {
    op.transaction(|op| {
        if op.revision.locks_first() {
            gate::counts(op)?;
        }
        let unknown = || Error::invalid("recount", format!("there is no account {}", short(name)));
        let account = op.account_named(name, None)?.ok_or_else(unknown)?;
        let counts = op.db.lock::<ResourceCount>(&by("account_id", account.id))?;
        let domains: Vec<i64> = op.ancestry(account.domain_id)?.iter().map(|domain| domain.id).collect();
        let above = op.db.lock::<ResourceCount>(&within("domain_id", domains))?;
        let totals = totals(op, &account)?;
        for row in counts {
            let total = totals.get(&(row.resource, row.tag.clone())).copied().unwrap_or(0);
            correct(op, &row, &above, total.saturating_sub(row.count))?;
        }
        Ok(())
    })
}

fn correct(op: &mut Op<'_>, row: &ResourceCount, above: &[ResourceCount], delta: i64) -> Result<(), Error> {
    if delta == 0 {
        return Ok(());
    }
    let same = above.iter().filter(|other| other.resource == row.resource && other.tag == row.tag);
    let ids = same.chain([row]).map(|row| row.id);
    op.db.add::<ResourceCount>(&within("id", ids), "count", delta)?;
    Ok(())
}

fn totals(op: &mut Op<'_>, account: &Account) -> Result<Totals, Error> {
    let mut totals = Totals::new();
    let running_only = op.switch(Switch::RunningVmsOnly)?;
    for vm in op.db.find::<Vm>(&by("account_id", account.id).and("removed", false))? {
        if counts(&vm, running_only) {
            let offering: ServiceOffering = op.must(vm.service_offering_id)?;
            add(&mut totals, quota::of_vm(&vm, &offering));
        }
    }
    for volume in op.db.find::<Volume>(&by("account_id", account.id).and("removed", false))? {
        add(&mut totals, quota::of_volume(&volume));
    }
    let isolated = by("account_id", account.id).and("guest_type", GuestType::Isolated).and("acl", Acl::Account);
    let networks = op.db.find::<Network>(&isolated)?.into_iter().map(|_| quota::of_network());
    add(&mut totals, networks);
    Ok(totals)
}

/// Whether a machine counts at all.
pub(crate) fn counts(vm: &Vm, running_only: bool) -> bool {
    let dead = matches!(vm.state, VmState::Destroyed | VmState::Expunging | VmState::Error);
    let idle = running_only && vm.state == VmState::Stopped;
    !(dead || vm.removed || idle)
}

fn add(totals: &mut Totals, charges: impl IntoIterator<Item = Charge>) {
    for charge in charges {
        let total = totals.entry((charge.resource, charge.tag)).or_default();
        *total = total.saturating_add(charge.amount);
    }
}
