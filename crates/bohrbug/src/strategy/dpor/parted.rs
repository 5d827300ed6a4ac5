//! A search that is explored in parts, in any order, comes to what it comes to in one piece.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::control::View;
use bohrbug_sync::{Arc, Mutex, RwLock, choice, thread};
use bohrbug_trace::TaskId;
use rand::Rng;
use rand_pcg::Pcg64Mcg;

use super::super::testing::collect;
use super::super::{Strategy, generator};
use super::{Dpor, Next, Ticket, futexes};
use crate::behaviour::Hasher;

/// Hands out parts now and then, and explores each of them at once: before everything that comes first in one piece.
struct Parted {
    generator: Pcg64Mcg,
    /// What is being explored comes last.
    open: Vec<(Option<Ticket>, Dpor)>,
    ended: BTreeMap<Ticket, Dpor>,
    tickets: Rc<Cell<Ticket>>,
}

impl Parted {
    fn new(seed: u64, tickets: &Rc<Cell<Ticket>>) -> Self {
        Self { generator: generator(seed, 0), open: Vec::new(), ended: BTreeMap::new(), tickets: tickets.clone() }
    }

    fn current(&mut self) -> &mut Dpor {
        &mut self.open.last_mut().expect("an execution belongs to a search").1
    }
}

impl Strategy for Parted {
    fn begin(&mut self, execution: u64) -> bool {
        if execution == 0 {
            self.open = vec![(None, Dpor::new())];
            return self.current().begin(0);
        }
        let ticket = self.tickets.get();
        if self.generator.random_range(0..3) == 0
            && let Some(part) = self.current().fork(ticket, 0)
        {
            self.tickets.set(ticket + 1);
            self.open.push((Some(ticket), part));
            return true;
        }
        let mut next = self.current().advance();
        loop {
            match next {
                Next::Execution => return true,
                Next::Elsewhere(ticket) => {
                    let part = self.ended.remove(&ticket).expect("it was explored at once");
                    next = self.current().adopt(part);
                }
                Next::Nothing => {
                    let Some((Some(ticket), part)) = self.open.pop() else { return false };
                    assert!(part.holds());
                    self.ended.insert(ticket, part);
                    // The search that it is a part of has ended an execution, too.
                    next = self.current().advance();
                }
            }
        }
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.current().next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.current().choose(view, alternatives)
    }

    fn end(&mut self, view: View<'_>) {
        self.current().end(view);
    }
}

/// The behaviours of a program, each as often as it ran.
fn behaviours(strategy: impl Strategy + 'static, program: fn()) -> Vec<u64> {
    let hasher = RefCell::new(Hasher::new());
    let mut found = collect(strategy, program, move |view| hasher.borrow_mut().behaviour(view.events()));
    found.sort_unstable();
    found
}

fn locks() {
    let lock = Arc::new(Mutex::new(0));
    let threads = [(); 3].map(|()| {
        let lock = lock.clone();
        thread::spawn(move || (0..2).for_each(|_| *lock.lock().unwrap() += 1))
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// What is done depends on what was seen and chosen.
fn conditions() {
    let words = Arc::new([const { AtomicU32::new(0) }; 2]);
    let lock = Arc::new(RwLock::new(0));
    let threads = [0, 1, 0].map(|first: usize| {
        let (words, lock) = (words.clone(), lock.clone());
        thread::spawn(move || {
            let chosen = choice::choose(2) as usize;
            if words[first].fetch_add(1, SeqCst) == 0 {
                *lock.write().unwrap() += words[chosen].load(SeqCst);
            } else if *lock.read().unwrap() > 0 {
                words[1 - first].store(7, SeqCst);
            }
        })
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn parts_come_to_what_the_whole_does() {
    for program in [locks, conditions] {
        let whole = behaviours(Dpor::new(), program);
        assert!(whole.len() >= 90, "{}", whole.len());
        let parts = Rc::default();
        for seed in 0..20 {
            let parted = behaviours(Parted::new(seed, &parts), program);
            assert!(parted == whole, "seed {seed}: {} of {}", parted.len(), whole.len());
        }
        assert!(parts.get() > 100, "{parts:?} parts");
    }
}

#[test]
fn parts_of_programs_with_futexes_do_so_too() {
    let parts = Rc::default();
    for number in 0..100 {
        let calls = futexes::program(&mut generator(11, number));
        let mut whole = futexes::explore(Dpor::new(), &calls);
        let mut parted = futexes::explore(Parted::new(number, &parts), &calls);
        whole.sort_unstable();
        parted.sort_unstable();
        assert_eq!(parted, whole, "program {number}: {calls:?}");
    }
    assert!(parts.get() > 100, "{parts:?} parts");
}
