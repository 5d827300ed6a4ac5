//! `bohrbug assign`: moves a virtual machine from one account to another, in a ledger that is a file.
//!
//! The reported operation, outside of any search: on real threads, on SQLite, with each revision. A step can be made to
//! fail (`--fail`); what the operation then left behind is shown, and what the audit finds in it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use serde_json::json;
use vm_assignment::ledger::{Change, Ledger, LedgerError, SqliteLedger, Table, Tables};
use vm_assignment::records::{Account, Domain, Network, Nic, Vm};
use vm_assignment::{Cloud, Error, ErrorKind, Request, Revision, audit, fault, world};

use super::Format;
use super::console::Console;
use super::error::CliError;
use crate::exit::Exit;

/// How long to wait for another process that writes to the ledger: somebody sits before the screen.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The ledger: an SQLite file
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
    /// Create the file with a small world if it does not exist
    #[arg(long)]
    demo: bool,
    /// The machine; without one, the ledger is shown
    #[arg(long, value_name = "NAME", requires = "to")]
    vm: Option<String>,
    /// The new owner
    #[arg(long, value_name = "ACCOUNT", requires = "vm")]
    to: Option<String>,
    /// The current owner; any by default
    #[arg(long, value_name = "ACCOUNT", requires = "vm")]
    from: Option<String>,
    /// The new owner's domain, such as D1/S1, where two domains have an account of that name
    #[arg(long, value_name = "PATH", requires = "vm")]
    domain: Option<String>,
    /// A network for the machine, the first one its default; by default the revision chooses
    #[arg(long = "network", value_name = "NAME", requires = "vm")]
    networks: Vec<String>,
    /// The caller
    #[arg(long, value_name = "ACCOUNT", default_value = "root")]
    caller: String,
    /// The revision of the operation
    #[arg(long, value_name = "REVISION", default_value = "strict", value_parser = revisions())]
    revision: String,
    /// The step that fails
    #[arg(long, value_name = "POINT", requires = "vm", value_parser = PossibleValuesParser::new(fault::POINTS))]
    fail: Option<String>,
    /// Look for broken invariants; always done after an assignment
    #[arg(long)]
    audit: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn revisions() -> PossibleValuesParser {
    PossibleValuesParser::new(Revision::ALL.iter().map(|revision| revision.name()))
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, CliError> {
    let unusable = |error| CliError::Ledger(arguments.ledger.clone(), error);
    let ledger = open(arguments).map_err(unusable)?;
    let before = ledger.snapshot().map_err(unusable)?;
    let outcome = match request(arguments, &before)? {
        Some(request) => Some(assign(arguments, &ledger, &request)?),
        None => None,
    };
    let after = ledger.snapshot().map_err(unusable)?;
    let changes = before.diff(&after);
    if let Some(Err(Error { kind: ErrorKind::Ledger(error), .. })) = &outcome
        && changes.is_empty()
    {
        return Err(unusable(error.clone()));
    }
    let findings = audit::of_everything(&after)?.iter().map(ToString::to_string).collect();
    let done = Done { arguments, outcome, changes, findings, after };
    match arguments.format {
        Format::Human => console.say(done.text().trim_end()),
        Format::Json => console.say(&done.json().to_string()),
    }
    Ok(done.exit())
}

fn open(arguments: &Arguments) -> Result<SqliteLedger, LedgerError> {
    if arguments.demo && !arguments.ledger.exists() {
        return SqliteLedger::create(&arguments.ledger, &world::standard().finish());
    }
    SqliteLedger::open_patiently(&arguments.ledger, PATIENCE)
}

/// What is asked for, in full; `None` if the ledger is only to be shown.
fn request(arguments: &Arguments, tables: &Tables) -> Result<Option<Request>, CliError> {
    let (Some(vm), Some(to)) = (&arguments.vm, &arguments.to) else { return Ok(None) };
    if let Some(from) = &arguments.from {
        let owner = tables.named::<Vm>(vm).map(|vm| account_name(tables, vm.account_id));
        if let Some(owner) = owner.filter(|owner| owner != from) {
            return Err(CliError::OtherOwner { vm: vm.clone(), owner, from: brief(from) });
        }
    }
    let domain = match &arguments.domain {
        Some(domain) => Some(domain.clone()),
        None => only_domain(tables, to)?,
    };
    Ok(Some(Request {
        caller: arguments.caller.clone(),
        vm: vm.clone(),
        account: Some(to.clone()),
        // An account that does not exist has none: the operation itself says so.
        domain: domain.or_else(|| Some("ROOT".to_owned())),
        networks: arguments.networks.clone(),
        ..Request::default()
    }))
}

/// The domain in which there is such an account, if there is one only.
fn only_domain(tables: &Tables, account: &str) -> Result<Option<String>, CliError> {
    let accounts = tables.all::<Account>().into_iter().filter(|one| one.name == account && !one.removed);
    let domains: Vec<String> = accounts.filter_map(|one| Some(tables.get::<Domain>(one.domain_id)?.path)).collect();
    match domains.as_slice() {
        [] => Ok(None),
        [domain] => Ok(Some(domain.clone())),
        _ => Err(CliError::WhichDomain { account: account.to_owned(), domains: domains.join(", ") }),
    }
}

/// The operation; an error of its own is an answer, one in the request's revision is a bug of ours.
fn assign(arguments: &Arguments, ledger: &SqliteLedger, request: &Request) -> Result<Outcome, CliError> {
    let revision: Revision = arguments.revision.parse()?;
    let fails = |point: &'static str| arguments.fail.as_deref() == Some(point);
    Ok(Cloud::new(ledger, revision).with_faults(&fails).assign(request).map(|done| (done.from, done.to)))
}

/// The old owner and the new one, or why not.
type Outcome = Result<(String, String), Error>;

/// What came of the command.
struct Done<'a> {
    arguments: &'a Arguments,
    outcome: Option<Outcome>,
    changes: Vec<Change>,
    findings: Vec<String>,
    after: Tables,
}

impl Done<'_> {
    fn exit(&self) -> Exit {
        let asked = self.arguments.audit || self.outcome.is_some();
        match &self.outcome {
            _ if asked && !self.findings.is_empty() => Exit::BugFound,
            Some(Err(_)) => Exit::Usage,
            _ => Exit::AsAsked,
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let vm = brief(self.arguments.vm.as_deref().unwrap_or_default());
        match &self.outcome {
            None => text += &machines(&self.after),
            Some(Ok((from, to))) => lines(&mut text, [format!("{vm} was assigned: {from} -> {to}")]),
            Some(Err(error)) if self.changes.is_empty() => {
                lines(&mut text, [format!("{vm} was not assigned, and nothing changed: {error}")]);
            }
            Some(Err(error)) => {
                lines(&mut text, [format!("the assignment of {vm} failed: {error}"), "and yet it changed:".to_owned()]);
                lines(&mut text, self.changes.iter().map(|change| format!("  {change}")));
            }
        }
        if self.outcome.is_some() || self.arguments.audit {
            let heading = match self.findings.len() {
                0 => "the audit finds nothing".to_owned(),
                1 => "the audit finds 1 broken invariant:".to_owned(),
                number => format!("the audit finds {number} broken invariants:"),
            };
            lines(
                &mut text,
                std::iter::once(heading).chain(self.findings.iter().map(|finding| format!("  {finding}"))),
            );
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let error = self.outcome.as_ref().and_then(|outcome| outcome.as_ref().err());
        let moved = self.outcome.as_ref().and_then(|outcome| outcome.as_ref().ok());
        json!({
            "ledger": self.arguments.ledger.display().to_string(),
            "revision": self.arguments.revision,
            "vm": self.arguments.vm,
            "outcome": match &self.outcome { None => "none", Some(Ok(_)) => "assigned", Some(Err(_)) => "failed" },
            "from": moved.map(|(from, _)| from),
            "to": moved.map(|(_, to)| to),
            "error": error.map(|error| json!({ "stage": error.stage, "message": error.message })),
            "changes": self.changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "findings": self.findings,
        })
    }
}

/// A name as a message shows it: who calls may have sent a novel.
fn brief(name: &str) -> String {
    const SHOWN: usize = 60;
    match name.char_indices().nth(SHOWN) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &name[..end], name.len()),
    }
}

fn lines(text: &mut String, those: impl IntoIterator<Item = String>) {
    for line in those {
        text.push_str(&line);
        text.push('\n');
    }
}

/// Every machine with its owner and its networks.
fn machines(tables: &Tables) -> String {
    let mut text = format!("{:12}{:12}{:12}{}\n", "machine", "state", "owner", "networks");
    for vm in tables.all::<Vm>().iter().filter(|vm| !vm.removed) {
        let cards = tables.all::<Nic>().into_iter().filter(|card| card.instance_id == vm.id && !card.removed);
        let network = |card: Nic| tables.get::<Network>(card.network_id).map(|network| network.name);
        let networks: Vec<String> = cards.filter_map(network).collect();
        let owner = account_name(tables, vm.account_id);
        let _ = writeln!(text, "{:12}{:12}{owner:12}{}", vm.name, vm.state.to_string(), networks.join(", "));
    }
    text
}

fn account_name(tables: &Tables, id: i64) -> String {
    let account = tables.get::<Account>(id).map(|account| account.name);
    account.unwrap_or_else(|| format!("{}[{id}]", Table::Account))
}
