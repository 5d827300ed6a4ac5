//! Random small programs on the runtime itself: what `dfs` shows of each is what the axioms allow, and what random
//! strategies show is some of that.
//!
//! The judge and the programs are those of `bohrbug-memory`'s tests. `cargo test` runs 40 programs; more by
//! `BOHRBUG_TEST_PROGRAMS=2000 cargo test --release -p bohrbug --test memory_model outcomes`.

#[path = "../../../memory/tests/rc11/generate.rs"]
#[allow(dead_code, reason = "its other users need the rest")]
mod generate;
#[path = "../../../memory/tests/rc11/oracle.rs"]
#[allow(dead_code, reason = "its other users need the rest")]
pub(crate) mod oracle;
#[path = "../../../memory/tests/rc11/program.rs"]
#[allow(dead_code, reason = "its other users need the rest")]
pub(crate) mod program;
#[path = "../../../memory/tests/rc11/walk.rs"]
#[allow(
    dead_code,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "its other users need the rest, and sets are compared and counted, never shown in their order"
)]
pub(crate) mod walk;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use bohrbug::{Exploration, MemoryModel, Verdict};
use bohrbug_sync::atomic::{AtomicU64, fence};
use bohrbug_sync::thread;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

use self::oracle::{Model, Sequences};
use self::program::{Op, Program};

/// For each thread the values that it read.
type Outcome = Vec<Vec<u64>>;

/// What the threads of a program share.
struct Shared {
    locations: Vec<AtomicU64>,
    mutexes: Vec<bohrbug_sync::Mutex<()>>,
}

fn run(program: &Program) -> Outcome {
    let shared = Arc::new(Shared {
        locations: (0..program.locations).map(|_| AtomicU64::new(0)).collect(),
        mutexes: (0..program.mutexes()).map(|_| bohrbug_sync::Mutex::new(())).collect(),
    });
    let spawn = |ops: &Vec<Op>| {
        let (ops, shared) = (ops.clone(), shared.clone());
        thread::spawn(move || run_thread(&ops, &shared))
    };
    let threads: Vec<_> = program.threads.iter().map(spawn).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn run_thread(ops: &[Op], Shared { locations, mutexes }: &Shared) -> Vec<u64> {
    let mut guards: Vec<_> = mutexes.iter().map(|_| None).collect();
    let (mut results, mut read, mut at) = (vec![0; ops.len()], Vec::new(), 0);
    while let Some(&op) = ops.get(at) {
        let value = match op {
            Op::Load(x, order) => Some(locations[x].load(order)),
            Op::Store(x, order, value) => {
                locations[x].store(value.of(&results), order);
                None
            }
            Op::Add(x, order, more) => Some(locations[x].fetch_add(more, order)),
            Op::Exchange(x, success, failure, expected, new) => {
                let (expected, new) = (expected.of(&results), new.of(&results));
                Some(locations[x].compare_exchange(expected, new, success, failure).unwrap_or_else(|other| other))
            }
            Op::Fence(order) => {
                fence(order);
                None
            }
            Op::SkipUnless(result, value, count) => {
                at += if results[result] == value { 0 } else { count };
                None
            }
            Op::Lock(mutex) => {
                guards[mutex] = Some(mutexes[mutex].lock().unwrap());
                None
            }
            Op::Unlock(mutex) => {
                guards[mutex] = None;
                None
            }
            Op::Assume(..) | Op::Join(_) | Op::End => unreachable!("no program here has one"),
        };
        // A branch is no event and has no result.
        if let Some(value) = value {
            results[at] = value;
            read.push(value);
        }
        at += 1;
    }
    read
}

/// What an exploration comes to: its verdict, how many executions it took, and what they showed.
fn explore(program: &Program, strategy: &str, executions: u64) -> (Verdict, u64, BTreeSet<Outcome>) {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let body = {
        let (program, seen) = (program.clone(), seen.clone());
        move || {
            let outcome = run(&program);
            seen.lock().unwrap().insert(outcome);
        }
    };
    let mut exploration = Exploration::new("a random program", strategy);
    exploration.config.memory = MemoryModel::Rc11;
    exploration.budget.executions = Some(executions);
    let report = exploration.explore(&bohrbug::Program::new(body), |_| ControlFlow::Continue(())).unwrap();
    let seen = seen.lock().unwrap().clone();
    (report.verdict, report.executions, seen)
}

#[test]
fn the_runtime_shows_what_the_axioms_allow_and_nothing_else() {
    let count = std::env::var("BOHRBUG_TEST_PROGRAMS").ok().and_then(|count| count.parse().ok()).unwrap_or(40);
    let mut rng = Pcg64Mcg::seed_from_u64(17);
    let (mut compared, mut weak) = (0, 0);
    while compared < count {
        let program = generate::program(&mut rng);
        let events: usize = program.threads.iter().map(Vec::len).sum();
        if events > 6 || program.threads.len() < 2 || oracle::candidates(&program) > 20_000 {
            continue;
        }
        let outcomes = |model| -> BTreeSet<Outcome> {
            oracle::executions(&program, model).into_iter().map(|graph| graph.values).collect()
        };
        let allowed = outcomes(Model::Rc11(Sequences::Cpp20));
        let is_weak = allowed.len() > outcomes(Model::Sc).len();
        // Most programs of this size show nothing weak.
        if !is_weak && compared > 2 * weak {
            continue;
        }
        compared += 1;
        weak += usize::from(is_weak);
        let (verdict, _, seen) = explore(&program, "dfs", 3_000_000);
        assert_eq!(verdict, Verdict::Verified, "{program:#?}");
        assert_eq!(seen, allowed, "{program:#?}");
        for strategy in ["random", "pct", "pctwm", "pos", "surw"] {
            let (_, _, seen) = explore(&program, strategy, 300);
            assert!(seen.is_subset(&allowed), "{strategy}: {:?} of {program:#?}", seen.difference(&allowed).next());
        }
    }
    println!("{count} programs, {weak} of which have more outcomes than under SC");
}

#[test]
fn dpor_runs_each_graph_that_the_axioms_allow_once() {
    let count = std::env::var("BOHRBUG_TEST_PROGRAMS").ok().and_then(|count| count.parse().ok()).unwrap_or(150);
    let mut rng = Pcg64Mcg::seed_from_u64(18);
    let mut graphs = 0;
    for _ in 0..count {
        let program = generate::program(&mut rng);
        if oracle::candidates(&program) > 20_000 {
            continue;
        }
        let allowed = oracle::executions(&program, Model::Rc11(Sequences::Cpp20));
        let (verdict, executions, seen) = explore(&program, "dpor", 100_000);
        assert_eq!((verdict, executions), (Verdict::Verified, allowed.len() as u64), "{program:#?}");
        assert_eq!(seen, allowed.into_iter().map(|graph| graph.values).collect(), "{program:#?}");
        graphs += executions;
    }
    println!("{count} programs, {graphs} graphs");
}

#[test]
fn dpor_runs_each_order_of_locks_once() {
    let count = std::env::var("BOHRBUG_TEST_PROGRAMS").ok().and_then(|count| count.parse().ok()).unwrap_or(150);
    let mut rng = Pcg64Mcg::seed_from_u64(19);
    let (mut graphs, mut deadlocks) = (0, 0);
    for _ in 0..count {
        let mut program = generate::with_locks(&mut rng);
        program.threads.iter_mut().for_each(|ops| ops.retain(|op| !matches!(op, Op::Join(_))));
        let (verdict, executions, seen) = explore(&program, "dpor", 100_000);
        if walk::has_deadlock(&program) {
            assert!(verdict.is_failed(), "{program:#?}");
            deadlocks += 1;
            continue;
        }
        let reached = walk::all(&program);
        assert_eq!((verdict, executions), (Verdict::Verified, reached.len() as u64), "{program:#?}");
        assert_eq!(seen, reached.into_iter().map(|graph| graph.values).collect(), "{program:#?}");
        graphs += executions;
    }
    println!("{count} programs, {graphs} graphs, {deadlocks} deadlock");
}
