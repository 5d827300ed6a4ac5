//! loom beside it: raw loom on small programs, and where its outcomes are not those that RC11 allows.
//!
//! What loom misses or adds is data beside each program. The table is in `docs/memory.md`, with the axioms that decide.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::sync::{Arc, Mutex};

use loom::sync::atomic::{AtomicU64, fence};

use super::outcomes::oracle::{Model, Sequences, executions};
use super::outcomes::program::Op::{self, Add, Fence, Load, Store};
use super::outcomes::program::{Program, Value};

const X: usize = 0;
const Y: usize = 1;

/// For each thread the values that it read.
type Outcome = Vec<Vec<u64>>;

fn under_loom(program: &Program) -> BTreeSet<Outcome> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let (program, shown) = (program.clone(), seen.clone());
    loom::model(move || {
        let locations: Arc<Vec<AtomicU64>> = Arc::new((0..program.locations).map(|_| AtomicU64::new(0)).collect());
        let spawn = |ops: &Vec<Op>| {
            let (ops, locations) = (ops.clone(), locations.clone());
            loom::thread::spawn(move || ops.iter().filter_map(|op| perform(op, &locations)).collect())
        };
        let threads: Vec<loom::thread::JoinHandle<Vec<u64>>> = program.threads.iter().map(spawn).collect();
        let outcome = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        shown.lock().unwrap().insert(outcome);
    });
    seen.lock().unwrap().clone()
}

fn perform(op: &Op, locations: &[AtomicU64]) -> Option<u64> {
    match *op {
        Load(x, order) => return Some(locations[x].load(order)),
        Add(x, order, more) => return Some(locations[x].fetch_add(more, order)),
        Store(x, order, value) => locations[x].store(value.of(&[]), order),
        Fence(order) => fence(order),
        Op::Exchange(..)
        | Op::SkipUnless(..)
        | Op::Assume(..)
        | Op::Lock(_)
        | Op::Unlock(_)
        | Op::Join(_)
        | Op::End => unreachable!("none of these programs has one"),
    }
    None
}

/// How many outcomes RC11 allows, and of these how many loom misses; and how many it shows that RC11 forbids.
fn check(name: &str, threads: &[&[Op]], expected: (usize, usize, usize)) -> bool {
    let program = Program { locations: 2, threads: threads.iter().map(|ops| ops.to_vec()).collect() };
    let allowed: BTreeSet<Outcome> =
        executions(&program, Model::Rc11(Sequences::Cpp20)).into_iter().map(|graph| graph.values).collect();
    let shown = under_loom(&program);
    let found = (allowed.len(), allowed.difference(&shown).count(), shown.difference(&allowed).count());
    println!("{name}: {} outcomes, loom misses {}, and adds {}", found.0, found.1, found.2);
    let as_expected = found == expected;
    if !as_expected {
        println!("  expected {expected:?}: {allowed:?} allowed, {shown:?} shown");
    }
    as_expected
}

const fn one(x: usize, order: Ordering) -> Op {
    Store(x, order, Value::Is(1))
}

#[test]
fn loom_shows_other_outcomes_than_rc11_allows() {
    let mut all = true;
    let sb = |store, load| [[one(X, store), Load(Y, load)], [one(Y, store), Load(X, load)]];
    let [a, b] = sb(Release, Acquire);
    all &= check("store buffering, acquire and release", &[&a, &b], (4, 0, 0));
    let [a, b] = sb(SeqCst, SeqCst);
    all &= check("store buffering, seq-cst", &[&a, &b], (3, 0, 1));
    let fenced = |x, y| [one(x, Relaxed), Fence(SeqCst), Load(y, Relaxed)];
    all &= check("store buffering, fences", &[&fenced(X, Y), &fenced(Y, X)], (3, 0, 0));
    let send = [one(X, Relaxed), one(Y, Release)];
    all &= check("message passing", &[&send, &[Load(Y, Acquire), Load(X, Relaxed)]], (3, 0, 0));
    all &= check("message passing, relaxed", &[&send, &[Load(Y, Relaxed), Load(X, Relaxed)]], (4, 0, 0));
    let lb = |load, store| [[Load(X, load), one(Y, store)], [Load(Y, load), one(X, store)]];
    let [a, b] = lb(Relaxed, Relaxed);
    all &= check("load buffering", &[&a, &b], (3, 0, 0));
    all &= check(
        "a load beside a load and a store",
        &[&[Load(X, Relaxed)], &[Load(X, Acquire), one(X, Release)]],
        (2, 1, 0),
    );
    all &= check(
        "two loads beside a load and a store",
        &[&[Load(X, Relaxed), Load(X, Relaxed)], &[Load(X, Acquire), one(X, Release)]],
        (3, 2, 0),
    );
    let two = |x, y| [Store(x, Release, Value::Is(1)), Store(y, Release, Value::Is(2))];
    let (mut a, mut b) = (two(X, Y).to_vec(), two(Y, X).to_vec());
    a.push(Load(X, Relaxed));
    b.push(Load(Y, Relaxed));
    all &= check("stores in two orders", &[&a, &b], (4, 0, 0));
    all &= check(
        "an update between stores",
        &[&[Add(X, AcqRel, 1), Load(X, Relaxed)], &[Store(X, Relaxed, Value::Is(5))]],
        (3, 0, 0),
    );
    assert!(all, "loom shows others by now");
}

/// loom takes minutes.
#[test]
#[ignore = "takes minutes: cargo test --release -p bohrbug --test memory_model iriw -- --ignored"]
fn loom_on_iriw() {
    let (first, second) = ([one(X, Release)], [one(Y, Release)]);
    let read = |x, y| [Load(x, Acquire), Load(y, Acquire)];
    let threads: [&[Op]; 4] = [&first, &second, &read(X, Y), &read(Y, X)];
    assert!(check("IRIW, acquire and release", &threads, (16, 0, 0)), "loom shows others by now");
}
