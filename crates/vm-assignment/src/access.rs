//! Who may do what with whom: callers, templates, domains, networks.

use crate::error::Error;
use crate::ledger::by;
use crate::op::Op;
use crate::records::{
    Account, AccountKind, AccountState, Acl, Domain, GuestType, LaunchPermission, Network, NetworkPermission, Project,
    ProjectMember, Switch, Template, Vm,
};

/// Whether the caller governs the domain.
pub(crate) fn governs(op: &mut Op<'_>, caller: &Account, domain: i64) -> Result<bool, Error> {
    match caller.kind {
        AccountKind::RootAdmin => Ok(true),
        AccountKind::User => Ok(caller.domain_id == domain),
        AccountKind::DomainAdmin | AccountKind::ResourceDomainAdmin | AccountKind::Project => {
            op.is_within(domain, caller.domain_id)
        }
    }
}

/// Whether the caller may act for the account.
pub(crate) fn may_act_for(op: &mut Op<'_>, caller: &Account, account: &Account) -> Result<bool, Error> {
    match caller.kind {
        AccountKind::User | AccountKind::Project => Ok(caller.id == account.id),
        _ => governs(op, caller, account.domain_id),
    }
}

pub(crate) fn may_enter_project(op: &mut Op<'_>, caller: &Account, project: &Project) -> Result<bool, Error> {
    let member = by("project_id", project.id).and("account_id", caller.id);
    match caller.kind {
        AccountKind::RootAdmin => Ok(true),
        AccountKind::DomainAdmin if op.is_within(project.domain_id, caller.domain_id)? => Ok(true),
        _ => Ok(op.db.first::<ProjectMember>(&member)?.is_some()),
    }
}

/// Step 20, first half: the new owner may use what the machine was made from.
pub(crate) fn check_template(op: &mut Op<'_>, vm: &Vm, owner: &Account) -> Result<(), Error> {
    const STAGE: &str = "20-template";
    let template = match vm.template_id {
        Some(id) => op.db.get::<Template>(id)?,
        None => None,
    };
    let template = template.ok_or_else(|| Error::invalid(STAGE, format!("{} has no template", vm.name)))?;
    let denied = || {
        let text = format!("{} may not use template {} of machine {}", owner.name, template.name, vm.name);
        Err(Error::denied(STAGE, text))
    };
    if template.account_id == owner.id || owner.kind == AccountKind::RootAdmin {
        return Ok(());
    }
    if template.public {
        let maker: Account = op.must(template.account_id)?;
        let shared = op.switch(Switch::ShareTemplates)?;
        return if shared || maker.domain_id == owner.domain_id { Ok(()) } else { denied() };
    }
    let permission = by("template_id", template.id).and("account_id", owner.id);
    if op.db.first::<LaunchPermission>(&permission)?.is_some() || is_project_template(op, &template, owner)? {
        return Ok(());
    }
    denied()
}

fn is_project_template(op: &mut Op<'_>, template: &Template, user: &Account) -> Result<bool, Error> {
    let Some(project) = op.db.first::<Project>(&by("account_id", template.account_id))? else { return Ok(false) };
    let member = by("project_id", project.id).and("account_id", user.id);
    Ok(op.db.first::<ProjectMember>(&member)?.is_some())
}

/// Step 20, second half: the new owner may have things in the domain that the request names.
pub(crate) fn check_domain(op: &mut Op<'_>, owner: &Account, domain: Option<&Domain>) -> Result<(), Error> {
    const STAGE: &str = "20-domain-access";
    let Some(domain) = domain else {
        return Err(Error::denied(STAGE, format!("{} may not own a machine in no domain", owner.name)));
    };
    if owner.state != AccountState::Enabled {
        return Err(Error::denied(STAGE, format!("account {} is {}", owner.name, owner.state)));
    }
    // The reported system lets a project's account own a machine in a domain below its own: its volumes then say one
    // domain and the machine another.
    let allowed = if op.revision.locks_first() { owner.domain_id == domain.id } else { governs(op, owner, domain.id)? };
    if allowed {
        return Ok(());
    }
    Err(Error::denied(STAGE, format!("account {} may not own machines in domain {}", owner.name, domain.path)))
}

/// Whether an account's machines may be on a network.
pub(crate) fn may_use_network(op: &mut Op<'_>, account: &Account, network: &Network) -> Result<bool, Error> {
    if account.kind == AccountKind::RootAdmin && op.switch(Switch::AdminAnywhere)? {
        return Ok(true);
    }
    if network.acl == Acl::Account || network.guest_type == GuestType::L2 {
        let permission = by("network_id", network.id).and("account_id", account.id);
        return Ok(network.account_id == account.id || op.db.first::<NetworkPermission>(&permission)?.is_some());
    }
    match network.scope_id {
        None => Ok(true),
        Some(scope) => op.is_within(account.domain_id, scope),
    }
}
