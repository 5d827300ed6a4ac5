//! What is not an atomic orders as happens-before says: a relaxed load after it reads what was stored before.

use bohrbug::{MemoryModel, Program, Verdict};
use bohrbug_sync::atomic::AtomicU32;
use bohrbug_sync::atomic::Ordering::Relaxed;
use bohrbug_sync::{Arc, Barrier, Condvar, Mutex, OnceLock, RwLock, mpsc, thread};

use super::bugs::verdict;

/// One task stores and calls the first, another calls the second, and loads if that says that the first came before.
fn check<S: Send + Sync + 'static>(make: fn() -> S, first: fn(&S), then: fn(&S) -> bool, orders: bool) {
    let program = Program::new(move || {
        let shared = Arc::new((AtomicU32::new(0), make()));
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.store(1, Relaxed);
                first(&shared.1);
            })
        };
        if then(&shared.1) {
            assert_eq!(shared.0.load(Relaxed), 1, "an old value was read");
        }
        other.join().unwrap();
    });
    let expected = if orders { "verified" } else { "failed" };
    assert_eq!(verdict("dfs", MemoryModel::Rc11, 1_000_000, &program).name(), expected);
    let drawn = if orders { "passed" } else { "failed" };
    assert_eq!(verdict("random", MemoryModel::Rc11, 2_000, &program).name(), drawn);
}

#[test]
fn a_mutex_orders() {
    check(|| Mutex::new(false), |flag| *flag.lock().unwrap() = true, |flag| *flag.lock().unwrap(), true);
}

#[test]
fn a_reader_writer_lock_orders() {
    check(|| RwLock::new(false), |flag| *flag.write().unwrap() = true, |flag| *flag.read().unwrap(), true);
}

#[test]
fn a_channel_orders() {
    type Ends = (mpsc::Sender<()>, Mutex<mpsc::Receiver<()>>);
    let make: fn() -> Ends = || {
        let (sender, receiver) = mpsc::channel();
        (sender, Mutex::new(receiver))
    };
    check(make, |ends| ends.0.send(()).unwrap(), |ends| ends.1.lock().unwrap().recv().is_ok(), true);
}

#[test]
fn a_barrier_orders() {
    let wait = |barrier: &Barrier| _ = barrier.wait();
    check(|| Barrier::new(2), wait, |barrier| (barrier.wait(), true).1, true);
}

#[test]
fn an_initialisation_orders() {
    check(OnceLock::new, |once| once.set(()).unwrap(), |once| once.get().is_some(), true);
}

#[test]
fn a_condition_variable_orders() {
    let notify = |shared: &(Mutex<bool>, Condvar)| {
        *shared.0.lock().unwrap() = true;
        shared.1.notify_one();
    };
    let wait = |shared: &(Mutex<bool>, Condvar)| *shared.1.wait_while(shared.0.lock().unwrap(), |told| !*told).unwrap();
    check(|| (Mutex::new(false), Condvar::new()), notify, wait, true);
}

#[test]
fn a_relaxed_flag_orders_nothing() {
    check(|| AtomicU32::new(0), |flag| flag.store(1, Relaxed), |flag| flag.load(Relaxed) == 1, false);
}

#[test]
fn a_spawn_a_join_and_an_unpark_order() {
    let program = Program::new(|| {
        let values = Arc::new([const { AtomicU32::new(0) }; 3]);
        values[0].store(1, Relaxed);
        let main = thread::current();
        let other = {
            let values = values.clone();
            thread::spawn(move || {
                assert_eq!(values[0].load(Relaxed), 1);
                values[1].store(1, Relaxed);
                main.unpark();
                values[2].store(1, Relaxed);
            })
        };
        thread::park();
        assert_eq!(values[1].load(Relaxed), 1);
        other.join().unwrap();
        assert_eq!(values[2].load(Relaxed), 1);
    });
    assert_eq!(verdict("dfs", MemoryModel::Rc11, 100_000, &program), Verdict::Verified);
}

#[test]
fn a_lock_that_is_not_shared_orders_nothing() {
    check(
        || ([Mutex::new(()), Mutex::new(())], AtomicU32::new(0)),
        |(locks, flag)| {
            drop(locks[0].lock());
            flag.store(1, Relaxed);
        },
        |(locks, flag)| {
            let flag = flag.load(Relaxed) == 1;
            drop(locks[1].lock());
            flag
        },
        false,
    );
}
