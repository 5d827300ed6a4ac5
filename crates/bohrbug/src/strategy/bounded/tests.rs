//! Against a search that leaves nothing out and counts preemptions by itself: the same outcomes at every bound, each schedule
//! once, those with fewer preemptions first.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::rc::Rc;

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::choose;
use bohrbug_sync::control::View;
use bohrbug_sync::{Arc, Condvar, Mutex, hint, mpsc, thread};
use bohrbug_trace::{Operation, TaskId};

use super::super::testing::{collect, outcome, run};
use super::*;
use crate::Verdict;

/// Every schedule and every choice, with nothing left out and each preemption counted: an independent search.
#[derive(Clone, Default)]
struct Every {
    path: Vec<(u32, u32)>,
    depth: usize,
    yielded: bool,
    seen: Rc<RefCell<Seen>>,
}

/// What is known of an execution.
#[derive(Clone, Copy, Default)]
struct Seen {
    preemptions: u32,
    /// Whether a thread was held up between its begin and its first operation.
    wasteful: bool,
}

impl Every {
    fn decide(&mut self, alternatives: u32) -> u32 {
        if self.depth == self.path.len() {
            self.path.push((0, alternatives));
        }
        self.depth += 1;
        self.path[self.depth - 1].0
    }

    fn count(&mut self, view: View<'_>, chosen: TaskId) {
        let (current, seen) = (view.current(), &mut *self.seen.borrow_mut());
        let operation = view.pending(current).operation;
        let can_go_on = view.is_ready(current) && view.ready().len() > 1;
        if operation == Operation::Yield && view.is_ready(current) {
            let again = std::mem::replace(&mut self.yielded, true);
            seen.preemptions += u32::from(again && can_go_on && chosen == current);
        } else if can_go_on && operation != Operation::Wake && chosen != current {
            seen.preemptions += 1;
            let mut before = view.events().iter().rev().filter(|event| event.operation != Operation::Choose);
            seen.wasteful |= before.next().is_some_and(|event| event.operation == Operation::Begin);
        }
        if chosen != current {
            self.yielded = false;
        }
    }
}

impl Strategy for Every {
    fn begin(&mut self, execution: u64) -> bool {
        (self.depth, self.yielded, *self.seen.borrow_mut()) = (0, false, Seen::default());
        if execution == 0 {
            return true;
        }
        while let Some((taken, alternatives)) = self.path.pop() {
            if taken + 1 < alternatives {
                self.path.push((taken + 1, alternatives));
                return true;
            }
        }
        false
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        let chosen = self.decide(view.ready().len() as u32);
        let chosen = view.ready().nth(chosen as usize);
        self.count(view, chosen);
        chosen
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.decide(alternatives)
    }
}

fn spawn_all(tasks: &[fn(&(AtomicU32, AtomicU32))]) {
    let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
    let spawn = |&task: &fn(&(AtomicU32, AtomicU32))| {
        let shared = shared.clone();
        thread::spawn(move || task(&shared))
    };
    let threads: Vec<_> = tasks.iter().map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn two_counters() {
    let add: fn(&(AtomicU32, AtomicU32)) = |shared| {
        let read = shared.0.load(SeqCst);
        shared.0.store(read + 1, SeqCst);
    };
    spawn_all(&[add, add]);
}

fn three_writers() {
    spawn_all(&[
        |shared| shared.0.store(1, SeqCst),
        |shared| shared.0.store(2, SeqCst),
        |shared| {
            shared.0.load(SeqCst);
        },
    ]);
}

fn choices() {
    spawn_all(&[
        |shared| shared.0.store(choose(3) as u32, SeqCst),
        |shared| {
            shared.0.load(SeqCst);
        },
    ]);
}

fn locks_and_a_condvar() {
    let shared = Arc::new((Mutex::new(false), Condvar::new()));
    let waiter = thread::spawn({
        let shared = shared.clone();
        move || drop(shared.1.wait_while(shared.0.lock().unwrap(), |ready| !*ready))
    });
    *shared.0.lock().unwrap() = true;
    shared.1.notify_one();
    waiter.join().unwrap();
}

fn a_channel() {
    let (sender, receiver) = mpsc::channel();
    let other = sender.clone();
    let senders = [thread::spawn(move || sender.send(1)), thread::spawn(move || other.send(2))];
    let _ = (receiver.recv(), receiver.recv());
    senders.into_iter().for_each(|sender| _ = sender.join());
}

fn yields() {
    spawn_all(&[
        |shared| {
            thread::yield_now();
            thread::yield_now();
            shared.0.store(1, SeqCst);
        },
        |shared| {
            shared.0.load(SeqCst);
        },
    ]);
}

const PROGRAMS: [(&str, fn()); 6] = [
    ("two counters", two_counters),
    ("three writers", three_writers),
    ("choices", choices),
    ("locks and a condvar", locks_and_a_condvar),
    ("a channel", a_channel),
    ("yields", yields),
];

/// Of every outcome the fewest preemptions that it takes; and how many schedules have each number of them.
fn brute_force(program: fn()) -> (BTreeMap<String, u32>, BTreeMap<u32, u64>) {
    let every = Every::default();
    let seen = every.seen.clone();
    let (mut fewest, mut schedules) = (BTreeMap::new(), BTreeMap::new());
    for (outcome, seen) in collect(every, program, move |view| (outcome(view), *seen.borrow())) {
        let fewest = fewest.entry(outcome).or_insert(seen.preemptions);
        *fewest = seen.preemptions.min(*fewest);
        *schedules.entry(seen.preemptions).or_insert(0) += u64::from(!seen.wasteful);
    }
    schedules.retain(|_, count| *count > 0);
    (fewest, schedules)
}

#[test]
fn a_bound_admits_every_outcome_that_needs_no_more_preemptions_and_no_other() {
    for (name, program) in PROGRAMS {
        let (fewest, _) = brute_force(program);
        for bound in 0..4 {
            let expected: BTreeSet<_> =
                fewest.iter().filter(|(_, least)| **least <= bound).map(|(o, _)| o.clone()).collect();
            let found: BTreeSet<_> = collect(Bounded::at_most(bound), program, outcome).into_iter().collect();
            assert!(found == expected, "{name}, at most {bound}: {} outcomes, not {}", found.len(), expected.len());
        }
    }
}

#[test]
fn every_schedule_runs_once_and_those_with_fewer_preemptions_run_first() {
    for (name, program) in PROGRAMS {
        let (_, expected) = brute_force(program);
        let bounded = Bounded::new();
        let rounds = bounded.rounds();
        let mut found = BTreeMap::new();
        let runs = collect(bounded, program, move |view| {
            let schedule: Vec<_> = view.events().iter().map(|event| (event.task, event.value())).collect();
            (rounds.bound(), schedule)
        });
        assert!(runs.is_sorted_by_key(|(bound, _)| *bound), "{name}");
        let distinct: BTreeSet<_> = runs.iter().map(|(_, schedule)| schedule.clone()).collect();
        assert_eq!(distinct.len(), runs.len(), "{name}: a schedule ran twice");
        runs.iter().for_each(|(bound, _)| *found.entry(*bound).or_insert(0) += 1);
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn the_rounds_tell_what_has_been_shown() {
    let bounded = Bounded::at_most(1);
    let rounds = bounded.rounds();
    assert_eq!(
        collect(bounded, two_counters, |_| ()).len() as u64,
        brute_force(two_counters).1.range(..2).map(|(_, n)| n).sum::<u64>()
    );
    assert_eq!((rounds.bound(), rounds.completed()), (1, Some(1)));
    assert!(rounds.is_cut(), "there are schedules with two preemptions");

    let bounded = Bounded::at_most(100);
    let rounds = bounded.rounds();
    collect(bounded, two_counters, |_| ());
    assert!(!rounds.is_cut(), "no schedule of so short a program has a hundred");
}

#[test]
fn a_search_without_a_bound_proves() {
    let report = crate::Check::named("a bounded proof").strategy("bounded").executions(10_000).run(three_writers);
    assert_eq!(report.verdict, Verdict::Verified);
}

#[test]
fn a_spin_loop_does_not_keep_the_bound_down() {
    let spins: [fn(&(AtomicU32, AtomicU32)); 2] = [
        |shared| {
            while shared.0.load(SeqCst) == 0 {
                hint::spin_loop();
            }
        },
        |shared| shared.0.store(1, SeqCst),
    ];
    let bounded = Bounded::at_most(2);
    let rounds = bounded.rounds();
    let count = Rc::new(RefCell::new(0));
    let seen = count.clone();
    run(
        bounded,
        move || spawn_all(&spins),
        move |_, _| {
            *seen.borrow_mut() += 1;
            if *seen.borrow() < 10_000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        },
    );
    assert_eq!(rounds.completed(), Some(2), "after {} executions", count.borrow());
}
