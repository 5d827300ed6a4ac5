//! The comparison: execution by execution, and then by the verdicts of explorations.

use std::cell::RefCell;

use bohrbug::monitor::{DataRace, Monitor};
use bohrbug::strategy::{Dfs, Strategy};
use bohrbug::{Budget, Config, Exploration, Failure, Runtime, Verdict};
use bohrbug_sync::control::{Driver, Event, Execution, Incident, Reaction, View};
use bohrbug_trace::TaskId;
use proptest::test_runner::{Config as Cases, RngAlgorithm, TestCaseError, TestCaseResult, TestRng, TestRunner};

use crate::interpret;
use crate::oracle::first_race;
use crate::program::{Program, programs};

/// How many programs are compared.
const PROGRAMS: u32 = 250;

/// A program with more executions than this is left out: there are enough small ones.
const EXECUTIONS: u64 = 100;

/// shuttle has more points than native, and so more executions.
const SHUTTLE: u64 = 1_000;

#[derive(Default)]
struct Tally {
    programs: u32,
    racy: u32,
    executions: u64,
    racy_executions: u64,
    shuttle: u32,
    too_large: u32,
}

/// Brute force, and the monitor beside it, which stops nothing.
struct Watched {
    dfs: Dfs,
    monitor: DataRace,
    /// The first race that the monitor found, and at which place in the execution.
    found: Option<(usize, Failure)>,
}

impl Driver for Watched {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        Some(self.dfs.next_task(view))
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.dfs.choose(view, alternatives)
    }

    fn watches(&self) -> bool {
        self.monitor.watches()
    }

    fn watches_cells(&self) -> bool {
        self.monitor.watches_cells()
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        if self.found.is_none() {
            let failure = self.monitor.reported(view, event);
            self.found = failure.map(|failure| (view.events().len() - 1, failure));
        }
    }

    fn incident(&mut self, _: View<'_>, incident: &Incident) -> Reaction {
        assert!(matches!(incident, Incident::Deadlock { .. }), "{incident:?}");
        Reaction::Stop
    }
}

/// Whether some execution of the program races; the monitor and the oracle agree on each.
fn is_racy(program: &Program, tally: &mut Tally) -> Result<bool, TestCaseError> {
    let mut driver = Watched { dfs: Dfs::new(), monitor: DataRace::default(), found: None };
    let mut execution = Execution::new(Runtime::Native, Config::default());
    let mut racy = 0;
    let mut number = 0;
    while driver.dfs.begin(number) {
        driver.monitor.begin();
        driver.found = None;
        execution.run(&mut driver, &|| interpret::run(program));
        driver.dfs.end(execution.view());
        let expected = first_race(execution.events(), program.capacity);
        agree(execution.events(), driver.found.take(), expected.as_ref())?;
        racy += u64::from(expected.is_some());
        number += 1;
        if number > EXECUTIONS {
            tally.too_large += 1;
            return Err(TestCaseError::reject("too large"));
        }
    }
    tally.executions += number;
    tally.racy_executions += racy;
    Ok(racy > 0)
}

fn agree(events: &[Event], found: Option<(usize, Failure)>, expected: Option<&(usize, Vec<usize>)>) -> TestCaseResult {
    let same = match (&found, expected) {
        (None, None) => true,
        (Some((at, failure)), Some((second, firsts))) => {
            let involved = |first: &usize| failure.involved[0].0 == events[*first].operation;
            let site = events[*second].site.to_string();
            at == second && firsts.iter().any(involved) && failure.site.as_deref() == Some(&site)
        }
        _ => false,
    };
    if same {
        return Ok(());
    }
    let lines: Vec<String> = events.iter().enumerate().map(|(place, event)| format!("{place}: {event:?}")).collect();
    Err(TestCaseError::fail(format!("the monitor: {found:?}\nthe oracle: {expected:?}\n{}", lines.join("\n"))))
}

/// What an exploration with the monitor comes to: whether it finds a race, if it is complete.
fn explored(program: &Program, strategy: &str, executions: u64) -> Result<Option<bool>, TestCaseError> {
    let others = bohrbug::monitor::ALL.iter().map(|entry| entry.name()).filter(|name| *name != "data-race");
    let exploration = Exploration::new("races", strategy)
        .budget(Budget::default().executions(executions))
        .off(others.chain(["nondeterminism"]));
    let program = program.clone();
    let body = bohrbug::Program::new(move || interpret::run(&program));
    let report = exploration.run(&body, |_| ()).unwrap_or_else(|error| panic!("{error}"));
    match report.verdict {
        Verdict::Failed(found) if found.failure.kind == bohrbug::FailureKind::DataRace => Ok(Some(true)),
        Verdict::Failed(found) => Err(TestCaseError::fail(format!("{strategy}: {:?}", found.failure))),
        // What may be a race, since nobody knows what a pointer is for, or what an `Arc` orders, is none here.
        Verdict::Passed if report.is_complete => Ok(Some(false)),
        Verdict::Passed => Ok(None),
        Verdict::Verified | Verdict::Exhausted => Ok(Some(false)),
    }
}

fn compare(program: &Program, tally: &mut Tally) -> TestCaseResult {
    let racy = is_racy(program, tally)?;
    let native = explored(program, "dfs", EXECUTIONS + 1)?;
    let shuttle = explored(program, "shuttle-dfs", SHUTTLE)?;
    tally.programs += 1;
    tally.racy += u32::from(racy);
    tally.shuttle += u32::from(shuttle.is_some());
    if native != Some(racy) || shuttle.is_some_and(|found| found != racy) {
        return Err(TestCaseError::fail(format!("racy: {racy}; dfs: {native:?}, shuttle-dfs: {shuttle:?}")));
    }
    Ok(())
}

#[test]
fn the_monitor_finds_the_races_that_the_oracle_finds_and_no_others() {
    let number = std::env::var("BOHRBUG_TEST_PROGRAMS").ok();
    let cases = number.map_or(PROGRAMS, |text| text.parse().unwrap_or_else(|_| panic!("not a number: {text}")));
    let config = Cases { cases, max_global_rejects: u32::MAX, failure_persistence: None, ..Cases::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    let tally = RefCell::new(Tally::default());
    let result = runner.run(&programs(), |program| compare(&program, &mut tally.borrow_mut()));
    let tally = tally.take();
    println!(
        "{} programs ({} too large), {} with a race; {} executions, {} with a race; {} explored to the end on shuttle",
        tally.programs, tally.too_large, tally.racy, tally.executions, tally.racy_executions, tally.shuttle
    );
    if let Err(error) = result {
        panic!("{error}");
    }
    // A test of programs that all race, or of none, would say little.
    assert!(tally.racy * 4 > tally.programs && tally.racy * 4 < tally.programs * 3, "{} racy", tally.racy);
}
