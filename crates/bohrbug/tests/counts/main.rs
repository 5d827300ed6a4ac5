//! Programs whose outcome depends on the counts of `Arc`s, on cells and on what is freed: `dpor` has the outcomes that brute force
//! has, no more and no less.
//!
//! The `Arc`s are those of `bohrbug_sync::counted`, and the process has the allocator that sees a use of freed memory. Brute force is
//! an [oracle](oracle) of its own, which knows nothing of Bohrbug.
//!
//! `cargo test` compares 200 programs. For a longer run:
//!
//! ```text
//! BOHRBUG_TEST_PROGRAMS=20000 BOHRBUG_TEST_SEED=7 cargo test --release -p bohrbug --test counts -- --nocapture
//! ```

mod named;
mod oracle;
mod program;
mod real;

use std::collections::BTreeSet;

use bohrbug::memory::Quarantine;

use oracle::outcomes;
use program::{Numbers, Op, Outcome, Program};
use real::explore;

#[global_allocator]
static ALLOCATOR: Quarantine = Quarantine;

/// How many programs are compared.
const PROGRAMS: u64 = 200;

/// A program with more states, or executions, is left out: there are enough small ones.
const MOST_STATES: usize = 20_000;
const MOST_EXECUTIONS: u64 = 4_000;

/// A number from an environment variable.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// What came of one program.
enum Compared {
    Same(BTreeSet<Outcome>, u64),
    TooLarge,
    Different(String),
}

fn compare(program: &Program) -> Compared {
    let Some(expected) = outcomes(program, MOST_STATES) else { return Compared::TooLarge };
    let dpor = explore(program, "dpor", MOST_EXECUTIONS);
    let invented: Vec<_> = dpor.outcomes.difference(&expected).collect();
    let missed: Vec<_> = expected.difference(&dpor.outcomes).collect();
    if !invented.is_empty() {
        return Compared::Different(format!("dpor alone has {invented:?}: {:#?}", dpor.said));
    }
    if !dpor.complete {
        return Compared::TooLarge;
    }
    if !missed.is_empty() {
        return Compared::Different(format!("dpor misses {missed:?}"));
    }
    let random = explore(program, "random", 20);
    let invented: Vec<_> = random.outcomes.difference(&expected).collect();
    if !invented.is_empty() {
        return Compared::Different(format!("random alone has {invented:?}: {:#?}", random.said));
    }
    Compared::Same(expected, dpor.executions)
}

/// Programs that have differed.
const KEPT: &[[&[Op]; 3]] = &[[&[Op::TryUnwrap, Op::ReadCell], &[], &[Op::WriteCell]]];

#[test]
fn programs_that_have_differed_do_not() {
    for tasks in KEPT {
        let program = Program { tasks: tasks.map(<[Op]>::to_vec) };
        for _ in 0..50 {
            if let Compared::Different(why) = compare(&program) {
                panic!("{why}: {program:#?}");
            }
        }
    }
}

/// The smallest program, with steps left out, that differs still.
fn smallest(mut program: Program, mut why: String) -> (Program, String) {
    'smaller: loop {
        for smaller in program.smaller() {
            if let Compared::Different(reason) = compare(&smaller) {
                (program, why) = (smaller, reason);
                continue 'smaller;
            }
        }
        return (program, why);
    }
}

#[test]
fn dpor_has_the_outcomes_that_brute_force_has() {
    let mut numbers = Numbers(setting("BOHRBUG_TEST_SEED", 0));
    let (mut same, mut too_large, mut executions, mut states) = (0, 0, 0, 0);
    let [mut races, mut misuses] = [0; 2];
    while same < setting("BOHRBUG_TEST_PROGRAMS", PROGRAMS) {
        let program = numbers.program();
        match compare(&program) {
            Compared::Same(outcomes, ran) => {
                same += 1;
                executions += ran;
                states += outcomes.len();
                races += u64::from(outcomes.contains(&Outcome::Race));
                misuses += u64::from(outcomes.contains(&Outcome::Misuse));
            }
            Compared::TooLarge => too_large += 1,
            Compared::Different(why) => {
                let (program, why) = smallest(program, why);
                panic!("{why}: {program:#?}");
            }
        }
    }
    println!(
        "{same} programs, {states} outcomes, {executions} executions; {races} have a data race, {misuses} a use of freed \
         memory; {too_large} were too large"
    );
    assert!(races > 0 && misuses > 0, "programs of every sort");
}
