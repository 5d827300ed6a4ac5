//! Five bugs from the trackers of published crates, each in a program of our own that has no more than the bug.

use bohrbug_sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use bohrbug_sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, fence};
use bohrbug_sync::{Arc, thread};

use super::bugs::check_pair;

/// zesterer/spin-rs #65 (RUSTSEC-2019-0013): the guard of a writer gave the lock back by a relaxed store, so that the next
/// owner need not see what was written.
#[test]
fn spin_gives_a_write_lock_back_by_a_relaxed_store() {
    check_pair(|repaired| {
        let lock = Arc::new((AtomicUsize::new(0), AtomicU32::new(0)));
        let write = move |lock: &(AtomicUsize, AtomicU32)| {
            if lock.0.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
                return false;
            }
            lock.1.store(lock.1.load(Relaxed) + 1, Relaxed);
            lock.0.store(0, if repaired { Release } else { Relaxed });
            true
        };
        let other = {
            let lock = lock.clone();
            thread::spawn(move || write(&lock))
        };
        let mine = write(&lock);
        let both = other.join().unwrap() && mine;
        assert!(!both || lock.1.load(Relaxed) == 2, "a writer has not seen the other's update");
    });
}

/// tokio-rs/tokio #7589, repaired by #7622: a wake that finds the task notified already only reads its state, so that what
/// the waker did before need not be seen by the poll that is to come.
#[test]
fn tokio_wakes_a_notified_task_by_a_load_alone() {
    const NOTIFIED: usize = 1;
    check_pair(|repaired| {
        let task = Arc::new((AtomicUsize::new(NOTIFIED), AtomicBool::new(false)));
        let poller = {
            let task = task.clone();
            thread::spawn(move || {
                task.0.swap(0, AcqRel);
                task.1.load(Relaxed)
            })
        };
        task.1.store(true, Relaxed);
        let is_notified = if repaired {
            task.0.compare_exchange(NOTIFIED, NOTIFIED, AcqRel, Acquire).is_ok()
        } else {
            task.0.load(Acquire) == NOTIFIED
        };
        let was_seen = poller.join().unwrap();
        assert!(!is_notified || was_seen, "the wake is lost: nobody polls the task again");
    });
}

/// vorner/arc-swap #204, after #200: whoever replaces the pointer looks for debts by a compare-exchange that fails with
/// acquire, and so reads an old slot although the reader's check has read the old pointer.
#[test]
fn arc_swap_misses_a_debt_where_an_exchange_fails() {
    check_pair(|repaired| {
        let (pointer, debt) = (AtomicUsize::new(1), AtomicUsize::new(0));
        let shared = Arc::new((pointer, debt));
        let writer = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.swap(2, SeqCst);
                let failure = if repaired { SeqCst } else { Acquire };
                shared.1.compare_exchange(1, 0, SeqCst, failure).is_ok()
            })
        };
        shared.1.swap(1, SeqCst);
        let is_confirmed = shared.0.load(SeqCst) == 1;
        let is_paid = writer.join().unwrap();
        assert!(!is_confirmed || is_paid, "the old value is freed while a reader has it");
    });
}

/// crossbeam-rs/crossbeam-epoch #53: garbage was stamped with the global epoch as read before the fence that orders its
/// unlinking; a reader of the next epoch may still find it.
#[test]
fn crossbeam_epoch_reads_the_epoch_before_its_fence() {
    check_pair(|repaired| {
        // The global epoch, and the link that leads to the object.
        let shared = Arc::new((AtomicUsize::new(10), AtomicBool::new(true)));
        let reader = {
            let shared = shared.clone();
            thread::spawn(move || {
                // The epoch advances, and the reader pins itself there.
                shared.0.store(11, Relaxed);
                fence(SeqCst);
                shared.1.load(Relaxed)
            })
        };
        let stamp = if repaired {
            shared.1.store(false, Relaxed);
            fence(SeqCst);
            shared.0.load(Relaxed)
        } else {
            shared.1.store(false, Relaxed);
            let stamp = shared.0.load(Relaxed);
            fence(SeqCst);
            stamp
        };
        let has_reference = reader.join().unwrap();
        assert!(!(has_reference && stamp == 10), "freed at an epoch at which a reader still has it");
    });
}

/// micahrj/basedrop #10: a reader announces itself and reads the pointer, a writer replaces it and looks whether anybody is
/// reading; nothing orders the store before the load on either side.
#[test]
fn basedrop_replaces_a_cell_under_a_reader() {
    check_pair(|repaired| {
        let cell = Arc::new((AtomicUsize::new(0), AtomicUsize::new(1)));
        let writer = {
            let cell = cell.clone();
            thread::spawn(move || {
                cell.1.swap(2, AcqRel);
                if repaired {
                    fence(SeqCst);
                }
                cell.0.load(Relaxed) == 0
            })
        };
        cell.0.fetch_add(1, Relaxed);
        if repaired {
            fence(SeqCst);
        }
        let has_old = cell.1.load(Acquire) == 1;
        let is_freed = writer.join().unwrap();
        assert!(!(has_old && is_freed), "the old node is freed while a reader counts on it");
    });
}
