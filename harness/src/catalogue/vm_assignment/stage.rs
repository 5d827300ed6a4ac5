//! What the scenarios share: a ledger, threads with names, and oracles whose messages a reader understands.

use bohrbug_sync::{Arc, note, thread};
use vm_assignment::ledger::{Ledger, MemoryLedger, Tables};
use vm_assignment::records::{Account, ResourceCount, Vm};
use vm_assignment::world::World;
use vm_assignment::{Assigned, Cloud, Deploy, Error, Request, Revision, audit};

/// What an assignment answers.
pub(super) type Outcome = Result<Assigned, Error>;

/// A ledger with a world in it, and a revision.
#[derive(Clone)]
pub(super) struct Stage {
    ledger: Arc<MemoryLedger>,
    revision: Revision,
}

impl Stage {
    pub(super) fn new(revision: &str, world: World) -> Self {
        let revision = revision.parse().unwrap_or_else(|error| panic!("{error}"));
        Self { ledger: Arc::new(MemoryLedger::new(world.finish())), revision }
    }

    /// A cloud without faults: what varies is the interleaving.
    pub(super) fn cloud(&self) -> Cloud<'_> {
        Cloud::new(&*self.ledger, self.revision).without_faults()
    }

    /// Everything that is committed.
    #[track_caller]
    pub(super) fn contents(&self) -> Tables {
        note("look at the ledger");
        self.ledger.snapshot().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts a thread that does something with the cloud.
    #[track_caller]
    pub(super) fn start<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce(&Cloud<'_>) -> T + Send + 'static,
    ) -> Running<T> {
        let stage = self.clone();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(&stage.cloud()));
        Running(thread.unwrap_or_else(|error| panic!("cannot start {name}: {error}")))
    }

    /// Does something on a thread of its own, alone: what varies is what fails. (The main thread's stack is small on loom,
    /// and shuttle's PCT refuses a program in which never two threads can run.)
    #[track_caller]
    pub(super) fn alone<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce(&Cloud<'_>) -> T + Send + 'static,
    ) -> T {
        let working = self.start(name, work);
        thread::yield_now();
        working.join()
    }

    /// Starts a thread that assigns a machine.
    #[track_caller]
    pub(super) fn start_assign(&self, name: &str, request: Request) -> Running<Outcome> {
        self.start(name, move |cloud| cloud.assign(&request))
    }
}

/// A thread that is to be waited for.
pub(super) struct Running<T>(thread::JoinHandle<T>);

impl<T> Running<T> {
    #[track_caller]
    pub(super) fn join(self) -> T {
        self.0.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// An administrator moves a machine to an account of `D1`.
pub(super) fn to(vm: &str, account: &str) -> Request {
    Request::new("root", vm, account, "D1")
}

/// A new machine of an account of `D1`.
pub(super) fn new_machine_of(account: &str, network: &str) -> Deploy {
    Deploy {
        account: account.into(),
        domain: "D1".into(),
        vm: "new".into(),
        offering: "small".into(),
        network: network.into(),
        volume_size: 0,
    }
}

/// What an oracle found, told under one headline: an execution can go wrong in several ways at once, and which of them
/// shows first is no difference worth telling apart.
pub(super) struct Verdict {
    headline: &'static str,
    problems: Vec<String>,
}

impl Verdict {
    pub(super) fn new(headline: &'static str) -> Self {
        Self { headline, problems: Vec::new() }
    }

    /// Notes a problem unless `fine`.
    pub(super) fn require(mut self, fine: bool, problem: impl FnOnce() -> String) -> Self {
        if !fine {
            self.problems.push(problem());
        }
        self
    }

    /// Notes every broken invariant.
    pub(super) fn require_sound(mut self, contents: &Tables) -> Self {
        let findings = audit::of_everything(contents).unwrap_or_else(|error| panic!("{error}"));
        self.problems.extend(findings.iter().map(ToString::to_string));
        self
    }

    /// Notes every broken invariant that one machine has a part in.
    pub(super) fn require_sound_machine(mut self, contents: &Tables, vm: &str) -> Self {
        let findings = audit::of_machine(contents, vm).unwrap_or_else(|error| panic!("{error}"));
        self.problems.extend(findings.iter().map(ToString::to_string));
        self
    }

    /// Fails the execution if there was a problem.
    #[track_caller]
    pub(super) fn deliver(self) {
        assert!(self.problems.is_empty(), "{}:\n  {}", self.headline, self.problems.join("\n  "));
    }
}

/// How many of the outcomes are successes.
pub(super) fn successes<T>(outcomes: &[Result<T, Error>]) -> usize {
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

/// The outcomes as a message shows them.
pub(super) fn told<T>(outcomes: &[Result<T, Error>]) -> String {
    let one = |outcome: &Result<T, Error>| outcome.as_ref().map_or_else(ToString::to_string, |_| "ok".to_owned());
    outcomes.iter().map(one).collect::<Vec<_>>().join(" / ")
}

/// The name of a machine's owner.
pub(super) fn owner(contents: &Tables, vm: &str) -> String {
    let vm: Vm = contents.named(vm).unwrap_or_else(|| panic!("there is no machine {vm}"));
    contents.get::<Account>(vm.account_id).map_or_else(|| "nobody".to_owned(), |account| account.name)
}

/// Whether an outcome is a success or the fate of a deadlock's victim, who may try again: `swap-owners`' subject.
pub(super) fn done_or_victim<T>(outcome: &Result<T, Error>) -> bool {
    outcome.as_ref().err().is_none_or(Error::is_contention)
}

/// What an account counts of machines.
pub(super) fn machines_of(contents: &Tables, account: &str) -> i64 {
    let account = contents.named::<Account>(account).map(|account| account.id);
    let counts = contents.all::<ResourceCount>();
    let machines = |row: &&ResourceCount| row.resource == vm_assignment::records::Resource::UserVm;
    counts.iter().filter(machines).find(|row| row.account_id == account).map_or(0, |row| row.count)
}
