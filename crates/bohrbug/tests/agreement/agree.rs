//! The comparison, and the programs that it is made on.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestCaseResult, TestRng, TestRunner};

use crate::collect::explore;
use crate::interpret::Final;
use crate::program::{Family, Op, Program};

/// How many programs are compared, in all families together.
const PROGRAMS: u32 = 500;

/// A program with more executions than this on native is left out: there are enough small ones.
const NATIVE: u64 = 200;

/// `bounded` reduces what `dfs` does not, and the other way round.
const BOUNDED: u64 = 4_000;

/// shuttle has points that say nothing to us (threads begin, permits are handed over), and so more executions.
const SHUTTLE: u64 = 4_000;

/// Random walks.
const RANDOM: u64 = 200;

/// The strategies that draw, and how many executions of each.
const DRAWING: [(&str, u64); 6] =
    [("random", RANDOM), ("pct", 20), ("pctwm", 20), ("pos", 20), ("surw", 20), ("portfolio", 40)];

/// loom repeats itself; what it finds at first is as good a sample as any.
const LOOM: u64 = 400;

/// Why the runtimes differ, and whether a program has to do with it.
type Exception = (&'static str, fn(&Program) -> bool);

/// What the runtimes do not agree on, and which programs have to do with it: those are left out.
const LEFT_OUT: &[Exception] = &[
    (
        "A reader that comes after a waiting writer may have to wait. shuttle and loom let it in, and of the deadlocks that \
         come of it and need three tasks dpor finds those that an execution happens to show. `verdicts` has these.",
        |program| {
            program.any(|op| matches!(op, Op::Write(_)))
                && program.any(|op| matches!(op, Op::Read(ops) if !ops.is_empty()))
        },
    ),
    (
        "A task that unwinds gives its locks back at once on native, since it must not be switched out. On shuttle the \
     shadow does that, too, but shuttle's own lock is free only when the task unwinds no more, so that others who try it \
     may find it held, as they may on real threads.",
        |program| program.any(|op| *op == Op::Panic) && program.any(Op::tries),
    ),
];

#[derive(Default)]
struct Tally {
    compared: u32,
    too_large: u32,
    states: usize,
    native: u64,
    shuttle: u64,
    loom: u64,
    /// The programs of which loom came to its end without having found everything; the last of them is shown.
    incomplete: u32,
    example: Option<Program>,
}

/// A number from an environment variable.
pub(crate) fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// Compares the family's share of all programs.
fn compare_all(family: Family, part: u32, parts: u32) {
    let tally = RefCell::new(Tally::default());
    let all = setting("BOHRBUG_TEST_PROGRAMS", PROGRAMS);
    let result = run_programs(family, all, part, parts, |program| compare(family, &program, &tally));
    let tally = tally.take();
    println!(
        "{family:?}: {} programs, {} final states ({} programs were too large); executions: {} on native, {} on shuttle, \
         {} on loom, whose search ends without some of the states of {} programs",
        tally.compared, tally.states, tally.too_large, tally.native, tally.shuttle, tally.loom, tally.incomplete
    );
    if let Some(example) = tally.example {
        println!("such as {example:#?}");
    }
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// Makes the family's share of all programs, and shows each to `test`.
pub(crate) fn run_programs(
    family: Family,
    all: u32,
    part: u32,
    parts: u32,
    test: impl Fn(Program) -> TestCaseResult,
) -> Result<(), String> {
    let cases = all * (part + 1) / parts - all * part / parts;
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&setting("BOHRBUG_TEST_SEED", 0).to_le_bytes());
    seed[4] = part as u8;
    let config = Config { cases, max_global_rejects: u32::MAX, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    runner.run(&family.programs(), test).map_err(|error| error.to_string())
}

fn compare(family: Family, program: &Program, tally: &RefCell<Tally>) -> TestCaseResult {
    if LEFT_OUT.iter().any(|(_, has_to_do_with)| has_to_do_with(program)) {
        return Err(TestCaseError::reject("left out"));
    }
    let native = explore(program, "dfs", NATIVE);
    let tally = &mut *tally.borrow_mut();
    if !native.complete {
        tally.too_large += 1;
        return Err(TestCaseError::reject("too large"));
    }
    let shuttle = explore(program, "shuttle-dfs", SHUTTLE);
    if !shuttle.complete {
        tally.too_large += 1;
        return Err(TestCaseError::reject("too large"));
    }
    tally.compared += 1;
    tally.states += native.states.len();
    tally.native += native.executions;
    tally.shuttle += shuttle.executions;
    inside("native", &native.states, &native.states)?;
    let bounded = explore(program, "bounded", BOUNDED);
    inside("bounded", &bounded.states, &native.states)?;
    if bounded.complete && bounded.states != native.states {
        return Err(TestCaseError::fail("bounded ends and has not found everything".to_owned()));
    }
    let dpor = explore(program, "dpor", NATIVE);
    inside("dpor", &dpor.states, &native.states)?;
    if !dpor.complete || dpor.states != native.states {
        return Err(TestCaseError::fail("dpor has not found everything".to_owned()));
    }
    inside("shuttle", &shuttle.states, &native.states)?;
    for (strategy, executions) in DRAWING {
        inside(strategy, &explore(program, strategy, executions).states, &native.states)?;
    }
    let missed: Vec<_> = native.states.difference(&shuttle.states).collect();
    if !missed.is_empty() {
        return Err(TestCaseError::fail(format!("shuttle does not find {missed:#?}")));
    }
    if family == Family::LocksAndChannels {
        let loom = explore(program, "loom", LOOM);
        tally.loom += loom.executions;
        inside("loom", &loom.states, &dpor.states)?;
        if loom.complete && loom.states.len() < dpor.states.len() {
            tally.incomplete += 1;
            tally.example = Some(program.clone());
        }
    }
    Ok(())
}

/// What a strategy found is what brute force found, too, and there is nothing that no program should come to.
fn inside(strategy: &str, found: &BTreeSet<Final>, all: &BTreeSet<Final>) -> TestCaseResult {
    let wrong: Vec<_> = found.iter().filter(|state| matches!(state, Final::Other(_)) || !all.contains(state)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(TestCaseError::fail(format!("{strategy} alone finds {wrong:#?}"))) }
}

#[test]
fn programs_of_locks_and_channels_have_the_same_final_states_everywhere() {
    compare_all(Family::LocksAndChannels, 0, 3);
}

#[test]
fn programs_of_tasks_that_wait_for_each_other_have_the_same_final_states_everywhere() {
    compare_all(Family::Signals, 1, 3);
}

#[test]
fn programs_of_everything_have_the_same_final_states_everywhere() {
    compare_all(Family::Everything, 2, 3);
}
