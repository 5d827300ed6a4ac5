//! Treiber's stack, Michael and Scott's queue, a bounded ring, and a litmus test.
//!
//! Nodes lie in a table, and a link is a place in it: 0 is none. Nothing is freed.

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};

use crate::{Case, together, word};

pub(crate) const CASES: &[Case] = &[
    // In pairs: one that pushes, and one that pops. GenMC takes as many executions of two of each.
    Case {
        name: "Treiber's stack",
        body: |n, _| stack(n, false),
        sizes: &[(2, 1, 2), (3, 1, 7), (4, 1, 220)],
        wrong: &[("stores the top", |n, _| stack(n, true), (4, 1))],
    },
    // Each enqueues and then dequeues. GenMC takes as many executions of two.
    Case {
        name: "Michael and Scott's queue",
        body: |n, k| queue(n, k, false),
        sizes: &[(2, 1, 222)],
        wrong: &[("stores the link", |n, k| queue(n, k, true), (2, 1))],
    },
    Case {
        name: "bounded ring",
        body: |n, k| ring(n, k, false),
        sizes: &[(2, 2, 10), (3, 1, 17)],
        wrong: &[("does not wait for room", |n, k| ring(n, k, true), (2, 3))],
    },
    // GenMC takes as many.
    Case { name: "MPU2", body: |_, _| message_passing(), sizes: &[(4, 1, 35)], wrong: &[] },
];

/// A value that no thread pushes.
const NONE: u32 = 0;

struct Stack {
    top: AtomicU32,
    /// What lies below each node.
    below: Vec<AtomicU32>,
    torn: bool,
}

impl Stack {
    fn push(&self, node: u32) {
        loop {
            let top = self.top.load(SeqCst);
            self.below[node as usize].store(top, SeqCst);
            if self.replace(top, node) {
                return;
            }
        }
    }

    fn pop(&self) -> u32 {
        loop {
            let top = self.top.load(SeqCst);
            if top == NONE {
                return NONE;
            }
            let below = self.below[top as usize].load(SeqCst);
            if self.replace(top, below) {
                return top;
            }
        }
    }

    fn replace(&self, top: u32, by: u32) -> bool {
        if self.torn {
            self.top.store(by, SeqCst);
            return true;
        }
        self.top.compare_exchange(top, by, SeqCst, SeqCst).is_ok()
    }
}

/// Every second thread pops, and every other one pushes: nothing is lost, and nothing is there twice.
fn stack(threads: usize, torn: bool) {
    let stack = Stack { top: word(), below: (0..=threads).map(|_| word()).collect(), torn };
    let popped: Vec<AtomicU32> = (0..threads).map(|_| word()).collect();
    let shared = together(threads, (stack, popped), |(stack, popped), me| match me % 2 {
        0 => popped[me].store(stack.pop(), SeqCst),
        _ => stack.push(me as u32),
    });
    let (stack, popped) = &*shared;
    let mut found: Vec<u32> = popped.iter().map(|word| word.load(SeqCst)).filter(|node| *node != NONE).collect();
    found.extend(std::iter::from_fn(|| Some(stack.pop()).filter(|node| *node != NONE)).take(threads));
    found.sort_unstable();
    let pushed: Vec<u32> = (0..threads as u32).filter(|me| me % 2 == 1).collect();
    assert_eq!(found, pushed);
}

struct Queue {
    head: AtomicU32,
    tail: AtomicU32,
    /// What comes after each node; the node 1 is the first dummy.
    next: Vec<AtomicU32>,
    torn: bool,
}

impl Queue {
    fn enqueue(&self, node: u32) {
        loop {
            let tail = self.tail.load(SeqCst);
            let next = self.next[tail as usize].load(SeqCst);
            if tail != self.tail.load(SeqCst) {
                continue;
            }
            if next != NONE {
                _ = self.tail.compare_exchange(tail, next, SeqCst, SeqCst);
            } else if self.link(tail, node) {
                _ = self.tail.compare_exchange(tail, node, SeqCst, SeqCst);
                return;
            }
        }
    }

    fn link(&self, tail: u32, node: u32) -> bool {
        if self.torn {
            self.next[tail as usize].store(node, SeqCst);
            return true;
        }
        self.next[tail as usize].compare_exchange(NONE, node, SeqCst, SeqCst).is_ok()
    }

    fn dequeue(&self) -> u32 {
        loop {
            let (head, tail) = (self.head.load(SeqCst), self.tail.load(SeqCst));
            let next = self.next[head as usize].load(SeqCst);
            if head != self.head.load(SeqCst) {
                continue;
            }
            if head == tail {
                if next == NONE {
                    return NONE;
                }
                _ = self.tail.compare_exchange(tail, next, SeqCst, SeqCst);
            } else if self.head.compare_exchange(head, next, SeqCst, SeqCst).is_ok() {
                return next;
            }
        }
    }
}

/// Each enqueues, and then dequeues: everybody gets something, and nobody what another has.
fn queue(threads: usize, times: usize, torn: bool) {
    let nodes = 2 + threads * times;
    let queue =
        Queue { head: AtomicU32::new(1), tail: AtomicU32::new(1), next: (0..nodes).map(|_| word()).collect(), torn };
    let taken: Vec<AtomicU32> = (0..nodes).map(|_| word()).collect();
    let shared = together(threads, (queue, taken), move |(queue, taken), me| {
        for time in 0..times {
            queue.enqueue((2 + me * times + time) as u32);
            taken[queue.dequeue() as usize].fetch_add(1, SeqCst);
        }
    });
    let taken: Vec<u32> = shared.1.iter().map(|word| word.load(SeqCst)).collect();
    assert!(taken[2..].iter().all(|times| *times == 1), "{taken:?}");
}

/// Vyukov's bounded queue of one place more than one: a place has a number that says whose turn it is.
struct Ring {
    numbers: [AtomicU32; 2],
    values: [AtomicU32; 2],
    begin: AtomicU32,
    end: AtomicU32,
    careless: bool,
}

impl Ring {
    fn put(&self, value: u32) {
        let place = self.end.fetch_add(1, SeqCst);
        let at = place as usize % 2;
        while !self.careless && self.numbers[at].load(SeqCst) != place {}
        self.values[at].store(value, SeqCst);
        self.numbers[at].store(place + 1, SeqCst);
    }

    fn take(&self) -> u32 {
        let place = self.begin.fetch_add(1, SeqCst);
        let at = place as usize % 2;
        while self.numbers[at].load(SeqCst) != place + 1 {}
        let value = self.values[at].load(SeqCst);
        self.numbers[at].store(place + 2, SeqCst);
        value
    }
}

/// The first thread takes what all others put in.
fn ring(threads: usize, times: usize, careless: bool) {
    let numbers = [AtomicU32::new(0), AtomicU32::new(1)];
    let ring = Ring { numbers, values: [word(), word()], begin: word(), end: word(), careless };
    together(threads, ring, move |ring, me| {
        if me > 0 {
            (0..times).for_each(|time| ring.put((me * times + time) as u32));
            return;
        }
        let mut taken: Vec<u32> = (0..(threads - 1) * times).map(|_| ring.take()).collect();
        taken.sort_unstable();
        assert!(taken.iter().copied().eq(times as u32..(threads * times) as u32), "{taken:?}");
    });
}

/// Two words and four threads, of which two exchange if they find what they expect.
fn message_passing() {
    together(4, [word(), word()], |[x, y], me| match me {
        0 => {
            x.store(1, SeqCst);
            y.store(0, SeqCst);
            y.store(1, SeqCst);
        }
        1 => _ = y.compare_exchange(2, 3, SeqCst, SeqCst),
        2 => _ = y.compare_exchange(1, 2, SeqCst, SeqCst),
        _ if y.load(SeqCst) > 2 => x.store(2, SeqCst),
        _ => {}
    });
}
