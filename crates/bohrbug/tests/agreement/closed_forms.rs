//! Numbers of executions of `dfs` that can be derived by hand.
//!
//! Main's first step has no alternative, a child's is taken at once, and main's join waits for the child's last step,
//! which is an event of its own (`E` below). In between every interleaving is one execution.

use std::collections::BTreeSet;
use std::sync::Mutex as Plain;

use bohrbug::{Exploration, Program, Verdict};
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::choose;
use bohrbug_sync::{Arc, Mutex, mpsc, thread};

fn executions(program: Program) -> u64 {
    let report = Exploration::new("closed_form", "dfs").run(&program, |_| ()).unwrap();
    assert_eq!(report.verdict, Verdict::Verified);
    report.executions
}

fn binomial(n: u64, k: u64) -> u64 {
    (1..=k).fold(1, |product, i| product * (n - k + i) / i)
}

/// `a` steps of main beside `b` steps of a child and `E`: C(a + b + 1, a).
#[test]
fn steps_of_two_tasks_interleave_in_every_way() {
    for (a, b) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (1, 6), (6, 1)] {
        let program = Program::new(move || {
            let word = Arc::new(AtomicU32::new(0));
            let child = thread::spawn({
                let word = word.clone();
                move || (0..b).for_each(|_| _ = word.fetch_add(1, SeqCst))
            });
            (0..a).for_each(|_| _ = word.fetch_add(1, SeqCst));
            child.join().unwrap();
        });
        assert_eq!(executions(program), binomial(a + b + 1, a), "{a} beside {b}");
    }
}

/// k critical sections of two events each on both sides. A section is not interrupted by another, so the sections come in
/// C(2k, k) orders; `E` comes anywhere after the child's last section. With j sections of main's after that one there are
/// C(2k - 1 - j, k - 1) orders of those before it, and 2j + 1 places for `E` among the 2j events.
#[test]
fn critical_sections_of_two_tasks_come_in_every_order() {
    for k in 1..=4 {
        let program = Program::new(move || {
            let lock = Arc::new(Mutex::new(0));
            let child = thread::spawn({
                let lock = lock.clone();
                move || (0..k).for_each(|_| *lock.lock().unwrap() += 1)
            });
            (0..k).for_each(|_| *lock.lock().unwrap() += 1);
            child.join().unwrap();
        });
        let expected: u64 = (0..=k).map(|j| binomial(2 * k - 1 - j, k - 1) * (2 * j + 1)).sum();
        assert_eq!(executions(program), expected, "{k} sections");
    }
}

/// Two children of one step each: the chains S2 o2 E2 (the second spawn and what it brings about) and o1 E1 interleave in
/// C(5, 2) ways, and main's first join is anywhere after E1 and S2. With E1 at place p of 5 (o1 before it) there are 6 - p
/// places for it, or 3 if o1 E1 come first: 3 + 2 * 3 + 3 * 2 + 4 * 1 = 19. The second join is last.
#[test]
fn two_children_of_one_step_have_nineteen_executions() {
    let program = Program::new(|| {
        let word = Arc::new(AtomicU32::new(0));
        let children = [(); 2].map(|()| {
            let word = word.clone();
            thread::spawn(move || word.fetch_add(1, SeqCst))
        });
        for child in children {
            child.join().unwrap();
        }
    });
    assert_eq!(executions(program), 19);
}

/// Choices are no scheduling points: 2 * 3 * 4.
#[test]
fn choices_multiply() {
    let program = Program::new(|| _ = (choose(2), choose(3), choose(4)));
    assert_eq!(executions(program), 24);
}

/// The child drops its sender while it unwinds, on the way to its first scheduling point. So its first step `B` does not
/// commute with main's look into the channel, and `dfs` must not take it at once: B comes before E, main's look before,
/// between or after them: 3.
#[test]
fn a_first_step_that_does_something_is_a_decision() {
    let seen = Arc::new(Plain::new(BTreeSet::new()));
    let program = {
        let seen = seen.clone();
        Program::new(move || {
            let (sender, receiver) = mpsc::channel::<()>();
            let child = thread::spawn(move || {
                let _dropped = sender;
                panic!("on purpose")
            });
            let found = receiver.try_recv() == Err(mpsc::TryRecvError::Disconnected);
            seen.lock().unwrap().insert(found);
            assert!(child.join().is_err());
        })
    };
    let exploration = Exploration::new("closed_form", "dfs").off(["panic"]);
    let report = exploration.run(&program, |_| ()).unwrap();
    assert_eq!((&report.verdict, report.executions), (&Verdict::Verified, 3));
    assert_eq!(*seen.lock().unwrap(), BTreeSet::from([false, true]));
}
