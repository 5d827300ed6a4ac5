//! Locks that spin, and a seqlock.

use bohrbug_sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use bohrbug_sync::hint;

use crate::{Case, Counter, together, word};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "ticket lock",
        body: |n, k| locked(n, k, Ticket::default()),
        sizes: &[(2, 2, 93), (3, 1, 114)],
        wrong: &[("two may draw one ticket", |n, k| locked(n, k, Ticket { torn: true, ..Ticket::default() }), (2, 1))],
    },
    Case {
        name: "test and set",
        body: |n, k| locked(n, k, TestAndSet::default()),
        sizes: &[(2, 2, 64), (3, 1, 81)],
        wrong: &[(
            "looks, and then takes it",
            |n, k| locked(n, k, TestAndSet { torn: true, ..TestAndSet::default() }),
            (2, 1),
        )],
    },
    Case {
        name: "test and set, with a hint",
        body: |n, k| locked(n, k, TestAndSet { hints: true, ..TestAndSet::default() }),
        sizes: &[(2, 2, 80), (3, 1, 105)],
        wrong: &[],
    },
    Case {
        name: "test, and test and set",
        body: |n, k| locked(n, k, TestAndSet { looks_first: true, ..TestAndSet::default() }),
        sizes: &[(2, 2, 199), (3, 1, 339)],
        wrong: &[],
    },
    Case {
        name: "Peterson",
        body: |n, k| locked(n, k, Peterson::default()),
        sizes: &[(2, 1, 22), (2, 2, 914)],
        wrong: &[(
            "says too late that it wants",
            |n, k| locked(n, k, Peterson { late: true, ..Peterson::default() }),
            (2, 1),
        )],
    },
    Case {
        name: "Dekker",
        body: |n, k| locked(n, k, Dekker::default()),
        sizes: &[(2, 1, 41), (2, 2, 4735)],
        wrong: &[("does not look", |n, k| locked(n, k, Dekker { blind: true, ..Dekker::default() }), (2, 1))],
    },
    Case {
        name: "seqlock",
        body: |n, k| seqlock(n, k, true),
        sizes: &[(2, 2, 8015), (3, 1, 1334)],
        wrong: &[("does not look again", |n, k| seqlock(n, k, false), (2, 1))],
    },
];

trait Lock: Send + Sync + 'static {
    fn lock(&self, me: usize);
    fn unlock(&self, me: usize);
}

fn locked(threads: usize, times: usize, lock: impl Lock) {
    let shared = together(threads, (lock, Counter::default()), move |(lock, counter), me| {
        for _ in 0..times {
            lock.lock(me);
            counter.add();
            lock.unlock(me);
        }
    });
    assert_eq!(shared.1.0.load(SeqCst) as usize, threads * times, "an addition was lost");
}

#[derive(Default)]
struct Ticket {
    next: AtomicU32,
    serving: AtomicU32,
    torn: bool,
}

impl Lock for Ticket {
    fn lock(&self, _: usize) {
        let mine = if self.torn {
            let mine = self.next.load(SeqCst);
            self.next.store(mine + 1, SeqCst);
            mine
        } else {
            self.next.fetch_add(1, SeqCst)
        };
        while self.serving.load(SeqCst) != mine {}
    }

    fn unlock(&self, _: usize) {
        self.serving.fetch_add(1, SeqCst);
    }
}

#[derive(Default)]
struct TestAndSet {
    taken: AtomicBool,
    looks_first: bool,
    hints: bool,
    torn: bool,
}

impl Lock for TestAndSet {
    fn lock(&self, _: usize) {
        if self.torn {
            while self.taken.load(SeqCst) {}
            self.taken.store(true, SeqCst);
            return;
        }
        while self.taken.compare_exchange(false, true, SeqCst, SeqCst).is_err() {
            while self.looks_first && self.taken.load(SeqCst) {}
            if self.hints {
                hint::spin_loop();
            }
        }
    }

    fn unlock(&self, _: usize) {
        self.taken.store(false, SeqCst);
    }
}

#[derive(Default)]
struct Peterson {
    wants: [AtomicBool; 2],
    turn: AtomicU32,
    late: bool,
}

impl Lock for Peterson {
    fn lock(&self, me: usize) {
        let other = 1 - me;
        if !self.late {
            self.wants[me].store(true, SeqCst);
        }
        self.turn.store(other as u32, SeqCst);
        while self.wants[other].load(SeqCst) && self.turn.load(SeqCst) == other as u32 {}
        if self.late {
            self.wants[me].store(true, SeqCst);
        }
    }

    fn unlock(&self, me: usize) {
        self.wants[me].store(false, SeqCst);
    }
}

#[derive(Default)]
struct Dekker {
    wants: [AtomicBool; 2],
    turn: AtomicU32,
    blind: bool,
}

impl Lock for Dekker {
    fn lock(&self, me: usize) {
        let other = 1 - me;
        self.wants[me].store(true, SeqCst);
        while !self.blind && self.wants[other].load(SeqCst) {
            if self.turn.load(SeqCst) == other as u32 {
                self.wants[me].store(false, SeqCst);
                while self.turn.load(SeqCst) == other as u32 {}
                self.wants[me].store(true, SeqCst);
            }
        }
    }

    fn unlock(&self, me: usize) {
        self.turn.store(1 - me as u32, SeqCst);
        self.wants[me].store(false, SeqCst);
    }
}

/// One thread writes, and the others read: what they see is of one piece.
fn seqlock(threads: usize, times: usize, looks_again: bool) {
    struct Seqlock {
        number: AtomicU32,
        values: [AtomicU32; 2],
    }
    let lock = Seqlock { number: word(), values: [word(), word()] };
    let read = move |lock: &Seqlock| loop {
        let before = lock.number.load(SeqCst);
        let values = [0, 1].map(|place: usize| lock.values[place].load(SeqCst));
        let is_whole = before.is_multiple_of(2) && lock.number.load(SeqCst) == before;
        if is_whole || !looks_again {
            return values;
        }
    };
    let write = |lock: &Seqlock, value| {
        lock.number.fetch_add(1, SeqCst);
        lock.values.iter().for_each(|word| word.store(value, SeqCst));
        lock.number.fetch_add(1, SeqCst);
    };
    together(threads, lock, move |lock, me| {
        for time in 1..=times as u32 {
            match me {
                0 => write(lock, time),
                _ => {
                    let [one, other] = read(lock);
                    assert_eq!(one, other, "half of a value");
                }
            }
        }
    });
}
