//! Random programs: of every order, with fences, read-modify-writes, branches and values that depend on what was read.

use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use rand::Rng;
use rand::seq::IndexedRandom;

use super::program::{Op, Program, Value};

/// A program of up to 3 threads of up to 4 operations.
pub(crate) fn program(rng: &mut impl Rng) -> Program {
    // Some programs have nothing `SeqCst`, some are all of it, most mix.
    let seq_cst = *[0.0, 0.5, 0.7, 0.9, 1.0].choose(rng).unwrap();
    // Programs of plain loads and stores show most of what is weak; values and branches that depend show the rest.
    let plain = rng.random_bool(0.6);
    let threads = *[2, 3, 3, 3].choose(rng).unwrap();
    if rng.random_bool(0.6) {
        let threads = (0..threads).map(|nth| link(rng, nth, threads, seq_cst, plain)).collect();
        return Program { locations: 3, threads };
    }
    let locations = *[1, 2, 2, 2, 2, 3, 3].choose(rng).unwrap();
    let threads = (0..threads).map(|_| thread(rng, locations, seq_cst, plain)).collect();
    Program { locations, threads }
}

/// A thread that leads from one location to the next: in a cycle of such threads nearly every order of each matters.
fn link(rng: &mut impl Rng, nth: usize, threads: usize, seq_cst: f64, plain: bool) -> Vec<Op> {
    let (from, to) = (nth, (nth + 1) % threads);
    let either = |rng: &mut _| *[from, to].choose(rng).unwrap();
    let mut ops = vec![access(rng, from, seq_cst, plain)];
    if rng.random_bool(0.5) {
        let fence = Op::Fence(if rng.random_bool(seq_cst.max(0.5)) { SeqCst } else { AcqRel });
        let location = either(rng);
        ops.push(if rng.random_bool(0.7) { fence } else { access(rng, location, seq_cst, plain) });
    }
    ops.push(access(rng, to, seq_cst, plain));
    if rng.random_bool(0.3) {
        let location = either(rng);
        ops.push(access(rng, location, seq_cst, plain));
    }
    ops
}

fn access(rng: &mut impl Rng, location: usize, seq_cst: f64, plain: bool) -> Op {
    loop {
        let op = op(rng, location + 1, seq_cst, plain, &[]);
        if op.location() == Some(location) {
            return op;
        }
    }
}

fn thread(rng: &mut impl Rng, locations: usize, seq_cst: f64, plain: bool) -> Vec<Op> {
    let mut ops: Vec<Op> = Vec::new();
    for place in 0..*[1, 2, 2, 3, 3, 4].choose(rng).unwrap() {
        let results: Vec<usize> = (0..place).filter(|&before| ops[before].reads()).collect();
        let next = op(rng, locations, seq_cst, plain, &results);
        // Accesses to one location in a row are seldom weak.
        let again = ops.last().is_some_and(|last| last.location() == next.location());
        ops.push(if again && rng.random_bool(0.7) { op(rng, locations, seq_cst, plain, &results) } else { next });
    }
    ops
}

fn op(rng: &mut impl Rng, locations: usize, seq_cst: f64, plain: bool, results: &[usize]) -> Op {
    let x = rng.random_range(0..locations);
    let mut order = |others: &[Ordering]| {
        if rng.random_bool(seq_cst) { SeqCst } else { *others.choose(rng).unwrap() }
    };
    let (load, store) = (order(&[Relaxed, Acquire]), order(&[Relaxed, Release]));
    let (update, fence) = (order(&[Relaxed, Acquire, Release, AcqRel]), order(&[Acquire, Release, AcqRel]));
    let value = |rng: &mut dyn rand::RngCore| match results.choose(rng) {
        Some(&result) if rng.random_bool(0.3) => Value::Result(result, rng.random_range(0..2)),
        _ => Value::Is(rng.random_range(1..=2)),
    };
    match rng.random_range(0..if plain { 15 } else { 20 }) {
        0..6 => Op::Load(x, load),
        6..12 => Op::Store(x, store, value(rng)),
        12..15 => Op::Fence(fence),
        15..17 => Op::Add(x, update, 1),
        17..19 => Op::Exchange(x, update, load, Value::Is(rng.random_range(0..=1)), value(rng)),
        _ => match results.choose(rng) {
            Some(&result) => Op::SkipUnless(result, rng.random_range(0..=1), 1),
            None => Op::Fence(fence),
        },
    }
}

/// A program of 2 or 3 threads that take mutexes, one within the other perhaps, and may wait for each other's end.
pub(crate) fn with_locks(rng: &mut impl Rng) -> Program {
    let threads = *[2, 2, 3].choose(rng).unwrap();
    let (locations, mutexes) = (2, rng.random_range(1..=2));
    let mut programs: Vec<Vec<Op>> = Vec::new();
    for _ in 0..threads {
        let mut ops = Vec::new();
        for _ in 0..rng.random_range(1..=if threads == 2 { 2 } else { 1 }) {
            section(rng, locations, mutexes, &mut ops);
        }
        if rng.random_bool(0.4) {
            let place = if rng.random_bool(0.5) { 0 } else { ops.len() };
            ops.insert(place, op(rng, locations, 0.2, true, &[]));
        }
        programs.push(ops);
    }
    if rng.random_bool(0.4) {
        let joiner = rng.random_range(0..threads);
        let other = (joiner + rng.random_range(1..threads)) % threads;
        programs[joiner].push(Op::Join(other));
        if rng.random_bool(0.7) {
            programs[joiner].push(op(rng, locations, 0.2, true, &[]));
        }
    }
    Program { locations, threads: programs }
}

fn section(rng: &mut impl Rng, locations: usize, mutexes: usize, ops: &mut Vec<Op>) {
    let mutex = rng.random_range(0..mutexes);
    let other = (mutex + 1) % mutexes;
    let nested = other != mutex && rng.random_bool(0.4);
    ops.push(Op::Lock(mutex));
    if rng.random_bool(0.7) {
        ops.push(op(rng, locations, 0.1, false, &[]));
    }
    if nested {
        ops.push(Op::Lock(other));
        if rng.random_bool(0.6) {
            ops.push(op(rng, locations, 0.1, true, &[]));
        }
        ops.push(Op::Unlock(other));
    }
    ops.push(Op::Unlock(mutex));
}

/// A program some of whose threads go no further unless they have read a certain value.
pub(crate) fn with_assumptions(rng: &mut impl Rng) -> Program {
    let mut program = program(rng);
    for ops in &mut program.threads {
        // Other operations refer to places, so an assumption goes to the end, or where nothing refers to what follows.
        let refers = |op: &Op| match *op {
            Op::SkipUnless(..) => true,
            Op::Store(_, _, value) => matches!(value, Value::Result(..)),
            Op::Exchange(_, _, _, old, new) => [old, new].iter().any(|value| matches!(value, Value::Result(..))),
            _ => false,
        };
        let reads: Vec<usize> = (0..ops.len()).filter(|&place| ops[place].reads()).collect();
        if ops.iter().any(refers) || rng.random_bool(0.3) {
            continue;
        }
        if let Some(&read) = reads.choose(rng) {
            ops.insert(read + 1, Op::Assume(read, rng.random_range(0..=2)));
        }
    }
    program
}
