//! The operations, over a ledger, as one revision has them.

use crate::assign::{self, Assigned, Request};
use crate::audit::{self, Finding};
use crate::error::Error;
use crate::fault::{Faults, Never, Scheduled};
use crate::ledger::Ledger;
use crate::neighbours::{self, Deploy};
use crate::op::Op;
use crate::records::{AccountState, RuleKind};
use crate::revision::Revision;

/// A cloud: every operation on it runs as its revision has it, each on a connection of its own.
///
/// ```
/// use vm_assignment::{Cloud, Request, Revision, ledger::MemoryLedger, world};
///
/// let ledger = MemoryLedger::new(world::standard().finish());
/// let cloud = Cloud::new(&ledger, Revision::Strict);
/// let done = cloud.assign(&Request::new("root", "v1", "B", "D1"))?;
/// assert_eq!((done.from.as_str(), done.to.as_str()), ("A", "B"));
/// assert_eq!(cloud.audit()?, []);
/// # Ok::<(), vm_assignment::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Cloud<'l> {
    ledger: &'l dyn Ledger,
    revision: Revision,
    faults: &'l dyn Faults,
}

impl<'l> Cloud<'l> {
    /// A cloud whose fault points ask the scheduler.
    pub fn new(ledger: &'l dyn Ledger, revision: Revision) -> Self {
        Self { ledger, revision, faults: &Scheduled }
    }

    /// The same, with somebody else to decide about faults.
    #[must_use]
    pub fn with_faults(self, faults: &'l dyn Faults) -> Self {
        Self { faults, ..self }
    }

    /// The same, without faults: for workloads that are about interleavings only.
    #[must_use]
    pub fn without_faults(self) -> Self {
        self.with_faults(&Never)
    }

    /// The revision.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Moves a machine to another account.
    pub fn assign(&self, request: &Request) -> Result<Assigned, Error> {
        assign::run(&mut self.op()?, request)
    }

    /// Makes a stopped machine with one volume and one card.
    pub fn deploy(&self, deploy: &Deploy) -> Result<(), Error> {
        neighbours::deploy::run(&mut self.op()?, deploy)
    }

    /// Starts a machine for its owner.
    pub fn start(&self, caller: &str, vm: &str) -> Result<(), Error> {
        neighbours::start::run(&mut self.op()?, caller, vm)
    }

    /// Destroys a stopped machine.
    pub fn destroy(&self, vm: &str) -> Result<(), Error> {
        neighbours::destroy::run(&mut self.op()?, vm)
    }

    /// Attaches a volume of the machine's owner.
    pub fn attach(&self, volume: &str, vm: &str) -> Result<(), Error> {
        neighbours::volumes::attach(&mut self.op()?, volume, vm)
    }

    /// Detaches a volume.
    pub fn detach(&self, volume: &str, vm: &str) -> Result<(), Error> {
        neighbours::volumes::detach(&mut self.op()?, volume, vm)
    }

    /// Takes a snapshot of a volume.
    pub fn snapshot(&self, volume: &str) -> Result<(), Error> {
        neighbours::volumes::snapshot(&mut self.op()?, volume)
    }

    /// Adds a rule to a machine, for an account that owns it.
    pub fn add_rule(&self, account: &str, vm: &str, kind: RuleKind) -> Result<(), Error> {
        neighbours::rule::run(&mut self.op()?, account, vm, kind)
    }

    /// Enables, disables or locks an account.
    pub fn set_account_state(&self, account: &str, state: AccountState) -> Result<(), Error> {
        neighbours::account::run(&mut self.op()?, account, state)
    }

    /// Counts anew what an account has.
    pub fn recount(&self, account: &str) -> Result<(), Error> {
        neighbours::recount::run(&mut self.op()?, account)
    }

    /// Every broken invariant. Meant for a ledger at rest: an operation under way is half done by nature.
    pub fn audit(&self) -> Result<Vec<Finding>, Error> {
        audit::of_everything(&self.ledger.snapshot()?)
    }

    fn op(&self) -> Result<Op<'l>, Error> {
        Op::new(self.ledger, self.revision, self.faults)
    }
}
