//! Setters write `a` and then `b`; checkers must see both or neither.
//!
//! A checker has to come after the first `a` and before any `b`, so every setter but one must not have begun or be stopped
//! halfway: the more setters, the rarer under a random walk. Fixed, the two writes are one critical section.

use bohrbug_sync::atomic::{AtomicI32, Ordering::SeqCst};
use bohrbug_sync::{Arc, Mutex};

use super::threads::{join, spawn};
use super::{FIXED, HOLDS, REPORTED, SYSTEM, fails};
use crate::scenario::{Expectation, Scenario};

/// The sizes whose fixed revision has few enough behaviours.
const SMALL: &[(&str, Expectation)] = &[(REPORTED, TORN), (FIXED, HOLDS)];
const LARGE: &[(&str, Expectation)] = &[(REPORTED, TORN)];
const TORN: Expectation = fails("a is set and b is not");

pub(super) const OF_3: Scenario = reorder("reorder_3", SMALL, |revision| run(revision, 2, 1));
pub(super) const OF_4: Scenario = reorder("reorder_4", SMALL, |revision| run(revision, 3, 1));
pub(super) const OF_5: Scenario = reorder("reorder_5", SMALL, |revision| run(revision, 4, 1));
pub(super) const OF_10: Scenario = reorder("reorder_10", LARGE, |revision| run(revision, 9, 1));
pub(super) const OF_20: Scenario = reorder("reorder_20", LARGE, |revision| run(revision, 10, 10));
pub(super) const OF_100: Scenario = reorder("reorder_100", LARGE, |revision| run(revision, 99, 1));

const fn reorder(name: &'static str, expectations: &'static [(&'static str, Expectation)], run: fn(&str)) -> Scenario {
    let summary = "a checker comes between the two writes of the first setter, and before the second write of any";
    Scenario { system: SYSTEM, name, summary, expectations, run, ..Scenario::USUAL }
}

#[derive(Default)]
struct Words {
    a: AtomicI32,
    b: AtomicI32,
    /// What makes the two one, in the fixed revision.
    both: Mutex<()>,
}

fn run(revision: &str, setters: usize, checkers: usize) {
    let words = Arc::new(Words::default());
    let thread = |name, body: fn(&Words)| {
        let (words, is_guarded) = (words.clone(), revision == FIXED);
        spawn(name, move || {
            let _guard = is_guarded.then(|| words.both.lock().unwrap());
            body(&words);
        })
    };
    let mut threads: Vec<_> = (0..setters).map(|_| thread("setter", set)).collect();
    threads.extend((0..checkers).map(|_| thread("checker", check)));
    join(threads);
}

fn set(words: &Words) {
    words.a.store(1, SeqCst);
    words.b.store(-1, SeqCst);
}

fn check(words: &Words) {
    let is_neither = words.a.load(SeqCst) == 0 && words.b.load(SeqCst) == 0;
    let is_right = is_neither || words.a.load(SeqCst) == 1 && words.b.load(SeqCst) == -1;
    assert!(is_right, "a is set and b is not");
}
