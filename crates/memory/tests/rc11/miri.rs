//! The litmus programs of Miri's tests with GenMC (rust-lang/miri, tests/genmc/pass/litmus): the values that may be read,
//! all and only, in programs of our own wording. Those that are counted and not listed there are in `litmus`.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

use super::oracle::{Model, Sequences, executions};
use super::program::Op::{self, Add, Exchange, Fence, Load, SkipUnless, Store};
use super::program::{Graph, Program, Value};
use super::{explore, walk};

const X: usize = 0;
const Y: usize = 1;
const Z: usize = 2;

const fn is(value: u64) -> Value {
    Value::Is(value)
}

/// How many executions there are, and the values that are read in them: those of the first thread, then of the next.
fn check(threads: &[&[Op]], count: usize, expected: &[&[u64]]) {
    let accessed = threads.iter().flat_map(|ops| ops.iter()).filter_map(Op::location);
    let locations = accessed.max().map_or(0, |location| location + 1);
    let program = Program { locations, threads: threads.iter().map(|ops| ops.to_vec()).collect() };
    let expected: BTreeSet<Vec<u64>> = expected.iter().map(|values| values.to_vec()).collect();
    let read = |graph: &Graph| graph.values.concat();
    let judged = executions(&program, Model::Rc11(Sequences::Cpp20));
    assert_eq!((judged.len(), judged.iter().map(read).collect()), (count, expected.clone()), "by the judge");
    let walked = walk::all(&program);
    assert_eq!((walked.len(), walked.iter().map(read).collect()), (count, expected.clone()), "by the crate's model");
    let explored = explore::difference(&program).unwrap_or_else(|wrong| panic!("a graph is {wrong}")).complete;
    assert_eq!((explored.len(), explored.keys().map(read).collect()), (count, expected), "by the search");
}

#[test]
fn one_location_reads_as_one_order_has_it() {
    let (read, one, two) = (Load(X, Acquire), Store(X, Release, is(1)), Store(X, Release, is(2)));
    check(&[&[one, two], &[read, read]], 6, &[&[0, 0], &[0, 1], &[0, 2], &[1, 1], &[1, 2], &[2, 2]]);
    let both: &[&[u64]] = &[&[0, 0], &[0, 1], &[1, 0], &[1, 1]];
    check(&[&[one], &[read], &[read]], 4, both);
    check(&[&[Load(Y, Acquire)], &[read], &[one], &[Store(Y, Release, is(1))]], 4, both);
    check(&[&[read, one], &[two]], 3, &[&[0], &[2]]);
    check(&[&[one, read], &[two]], 3, &[&[1], &[2]]);
    check(&[&[read, read], &[one], &[two]], 12, &[&[0, 0], &[0, 1], &[0, 2], &[1, 1], &[1, 2], &[2, 1], &[2, 2]]);
}

#[test]
fn several_readers_agree_on_the_order() {
    let (read, one, two) = (Load(X, Acquire), Store(X, Release, is(1)), Store(X, Release, is(2)));
    let goes_back = |a: u64, b: u64| a != 0 && b == 0;
    let values = || 0..=2_u64;
    let three = values().flat_map(|a| values().flat_map(move |b| values().map(move |c| [a, b, c])));
    let three: Vec<[u64; 3]> = three.filter(|[a, b, _]| !goes_back(*a, *b)).collect();
    assert_eq!(three.len(), 21);
    let listed: Vec<&[u64]> = three.iter().map(|values| &values[..]).collect();
    check(&[&[one], &[two], &[read, read], &[read]], 36, &listed);
    let agree = |[a, b, c, d]: &[u64; 4]| {
        let opposite = [(*a, *b), (*c, *d)] == [(1, 2), (2, 1)] || [(*a, *b), (*c, *d)] == [(2, 1), (1, 2)];
        !(goes_back(*a, *b) || goes_back(*c, *d) || opposite)
    };
    let pairs = || values().flat_map(|a| values().map(move |b| (a, b)));
    let four = pairs().flat_map(|(a, b)| pairs().map(move |(c, d)| [a, b, c, d]));
    let four: Vec<[u64; 4]> = four.filter(agree).collect();
    assert_eq!(four.len(), 47);
    let listed: Vec<&[u64]> = four.iter().map(|values| &values[..]).collect();
    check(&[&[one], &[two], &[read, read], &[read, read]], 72, &listed);
}

#[test]
fn what_two_threads_tell_each_other() {
    let (acquire, release) = (|x| Load(x, Acquire), |x, value| Store(x, Release, is(value)));
    check(&[&[acquire(Y), release(X, 2)], &[acquire(X), release(Y, 1)]], 3, &[&[0, 0], &[0, 2], &[1, 0]]);
    check(&[&[release(X, 1), release(Y, 1)], &[acquire(Y), acquire(X)]], 3, &[&[0, 0], &[0, 1], &[1, 1]]);
    let all: &[&[u64]] = &[&[0, 0], &[0, 1], &[1, 0], &[1, 1]];
    check(&[&[release(X, 1), acquire(Y)], &[release(Y, 1), acquire(X)]], 4, all);
    check(
        &[&[Store(X, SeqCst, is(1)), Load(Y, SeqCst)], &[Store(Y, Relaxed, is(1)), Fence(SeqCst), Load(X, Relaxed)]],
        3,
        &all[1..],
    );
    let sends = [Store(X, Relaxed, is(1)), Store(Y, Release, is(0)), Store(Y, Relaxed, is(1))];
    let receives = [Load(Y, Relaxed), SkipUnless(0, 1, 2), Fence(Acquire), Load(X, Relaxed)];
    // The relaxed store ends the release sequence, so the message need not be there.
    check(&[&sends, &receives], 4, &[&[0], &[1, 0], &[1, 1]]);
}

#[test]
fn what_a_third_thread_sees() {
    let y_to_z = [Load(Y, Relaxed), Store(Z, Relaxed, Value::Result(0, 0))];
    check(
        &[
            &[Store(X, Relaxed, is(1)), Store(Y, Release, is(1))],
            &y_to_z,
            &[Load(Z, Relaxed), Fence(AcqRel), Load(X, Relaxed)],
        ],
        8,
        &[&[0, 0, 0], &[0, 0, 1], &[1, 0, 0], &[1, 0, 1], &[1, 1, 0], &[1, 1, 1]],
    );
    let reads = |first, second| [Load(first, Relaxed), Fence(AcqRel), Load(second, Relaxed)];
    let seen: Vec<[u64; 5]> = (0..32_u64)
        .map(|bits| [bits >> 4 & 1, bits >> 3 & 1, bits >> 2 & 1, bits >> 1 & 1, bits & 1])
        // Y has 1 only if X was seen to be, and who sees that sees X.
        .filter(|[copied, _, y, also, x]| if *copied == 0 { (*y, *also) == (0, 0) } else { *also == 0 || *x == 1 })
        .collect();
    let listed: Vec<&[u64]> = seen.iter().map(|values| &values[..]).collect();
    let copies = [Load(X, Relaxed), Store(Y, Release, Value::Result(0, 0))];
    check(&[&[Store(X, Relaxed, is(1))], &copies, &reads(X, Y), &reads(Y, X)], 28, &listed);
    let depends = [Load(Z, Relaxed), Store(X, Relaxed, Value::Result(0, 7)), Load(X, Relaxed)];
    let depends = [&depends[..], &[Store(Y, Relaxed, Value::Result(2, 0))]].concat();
    check(
        &[&[Store(X, Relaxed, is(1))], &depends, &y_to_z],
        9,
        // 7 stands for what is one less than nothing.
        &[&[0, 1, 0], &[0, 7, 0], &[0, 1, 1], &[0, 7, 7]],
    );
}

#[test]
fn what_updates_read() {
    let add = |order| Add(X, order, 1);
    let four = [&[add(Acquire), add(Relaxed)][..], &[add(Relaxed), add(Relaxed)], &[add(Release)], &[add(Relaxed)]];
    // Every order of six additions in which each thread keeps its own: too many candidates for the judge.
    let program = Program { locations: 1, threads: four.iter().map(|ops| ops.to_vec()).collect() };
    assert_eq!(walk::all(&program).len(), 180);
    assert_eq!(explore::difference_from_walks(&program).unwrap().complete.len(), 180);
    let replace = |old, new| Exchange(Y, Relaxed, Relaxed, is(old), is(new));
    let sends = [Store(X, Relaxed, is(1)), Store(Y, Release, is(0)), Store(Y, Relaxed, is(1))];
    let writes = [Load(Y, Acquire), SkipUnless(0, 3, 2), Fence(Acquire), Store(X, Relaxed, is(2))];
    assert_eq!(counted(&[&sends, &[replace(2, 3)], &[replace(1, 2)], &writes]), 36);
}

/// How many executions there are, by the judge and by the crate's model.
fn counted(threads: &[&[Op]]) -> usize {
    let program = Program { locations: 2, threads: threads.iter().map(|ops| ops.to_vec()).collect() };
    let judged = executions(&program, Model::Rc11(Sequences::Cpp20)).len();
    assert_eq!(walk::all(&program).len(), judged);
    assert_eq!(explore::difference(&program).unwrap().complete.len(), judged);
    judged
}
