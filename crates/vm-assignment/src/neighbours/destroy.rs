//! Destroying a machine: its state changes, its owner's counts go down, its billing ends.
//!
//! Upstream takes from the counts of the owner it read before the state changed.

use crate::error::Error;
use crate::op::Op;
use crate::quota;
use crate::records::{Account, Switch, UsageKind, VmState};
use crate::usage;

use super::machine;
use super::start::change_state;

pub(crate) fn run(op: &mut Op<'_>, vm: &str) -> Result<(), Error> {
    if op.revision.locks_first() {
        return op.transaction(|op| {
            crate::gate::counts(op)?;
            destroy(op, vm)
        });
    }
    destroy(op, vm)
}

fn destroy(op: &mut Op<'_>, vm: &str) -> Result<(), Error> {
    let vm = machine(op, vm)?;
    let owner: Account = op.must(vm.account_id)?;
    let offering = op.must(vm.service_offering_id)?;
    op.transaction(|op| {
        change_state(op, &vm, VmState::Stopped, VmState::Destroyed)?;
        usage::vm(op, UsageKind::VmDestroy, &owner, &vm)?;
        if !op.switch(Switch::RunningVmsOnly)? {
            for charge in quota::of_vm(&vm, &offering) {
                quota::count(op, &owner, &charge, -1)?;
            }
        }
        Ok(())
    })
}
