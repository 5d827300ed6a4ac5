//! Quotas: counts of an account and of every domain above it, limits, and reservations.

use bohrbug_sync::note;

use crate::error::{Error, ErrorKind};
use crate::ledger::{Filter, by, within};
use crate::op::Op;
use crate::records::{
    Account, AccountKind, Reservation, Resource, ResourceCount, ResourceLimit, ServiceOffering, Vm, Volume,
};

/// An amount of one resource, under one tag ("" for the count of all).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) resource: Resource,
    pub(crate) tag: String,
    pub(crate) amount: i64,
}

/// What a machine counts as.
pub(crate) fn of_vm(vm: &Vm, offering: &ServiceOffering) -> Vec<Charge> {
    if !vm.display {
        return Vec::new();
    }
    let amounts = [(Resource::UserVm, 1), (Resource::Cpu, offering.cpu), (Resource::Memory, offering.memory)];
    tagged(&amounts, offering.host_tag.as_deref())
}

/// What a volume counts as.
pub(crate) fn of_volume(volume: &Volume) -> Vec<Charge> {
    if !volume.display {
        return Vec::new();
    }
    tagged(&[(Resource::Volume, 1), (Resource::PrimaryStorage, volume.size)], volume.tag.as_deref())
}

/// What a network counts as.
pub(crate) fn of_network() -> Charge {
    Charge { resource: Resource::Network, tag: String::new(), amount: 1 }
}

/// Each amount once untagged and once under the tag; what is zero is not counted at all.
fn tagged(amounts: &[(Resource, i64)], tag: Option<&str>) -> Vec<Charge> {
    let nonzero = amounts.iter().filter(|(_, amount)| *amount != 0);
    let tags = [Some(""), tag].into_iter().flatten();
    nonzero
        .flat_map(|(resource, amount)| {
            tags.clone().map(|tag| Charge { resource: *resource, tag: tag.to_owned(), amount: *amount })
        })
        .collect()
}

/// Adds to the counts of the account, then of its domains: two statements, as upstream's one a scope.
pub(crate) fn count(op: &mut Op<'_>, account: &Account, charge: &Charge, sign: i64) -> Result<(), Error> {
    let delta = charge.amount.saturating_mul(sign);
    let domains: Vec<i64> = op.ancestry(account.domain_id)?.iter().map(|domain| domain.id).collect();
    for owner in [by("account_id", account.id), within("domain_id", domains)] {
        let rows = owner.and("resource", charge.resource).and("tag", charge.tag.as_str());
        if op.revision.locks_first() && delta < 0 { take(op, &rows, delta)? } else { add(op, &rows, delta)? }
    }
    Ok(())
}

fn add(op: &mut Op<'_>, rows: &Filter, delta: i64) -> Result<(), Error> {
    op.db.add::<ResourceCount>(rows, "count", delta)?;
    Ok(())
}

/// A count that would go below zero was wrong before: it stops at zero, and the audit or a recount finds the rest.
fn take(op: &mut Op<'_>, rows: &Filter, delta: i64) -> Result<(), Error> {
    for row in op.db.lock::<ResourceCount>(rows)? {
        let count = row.count.saturating_add(delta).max(0);
        op.db.set::<ResourceCount>(&by("id", row.id), &[("count", count.into())])?;
    }
    Ok(())
}

/// Whether the account and each domain above it, the root excepted, can take the charge. The counts stay locked until
/// the transaction ends, which is at once unless the caller has one open.
pub(crate) fn check(op: &mut Op<'_>, account: &Account, charge: &Charge, stage: &'static str) -> Result<(), Error> {
    if account.kind == AccountKind::RootAdmin || charge.amount == 0 {
        return Ok(());
    }
    op.transaction(|op| {
        let domains = op.ancestry(account.domain_id)?;
        let kind = |owner: Filter| owner.and("resource", charge.resource).and("tag", charge.tag.as_str());
        let ids = domains.iter().map(|domain| domain.id);
        let mut counts = op.db.lock::<ResourceCount>(&kind(within("domain_id", ids)))?;
        counts.extend(op.db.lock::<ResourceCount>(&kind(by("account_id", account.id)))?);
        let reserved = op.db.find::<Reservation>(&kind(Filter::everything()))?;
        check_account(op, account, charge, &counts, &reserved, stage)?;
        for domain in domains.iter().filter(|domain| domain.parent_id.is_some()) {
            let count = counts.iter().find(|row| row.domain_id == Some(domain.id)).map_or(0, |row| row.count);
            let mut total = i128::from(count);
            for row in &reserved {
                if op.is_within(row.domain_id, domain.id)? {
                    total += i128::from(row.amount);
                }
            }
            let max = limit(op, by("domain_id", domain.id), charge)?;
            refuse_excess(total, charge, max, &format!("domain {}", domain.path), stage)?;
        }
        Ok(())
    })
}

fn check_account(
    op: &mut Op<'_>,
    account: &Account,
    charge: &Charge,
    counts: &[ResourceCount],
    reserved: &[Reservation],
    stage: &'static str,
) -> Result<(), Error> {
    let count = counts.iter().find(|row| row.account_id == Some(account.id)).map_or(0, |row| row.count);
    let own = reserved.iter().filter(|row| row.account_id == account.id).map(|row| i128::from(row.amount));
    let total = i128::from(count) + own.sum::<i128>();
    let max = limit(op, by("account_id", account.id), charge)?;
    refuse_excess(total, charge, max, &format!("account {}", account.name), stage)
}

fn limit(op: &mut Op<'_>, owner: Filter, charge: &Charge) -> Result<Option<i64>, Error> {
    let filter = owner.and("resource", charge.resource).and("tag", charge.tag.as_str());
    Ok(op.db.first::<ResourceLimit>(&filter)?.map(|row| row.max).filter(|max| *max != -1))
}

fn refuse_excess(
    total: i128,
    charge: &Charge,
    max: Option<i64>,
    whose: &str,
    stage: &'static str,
) -> Result<(), Error> {
    let wanted = total + i128::from(charge.amount);
    if max.is_none_or(|max| wanted <= i128::from(max)) {
        return Ok(());
    }
    let tag = if charge.tag.is_empty() { String::new() } else { format!(" tagged {}", charge.tag) };
    let text = format!("{whose} would have {wanted} {}{tag}, more than its limit", charge.resource);
    Err(Error::new(ErrorKind::ResourceAllocation, stage, text))
}

/// Checks the charge and reserves it, under a lock whose name is the account's *own* domain and the resource: siblings
/// under one limited parent do not exclude each other.
pub(crate) fn reserve(
    op: &mut Op<'_>,
    account: &Account,
    charge: &Charge,
    stage: &'static str,
) -> Result<Option<i64>, Error> {
    if charge.amount == 0 {
        return Ok(None);
    }
    let name = format!("CheckedReservation-{}/{}", account.domain_id, charge.resource);
    note(format_args!("lock the name {name}"));
    op.db.connection().lock_name(&name)?;
    let outcome = check(op, account, charge, stage).and_then(|()| insert_reservation(op, account, charge));
    note(format_args!("unlock the name {name}"));
    op.db.connection().unlock_name(&name);
    outcome.map(Some)
}

fn insert_reservation(op: &mut Op<'_>, account: &Account, charge: &Charge) -> Result<i64, Error> {
    let row = Reservation {
        id: 0,
        account_id: account.id,
        domain_id: account.domain_id,
        resource: charge.resource,
        tag: charge.tag.clone(),
        amount: charge.amount,
    };
    Ok(op.db.insert(&row)?)
}

/// Reservations of one operation: the last one of each resource is deleted with its count, the rest at the end.
#[derive(Debug, Default)]
pub(crate) struct Reserved(Vec<(Charge, i64)>);

impl Reserved {
    /// Reserves every charge, or none.
    pub(crate) fn all(
        op: &mut Op<'_>,
        account: &Account,
        charges: impl IntoIterator<Item = (Charge, &'static str)>,
    ) -> Result<Self, Error> {
        let mut reserved = Self::default();
        for (charge, stage) in charges {
            match reserve(op, account, &charge, stage) {
                Ok(id) => reserved.0.extend(id.map(|id| (charge, id))),
                Err(error) => {
                    reserved.close(op)?;
                    return Err(error);
                }
            }
        }
        Ok(reserved)
    }

    /// Deletes the reservation that a count replaces, in the count's own transaction (cloudstack#7724).
    pub(crate) fn replace_by_count(&self, op: &mut Op<'_>, charge: &Charge) -> Result<(), Error> {
        let same = |(held, _): &&(Charge, i64)| held.resource == charge.resource && held.tag == charge.tag;
        if let Some((_, id)) = self.0.iter().rev().find(same) {
            op.db.delete::<Reservation>(&by("id", *id))?;
        }
        Ok(())
    }

    /// Deletes what is left, whatever the outcome was.
    pub(crate) fn close(self, op: &mut Op<'_>) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        op.db.delete::<Reservation>(&within("id", self.0.into_iter().map(|(_, id)| id)))?;
        Ok(())
    }
}
