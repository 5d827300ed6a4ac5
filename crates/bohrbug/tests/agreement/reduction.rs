//! `dpor` against brute force: on random programs it finds the same behaviours and the same final states, each behaviour
//! once, and gives up nothing.
//!
//! No monitor looks on, so that every execution comes to its own end: what a failure cuts off is a matter of the schedule.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bohrbug::behaviour::Hasher;
use bohrbug::strategy::{Dfs, Dpor, Strategy};
use bohrbug_sync::control::{Config, Execution, Incident, Reaction, Runtime};
use proptest::test_runner::{TestCaseError, TestCaseResult};

use crate::agree::{run_programs, setting};
use crate::interpret::{self, Final, Shared};
use crate::program::{Family, Program};
use crate::unwatched::Unwatched;

/// How many programs are compared, in all families together.
const PROGRAMS: u32 = 500;

/// A program with more executions under brute force is left out: there are enough small ones.
const MOST: u64 = 20_000;

/// What a program does itself is one of its ends.
fn goes_on(incident: &Incident) -> Reaction {
    match incident {
        Incident::Panic { .. } | Incident::Deadlock { .. } => Reaction::GoOn,
        Incident::StepBound { .. } | Incident::Runtime { .. } | Incident::UseAfterFree { .. } => panic!("{incident:?}"),
    }
}

/// What a search found.
#[derive(Default)]
struct Found {
    /// How often each behaviour was shown, and how it ended.
    behaviours: BTreeMap<u64, (u32, Final)>,
    executions: u64,
    cut_off: u64,
    /// How often it began anew; the rest is since then.
    restarts: u64,
    complaint: Option<String>,
}

fn search<S: Strategy>(program: &Program, strategy: S, config: &Config, restarts: fn(&S) -> u64) -> Option<Found> {
    let book = Shared::default();
    let mut execution = Execution::new(Runtime::Native, config.clone());
    let mut driver = Unwatched { strategy, incident: goes_on };
    let mut hasher = Hasher::new();
    let mut found = Found::default();
    let mut cut_off = 0;
    while driver.strategy.begin(found.executions) {
        if restarts(&driver.strategy) > found.restarts {
            found = Found { restarts: restarts(&driver.strategy), executions: found.executions, ..Found::default() };
        }
        let book = &book;
        execution.run(&mut driver, &move || interpret::run(program, book));
        driver.strategy.end(execution.view());
        found.executions += 1;
        if found.executions > MOST {
            return None;
        }
        let state = book.take_end().unwrap_or(Final::Cycle);
        let standing = driver.strategy.standing();
        if std::mem::replace(&mut cut_off, standing.cut_off) < standing.cut_off {
            found.cut_off += 1;
            continue;
        }
        match found.behaviours.entry(hasher.behaviour(execution.events())) {
            Entry::Vacant(entry) => _ = entry.insert((1, state)),
            Entry::Occupied(mut entry) => entry.get_mut().0 += 1,
        }
    }
    found.complaint = driver.strategy.standing().complaint;
    Some(found)
}

#[derive(Default)]
struct Tally {
    programs: u32,
    brute_force: u64,
    reduced: u64,
    redundant: u64,
}

fn compare(program: &Program, config: &Config, tally: &RefCell<Tally>) -> TestCaseResult {
    let Some(brute_force) = search(program, Dfs::new(), config, |_| 0) else {
        return Err(TestCaseError::reject("too large"));
    };
    let Some(reduced) = search(program, Dpor::new(), config, Dpor::restarts) else {
        return Err(TestCaseError::fail("dpor needs more executions than brute force"));
    };
    let mut tally = tally.borrow_mut();
    tally.programs += 1;
    tally.brute_force += brute_force.executions;
    tally.reduced += reduced.executions;
    tally.redundant += if reduced.restarts == 0 { reduced.cut_off } else { 0 };
    let fail = |text: String| Err(TestCaseError::fail(text));
    if let Some(complaint) = reduced.complaint {
        return fail(complaint);
    }
    for (behaviour, (_, state)) in &brute_force.behaviours {
        if !reduced.behaviours.contains_key(behaviour) {
            return fail(format!("dpor misses a behaviour that ends as {state:?}"));
        }
    }
    for (behaviour, (times, state)) in &reduced.behaviours {
        match brute_force.behaviours.get(behaviour) {
            None => return fail(format!("brute force misses a behaviour that ends as {state:?}")),
            Some((_, expected)) if expected != state => {
                return fail(format!("one behaviour ends as {expected:?} and as {state:?}"));
            }
            Some(_) if *times > 1 && !shares_bounds(config) && reduced.restarts == 0 => {
                return fail(format!("{times} times the behaviour that ends as {state:?}"));
            }
            Some(_) => {}
        }
    }
    // Where a call does more than it announces, the search cannot know what it will do elsewhere.
    if reduced.cut_off > 0 && reduced.restarts == 0 {
        return fail(format!("{} executions cut off", reduced.cut_off));
    }
    Ok(())
}

/// Whether operations that commute otherwise may take a bounded wake-up or timeout from each other. Then `dpor` runs both
/// orders, also where nobody took any.
fn shares_bounds(config: &Config) -> bool {
    config.spurious + config.timeouts > 0
}

fn compare_all(family: Family, config: &Config, part: u32, parts: u32) {
    interpret::expect_panics();
    let tally = RefCell::new(Tally::default());
    let all = setting("BOHRBUG_TEST_PROGRAMS", PROGRAMS);
    let result = run_programs(family, all, part, parts, |program| compare(&program, config, &tally));
    let tally = tally.take();
    println!(
        "{family:?}: {} programs; executions: {} by brute force, {} by dpor, {} of them redundant",
        tally.programs, tally.brute_force, tally.reduced, tally.redundant
    );
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn programs_of_locks_and_channels_have_the_same_behaviours_under_dpor() {
    compare_all(Family::LocksAndChannels, &Config::default(), 0, 5);
}

#[test]
fn programs_of_tasks_that_wait_for_each_other_have_the_same_behaviours_under_dpor() {
    compare_all(Family::Signals, &Config::default(), 1, 5);
}

#[test]
fn programs_of_everything_have_the_same_behaviours_under_dpor() {
    compare_all(Family::Everything, &Config::default(), 2, 5);
}

#[test]
fn programs_that_wake_without_a_reason_have_the_same_behaviours_under_dpor() {
    compare_all(Family::Signals, &Config { spurious: 1, timeouts: 1, ..Config::default() }, 3, 5);
}

#[test]
fn programs_that_choose_have_the_same_behaviours_under_dpor() {
    compare_all(Family::Choices, &Config::default(), 4, 5);
}
