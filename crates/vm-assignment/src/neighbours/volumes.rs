//! Attaching, detaching and snapshotting a volume. Upstream locks neither the machine nor the volume; the strict revision
//! locks both, since a volume is in one machine at the most.

use crate::error::Error;
use crate::ledger::{Value, by};
use crate::op::Op;
use crate::records::{Snapshot, SnapshotState, Volume};

use super::{as_revision_has_it, machine, refuse_dead, volume};

pub(crate) fn attach(op: &mut Op<'_>, name: &str, vm: &str) -> Result<(), Error> {
    as_revision_has_it(op, |op| {
        let vm = machine(op, vm)?;
        refuse_dead(op, &vm)?;
        let volume = volume(op, name)?;
        if volume.account_id != vm.account_id || volume.instance_id.is_some() {
            return Err(Error::invalid("attach", format!("{} cannot be attached to {}", volume.name, vm.name)));
        }
        op.db.set::<Volume>(&by("id", volume.id), &[("instance_id", vm.id.into())])?;
        Ok(())
    })
}

pub(crate) fn detach(op: &mut Op<'_>, name: &str, vm: &str) -> Result<(), Error> {
    as_revision_has_it(op, |op| {
        let vm = machine(op, vm)?;
        let volume = volume(op, name)?;
        if volume.instance_id != Some(vm.id) {
            return Err(Error::invalid("detach", format!("{} is not attached to {}", volume.name, vm.name)));
        }
        op.db.set::<Volume>(&by("id", volume.id), &[("instance_id", Value::Null)])?;
        Ok(())
    })
}

pub(crate) fn snapshot(op: &mut Op<'_>, name: &str) -> Result<(), Error> {
    as_revision_has_it(op, |op| {
        let volume = volume(op, name)?;
        let volume: Volume = op.must(volume.id)?;
        let snapshot =
            Snapshot { id: 0, volume_id: volume.id, account_id: volume.account_id, state: SnapshotState::Creating };
        op.db.insert(&snapshot)?;
        Ok(())
    })
}
