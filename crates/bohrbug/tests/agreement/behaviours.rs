//! `dpor` against the [oracle](crate::oracle): on random programs whose steps depend on what was seen, it has the same
//! final states and deadlocks, and as many executions of each as there are behaviours.
//!
//! It gives up none.
//!
//! `cargo test` compares 2,000 programs. For a longer run:
//!
//! ```text
//! BOHRBUG_TEST_CONDITIONALS=200000 BOHRBUG_TEST_SEED=7 cargo test --release -p bohrbug --test agreement behaviours -- --nocapture
//! ```

use std::sync::PoisonError;

use bohrbug::strategy::{Dpor, Strategy};
use bohrbug_sync::control::{Config, Execution, Incident, Reaction, Runtime};

use crate::agree::setting;
use crate::conditional::{Book, Numbers, Op, Program, run};
use crate::oracle::{Ends, ends};
use crate::unwatched::Unwatched;

/// How many programs are compared.
const PROGRAMS: u32 = 2_000;

/// A program with more states is left out: there are enough small ones.
const MOST_STATES: usize = 5_000;

/// Nothing here ends an execution before its end.
fn goes_on(incident: &Incident) -> Reaction {
    match incident {
        Incident::Deadlock { .. } => Reaction::GoOn,
        Incident::Panic { .. }
        | Incident::StepBound { .. }
        | Incident::Runtime { .. }
        | Incident::UseAfterFree { .. } => panic!("{incident:?}"),
    }
}

/// What `dpor` finds; or what is wrong with the search itself.
fn search(program: &Program, most: u64) -> Result<Ends, String> {
    let book = Book::default();
    let mut execution = Execution::new(Runtime::Native, Config::default());
    let mut driver = Unwatched { strategy: Dpor::new(), incident: goes_on };
    let mut found = Ends::default();
    let (mut executions, mut given_up) = (0, 0);
    while driver.strategy.begin(executions) {
        let book = &book;
        execution.run(&mut driver, &move || run(program, book));
        driver.strategy.end(execution.view());
        executions += 1;
        let state = std::mem::take(&mut *book.lock().unwrap_or_else(PoisonError::into_inner));
        let standing = driver.strategy.standing();
        if let Some(complaint) = standing.complaint {
            return Err(complaint);
        }
        if std::mem::replace(&mut given_up, standing.cut_off) < standing.cut_off {
            continue;
        }
        *found.finals.entry(state).or_default() += 1;
        found.behaviours += 1;
        if found.behaviours > most {
            return Err(format!("more executions than the {most} behaviours"));
        }
    }
    if given_up > 0 {
        return Err(format!("{given_up} executions were given up"));
    }
    Ok(found)
}

pub(crate) fn has(program: &Program, is: fn(&Op) -> bool) -> bool {
    program.tasks.iter().flatten().any(|op| op.any(is))
}

/// How many behaviours there are, or what is wrong; `None` if the program is too large.
fn compare(program: &Program) -> Option<Result<u64, String>> {
    let expected = ends(program, MOST_STATES)?;
    Some(search(program, expected.behaviours).and_then(|found| {
        let differ: Vec<_> = expected.finals.iter().filter(|(end, n)| found.finals.get(end) != Some(n)).collect();
        match found == expected {
            true => Ok(found.behaviours),
            false => Err(format!(
                "{} of {} behaviours; too few or too many of {differ:?}",
                found.behaviours, expected.behaviours
            )),
        }
    }))
}

/// As small a program as fails, too.
fn shrink(mut program: Program) -> Program {
    let fails = |program: &Program| matches!(compare(program), Some(Err(_)));
    while let Some(smaller) = program.smaller().into_iter().find(fails) {
        program = smaller;
    }
    program
}

#[test]
fn there_are_as_many_executions_as_behaviours() {
    compare_all(setting("BOHRBUG_TEST_CONDITIONALS", PROGRAMS), Numbers::program);
}

#[test]
fn tokens_that_waits_take_make_as_many_executions_as_behaviours() {
    compare_all(setting("BOHRBUG_TEST_CONDITIONALS", PROGRAMS) / 5, Numbers::program_that_parks);
}

fn compare_all(all: u32, program: fn(&mut Numbers) -> Program) {
    let mut numbers = Numbers(u64::from(setting("BOHRBUG_TEST_SEED", 0)));
    let (mut compared, mut behaviours, mut too_large) = (0, 0, 0);
    let mut failed = Vec::new();
    while compared < all && failed.len() < 5 {
        let program = program(&mut numbers);
        match compare(&program) {
            None => too_large += 1,
            Some(Ok(found)) => {
                compared += 1;
                behaviours += found;
            }
            Some(Err(_)) => {
                compared += 1;
                failed.push(program);
            }
        }
    }
    println!("{compared} programs of {behaviours} behaviours ({too_large} were too large)");
    for program in &failed {
        let program = shrink(program.clone());
        println!("{:?}\n{program:?}", compare(&program));
    }
    assert!(failed.is_empty(), "{} programs of {compared} differ", failed.len());
}

/// Programs on which a search once went wrong: it missed a behaviour of the first three, and gave up an execution of the
/// others: a reader that never comes out holds up a writer beside another reader, and one that reads again is let in since
/// nothing else can happen.
const ONCE: &[fn() -> Program] = &[
    // Two loads of one word with a store between, and a condition on another: a behaviour was missed.
    || Program {
        capacity: None,
        tasks: vec![
            vec![Op::Load(0)],
            vec![Op::Store(0, 1)],
            vec![Op::Load(1), Op::If(0, vec![Op::Load(0)], vec![])],
            vec![Op::Store(1, 1), Op::Store(1, 0)],
        ],
    },
    || Program {
        capacity: None,
        tasks: vec![
            vec![Op::Load(0)],
            vec![Op::Store(0, 1)],
            vec![Op::TryLock(0, vec![Op::Load(0)])],
            vec![Op::TryLock(0, vec![])],
        ],
    },
    || Program {
        capacity: None,
        tasks: vec![
            vec![Op::Choose(3), Op::Choose(2), Op::If(1, vec![Op::Store(0, 1)], vec![])],
            vec![Op::Load(0), Op::Choose(2)],
        ],
    },
    || Program {
        capacity: Some(0),
        tasks: vec![
            vec![Op::Exchange(0, 0, 1), Op::TryRead(vec![Op::Write(vec![])])],
            vec![Op::Store(0, 1), Op::Write(vec![])],
            vec![Op::Unpark(0), Op::TryRead(vec![])],
        ],
    },
    || Program {
        capacity: Some(0),
        tasks: vec![vec![Op::TryRead(vec![Op::Read(vec![Op::Recv])])], vec![Op::Send, Op::Write(vec![])], vec![]],
    },
];

#[test]
fn programs_that_once_failed_have_as_many_executions_as_behaviours() {
    for (number, program) in ONCE.iter().enumerate() {
        let compared = compare(&program()).unwrap_or_else(|| panic!("program {number} is too large"));
        assert!(compared.is_ok(), "program {number}: {compared:?}");
    }
}
