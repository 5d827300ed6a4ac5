//! Failing executions: while tasks wait in each primitive another one panics. Everything unwinds, nothing hangs, nothing
//! aborts the process, nothing is left behind, and the next execution is as good as new; two hundred times in a row.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::control::Runtime;
use bohrbug_sync::mpsc::{Sender, channel, sync_channel};
use bohrbug_sync::{Arc, Mutex, Shared, thread};

use crate::case::Budget;
use crate::dfs::Dfs;
use crate::explorer::{Bench, Explorer, Panics, alone};
use crate::foreign::{on_loom_for, on_shuttle};

const EXECUTIONS: usize = 200;

type Step = Box<dyn FnOnce() + Send>;
type Steps = fn() -> (Step, Step);

/// For each primitive: what one task does that may have to wait, and what another does before it panics.
const WAITS: &[(&str, Steps)] = &[
    ("nothing", || (Box::new(|| ()), Box::new(|| ()))),
    ("lock", || {
        let mutex = Arc::new(Mutex::new(()));
        let other = mutex.clone();
        (
            Box::new(move || drop(mutex.lock().unwrap())),
            Box::new(move || {
                let _held = other.lock().unwrap();
                panic!("on purpose");
            }),
        )
    }),
    ("recv", || {
        let (sender, receiver) = channel::<()>();
        (
            Box::new(move || {
                let _ = receiver.recv();
            }),
            keep(sender),
        )
    }),
    ("recv on a bounded channel", || {
        let (sender, receiver) = sync_channel::<()>(1);
        (
            Box::new(move || {
                let _ = receiver.recv();
            }),
            keep(sender),
        )
    }),
    ("recv on a rendezvous", || {
        let (sender, receiver) = sync_channel::<()>(0);
        (
            Box::new(move || {
                let _ = receiver.recv();
            }),
            keep(sender),
        )
    }),
    ("recv_timeout", || {
        let (sender, receiver) = channel::<()>();
        (
            Box::new(move || {
                let _ = receiver.recv_timeout(Duration::from_secs(1));
            }),
            keep(sender),
        )
    }),
    ("send into a full channel", || {
        let (sender, receiver) = sync_channel(1);
        let send = move || (0..3).try_for_each(|message| sender.send(message)).unwrap_or(());
        (Box::new(send), keep(receiver))
    }),
    ("send into a rendezvous", || {
        let (sender, receiver) = sync_channel(0);
        (
            Box::new(move || {
                let _ = sender.send(());
            }),
            keep(receiver),
        )
    }),
    ("park", || (Box::new(thread::park), Box::new(|| ()))),
    ("join", || {
        let join = || thread::spawn(thread::park).join().unwrap_or(());
        (Box::new(join), Box::new(|| ()))
    }),
    ("the end of a scope", || {
        let scope = || {
            thread::scope(|s| {
                s.spawn(thread::park);
            });
        };
        (Box::new(scope), Box::new(|| ()))
    }),
    ("the end of a scope whose threads wait for each other", || {
        let scope = || {
            let mutex = Mutex::new(());
            let (sender, receiver) = sync_channel::<()>(0);
            thread::scope(|s| {
                let _held = mutex.lock().unwrap();
                s.spawn(|| drop(mutex.lock()));
                s.spawn(|| {
                    let _ = sender.send(());
                });
                let _ = receiver.recv();
                thread::park();
            });
        };
        (Box::new(scope), Box::new(|| ()))
    }),
    ("destructors that use everything", || {
        let (sender, receiver) = channel();
        let busy = Busy { sender, mutex: Mutex::new(0), shared: Shared::new(0), atomic: AtomicU32::new(0) };
        let park = move || {
            let _busy = busy;
            thread::park();
        };
        (Box::new(park), keep(receiver))
    }),
];

/// A step that keeps `end` until its task has panicked.
fn keep(end: impl Send + 'static) -> Step {
    Box::new(move || {
        let _end = end;
        thread::yield_now();
        panic!("on purpose");
    })
}

/// Uses every primitive when it is dropped.
struct Busy {
    sender: Sender<u32>,
    mutex: Mutex<u32>,
    shared: Shared<u32>,
    atomic: AtomicU32,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.sender.clone().send(1);
        if let Ok(mut value) = self.mutex.lock() {
            *value += 1;
        }
        self.shared.write(|value| *value += 1);
        self.atomic.fetch_add(1, Ordering::SeqCst);
    }
}

/// One task waits, another panics; each holds the witness.
fn program(witness: &Arc<()>, steps: Steps, main_waits: bool) -> String {
    let (wait, fail) = steps();
    let holding = |step: Step| {
        let witness = witness.clone();
        move || {
            let _witness = witness;
            step();
        }
    };
    let wait = holding(wait);
    let fail = holding(Box::new(|| {
        fail();
        panic!("on purpose");
    }));
    let _left_alone = thread::spawn(holding(Box::new(thread::park)));
    if main_waits {
        let other = thread::spawn(fail);
        wait();
        other.join().unwrap();
    } else {
        let _waiting = thread::spawn(wait);
        fail();
    }
    "passed".to_owned()
}

/// Explores each way to wait with `run` and looks at what is left.
fn check(runtime: Runtime, run: impl Fn(&mut Bench, Rc<RefCell<Dfs>>)) {
    let _alone = alone();
    for &(name, steps) in WAITS {
        for main_waits in [false, true] {
            let witness = Arc::new(());
            let search = Rc::new(RefCell::new(Dfs::default()));
            let explorer = Explorer::new(Some(search.clone()), Panics::Stop);
            let program = {
                let witness = witness.clone();
                Box::new(move || program(&witness, steps, main_waits))
            };
            let mut bench = Bench::new(runtime, Budget::NONE, explorer, program);
            run(&mut bench, search);
            let what = format!("{runtime:?}: {name}, main waits: {main_waits}");
            let explorer = bench.explorer();
            let seen: Vec<_> = explorer.seen.iter().map(String::as_str).collect();
            // Some wait for good, but nobody calls that a deadlock while another task can still run, and panic.
            assert_eq!(seen, ["panic: on purpose"], "{what}");
            assert!(explorer.executions >= EXECUTIONS as u64);
            drop(explorer);
            drop(bench);
            assert_eq!(Arc::strong_count(&witness), 1, "{what}: a task was left behind");
        }
    }
}

#[test]
fn failing_executions_on_native_leave_nothing_behind() {
    check(Runtime::Native, |bench, search| {
        for _ in 0..EXECUTIONS {
            bench.run_native();
            if !search.borrow_mut().advance() {
                *search.borrow_mut() = Dfs::default();
            }
        }
    });
}

#[test]
fn failing_executions_on_shuttle_leave_nothing_behind() {
    check(Runtime::Shuttle, |bench, search| {
        while bench.explorer().executions < EXECUTIONS as u64 {
            *search.borrow_mut() = Dfs::default();
            on_shuttle(bench, search.clone(), EXECUTIONS);
        }
    });
}

#[test]
fn failing_executions_on_loom_leave_nothing_behind() {
    check(Runtime::Loom, |bench, _| {
        bench.explorer().search = None;
        while bench.explorer().executions < EXECUTIONS as u64 {
            on_loom_for(bench, EXECUTIONS);
        }
    });
}
