//! Tasks that unwind are scheduled like others: correct programs whose destructors lock, notify, join and listen hold under
//! every strategy, on every runtime and carrier.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::panicking;

use bohrbug::{Budget, Carrier, Exploration, Program, Report, strategies};
use bohrbug_sync::{Arc, Condvar, Mutex, mpsc, thread};

fn explore(program: fn(), strategy: &str, carrier: Carrier, executions: u64) -> Report {
    let budget = Budget::default().executions(executions);
    let exploration = Exploration::new("unwinding", strategy).carrier(carrier).budget(budget);
    exploration.run(&Program::new(program), |_| ()).unwrap()
}

/// Every strategy, and some of them once more with tasks that are OS threads.
fn searches() -> impl Iterator<Item = (&'static str, Carrier, u64)> {
    let all = strategies().into_iter().map(|(strategy, _)| (strategy, Carrier::Coroutines, 300));
    all.chain(["random", "pct", "dpor"].map(|strategy| (strategy, Carrier::Threads, 10)))
}

#[track_caller]
fn holds(program: fn()) {
    for (strategy, carrier, executions) in searches() {
        let report = explore(program, strategy, carrier, executions);
        assert!(!report.verdict.is_failed(), "{strategy}: {:?}\n{:?}", report.failure(), report.trace());
        assert!(!panicking(), "{strategy}");
    }
}

/// Runs its closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        assert!(panicking(), "only this task's own panic counts");
        (self.0)();
        assert!(panicking());
    }
}

fn caught(f: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
    assert!(!panicking());
}

#[test]
fn a_counter_is_incremented_by_a_destructor_that_unwinds() {
    holds(|| {
        let counter = Arc::new(Mutex::new(0));
        let add = |counter: &Mutex<i32>| {
            let mut guard = counter.lock().unwrap();
            let seen = *guard;
            thread::yield_now();
            *guard = seen + 1;
        };
        let other = thread::spawn({
            let counter = counter.clone();
            move || {
                assert!(!panicking());
                add(&counter);
                assert!(!panicking());
            }
        });
        caught(|| {
            let _add = OnDrop(|| add(&counter));
            panic!("on purpose");
        });
        other.join().unwrap();
        assert_eq!(*counter.lock().unwrap(), 2);
    });
}

#[test]
fn a_guard_tells_a_waiter_while_it_unwinds() {
    holds(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let waiter = thread::spawn({
            let pair = pair.clone();
            move || drop(pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap())
        });
        caught(|| {
            let _tell = OnDrop(|| {
                *pair.0.lock().unwrap() = true;
                pair.1.notify_one();
            });
            panic!("on purpose");
        });
        waiter.join().unwrap();
    });
}

#[test]
fn a_listener_that_panics_takes_its_leave_beside_a_notifier() {
    holds(|| {
        // Listeners by number; a notification that its receiver leaves behind goes to the next.
        let listeners = Arc::new((Mutex::new((vec![1, 2], None)), Condvar::new()));
        let notifier = thread::spawn({
            let listeners = listeners.clone();
            move || {
                let mut state = listeners.0.lock().unwrap();
                state.1 = state.0.first().copied();
                listeners.1.notify_all();
            }
        });
        let second = thread::spawn({
            let listeners = listeners.clone();
            move || {
                let state = listeners.0.lock().unwrap();
                drop(listeners.1.wait_while(state, |state| state.1 != Some(2)).unwrap());
            }
        });
        caught(|| {
            let _leave = OnDrop(|| {
                let mut state = listeners.0.lock().unwrap();
                state.0.remove(0);
                if state.1.take_if(|notified| *notified == 1).is_some() {
                    state.1 = state.0.first().copied();
                    listeners.1.notify_all();
                }
            });
            panic!("on purpose");
        });
        notifier.join().unwrap();
        second.join().unwrap();
    });
}

/// A pool of one worker that is joined when it is dropped.
struct Pool {
    jobs: Option<mpsc::Sender<u32>>,
    worker: Option<thread::JoinHandle<u32>>,
}

impl Pool {
    fn new() -> Self {
        let (jobs, received) = mpsc::channel::<u32>();
        Self { jobs: Some(jobs), worker: Some(thread::spawn(move || received.iter().sum())) }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs.take();
        assert_eq!(self.worker.take().map(|worker| worker.join().unwrap()), Some(3));
    }
}

fn pool_and_assertion() {
    let pool = Pool::new();
    pool.jobs.as_ref().unwrap().send(1).unwrap();
    pool.jobs.as_ref().unwrap().send(2).unwrap();
    assert_eq!(1 + 1, 3, "the assertion");
}

#[test]
fn a_pool_that_is_joined_in_a_destructor_leaves_the_assertion_to_be_reported() {
    for (strategy, carrier, _) in searches() {
        let exploration = Exploration::new("pool", strategy).carrier(carrier);
        let report = exploration.run(&Program::new(pool_and_assertion), |_| ()).unwrap();
        let failure = report.failure().unwrap_or_else(|| panic!("{strategy} finds no failure"));
        assert!(failure.message.contains("the assertion"), "{strategy}: {}", failure.message);
        assert!(report.trace().is_some(), "{strategy}");
        assert!(!panicking(), "{strategy}");
    }
}

#[test]
fn two_tasks_unwind_at_a_time() {
    holds(|| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let fail = |log: &Mutex<Vec<u32>>, number| {
            caught(|| {
                let _second = OnDrop(|| log.lock().unwrap().push(number));
                let _first = OnDrop(|| log.lock().unwrap().push(number));
                panic!("on purpose");
            });
        };
        let other = thread::spawn({
            let log = log.clone();
            move || fail(&log, 1)
        });
        fail(&log, 2);
        other.join().unwrap();
        let mut log = log.lock().unwrap();
        log.sort_unstable();
        assert_eq!(*log, [1, 1, 2, 2]);
    });
}
