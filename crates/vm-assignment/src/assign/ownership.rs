//! Steps a to f, h and i: the records of who owns what, what is counted, what is billed.

use crate::error::Error;
use crate::ledger::{Value, by};
use crate::op::Op;
use crate::quota::{self, Reserved};
use crate::records::{BackupSchedule, SnapshotPolicy, UsageKind, Vm, Volume};
use crate::usage;

use super::checks::leave_groups;
use super::plan::Plan;

/// Steps a to e: from the old owner to the new one, the machine's own count excepted.
pub(super) fn hand_over(op: &mut Op<'_>, plan: &Plan, reserved: &Reserved) -> Result<(), Error> {
    op.step("assign.usage-destroy")?;
    usage::vm(op, UsageKind::VmDestroy, &plan.old, &plan.vm)?;
    op.step("assign.count-out")?;
    for charge in plan.vm_charges() {
        quota::count(op, &plan.old, &charge, -1)?;
    }
    op.step("assign.group")?;
    leave_groups(op, plan.vm.id)?;
    op.step("assign.owner")?;
    let domain = plan.domain.id;
    op.db.set::<Vm>(&by("id", plan.vm.id), &[("account_id", plan.new.id.into()), ("domain_id", domain.into())])?;
    for volume in &plan.volumes {
        op.step("assign.volume")?;
        hand_over_volume(op, plan, volume, reserved)?;
    }
    Ok(())
}

fn hand_over_volume(op: &mut Op<'_>, plan: &Plan, volume: &Volume, reserved: &Reserved) -> Result<(), Error> {
    usage::volume(op, UsageKind::VolumeDelete, &plan.old, volume)?;
    for charge in quota::of_volume(volume) {
        quota::count(op, &plan.old, &charge, -1)?;
    }
    op.db.set::<Volume>(&by("id", volume.id), &new_owner(plan))?;
    for charge in quota::of_volume(volume) {
        reserved.replace_by_count(op, &charge)?;
        quota::count(op, &plan.new, &charge, 1)?;
    }
    usage::volume(op, UsageKind::VolumeCreate, &plan.new, volume)
}

/// Step f, which 4.22 added (cloudstack#11587): what acts on the machine by itself acts for the new owner.
pub(super) fn hand_over_policies(op: &mut Op<'_>, plan: &Plan) -> Result<(), Error> {
    op.step("assign.policies")?;
    for volume in &plan.volumes {
        op.db.set::<SnapshotPolicy>(&by("volume_id", volume.id), &new_owner(plan))?;
    }
    op.db.set::<BackupSchedule>(&by("instance_id", plan.vm.id), &new_owner(plan))?;
    Ok(())
}

/// Step h: the machine counts for the new owner.
pub(super) fn count_in(op: &mut Op<'_>, plan: &Plan, reserved: &Reserved) -> Result<(), Error> {
    op.step("assign.count-in")?;
    for charge in plan.vm_charges() {
        reserved.replace_by_count(op, &charge)?;
        quota::count(op, &plan.new, &charge, 1)?;
    }
    Ok(())
}

/// Step i: the machine is billed to the new owner.
pub(super) fn bill_new_owner(op: &mut Op<'_>, plan: &Plan) -> Result<(), Error> {
    op.step("assign.usage-create")?;
    usage::vm(op, UsageKind::VmCreate, &plan.new, &plan.vm)
}

/// The account and *its* domain; the machine's own row takes the domain of the request.
fn new_owner(plan: &Plan) -> [(&'static str, Value); 2] {
    [("account_id", plan.new.id.into()), ("domain_id", plan.new.domain_id.into())]
}
