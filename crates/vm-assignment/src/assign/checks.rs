//! What must hold before anything is moved: one function a check, and for each family of revisions the order.
//!
//! The order is part of the behaviour: it decides which of two errors a caller sees, and in the reported revision one of
//! the "checks" is a write.

use crate::access;
use crate::error::{Error, short};
use crate::ledger::{by, within};
use crate::op::Op;
use crate::quota;
use crate::records::{
    Account, AccountKind, AccountState, Domain, InstanceGroupMember, IpAddress, Project, Rule, RuleKind, Snapshot,
    SnapshotState, Vm, VmState, Volume,
};

use super::plan::{Draft, Plan};
use super::request::Request;
use Check::{
    AccessNew, AccessOld, Different, Domain as DomainAccess, FinalizeOwner, Groupless, Machine, NewEnabled, NewExists,
    NoLoadBalancer, NoOneToOneNat, NoPortForwarding, NoSharedFilesystem, NoSnapshots, NoStaticNat, NotRunning,
    OldExists, OnlyStopped, ProjectNeedsDomain, Role, Template, VmQuota, VolumeQuota,
};

/// One check; the number is that of the fact sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Role,
    Machine,
    NotRunning,
    OnlyStopped,
    NoSharedFilesystem,
    FinalizeOwner,
    OldExists,
    NewExists,
    NewEnabled,
    Different,
    AccessOld,
    AccessNew,
    ProjectNeedsDomain,
    NoPortForwarding,
    NoStaticNat,
    NoLoadBalancer,
    NoOneToOneNat,
    NoSnapshots,
    Groupless,
    VmQuota,
    VolumeQuota,
    Template,
    Domain,
}

/// 4.20.0: the machine leaves its instance group (a write, at once committed) before the last four checks.
pub(super) const REPORTED: &[Check] = &[
    Role,
    Machine,
    NotRunning,
    NoSharedFilesystem,
    OldExists,
    FinalizeOwner,
    NewExists,
    NewEnabled,
    ProjectNeedsDomain,
    AccessOld,
    AccessNew,
    Different,
    NoPortForwarding,
    NoStaticNat,
    NoLoadBalancer,
    NoOneToOneNat,
    NoSnapshots,
    Groupless,
    VmQuota,
    VolumeQuota,
    Template,
    DomainAccess,
];

/// 4.20.1: the write is gone from the checks.
pub(super) const FIXED: &[Check] = &[
    Role,
    Machine,
    NotRunning,
    NoSharedFilesystem,
    FinalizeOwner,
    OldExists,
    NewExists,
    NewEnabled,
    Different,
    AccessOld,
    AccessNew,
    ProjectNeedsDomain,
    NoPortForwarding,
    NoStaticNat,
    NoLoadBalancer,
    NoOneToOneNat,
    NoSnapshots,
    VmQuota,
    VolumeQuota,
    Template,
    DomainAccess,
];

/// 4.20.3: the quotas are not checked but reserved, after everything else.
pub(super) const RESERVING: &[Check] = &[
    Role,
    Machine,
    NotRunning,
    NoSharedFilesystem,
    FinalizeOwner,
    OldExists,
    NewExists,
    NewEnabled,
    Different,
    AccessOld,
    AccessNew,
    ProjectNeedsDomain,
    NoPortForwarding,
    NoStaticNat,
    NoLoadBalancer,
    NoOneToOneNat,
    NoSnapshots,
    Template,
    DomainAccess,
];

/// Strict: only a stopped machine is moved; the rest in the order of 4.20.1, but under locks.
pub(super) const STRICT: &[Check] = &[
    Role,
    Machine,
    NotRunning,
    OnlyStopped,
    NoSharedFilesystem,
    FinalizeOwner,
    OldExists,
    NewExists,
    NewEnabled,
    Different,
    AccessOld,
    AccessNew,
    ProjectNeedsDomain,
    NoPortForwarding,
    NoStaticNat,
    NoLoadBalancer,
    NoOneToOneNat,
    NoSnapshots,
    VmQuota,
    VolumeQuota,
    Template,
    DomainAccess,
];

/// Runs the checks in the order given; the first that fails is the answer.
pub(super) fn run(op: &mut Op<'_>, request: &Request, order: &[Check]) -> Result<Plan, Error> {
    let caller = caller(op, request)?;
    let mut draft = Draft { request, caller, vm: None, old: None, new: None, domain: None, volumes: Vec::new() };
    for check in order {
        run_one(op, &mut draft, *check)?;
    }
    op.step("assign.checked")?;
    draft.finish(op)
}

fn run_one(op: &mut Op<'_>, draft: &mut Draft<'_>, check: Check) -> Result<(), Error> {
    match check {
        Role => role(draft),
        Machine => machine(op, draft),
        NotRunning => not_running(draft),
        OnlyStopped => only_stopped(draft),
        NoSharedFilesystem => no_shared_filesystem(draft),
        FinalizeOwner => finalize_owner(op, draft),
        OldExists => old_exists(op, draft),
        NewExists => draft.new_owner().map(drop),
        NewEnabled => new_enabled(draft),
        Different => different(draft),
        AccessOld => access_old(op, draft),
        AccessNew => access_new(op, draft),
        ProjectNeedsDomain => project_needs_domain(draft),
        NoPortForwarding => no_rule(op, draft, RuleKind::PortForwarding, "13-pf"),
        NoStaticNat => no_rule(op, draft, RuleKind::StaticNat, "14-static-nat"),
        NoLoadBalancer => no_rule(op, draft, RuleKind::LoadBalancer, "15-lb"),
        NoOneToOneNat => no_one_to_one_nat(op, draft),
        NoSnapshots => no_snapshots(op, draft),
        Groupless => leave_groups(op, draft.vm()?.id),
        VmQuota => vm_quota(op, draft),
        VolumeQuota => volume_quota(op, draft),
        Template => access::check_template(op, draft.vm()?, draft.new_owner()?),
        DomainAccess => access::check_domain(op, draft.new_owner()?, draft.domain.as_ref()),
    }
}

fn caller(op: &mut Op<'_>, request: &Request) -> Result<Account, Error> {
    let caller = op.account_named(&request.caller, None)?;
    caller.ok_or_else(|| Error::denied("0-caller", format!("there is no account {}", short(&request.caller))))
}

fn role(draft: &Draft<'_>) -> Result<(), Error> {
    match draft.caller.kind {
        AccountKind::RootAdmin | AccountKind::DomainAdmin => Ok(()),
        kind => Err(Error::invalid("1-role", format!("{} is a {kind}, not an admin", draft.caller.name))),
    }
}

fn machine(op: &mut Op<'_>, draft: &mut Draft<'_>) -> Result<(), Error> {
    let vm = op.db.first::<Vm>(&by("name", draft.request.vm.as_str()).and("removed", false))?;
    let missing = || Error::invalid("2-vm-exists", format!("there is no machine {}", short(&draft.request.vm)));
    draft.vm = Some(vm.ok_or_else(missing)?);
    Ok(())
}

fn not_running(draft: &Draft<'_>) -> Result<(), Error> {
    let vm = draft.vm()?;
    if vm.state == VmState::Running {
        return Err(Error::invalid("3-state", format!("{} is running", vm.name)));
    }
    Ok(())
}

fn only_stopped(draft: &Draft<'_>) -> Result<(), Error> {
    let vm = draft.vm()?;
    if vm.state == VmState::Stopped {
        return Ok(());
    }
    Err(Error::invalid("3-state", format!("{} is {}, not Stopped", vm.name, vm.state)))
}

fn no_shared_filesystem(draft: &Draft<'_>) -> Result<(), Error> {
    let vm = draft.vm()?;
    if vm.shared_filesystem {
        return Err(Error::invalid("4-shared-filesystem", format!("{} serves a shared filesystem", vm.name)));
    }
    Ok(())
}

fn finalize_owner(op: &mut Op<'_>, draft: &mut Draft<'_>) -> Result<(), Error> {
    const STAGE: &str = "5-finalize-owner";
    let request = draft.request;
    draft.domain = match &request.domain {
        Some(path) => op.db.first::<Domain>(&by("path", path.as_str()))?,
        None => None,
    };
    let owner = match (&request.account, &request.domain, &request.project) {
        (Some(_), Some(_), Some(_)) => {
            return Err(Error::invalid(STAGE, "an account and a project: which is to own the machine?"));
        }
        (_, _, Some(project)) => owner_of_project(op, draft, project)?,
        (Some(account), Some(path), None) => owner_in_domain(op, draft, account, path)?,
        (Some(_), None, None) => return Err(Error::invalid(STAGE, "an account needs its domain")),
        (None, Some(path), None) if draft.domain.is_none() => {
            return Err(Error::invalid(STAGE, format!("there is no domain {}", short(path))));
        }
        (None, _, None) => draft.caller.clone(),
    };
    draft.new = Some(owner);
    Ok(())
}

fn owner_of_project(op: &mut Op<'_>, draft: &Draft<'_>, name: &str) -> Result<Account, Error> {
    const STAGE: &str = "5-finalize-owner";
    let unknown = || Error::invalid(STAGE, format!("there is no project {}", short(name)));
    let project = op.db.first::<Project>(&by("name", name))?.ok_or_else(unknown)?;
    if !access::may_enter_project(op, &draft.caller, &project)? {
        return Err(Error::denied(STAGE, format!("{} may not enter project {name}", draft.caller.name)));
    }
    op.must(project.account_id)
}

fn owner_in_domain(op: &mut Op<'_>, draft: &Draft<'_>, name: &str, path: &str) -> Result<Account, Error> {
    const STAGE: &str = "5-finalize-owner";
    let no_domain = || Error::invalid(STAGE, format!("there is no domain {}", short(path)));
    let domain = draft.domain.as_ref().ok_or_else(no_domain)?;
    let no_account = || Error::invalid(STAGE, format!("there is no account {} in domain {path}", short(name)));
    let account = op.account_named(name, Some(domain.id))?.ok_or_else(no_account)?;
    if !access::governs(op, &draft.caller, domain.id)? {
        return Err(Error::denied(STAGE, format!("{} has no say in domain {path}", draft.caller.name)));
    }
    Ok(account)
}

fn old_exists(op: &mut Op<'_>, draft: &mut Draft<'_>) -> Result<(), Error> {
    let vm = draft.vm()?;
    let old = op.db.first::<Account>(&by("id", vm.account_id).and("removed", false))?;
    let gone = || Error::invalid("6-old-account", format!("the owner of {} no longer exists", vm.name));
    draft.old = Some(old.ok_or_else(gone)?);
    Ok(())
}

fn new_enabled(draft: &Draft<'_>) -> Result<(), Error> {
    let new = draft.new_owner()?;
    if new.state == AccountState::Disabled {
        return Err(Error::invalid("8-disabled", format!("account {} is disabled", new.name)));
    }
    Ok(())
}

fn different(draft: &Draft<'_>) -> Result<(), Error> {
    let (old, new) = (draft.old_owner()?, draft.new_owner()?);
    if old.id == new.id {
        return Err(Error::invalid("9-same", format!("{} owns {} already", new.name, draft.vm()?.name)));
    }
    Ok(())
}

fn access_old(op: &mut Op<'_>, draft: &Draft<'_>) -> Result<(), Error> {
    access_to(op, &draft.caller, draft.old_owner()?, "10-access-old")
}

fn access_new(op: &mut Op<'_>, draft: &Draft<'_>) -> Result<(), Error> {
    access_to(op, &draft.caller, draft.new_owner()?, "11-access-new")
}

fn access_to(op: &mut Op<'_>, caller: &Account, account: &Account, stage: &'static str) -> Result<(), Error> {
    if access::may_act_for(op, caller, account)? {
        return Ok(());
    }
    Err(Error::denied(stage, format!("{} may not act for {}", caller.name, account.name)))
}

fn project_needs_domain(draft: &Draft<'_>) -> Result<(), Error> {
    if draft.request.project.is_some() && draft.request.domain.is_none() {
        return Err(Error::invalid("12-project-domain", "a project needs its domain"));
    }
    Ok(())
}

fn no_rule(op: &mut Op<'_>, draft: &Draft<'_>, kind: RuleKind, stage: &'static str) -> Result<(), Error> {
    let vm = draft.vm()?;
    if op.db.find::<Rule>(&by("instance_id", vm.id).and("kind", kind))?.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(stage, format!("{} has a {kind} rule", vm.name)))
}

fn no_one_to_one_nat(op: &mut Op<'_>, draft: &Draft<'_>) -> Result<(), Error> {
    let vm = draft.vm()?;
    if op.db.find::<IpAddress>(&by("vm_id", vm.id).and("one_to_one_nat", true))?.is_empty() {
        return Ok(());
    }
    Err(Error::invalid("16-one-to-one-nat", format!("{} has a public address of its own", vm.name)))
}

fn no_snapshots(op: &mut Op<'_>, draft: &mut Draft<'_>) -> Result<(), Error> {
    let vm = draft.vm()?;
    let name = vm.name.clone();
    let attached = by("instance_id", vm.id).and("removed", false);
    draft.volumes =
        if op.revision.locks_first() { op.db.lock::<Volume>(&attached)? } else { op.db.find::<Volume>(&attached)? };
    let ids = draft.volumes.iter().map(|volume| volume.id);
    let blocking = |state: &SnapshotState| !matches!(state, SnapshotState::Destroyed | SnapshotState::Error);
    if draft.volumes.is_empty()
        || !op.db.find::<Snapshot>(&within("volume_id", ids))?.iter().any(|row| blocking(&row.state))
    {
        return Ok(());
    }
    Err(Error::invalid("17-snapshot", format!("a volume of {name} has a snapshot")))
}

/// Takes the machine out of its instance groups, which belong to its old owner.
pub(super) fn leave_groups(op: &mut Op<'_>, vm: i64) -> Result<(), Error> {
    op.db.delete::<InstanceGroupMember>(&by("instance_id", vm))?;
    Ok(())
}

fn vm_quota(op: &mut Op<'_>, draft: &Draft<'_>) -> Result<(), Error> {
    let vm = draft.vm()?;
    if op.switch(crate::records::Switch::RunningVmsOnly)? {
        return Ok(());
    }
    let offering = op.must(vm.service_offering_id)?;
    for charge in quota::of_vm(vm, &offering) {
        quota::check(op, draft.new_owner()?, &charge, "18-vm-quota")?;
    }
    Ok(())
}

/// Amounts of one kind are added up first: two volumes may fit one by one and not together.
fn volume_quota(op: &mut Op<'_>, draft: &Draft<'_>) -> Result<(), Error> {
    let mut sums: Vec<quota::Charge> = Vec::new();
    for charge in draft.volumes.iter().flat_map(quota::of_volume) {
        match sums.iter_mut().find(|sum| sum.resource == charge.resource && sum.tag == charge.tag) {
            Some(sum) => sum.amount = sum.amount.saturating_add(charge.amount),
            None => sums.push(charge),
        }
    }
    for charge in sums {
        quota::check(op, draft.new_owner()?, &charge, "19-volume-quota")?;
    }
    Ok(())
}
