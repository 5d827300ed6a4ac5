//! Every invariant, over the contents of a ledger at rest. One file a family; each finding names its invariant and its
//! rows. `I12` (a failed operation changes nothing) is a property of two contents: see `Tables::diff`.

pub(crate) mod counts;
mod machines;
mod networks;
mod usage;

use crate::error::Error;
use crate::ledger::{Table, Tables};
use crate::records as r;

/// One broken invariant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// `I1` to `I11`, `I13`.
    pub invariant: &'static str,
    /// The rows that disagree.
    pub rows: Vec<(Table, i64)>,
    /// The machine that it is about, if it is about one.
    pub vm: Option<i64>,
    /// What is wrong, in words.
    pub text: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows: Vec<String> = self.rows.iter().map(|(table, id)| format!("{table}[{id}]")).collect();
        write!(f, "{} {} ({})", self.invariant, self.text, rows.join(", "))
    }
}

/// What an audit reads, looked up by id.
struct View<'t> {
    tables: &'t Tables,
    vms: Vec<r::Vm>,
    volumes: Vec<r::Volume>,
    networks: Vec<r::Network>,
    nics: Vec<r::Nic>,
    accounts: Vec<r::Account>,
    domains: Vec<r::Domain>,
}

/// Every broken invariant of the ledger.
pub fn of_everything(tables: &Tables) -> Result<Vec<Finding>, Error> {
    check_readable(tables)?;
    let view = View::new(tables)?;
    let mut findings = Vec::new();
    machines::check(&view, &mut findings);
    networks::check(&view, &mut findings);
    counts::check(&view, &mut findings);
    usage::check(&view, &mut findings);
    findings.sort();
    Ok(findings)
}

/// Every broken invariant that one machine has a part in.
pub fn of_machine(tables: &Tables, name: &str) -> Result<Vec<Finding>, Error> {
    let Some(vm) = tables.named::<r::Vm>(name) else { return Ok(Vec::new()) };
    let mut findings = of_everything(tables)?;
    findings.retain(|finding| finding.vm == Some(vm.id));
    Ok(findings)
}

/// A row that cannot be read would otherwise be passed over.
fn check_readable(tables: &Tables) -> Result<(), Error> {
    tables.readable::<r::ResourceCount>()?;
    tables.readable::<r::ResourceLimit>()?;
    tables.readable::<r::Reservation>()?;
    tables.readable::<r::UsageEvent>()?;
    tables.readable::<r::IpAddress>()?;
    tables.readable::<r::SecurityGroupMember>()?;
    tables.readable::<r::InstanceGroupMember>()?;
    Ok(())
}

impl<'t> View<'t> {
    fn new(tables: &'t Tables) -> Result<Self, Error> {
        Ok(Self {
            tables,
            vms: tables.readable()?,
            volumes: tables.readable()?,
            networks: tables.readable()?,
            nics: tables.readable()?,
            accounts: tables.readable()?,
            domains: tables.readable()?,
        })
    }

    fn account(&self, id: i64) -> Option<&r::Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// How an account is called in a finding.
    fn name(&self, account: i64) -> &str {
        self.account(account).map_or("nobody", |account| account.name.as_str())
    }

    fn is_within(&self, domain: i64, top: i64) -> bool {
        let mut next = Some(domain);
        // A chain longer than the number of domains is a cycle.
        for _ in 0..=self.domains.len() {
            match next {
                Some(id) if id == top => return true,
                Some(id) => next = self.domains.iter().find(|one| one.id == id).and_then(|one| one.parent_id),
                None => return false,
            }
        }
        false
    }

    fn switch(&self, name: r::Switch) -> bool {
        self.tables.all::<r::Setting>().iter().any(|setting| setting.name == name && setting.enabled)
    }
}

fn is_live(vm: &r::Vm) -> bool {
    crate::neighbours::recount::counts(vm, false)
}
