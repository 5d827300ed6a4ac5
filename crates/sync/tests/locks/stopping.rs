//! An execution that is over before its end: every task unwinds from where it waits, and nothing is left behind.

use std::time::Duration;

use bohrbug_sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, thread};

use crate::harness::{Program, Seen, only_os_threads};

/// What everybody holds; nobody may hold it after an execution.
static HELD: std::sync::Mutex<Option<std::sync::Weak<()>>> = std::sync::Mutex::new(None);
/// The tests of this file share `HELD`.
static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn token() -> Arc<()> {
    let token = Arc::new(());
    *HELD.lock().unwrap() = Some(Arc::downgrade(&token));
    token
}

fn nobody_holds_the_token() -> bool {
    HELD.lock().unwrap().as_ref().is_none_or(|held| held.strong_count() == 0)
}

/// Runs a program of which every execution fails, again and again, on every runtime.
fn fails_cleanly(run: fn() -> String, kind: &'static str) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut program = Program::new(run);
    program.many = 1_000;
    type Run = fn(&Program) -> Seen;
    let runs: [(&str, Run); 6] = [
        ("native", |program| program.native(None)),
        ("native at random", |program| program.native(Some(200))),
        ("OS threads at random", |program| program.on_os_threads().native(Some(200))),
        ("shuttle", |program| program.shuttle(None)),
        ("shuttle at random", |program| program.shuttle(Some(200))),
        ("loom", Program::loom),
    ];
    for (runtime, run) in runs {
        if only_os_threads() && runtime != "OS threads at random" {
            continue;
        }
        let mut executions = 0;
        while executions < 200 {
            let seen = run(&program);
            assert_eq!(seen.incidents.iter().copied().collect::<Vec<_>>(), [kind], "on {runtime}");
            assert!(seen.outcomes.is_empty(), "on {runtime}: {:?}", seen.outcomes);
            assert!(nobody_holds_the_token(), "on {runtime}");
            executions += seen.executions;
        }
    }
}

/// A task that holds the token and waits, another that panics.
fn beside_a_panic(wait: impl FnOnce() + Send + 'static) -> String {
    let token = token();
    let waiting = thread::spawn({
        let token = token.clone();
        move || {
            wait();
            drop(token);
        }
    });
    let failing = thread::spawn(move || {
        let _token = token;
        panic!("on purpose");
    });
    waiting.join().unwrap();
    failing.join().unwrap();
    "ended".to_owned()
}

#[test]
fn while_a_task_waits_for_a_reader_writer_lock() {
    fails_cleanly(
        || {
            let lock = Arc::new(RwLock::new(token()));
            let guard = lock.write().unwrap();
            let readers = [(); 2].map(|()| {
                let lock = lock.clone();
                thread::spawn(move || drop(lock.read().unwrap().clone()))
            });
            if Arc::strong_count(&guard) > 0 {
                panic!("on purpose");
            }
            drop(guard);
            for reader in readers {
                reader.join().unwrap();
            }
            String::new()
        },
        "panic",
    );
}

#[test]
fn while_a_task_waits_on_a_condition_variable() {
    fails_cleanly(
        || {
            beside_a_panic(|| {
                let (mutex, condvar) = (Mutex::new(false), Condvar::new());
                drop(condvar.wait_while(mutex.lock().unwrap(), |ready| !*ready));
            })
        },
        "panic",
    );
}

#[test]
fn while_two_tasks_wait_on_a_condition_variable_and_one_holds_its_mutex() {
    fails_cleanly(
        || {
            let shared = Arc::new((Mutex::new(token()), Condvar::new()));
            let waiters = [(); 2].map(|()| {
                let shared = shared.clone();
                thread::spawn(move || drop(shared.1.wait(shared.0.lock().unwrap())))
            });
            let guard = shared.0.lock();
            shared.1.notify_all();
            assert!(guard.is_err(), "on purpose");
            drop(guard);
            for waiter in waiters {
                waiter.join().unwrap();
            }
            String::new()
        },
        "panic",
    );
}

#[test]
fn while_a_task_waits_at_a_barrier() {
    fails_cleanly(|| beside_a_panic(|| assert!(Barrier::new(2).wait().is_leader())), "panic");
}

#[test]
fn while_a_task_waits_for_an_initialisation() {
    fails_cleanly(|| beside_a_panic(|| Once::new().wait()), "panic");
}

#[test]
fn while_a_task_waits_for_the_one_that_initialises() {
    fails_cleanly(
        || {
            let cell: Arc<OnceLock<u32>> = Arc::default();
            beside_a_panic({
                let cell = cell.clone();
                move || {
                    let other = thread::spawn({
                        let cell = cell.clone();
                        move || *cell.get_or_init(|| 1)
                    });
                    cell.get_or_init(|| Barrier::new(2).wait().is_leader().into());
                    other.join().unwrap();
                }
            })
        },
        "panic",
    );
}

#[test]
fn a_deadlock_with_guards_and_waits_of_every_kind() {
    fails_cleanly(
        || {
            let token = token();
            let shared = Arc::new((Mutex::new(token.clone()), Condvar::new(), RwLock::new(token.clone())));
            let barrier = thread::spawn({
                let (shared, token) = (shared.clone(), token.clone());
                move || {
                    let _reader = shared.2.read().unwrap();
                    Barrier::new(2).wait();
                    drop(token);
                }
            });
            let condvar = thread::spawn({
                let shared = shared.clone();
                move || {
                    let _reader = shared.2.read().unwrap();
                    drop(shared.1.wait(shared.0.lock().unwrap()));
                }
            });
            barrier.join().unwrap();
            condvar.join().unwrap();
            String::new()
        },
        "deadlock",
    );
}

#[test]
fn a_deadlock_on_a_mutex_whose_guard_was_leaked() {
    fails_cleanly(
        || {
            let lock = Arc::new(Mutex::new(token()));
            let leaker = thread::spawn({
                let lock = lock.clone();
                move || std::mem::forget(lock.lock())
            });
            leaker.join().unwrap();
            let waiter = thread::spawn({
                let lock = lock.clone();
                move || drop(lock.lock())
            });
            let _also_held = lock.try_lock().is_err();
            waiter.join().unwrap();
            String::new()
        },
        "deadlock",
    );
}

#[test]
fn a_deadlock_on_a_reader_writer_lock_whose_guard_was_leaked() {
    fails_cleanly(
        || {
            let lock = Arc::new(RwLock::new(token()));
            let leaker = thread::spawn({
                let lock = lock.clone();
                move || std::mem::forget(lock.write())
            });
            leaker.join().unwrap();
            let waiters = [(); 2].map(|()| {
                let lock = lock.clone();
                thread::spawn(move || drop(lock.write()))
            });
            let _also_held = lock.try_read().is_err();
            for waiter in waiters {
                waiter.join().unwrap();
            }
            String::new()
        },
        "deadlock",
    );
}

#[test]
fn while_the_values_of_an_execution_are_still_there() {
    static CELL: OnceLock<Arc<()>> = OnceLock::new();
    fails_cleanly(
        || {
            CELL.set(token()).unwrap();
            beside_a_panic(|| {
                let (mutex, condvar) = (Mutex::new(false), Condvar::new());
                let waited = condvar.wait_timeout(mutex.lock().unwrap(), Duration::from_secs(1));
                drop(waited);
            })
        },
        "panic",
    );
}
