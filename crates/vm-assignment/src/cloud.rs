//! The operations, over a ledger, as one revision has them.

use crate::assign::{self, Assigned, Request};
use crate::audit::{self, Finding};
use crate::error::Error;
use crate::fault::{Faults, Never, Scheduled};
use crate::ledger::{Filter, Ledger};
use crate::neighbours::{self, Deploy};
use crate::op::Op;
use crate::records::{AccountState, Reservation, RuleKind};
use crate::revision::Revision;

/// Declares the operations: the methods of [`Cloud`], and the list of them, which so are the same.
macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $method:ident($($argument:ident: $kind:ty),*) -> $answer:ty, $run:path;)*) => {
        /// An operation that a caller can ask for. Whoever works through all of them matches this without a rest.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Operation { $($(#[$doc])* $name),* }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }

        impl Cloud<'_> {$(
            $(#[$doc])*
            pub fn $method(&self, $($argument: $kind),*) -> Result<$answer, Error> {
                $run(&mut self.op()?, $($argument),*)
            }
        )*}
    };
}

operations! {
    /// Moves a machine to another account.
    Assign = assign(request: &Request) -> Assigned, assign::run;
    /// Makes a stopped machine with one volume and one card.
    Deploy = deploy(deploy: &Deploy) -> (), neighbours::deploy::run;
    /// Starts a machine for its owner.
    Start = start(caller: &str, vm: &str) -> (), neighbours::start::run;
    /// Destroys a stopped machine.
    Destroy = destroy(vm: &str) -> (), neighbours::destroy::run;
    /// Attaches a volume of the machine's owner.
    Attach = attach(volume: &str, vm: &str) -> (), neighbours::volumes::attach;
    /// Detaches a volume.
    Detach = detach(volume: &str, vm: &str) -> (), neighbours::volumes::detach;
    /// Takes a snapshot of a volume.
    Snapshot = snapshot(volume: &str) -> (), neighbours::volumes::snapshot;
    /// Adds a rule to a machine, for an account that owns it.
    AddRule = add_rule(account: &str, vm: &str, kind: RuleKind) -> (), neighbours::rule::run;
    /// Enables, disables or locks an account.
    SetAccountState = set_account_state(account: &str, state: AccountState) -> (), neighbours::account::run;
    /// Counts anew what an account has.
    Recount = recount(account: &str) -> (), neighbours::recount::run;
}

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

    /// What a management server does first when it starts: whatever was reserved for operations is let go, since those that
    /// reserved it ended with the server. Answers how many reservations that were.
    ///
    /// Only one server works on a ledger here; the original deletes its own rows (cloudstack#9169).
    pub fn start_server(&self) -> Result<usize, Error> {
        Ok(self.op()?.db.delete::<Reservation>(&Filter::everything())?)
    }

    /// Every broken invariant. Meant for a ledger at rest: an operation under way is half done by nature.
    pub fn audit(&self) -> Result<Vec<Finding>, Error> {
        audit::of_everything(&self.ledger.snapshot()?)
    }

    fn op(&self) -> Result<Op<'l>, Error> {
        Op::new(self.ledger, self.revision, self.faults)
    }
}
