//! Deploying a machine: quota reserved (upstream's deploy has had reservations since 4.18), rows written, counted.

use crate::access;
use crate::assign::allocate::{self, Card};
use crate::assign::{MacFrom, validate_name};
use crate::error::{Error, short};
use crate::gate;
use crate::ledger::by;
use crate::op::Op;
use crate::quota::{self, Charge, Reserved};
use crate::records::{
    Account, AccountState, Domain, Network, ServiceOffering, Switch, Template, UsageKind, Vm, VmState, Volume,
};
use crate::usage;

const STAGE: &str = "deploy";

/// What a caller wants to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deploy {
    /// The owner.
    pub account: String,
    /// The owner's domain, by its path.
    pub domain: String,
    /// The machine's name; its volume is called `<name>-root`.
    pub vm: String,
    /// The service offering.
    pub offering: String,
    /// The network of its card.
    pub network: String,
    /// The size of its volume.
    pub volume_size: i64,
}

struct Parts {
    owner: Account,
    network: Network,
    vm: Vm,
    volume: Volume,
    charges: Vec<Charge>,
}

pub(crate) fn run(op: &mut Op<'_>, deploy: &Deploy) -> Result<(), Error> {
    for name in [&deploy.account, &deploy.domain, &deploy.vm, &deploy.offering, &deploy.network] {
        validate_name(name)?;
    }
    if deploy.volume_size < 0 {
        return Err(Error::invalid(STAGE, format!("a volume cannot have {} bytes", deploy.volume_size)));
    }
    if op.revision.locks_first() { under_locks(op, deploy) } else { with_reservations(op, deploy) }
}

fn with_reservations(op: &mut Op<'_>, deploy: &Deploy) -> Result<(), Error> {
    let parts = parts(op, deploy)?;
    let reserved = Reserved::all(op, &parts.owner, parts.charges.iter().map(|charge| (charge.clone(), STAGE)))?;
    let outcome = op.transaction(|op| write(op, &parts, &reserved, MacFrom::SecondConnection));
    reserved.close(op)?;
    outcome
}

fn under_locks(op: &mut Op<'_>, deploy: &Deploy) -> Result<(), Error> {
    op.transaction(|op| {
        gate::counts(op)?;
        gate::target(op, Some(&deploy.account), None)?;
        let parts = parts(op, deploy)?;
        for charge in &parts.charges {
            quota::check(op, &parts.owner, charge, STAGE)?;
        }
        write(op, &parts, &Reserved::default(), MacFrom::OwnConnection)
    })
}

fn parts(op: &mut Op<'_>, deploy: &Deploy) -> Result<Parts, Error> {
    let unknown = |what: &str, name: &str| Error::invalid(STAGE, format!("there is no {what} {}", short(name)));
    let domain = op.db.first::<Domain>(&by("path", deploy.domain.as_str()))?;
    let domain = domain.ok_or_else(|| unknown("domain", &deploy.domain))?;
    let owner = op.account_named(&deploy.account, Some(domain.id))?;
    let owner = owner.filter(|owner| owner.state == AccountState::Enabled);
    let owner = owner.ok_or_else(|| unknown("enabled account", &deploy.account))?;
    let network = op.db.first::<Network>(&by("name", deploy.network.as_str()))?;
    let network = network.ok_or_else(|| unknown("network", &deploy.network))?;
    if !access::may_use_network(op, &owner, &network)? {
        return Err(Error::denied(STAGE, format!("{} may not use network {}", owner.name, network.name)));
    }
    let offering = op.db.first::<ServiceOffering>(&by("name", deploy.offering.as_str()))?;
    let offering = offering.ok_or_else(|| unknown("offering", &deploy.offering))?;
    let template = op.db.first::<Template>(&by("public", true))?.map(|template| template.id);
    let vm = vm(deploy, &owner, &network, &offering, template);
    let volume = volume(deploy, &owner);
    let running_only = op.switch(Switch::RunningVmsOnly)?;
    let of_vm = if running_only { Vec::new() } else { quota::of_vm(&vm, &offering) };
    let charges = of_vm.into_iter().chain(quota::of_volume(&volume)).collect();
    Ok(Parts { owner, network, vm, volume, charges })
}

fn vm(deploy: &Deploy, owner: &Account, network: &Network, offering: &ServiceOffering, template: Option<i64>) -> Vm {
    Vm {
        id: 0,
        name: deploy.vm.clone(),
        state: VmState::Stopped,
        account_id: owner.id,
        domain_id: owner.domain_id,
        zone_id: network.zone_id,
        service_offering_id: offering.id,
        template_id: template,
        hypervisor: "KVM".into(),
        update_count: 0,
        display: true,
        shared_filesystem: false,
        removed: false,
    }
}

fn volume(deploy: &Deploy, owner: &Account) -> Volume {
    Volume {
        id: 0,
        name: format!("{}-root", deploy.vm),
        account_id: owner.id,
        domain_id: owner.domain_id,
        instance_id: None,
        size: deploy.volume_size,
        tag: None,
        display: true,
        removed: false,
    }
}

fn write(op: &mut Op<'_>, parts: &Parts, reserved: &Reserved, mac: MacFrom) -> Result<(), Error> {
    let mut vm = parts.vm.clone();
    vm.id = op.db.insert(&vm)?;
    let mut volume = Volume { instance_id: Some(vm.id), ..parts.volume.clone() };
    volume.id = op.db.insert(&volume)?;
    let card = Card { vm_id: vm.id, owner: &parts.owner, device_id: 0, ip4: None };
    allocate::card(op, &parts.network, &card, mac)?;
    for charge in &parts.charges {
        reserved.replace_by_count(op, charge)?;
        quota::count(op, &parts.owner, charge, 1)?;
    }
    usage::vm(op, UsageKind::VmCreate, &parts.owner, &vm)?;
    usage::volume(op, UsageKind::VolumeCreate, &parts.owner, &volume)
}
