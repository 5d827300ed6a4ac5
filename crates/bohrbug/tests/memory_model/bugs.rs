//! Known kinds of weak-memory bugs: each fails under RC11 and not under SC, and its repair holds.
//!
//! The programs are small enough for `dfs` to prove the repair, as `dpor` does.

use bohrbug::{Check, Exploration, MemoryModel, Program, Verdict};
use bohrbug_sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use bohrbug_sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering, fence};
use bohrbug_sync::{Arc, thread};

/// What an exploration by that strategy under that model comes to.
pub(crate) fn verdict(strategy: &str, memory: MemoryModel, executions: u64, program: &Program) -> Verdict {
    let mut exploration = Exploration::new("a program", strategy);
    exploration.config.memory = memory;
    exploration.budget.executions = Some(executions);
    exploration.run(program, |_| ()).unwrap().verdict
}

/// The program with `false` has the bug, the one with `true` has not, and `dfs` and `dpor` prove that.
pub(crate) fn check_pair(program: fn(bool)) {
    let [broken, repaired] = [false, true].map(|repaired| Program::new(move || program(repaired)));
    for strategy in ["random", "pct", "pctwm", "pos", "surw", "portfolio"] {
        assert!(verdict(strategy, MemoryModel::Rc11, 50_000, &broken).is_failed(), "{strategy}");
        let holds = verdict(strategy, MemoryModel::Rc11, 1_000, &repaired);
        assert!(!holds.is_failed(), "{strategy}, repaired");
    }
    assert!(!verdict("portfolio", MemoryModel::Sc, 1_000, &broken).is_failed(), "under SC");
    assert!(verdict("dpor", MemoryModel::Rc11, 10_000, &broken).is_failed(), "dpor");
    for strategy in ["dfs", "dpor"] {
        let holds = verdict(strategy, MemoryModel::Rc11, 1_000_000, &repaired);
        assert_eq!(holds, Verdict::Verified, "{strategy}, repaired");
    }
}

const fn choose(repaired: bool, right: Ordering, wrong: Ordering) -> Ordering {
    if repaired { right } else { wrong }
}

#[test]
fn a_lazy_initialisation_with_a_relaxed_flag() {
    check_pair(|repaired| {
        let made = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
        let maker = {
            let made = made.clone();
            thread::spawn(move || {
                made.0.store(42, Relaxed);
                made.1.store(true, choose(repaired, Release, Relaxed));
            })
        };
        if made.1.load(choose(repaired, Acquire, Relaxed)) {
            assert_eq!(made.0.load(Relaxed), 42, "used before it was made");
        }
        maker.join().unwrap();
    });
}

#[test]
fn a_seqlock_without_fences() {
    check_pair(|repaired| {
        let lock = Arc::new((AtomicU32::new(0), [AtomicU32::new(0), AtomicU32::new(0)]));
        let writer = {
            let lock = lock.clone();
            thread::spawn(move || {
                lock.0.store(1, Relaxed);
                if repaired {
                    fence(Release);
                }
                lock.1.iter().for_each(|word| word.store(7, Relaxed));
                lock.0.store(2, Release);
            })
        };
        let before = lock.0.load(Acquire);
        let [one, two] = [0, 1].map(|word| lock.1[word].load(Relaxed));
        if repaired {
            fence(Acquire);
        }
        if before == lock.0.load(Relaxed) && before.is_multiple_of(2) {
            assert_eq!(one, two, "half a value was read");
        }
        writer.join().unwrap();
    });
}

/// Whether the other is not in the way: Peterson's entry, tried once.
fn enters(flags: &[AtomicBool; 2], turn: &AtomicUsize, me: usize, store: Ordering, load: Ordering) -> bool {
    flags[me].store(true, store);
    turn.store(1 - me, store);
    !(flags[1 - me].load(load) && turn.load(load) == 1 - me)
}

#[test]
fn petersons_lock_with_acquire_and_release_only() {
    check_pair(|repaired| {
        let (store, load) = (choose(repaired, SeqCst, Release), choose(repaired, SeqCst, Acquire));
        let lock = Arc::new(([AtomicBool::new(false), AtomicBool::new(false)], AtomicUsize::new(0)));
        let other = {
            let lock = lock.clone();
            thread::spawn(move || enters(&lock.0, &lock.1, 1, store, load))
        };
        let first = enters(&lock.0, &lock.1, 0, store, load);
        assert!(!(first && other.join().unwrap()), "both are in the critical section");
    });
}

#[test]
fn a_hazard_pointer_without_seq_cst() {
    check_pair(|repaired| {
        let memory = Arc::new((AtomicUsize::new(1), AtomicUsize::new(0)));
        let reclaimer = {
            let memory = memory.clone();
            thread::spawn(move || {
                let (pointer, hazard) = &*memory;
                pointer.store(2, Release);
                if repaired {
                    fence(SeqCst);
                }
                hazard.load(Acquire) != 1
            })
        };
        let (pointer, hazard) = &*memory;
        hazard.store(1, Release);
        if repaired {
            fence(SeqCst);
        }
        let is_protected = pointer.load(Acquire) == 1;
        assert!(!(reclaimer.join().unwrap() && is_protected), "freed while somebody uses it");
    });
}

#[test]
fn a_reference_count_whose_last_decrement_is_relaxed() {
    check_pair(|repaired| {
        let shared = Arc::new((AtomicU32::new(2), [AtomicU32::new(0), AtomicU32::new(0)]));
        let release = move |shared: &(AtomicU32, [AtomicU32; 2]), me: usize| {
            shared.1[me].store(1, Relaxed);
            if shared.0.fetch_sub(1, choose(repaired, Release, Relaxed)) == 1 {
                fence(Acquire);
                assert_eq!(shared.1[1 - me].load(Relaxed), 1, "destroyed before the other's last write");
            }
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || release(&shared, 1))
        };
        release(&shared, 0);
        other.join().unwrap();
    });
}

/// Chase and Lev's deque as Lê, Pop, Cohen and Zappa Nardelli have it for C11 (PPoPP 2013), with two items and no growth.
struct Deque {
    top: AtomicUsize,
    bottom: AtomicUsize,
    items: [AtomicU32; 2],
}

impl Deque {
    fn full() -> Self {
        let items = [AtomicU32::new(1), AtomicU32::new(2)];
        Self { top: AtomicUsize::new(0), bottom: AtomicUsize::new(2), items }
    }

    /// By the owner, who pops no more than there were.
    fn pop(&self, fenced: bool) -> Option<u32> {
        let bottom = self.bottom.load(Relaxed) - 1;
        self.bottom.store(bottom, Relaxed);
        if fenced {
            fence(SeqCst);
        }
        let top = self.top.load(Relaxed);
        if top > bottom {
            self.bottom.store(bottom + 1, Relaxed);
            return None;
        }
        let item = self.items[bottom].load(Relaxed);
        if top < bottom {
            return Some(item);
        }
        let taken = self.top.compare_exchange(top, top + 1, SeqCst, Relaxed).is_ok();
        self.bottom.store(bottom + 1, Relaxed);
        taken.then_some(item)
    }

    fn steal(&self) -> Option<u32> {
        let top = self.top.load(Acquire);
        fence(SeqCst);
        if top >= self.bottom.load(Acquire) {
            return None;
        }
        let item = self.items[top].load(Relaxed);
        self.top.compare_exchange(top, top + 1, SeqCst, Relaxed).ok().map(|_| item)
    }
}

#[test]
fn a_chase_lev_deque_without_the_owners_fence() {
    check_pair(owner_and_thief);
}

fn owner_and_thief(repaired: bool) {
    let deque = Arc::new(Deque::full());
    let thief = {
        let deque = deque.clone();
        thread::spawn(move || [deque.steal(), deque.steal()])
    };
    let popped = deque.pop(repaired);
    let mut taken: Vec<u32> = thief.join().unwrap().into_iter().chain([popped]).flatten().collect();
    taken.sort_unstable();
    let all = taken.len();
    taken.dedup();
    assert_eq!(taken.len(), all, "an item was taken twice");
}

#[test]
fn a_check_under_rc11_says_what_it_rests_on() {
    let report = Check::named("nothing").memory("rc11").strategy("dfs").run(|| ());
    assert_eq!((report.verdict, report.memory), (Verdict::Verified, MemoryModel::Rc11));
}
