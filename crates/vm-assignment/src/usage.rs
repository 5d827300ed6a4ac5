//! Usage events: what is billed, and to whom. Hidden resources are not billed.

use crate::error::Error;
use crate::op::Op;
use crate::records::{Account, UsageEvent, UsageKind, Vm, Volume};

pub(crate) fn vm(op: &mut Op<'_>, kind: UsageKind, account: &Account, vm: &Vm) -> Result<(), Error> {
    if vm.display { record(op, kind, account.id, vm.id, &vm.name, 0) } else { Ok(()) }
}

pub(crate) fn volume(op: &mut Op<'_>, kind: UsageKind, account: &Account, volume: &Volume) -> Result<(), Error> {
    if volume.display { record(op, kind, account.id, volume.id, &volume.name, volume.size) } else { Ok(()) }
}

pub(crate) fn record(
    op: &mut Op<'_>,
    kind: UsageKind,
    account_id: i64,
    resource_id: i64,
    name: &str,
    size: i64,
) -> Result<(), Error> {
    let event = UsageEvent { id: 0, kind, account_id, resource_id, resource_name: name.to_owned(), size };
    op.db.insert(&event)?;
    Ok(())
}
