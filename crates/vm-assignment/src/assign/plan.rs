//! What the checks found out and the phases work from. It is a copy: in every revision but the strict one, others may
//! have changed what it was copied from.

use crate::error::Error;
use crate::op::Op;
use crate::quota::{self, Charge};
use crate::records::{Account, Domain, ServiceOffering, Switch, Vm, Volume, Zone};

use super::request::Request;

pub(super) struct Plan {
    pub(super) request: Request,
    pub(super) vm: Vm,
    pub(super) old: Account,
    pub(super) new: Account,
    pub(super) domain: Domain,
    pub(super) zone: Zone,
    pub(super) offering: ServiceOffering,
    pub(super) volumes: Vec<Volume>,
    pub(super) running_only: bool,
}

impl Plan {
    /// What the machine adds to the new owner's counts and takes from the old one's.
    pub(super) fn vm_charges(&self) -> Vec<Charge> {
        if self.running_only { Vec::new() } else { quota::of_vm(&self.vm, &self.offering) }
    }

    /// Every charge of the move with the step that checks it.
    pub(super) fn charges(&self) -> Vec<(Charge, &'static str)> {
        let vm = self.vm_charges().into_iter().map(|charge| (charge, "18-vm-quota"));
        let volumes = self.volumes.iter().flat_map(quota::of_volume).map(|charge| (charge, "19-volume-quota"));
        vm.chain(volumes).collect()
    }
}

/// What is known so far, while the checks run.
pub(super) struct Draft<'r> {
    pub(super) request: &'r Request,
    pub(super) caller: Account,
    pub(super) vm: Option<Vm>,
    pub(super) old: Option<Account>,
    pub(super) new: Option<Account>,
    pub(super) domain: Option<Domain>,
    pub(super) volumes: Vec<Volume>,
}

impl Draft<'_> {
    pub(super) fn vm(&self) -> Result<&Vm, Error> {
        self.vm.as_ref().ok_or_else(|| Error::runtime("checks", "the machine is looked up first"))
    }

    pub(super) fn old_owner(&self) -> Result<&Account, Error> {
        self.old.as_ref().ok_or_else(|| Error::runtime("checks", "the old owner is looked up first"))
    }

    pub(super) fn new_owner(&self) -> Result<&Account, Error> {
        self.new.as_ref().ok_or_else(|| Error::invalid("7-new-account", "there is no new owner"))
    }

    pub(super) fn finish(self, op: &mut Op<'_>) -> Result<Plan, Error> {
        let missing = || Error::runtime("checks", "a check that finds out something is missing from the list");
        let vm = self.vm.ok_or_else(missing)?;
        Ok(Plan {
            request: self.request.clone(),
            old: self.old.ok_or_else(missing)?,
            new: self.new.ok_or_else(missing)?,
            domain: self.domain.ok_or_else(missing)?,
            zone: op.must(vm.zone_id)?,
            offering: op.must(vm.service_offering_id)?,
            volumes: self.volumes,
            running_only: op.switch(Switch::RunningVmsOnly)?,
            vm,
        })
    }
}
