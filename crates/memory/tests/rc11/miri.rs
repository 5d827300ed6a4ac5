//! The litmus programs of Miri's tests with GenMC (rust-lang/miri, tests/genmc/pass/litmus), each by the name of its folder: how
//! many executions it has, and for those whose values are listed there the values that may be read, all and only. The
//! programs are in our own words; those that are only counted are in `litmus`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

use super::oracle::{Model, Sequences, executions};
use super::program::Op::{self, Add, Exchange, Fence, Load, SkipUnless, Store};
use super::program::{Graph, Program, Value};
use super::{explore, litmus, walk};

const X: usize = 0;
const Y: usize = 1;
const Z: usize = 2;

const fn is(value: u64) -> Value {
    Value::Is(value)
}

thread_local! {
    /// The programs that this thread has checked, each with how many executions it has.
    static CHECKED: RefCell<BTreeMap<String, usize>> = const { RefCell::new(BTreeMap::new()) };
}

/// A program has been checked, and has so many executions.
pub(crate) fn tick(name: &str, executions: usize) {
    CHECKED.with_borrow_mut(|checked| checked.insert(name.to_owned(), executions));
}

/// Miri's folder, the name of the program here, and its executions.
const ALL: [(&str, &str, usize); 38] = [
    ("2+2W+2sc+scf", "2+2W+2sc+scf", 3),
    ("2+2W+3sc+rel1", "2+2W+3sc+rel1", 4),
    ("2+2W+4sc", "2+2W+4sc", 3),
    ("2+2W+scfs", "2+2W+scfs", 3),
    ("2+2w", "2+2W", 4),
    ("2CoWR", "2CoWR", 4),
    ("CoRR", "CoRR", 6),
    ("CoRR0", "CoRR0", 4),
    ("CoRR1", "CoRR1", 36),
    ("CoRR2", "CoRR2", 72),
    ("CoRW", "CoRW", 3),
    ("CoWR", "CoWR", 3),
    ("IRIW-acq-sc", "IRIW-acq-sc", 16),
    ("IRIWish", "IRIWish", 28),
    ("LB", "LB", 3),
    ("LB+incMPs", "LB+incMPs", 15),
    ("MP", "MP", 3),
    ("MP+incMPs", "MP+incMP", 7),
    ("MP+rels+acqf", "MP+rels+acqf", 4),
    ("MPU+rels+acq", "MPU+rels+acq", 13),
    ("MPU2+rels+acqf", "MPU2+rels+acqf", 36),
    ("SB", "SB", 4),
    ("SB+2sc+scf", "SB+2sc+scf", 3),
    ("Z6+acq", "Z6+acq", 7),
    // Two more than GenMC has: see the program.
    ("Z6.U0", "Z6.U", 24),
    ("assume-ctrl", "assume-ctrl", 4),
    ("atomicpo", "atomicpo", 4),
    ("casdep", "casdep", 2),
    ("ccr", "ccr", 2),
    ("cii", "cii", 6),
    ("cumul-release", "cumul-release", 8),
    ("default", "default", 12),
    ("detour", "detour", 9),
    ("fr_w_w_w_reads", "fr+w+w+w+reads", 210),
    ("inc2w", "inc2w", 6),
    ("inc_inc_RR_W_RR", "inc+inc+RR+W+RR", 600),
    ("riwi", "riwi", 3),
    ("viktor-relseq", "viktor-relseq", 180),
];

#[test]
fn every_program_of_miris_has_the_executions_of_its_row() {
    one_location_reads_as_one_order_has_it();
    several_readers_agree_on_the_order();
    what_two_threads_tell_each_other();
    what_a_third_thread_sees();
    what_updates_read();
    litmus::stores_in_two_orders();
    litmus::coherence_of_one_location();
    litmus::counters();
    litmus::a_message_is_passed();
    litmus::a_message_is_passed_through_updates();
    litmus::what_a_third_thread_learns();
    litmus::an_assumption_is_a_branch();
    let checked = CHECKED.take();
    for (folder, name, executions) in ALL {
        assert_eq!(checked.get(name), Some(&executions), "{folder}");
    }
}

/// How many executions there are, and the values that are read in them: those of the first thread, then of the next.
fn check(name: &str, threads: &[&[Op]], count: usize, expected: &[&[u64]]) {
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
    tick(name, count);
}

#[test]
fn one_location_reads_as_one_order_has_it() {
    let (read, one, two) = (Load(X, Acquire), Store(X, Release, is(1)), Store(X, Release, is(2)));
    check("CoRR", &[&[one, two], &[read, read]], 6, &[&[0, 0], &[0, 1], &[0, 2], &[1, 1], &[1, 2], &[2, 2]]);
    let both: &[&[u64]] = &[&[0, 0], &[0, 1], &[1, 0], &[1, 1]];
    check("CoRR0", &[&[one], &[read], &[read]], 4, both);
    check("2CoWR", &[&[Load(Y, Acquire)], &[read], &[one], &[Store(Y, Release, is(1))]], 4, both);
    check("CoRW", &[&[read, one], &[two]], 3, &[&[0], &[2]]);
    check("CoWR", &[&[one, read], &[two]], 3, &[&[1], &[2]]);
    check(
        "default",
        &[&[read, read], &[one], &[two]],
        12,
        &[&[0, 0], &[0, 1], &[0, 2], &[1, 1], &[1, 2], &[2, 1], &[2, 2]],
    );
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
    check("CoRR1", &[&[one], &[two], &[read, read], &[read]], 36, &listed);
    let agree = |[a, b, c, d]: &[u64; 4]| {
        let opposite = [(*a, *b), (*c, *d)] == [(1, 2), (2, 1)] || [(*a, *b), (*c, *d)] == [(2, 1), (1, 2)];
        !(goes_back(*a, *b) || goes_back(*c, *d) || opposite)
    };
    let pairs = || values().flat_map(|a| values().map(move |b| (a, b)));
    let four = pairs().flat_map(|(a, b)| pairs().map(move |(c, d)| [a, b, c, d]));
    let four: Vec<[u64; 4]> = four.filter(agree).collect();
    assert_eq!(four.len(), 47);
    let listed: Vec<&[u64]> = four.iter().map(|values| &values[..]).collect();
    check("CoRR2", &[&[one], &[two], &[read, read], &[read, read]], 72, &listed);
}

#[test]
fn what_two_threads_tell_each_other() {
    let (acquire, release) = (|x| Load(x, Acquire), |x, value| Store(x, Release, is(value)));
    check("LB", &[&[acquire(Y), release(X, 2)], &[acquire(X), release(Y, 1)]], 3, &[&[0, 0], &[0, 2], &[1, 0]]);
    check("MP", &[&[release(X, 1), release(Y, 1)], &[acquire(Y), acquire(X)]], 3, &[&[0, 0], &[0, 1], &[1, 1]]);
    let all: &[&[u64]] = &[&[0, 0], &[0, 1], &[1, 0], &[1, 1]];
    check("SB", &[&[release(X, 1), acquire(Y)], &[release(Y, 1), acquire(X)]], 4, all);
    check(
        "SB+2sc+scf",
        &[&[Store(X, SeqCst, is(1)), Load(Y, SeqCst)], &[Store(Y, Relaxed, is(1)), Fence(SeqCst), Load(X, Relaxed)]],
        3,
        &all[1..],
    );
    let sends = [Store(X, Relaxed, is(1)), Store(Y, Release, is(0)), Store(Y, Relaxed, is(1))];
    let receives = [Load(Y, Relaxed), SkipUnless(0, 1, 2), Fence(Acquire), Load(X, Relaxed)];
    // The relaxed store ends the release sequence, so the message need not be there.
    check("MP+rels+acqf", &[&sends, &receives], 4, &[&[0], &[1, 0], &[1, 1]]);
}

#[test]
fn what_a_third_thread_sees() {
    let y_to_z = [Load(Y, Relaxed), Store(Z, Relaxed, Value::Result(0, 0))];
    check(
        "cumul-release",
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
    check("IRIWish", &[&[Store(X, Relaxed, is(1))], &copies, &reads(X, Y), &reads(Y, X)], 28, &listed);
    let depends = [Load(Z, Relaxed), Store(X, Relaxed, Value::Result(0, 7)), Load(X, Relaxed)];
    let depends = [&depends[..], &[Store(Y, Relaxed, Value::Result(2, 0))]].concat();
    check(
        "detour",
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
    tick("viktor-relseq", 180);
    let replace = |old, new| Exchange(Y, Relaxed, Relaxed, is(old), is(new));
    let sends = [Store(X, Relaxed, is(1)), Store(Y, Release, is(0)), Store(Y, Relaxed, is(1))];
    let writes = [Load(Y, Acquire), SkipUnless(0, 3, 2), Fence(Acquire), Store(X, Relaxed, is(2))];
    let executions = counted(&[&sends, &[replace(2, 3)], &[replace(1, 2)], &writes]);
    assert_eq!(executions, 36);
    tick("MPU2+rels+acqf", executions);
}

/// How many executions there are, by the judge and by the crate's model.
fn counted(threads: &[&[Op]]) -> usize {
    let program = Program { locations: 2, threads: threads.iter().map(|ops| ops.to_vec()).collect() };
    let judged = executions(&program, Model::Rc11(Sequences::Cpp20)).len();
    assert_eq!(walk::all(&program).len(), judged);
    assert_eq!(explore::difference(&program).unwrap().complete.len(), judged);
    judged
}
