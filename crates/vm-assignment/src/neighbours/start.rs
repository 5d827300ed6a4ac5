//! Starting a machine: its state changes by compare-and-set, its cards are reserved in between.
//!
//! Upstream's compare-and-set knows the state and the update count, and an assignment changes neither.

use crate::error::{Error, ErrorKind};
use crate::ledger::by;
use crate::op::Op;
use crate::quota;
use crate::records::{Account, Nic, NicState, Switch, Vm, VmState};

use super::{as_revision_has_it, machine};

pub(crate) fn run(op: &mut Op<'_>, caller: &str, vm: &str) -> Result<(), Error> {
    as_revision_has_it(op, |op| {
        if op.revision.locks_first() {
            crate::gate::counts(op)?;
        }
        let vm = machine(op, vm)?;
        let owner: Account = op.must(vm.account_id)?;
        if owner.name != caller {
            return Err(Error::denied("start", format!("{} is not {caller}'s", vm.name)));
        }
        check_quota(op, &owner, &vm)?;
        change_state(op, &vm, VmState::Stopped, VmState::Starting)?;
        for nic in op.db.find::<Nic>(&by("instance_id", vm.id).and("removed", false))? {
            op.db.set::<Nic>(&by("id", nic.id), &[("state", NicState::Reserved.into())])?;
        }
        change_state(op, &vm, VmState::Starting, VmState::Running)?;
        if op.switch(Switch::RunningVmsOnly)? {
            let offering = op.must(vm.service_offering_id)?;
            for charge in quota::of_vm(&vm, &offering) {
                quota::count(op, &owner, &charge, 1)?;
            }
        }
        Ok(())
    })
}

/// Where only what runs counts, to start a machine takes quota. Upstream counts it and does not look at the limit.
fn check_quota(op: &mut Op<'_>, owner: &Account, vm: &Vm) -> Result<(), Error> {
    if !op.revision.locks_first() || vm.state != VmState::Stopped || !op.switch(Switch::RunningVmsOnly)? {
        return Ok(());
    }
    let offering = op.must(vm.service_offering_id)?;
    quota::of_vm(vm, &offering).iter().try_for_each(|charge| quota::check(op, owner, charge, "start"))
}

/// Changes the state if it is still what the caller thinks; else somebody else was first.
pub(super) fn change_state(op: &mut Op<'_>, vm: &Vm, from: VmState, to: VmState) -> Result<(), Error> {
    op.transaction(|op| {
        let row = op.db.lock::<Vm>(&by("id", vm.id))?.into_iter().next().filter(|row| row.state == from);
        let Some(row) = row else {
            return Err(Error::new(ErrorKind::Conflict, "state", format!("{} is no longer {from}", vm.name)));
        };
        let set = [("state", to.into()), ("update_count", (row.update_count + 1).into())];
        op.db.set::<Vm>(&by("id", vm.id), &set)?;
        Ok(())
    })
}
