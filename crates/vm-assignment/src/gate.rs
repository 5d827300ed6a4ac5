//! The order in which the strict revision takes its locks: the root's counts, the machine, its volumes, the account.
//!
//! Everything that moves counts holds the root's from its first statement to its commit. The reported system ends up
//! there too, since every change of a count changes the root's, but only in the middle of its transaction, when it has
//! checked already and holds other rows: that is where its overruns and its deadlocks come from.

use crate::error::Error;
use crate::ledger::{Value, by};
use crate::op::Op;
use crate::records::{Account, Domain, Project, ResourceCount, Vm, Volume};

/// First: the counts of the root domain.
pub(crate) fn counts(op: &mut Op<'_>) -> Result<(), Error> {
    let root = op.db.first::<Domain>(&by("parent_id", Value::Null))?;
    let root = root.ok_or_else(|| Error::runtime("ledger", "there is no root domain"))?;
    op.db.lock::<ResourceCount>(&by("domain_id", root.id))?;
    Ok(())
}

/// Second: the machine, whatever happens to it. Answers it as it is now that nobody else can change it.
pub(crate) fn machine(op: &mut Op<'_>, name: &str) -> Result<Option<Vm>, Error> {
    Ok(op.db.lock::<Vm>(&by("name", name).and("removed", false))?.into_iter().next())
}

/// Third: a volume, whoever has it.
pub(crate) fn volume(op: &mut Op<'_>, name: &str) -> Result<Option<Volume>, Error> {
    Ok(op.db.lock::<Volume>(&by("name", name).and("removed", false))?.into_iter().next())
}

/// Last: the account that is to own something, or the project's.
pub(crate) fn target(op: &mut Op<'_>, account: Option<&str>, project: Option<&str>) -> Result<(), Error> {
    let filter = match (account, project) {
        (_, Some(project)) => op.db.first::<Project>(&by("name", project))?.map(|found| by("id", found.account_id)),
        (Some(name), None) => Some(by("name", name).and("removed", false)),
        (None, None) => None,
    };
    if let Some(filter) = filter {
        op.db.lock::<Account>(&filter)?;
    }
    Ok(())
}
