//! In the place of a test binary: each of its tests in a process of its own.
//!
//! std's harness in the binary says which tests the arguments mean, and runs one of them a process. A test is first *probed*: run
//! as it is, until it starts a thread. If it does not it was sequential, and that was all. Otherwise another process explores it.

mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bohrbug_plan::{Mode, Outcome, Plan, STARTS_THREADS};

use crate::error::Error;
use crate::ledger::Order;
use crate::wrapper::mark_of;
use crate::{debug, shard};
pub(crate) use process::arguments;
use process::{End, Ended, TestProcess};

/// The word after this program's name by which Cargo calls it to run a binary.
pub(crate) const NAME: &str = "__run_tests";

/// The exit code of a binary of which a test failed.
const FAILED: u8 = 101;

/// Runs the tests of the binary that the arguments begin with.
pub(crate) fn run(arguments: &[OsString]) -> Result<u8, Error> {
    let Some((binary, rest)) = arguments.split_first() else {
        return Err(Error::Usage("only Cargo calls this command".to_owned()));
    };
    let order = Order::read().ok_or_else(|| Error::Usage("only Cargo calls this command".to_owned()))?;
    let binary = PathBuf::from(binary);
    let Ok(target) = fs::read_to_string(mark_of(&binary)) else { return without_harness(&order, &binary, rest) };
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let suite = Suite { order, binary, arguments: rest.to_vec(), prefix: format!("{package}/{target}") };
    suite.run()
}

/// Runs a binary that has no tests of std's harness, as it is.
fn without_harness(order: &Order, binary: &Path, arguments: &[OsString]) -> Result<u8, Error> {
    let plan = Plan { mode: Mode::Plain, ..order.plan.clone() };
    let mut command = Command::new(binary);
    command.args(arguments).env(bohrbug_plan::VARIABLE, plan.to_text());
    let status = command.status().map_err(Error::file(binary))?;
    let name = binary.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let outcome =
        Outcome { test: format!("{name} (no harness)"), verdict: "uncontrolled".to_owned(), ..Outcome::default() };
    shard::leave(&order.plan, &outcome, !status.success())?;
    order.note(&outcome)?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(FAILED))
}

/// The tests of one binary.
struct Suite {
    order: Order,
    binary: PathBuf,
    arguments: Vec<OsString>,
    prefix: String,
}

/// What is said of a test that failed.
type Failures = Mutex<BTreeMap<String, String>>;

impl Suite {
    fn run(&self) -> Result<u8, Error> {
        let chosen = self.list(&[])?;
        let asks_for_ignored = |argument: &OsString| argument == "--ignored" || argument == "--include-ignored";
        let ignored: BTreeSet<String> = if self.arguments.iter().any(asks_for_ignored) {
            BTreeSet::new()
        } else {
            self.list(&["--ignored"])?.into_iter().collect()
        };
        if self.arguments.iter().any(|argument| argument == "--list") {
            chosen.iter().for_each(|name| println!("{name}: test"));
            return Ok(0);
        }
        self.say(&format!("\nrunning {} test{}", chosen.len(), if chosen.len() == 1 { "" } else { "s" }));
        let failures = Failures::default();
        self.run_all(&chosen, &ignored, &failures)?;
        let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.report(chosen.len(), chosen.iter().filter(|name| ignored.contains(*name)).count(), &failures);
        Ok(if failures.is_empty() { 0 } else { FAILED })
    }

    /// The tests that the arguments mean.
    fn list(&self, more: &[&str]) -> Result<Vec<String>, Error> {
        let mut command = Command::new(&self.binary);
        // std's harness takes none of them twice.
        let mut rest = self.arguments.iter();
        while let Some(argument) = rest.next() {
            let text = argument.to_string_lossy();
            if text == "--format" {
                rest.next();
            } else if text != "--list" && !text.starts_with("--format=") && !more.contains(&&*text) {
                command.arg(argument);
            }
        }
        command.args(more).args(["--list", "--format", "terse"]);
        let output = command.output().map_err(Error::file(&self.binary))?;
        if !output.status.success() {
            return Err(Error::Usage(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.lines().filter_map(|line| Some(line.strip_suffix(": test")?.to_owned())).collect())
    }

    /// Runs them side by side, in order.
    fn run_all(&self, chosen: &[String], ignored: &BTreeSet<String>, failures: &Failures) -> Result<(), Error> {
        let next = AtomicUsize::new(0);
        let worker = || -> Result<(), Error> {
            while let Some(name) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.run_and_note(name, ignored.contains(name), failures)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.jobs()).map(|_| scope.spawn(worker)).collect();
            workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Ok(())))
        })
    }

    fn jobs(&self) -> usize {
        let texts = || self.arguments.iter().filter_map(|argument| argument.to_str());
        let joined = texts().find_map(|text| text.strip_prefix("--test-threads="));
        let apart = texts().skip_while(|text| *text != "--test-threads").nth(1);
        let asked = joined.or(apart).and_then(|number| number.parse().ok());
        asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, Into::into)).max(1)
    }

    fn run_and_note(&self, name: &str, is_ignored: bool, failures: &Failures) -> Result<(), Error> {
        let test = format!("{}/{name}", self.prefix);
        if is_ignored {
            self.say(&format!("test {name} ... ignored"));
            let outcome = Outcome { test, verdict: "ignored".to_owned(), ..Outcome::default() };
            shard::leave(&self.order.plan, &outcome, false)?;
            return self.order.note(&outcome);
        }
        let (outcome, said) = self.look_at(name, &test)?;
        let failed = said.is_some();
        let executions =
            if outcome.executions > 1 { format!(", {} executions", outcome.executions) } else { String::new() };
        let word = if failed { "FAILED" } else { "ok" };
        self.say(&format!("test {name} ... {word} ({}{executions})", outcome.verdict));
        if let Some(said) = said {
            failures.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), said);
        }
        self.order.note(&outcome)
    }

    /// Runs one test in every way that it takes; what came of it, and what it said if it failed.
    fn look_at(&self, name: &str, test: &str) -> Result<(Outcome, Option<String>), Error> {
        let plan = Plan { scenario: test.to_owned(), ..self.order.plan.clone() };
        if plan.mode == Mode::Replay {
            if let Some(step) = plan.debug {
                self.say(&debug::prepare(&self.binary, name, &plan, step)?);
            }
            let ended = self.process(name, plan.clone()).run()?;
            return Ok(self.judge(ended, test));
        }
        let probed = self.process(name, Plan { mode: Mode::Probe, ..plan.clone() }).run()?;
        if !matches!(probed.end, End::Code(STARTS_THREADS) | End::Stuck) {
            let (outcome, said) = sequential(probed, test);
            shard::leave(&plan, &outcome, said.is_some())?;
            return Ok((outcome, said));
        }
        let mut explored = self.process(name, plan.clone()).run()?;
        if let Some(found) = found_before_the_end(&mut explored) {
            return Ok(found);
        }
        let verdict = match explored.end {
            End::Stuck => "uncontrolled",
            End::Overdue => "cut",
            // None of its executions has ended.
            _ if explored.outcome.as_ref().is_some_and(|outcome| outcome.verdict == "cut") => "cut",
            End::Code(_) | End::Signal(_) => {
                // Nothing that ends by a signal without a word has left results.
                let is_crash = explored.outcome.is_none() && matches!(explored.end, End::Signal(_));
                let (outcome, said) = self.judge(explored, test);
                if is_crash {
                    shard::leave(&plan, &outcome, true)?;
                }
                return Ok((outcome, said));
            }
        };
        let plain = self.process(name, Plan { mode: Mode::Plain, ..plan.clone() }).run()?;
        let explored_to = explored.outcome.unwrap_or_else(|| outcome(test, verdict));
        let outcome = Outcome { verdict: verdict.to_owned(), milliseconds: explored.milliseconds, ..explored_to };
        let failed = plain.end != End::Code(0);
        shard::leave(&plan, &outcome, failed)?;
        Ok((outcome, failed.then_some(plain.said)))
    }

    fn process<'a>(&'a self, name: &'a str, plan: Plan) -> TestProcess<'a> {
        TestProcess::new(&self.binary, name, plan, &self.order.folder)
    }

    /// What an exploration or a replay came to.
    fn judge(&self, ended: Ended, test: &str) -> (Outcome, Option<String>) {
        let written = ended.outcome.unwrap_or_else(|| outcome(test, "crashed"));
        let outcome = Outcome { milliseconds: ended.milliseconds, ..written };
        match ended.end {
            // A test that should panic passes if it does, for whatever reason.
            End::Code(0) if outcome.verdict != "failed" => (outcome, None),
            End::Code(_) => (outcome, Some(ended.said)),
            End::Signal(signal) => {
                let said = format!("{}\nthe process of the test was ended by signal {signal}", ended.said);
                (Outcome { verdict: "crashed".to_owned(), ..outcome }, Some(said))
            }
            End::Stuck | End::Overdue => (outcome, Some(ended.said)),
        }
    }

    fn report(&self, chosen: usize, ignored: usize, failures: &BTreeMap<String, String>) {
        if !failures.is_empty() {
            self.say("\nfailures:");
            for (name, said) in failures {
                self.say(&format!("\n---- {name} ----\n{}", said.trim_end()));
            }
        }
        let word = if failures.is_empty() { "ok" } else { "FAILED" };
        let passed = chosen - ignored - failures.len();
        self.say(&format!("\ntest result: {word}. {passed} passed; {} failed; {ignored} ignored", failures.len()));
    }

    /// Says something to a person: on standard output, unless that is for a program.
    fn say(&self, text: &str) {
        if self.order.json {
            eprintln!("{text}");
        } else {
            println!("{text}");
        }
    }
}

/// The failure that a process had found when it ended, before it had made it smaller.
fn found_before_the_end(ended: &mut Ended) -> Option<(Outcome, Option<String>)> {
    let found = ended.outcome.as_mut()?;
    let report = found.report.take()?;
    let end = match ended.end {
        End::Code(code) => format!("a schedule that was tried ended the process with code {code}"),
        End::Signal(signal) => format!("a schedule that was tried ended the process by signal {signal}"),
        End::Stuck => "a schedule that was tried waits for something that is not controlled".to_owned(),
        End::Overdue => "that took too long".to_owned(),
    };
    let said = format!("{}\n{report}\nthis is the failure as it was found; it was not made smaller: {end}", ended.said);
    let is_crash = found.failure.as_deref() == Some("crash") && matches!(ended.end, End::Signal(_));
    let verdict = if is_crash { "crashed" } else { "failed" }.to_owned();
    Some((Outcome { verdict, milliseconds: ended.milliseconds, ..found.clone() }, Some(said.trim_start().to_owned())))
}

fn outcome(test: &str, verdict: &str) -> Outcome {
    Outcome { test: test.to_owned(), verdict: verdict.to_owned(), executions: 1, ..Outcome::default() }
}

/// A test that started no thread.
fn sequential(ended: Ended, test: &str) -> (Outcome, Option<String>) {
    let outcome = |verdict| Outcome { milliseconds: ended.milliseconds, ..outcome(test, verdict) };
    match ended.end {
        End::Code(0) => (outcome("sequential"), None),
        End::Signal(signal) => {
            let said = format!("{}\nthe process of the test was ended by signal {signal}", ended.said);
            (outcome("crashed"), Some(said))
        }
        End::Code(_) | End::Stuck | End::Overdue => (outcome("failed"), Some(ended.said)),
    }
}
