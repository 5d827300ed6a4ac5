//! Random programs of tasks that wait at words of memory, wake and move each other: brute force, and each behaviour once.
//!
//! A longer run: `BOHRBUG_TEST_PROGRAMS=2000 cargo test --release -p bohrbug --lib dpor::futexes`

use std::cell::RefCell;
use std::collections::BTreeSet;

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, futex, thread};
use rand::Rng;
use rand_pcg::Pcg64Mcg;

use super::super::testing::{collect, outcome};
use super::super::{Dfs, Strategy, generator};
use super::Dpor;
use crate::behaviour::Hasher;

const ALL_BITS: u32 = u32::MAX;

/// What a task does to words, by their places.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    /// Waits while the word is 0.
    Wait(usize),
    Wake(usize, u32),
    Set(usize),
    /// From where, whether it compares, how many are woken and moved, and to where.
    Requeue(usize, bool, (u32, u32), usize),
}

const WORDS: usize = 3;

fn call(generator: &mut Pcg64Mcg) -> Call {
    let mut word = || generator.random_range(0..5) % WORDS;
    let (one, other) = (word(), word());
    match generator.random_range(0..8) {
        0..2 => Call::Wait(one),
        2..4 => Call::Wake(one, generator.random_range(1..3)),
        4 => Call::Set(one),
        _ => {
            let most = (generator.random_range(0..2), generator.random_range(1..3));
            Call::Requeue(one, generator.random(), most, other)
        }
    }
}

fn perform(words: &[AtomicU32; WORDS], call: Call) {
    let place = |word: usize| words[word].as_ptr().cast_const();
    match call {
        // SAFETY: the words are borrowed.
        Call::Wait(word) => _ = unsafe { futex::wait(place(word), 0, ALL_BITS, None) },
        Call::Wake(word, most) => _ = futex::wake(place(word), most, ALL_BITS),
        Call::Set(word) => words[word].store(1, SeqCst),
        Call::Requeue(word, compares, most, to) => {
            // SAFETY: as above.
            _ = unsafe { futex::requeue(place(word), compares.then_some(0), most, place(to)) };
        }
    }
}

/// The first task waits, and the last, which is the main task, moves somebody.
pub(super) fn program(generator: &mut Pcg64Mcg) -> [Vec<Call>; 3] {
    let [mut first, second, mut last] = [1, 2, 1].map(|most| {
        let calls = generator.random_range(1..=most);
        (0..calls).map(|_| call(generator)).collect::<Vec<_>>()
    });
    first.insert(0, Call::Wait(0));
    last.insert(0, Call::Requeue(0, generator.random(), (generator.random_range(0..2), 1), 1));
    [first, second, last]
}

fn run(calls: &[Vec<Call>; 3]) {
    let words = Arc::new([const { AtomicU32::new(0) }; WORDS]);
    for calls in &calls[..2] {
        let (words, calls) = (words.clone(), calls.clone());
        drop(thread::spawn(move || calls.into_iter().for_each(|call| perform(&words, call))));
    }
    calls[2].iter().for_each(|&call| perform(&words, call));
}

/// Of every execution its behaviour, and what the tasks saw.
pub(super) fn explore(strategy: impl Strategy + 'static, calls: &[Vec<Call>; 3]) -> Vec<(u64, String)> {
    let (calls, hasher) = (calls.clone(), RefCell::new(Hasher::new()));
    let note =
        move |view: bohrbug_sync::control::View<'_>| (hasher.borrow_mut().behaviour(view.events()), outcome(view));
    collect(strategy, move || run(&calls), note)
}

#[test]
fn moved_tasks_are_found_wherever_they_wait_and_each_behaviour_once() {
    let programs = std::env::var("BOHRBUG_TEST_PROGRAMS").ok().and_then(|programs| programs.parse().ok()).unwrap_or(40);
    let mut moved = 0;
    for number in 0..programs {
        let calls = program(&mut generator(7, number));
        let brute: BTreeSet<_> = explore(Dfs::new(), &calls).into_iter().collect();
        let found = explore(Dpor::new(), &calls);
        let each: BTreeSet<_> = found.iter().cloned().collect();
        assert_eq!(each, brute, "program {number}: {calls:?}");
        assert_eq!(found.len(), each.len(), "program {number}: {calls:?}");
        let moves = |(_, seen): &&(u64, String)| seen.contains("futex-requeue Some(4294967296)");
        moved += brute.iter().filter(moves).count();
    }
    assert!(moved > 0, "nobody was moved");
}
