//! Condition variables.

use std::time::Duration;

use bohrbug_sync::control::Config;
use bohrbug_sync::{Arc, Condvar, Mutex, thread};

use crate::harness::Program;

type Pair<T> = Arc<(Mutex<T>, Condvar)>;

fn pair<T>(value: T) -> Pair<T> {
    Arc::new((Mutex::new(value), Condvar::new()))
}

#[test]
fn a_wait_in_a_loop_always_ends() {
    Program::new(|| {
        let pair = pair(false);
        let setter = thread::spawn({
            let pair = pair.clone();
            move || {
                *pair.0.lock().unwrap() = true;
                pair.1.notify_one();
            }
        });
        let mut ready = pair.0.lock().unwrap();
        while !*ready {
            ready = pair.1.wait(ready).unwrap();
        }
        drop(ready);
        setter.join().unwrap();
        "ready".to_owned()
    })
    .expect(&["ready"], &[]);
}

#[test]
fn a_notification_before_the_wait_is_lost() {
    Program::new(|| {
        let pair = pair(());
        let notifier = thread::spawn({
            let pair = pair.clone();
            move || pair.1.notify_one()
        });
        let guard = pair.0.lock().unwrap();
        drop(pair.1.wait(guard).unwrap());
        notifier.join().unwrap();
        "woken".to_owned()
    })
    .expect(&["woken"], &["deadlock"]);
}

#[test]
fn whom_a_notification_wakes_is_open() {
    let mut program = Program::new(|| {
        let pair = pair(String::new());
        let wait = |name: &'static str| {
            let pair = pair.clone();
            thread::spawn(move || {
                let mut guard = pair.0.lock().unwrap();
                guard = pair.1.wait(guard).unwrap();
                guard.push_str(name);
            })
        };
        let waiters = [wait("a"), wait("b")];
        for _ in 0..2 {
            let guard = pair.0.lock().unwrap();
            pair.1.notify_one();
            drop(guard);
        }
        for waiter in waiters {
            waiter.join().unwrap();
        }
        pair.0.lock().unwrap().clone()
    });
    program.for_loom = false;
    program.expect_at_random(&["ab", "ba"], &["deadlock"]);
}

#[test]
fn notify_all_wakes_those_who_wait() {
    let mut program = Program::new(|| {
        let pair = pair(0);
        let wait = || {
            let pair = pair.clone();
            thread::spawn(move || drop(pair.1.wait_while(pair.0.lock().unwrap(), |go| *go == 0).unwrap()))
        };
        let waiters = [wait(), wait()];
        *pair.0.lock().unwrap() = 1;
        pair.1.notify_all();
        for waiter in waiters {
            waiter.join().unwrap();
        }
        "all".to_owned()
    });
    program.for_loom = false;
    program.expect_at_random(&["all"], &[]);
}

#[test]
fn a_notification_is_not_taken_twice() {
    // Two wait, one is notified: somebody waits for ever.
    let mut program = Program::new(|| {
        let pair = pair(0);
        let wait = || {
            let pair = pair.clone();
            thread::spawn(move || {
                let guard = pair.0.lock().unwrap();
                drop(pair.1.wait(guard).unwrap());
            })
        };
        let waiters = [wait(), wait()];
        pair.1.notify_one();
        for waiter in waiters {
            waiter.join().unwrap();
        }
        "both".to_owned()
    });
    program.for_loom = false;
    program.expect_at_random(&[], &["deadlock"]);
    program.config.spurious = 1;
    program.expect_at_random(&["both"], &["deadlock"]);
}

fn timed() -> String {
    let pair = pair(false);
    let setter = thread::spawn({
        let pair = pair.clone();
        move || {
            *pair.0.lock().unwrap() = true;
            pair.1.notify_all();
        }
    });
    let guard = pair.0.lock().unwrap();
    let before = *guard;
    let (guard, result) = pair.1.wait_timeout(guard, Duration::from_secs(1)).unwrap();
    let after = *guard;
    drop(guard);
    setter.join().unwrap();
    format!("{before} {after} {}", if result.timed_out() { "timed out" } else { "woken" })
}

#[test]
fn time_runs_out_only_when_nothing_else_can_happen() {
    Program::new(timed).expect(&["false true woken", "true true timed out", "true true woken"], &[]);
}

#[test]
fn an_early_timeout_is_a_choice() {
    let mut program = Program::new(timed);
    program.config = Config { timeouts: 1, ..Config::default() };
    program.expect(
        &[
            "false false timed out",
            "false true timed out",
            "false true woken",
            "true true timed out",
            "true true woken",
        ],
        &[],
    );
}

#[test]
fn a_timed_wait_in_a_loop_ends_either_way() {
    let mut program = Program::new(|| {
        let pair = pair(false);
        let setter = thread::spawn({
            let pair = pair.clone();
            move || {
                *pair.0.lock().unwrap() = true;
                pair.1.notify_all();
            }
        });
        let guard = pair.0.lock().unwrap();
        let (guard, result) = pair.1.wait_timeout_while(guard, Duration::from_secs(1), |ready| !*ready).unwrap();
        let ready = *guard;
        drop(guard);
        setter.join().unwrap();
        format!("{ready} {}", result.timed_out())
    });
    program.expect(&["true false"], &[]);
    program.config.timeouts = 1;
    program.expect(&["false true", "true false"], &[]);
}

#[test]
fn a_wait_finds_the_mutex_poisoned() {
    let mut program = Program::new(|| {
        let pair = pair(false);
        let setter = thread::spawn({
            let pair = pair.clone();
            move || {
                let mut guard = pair.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                *guard = true;
                pair.1.notify_all();
                panic!("with the lock");
            }
        });
        let mut poisoned = false;
        let mut guard = pair.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while !*guard {
            guard = pair.1.wait(guard).unwrap_or_else(|error| {
                poisoned = true;
                error.into_inner()
            });
        }
        drop(guard);
        format!("{poisoned} {}", setter.join().is_err())
    });
    program.stops_at_panics = false;
    program.expect(&["false true", "true true"], &["panic"]);
}

#[test]
fn a_notification_from_a_drop_in_a_panic_arrives() {
    struct Notify(Pair<bool>);
    impl Drop for Notify {
        fn drop(&mut self) {
            *self.0.0.lock().unwrap() = true;
            self.0.1.notify_one();
        }
    }
    let mut program = Program::new(|| {
        let pair = pair(false);
        let panicking = thread::spawn({
            let pair = pair.clone();
            move || {
                let _notify = Notify(pair);
                panic!("on purpose");
            }
        });
        drop(pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap());
        format!("{}", panicking.join().is_err())
    });
    program.stops_at_panics = false;
    program.expect_loom_part(&["true"], &["panic"]);
}
