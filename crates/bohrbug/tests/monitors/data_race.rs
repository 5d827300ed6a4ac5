//! Data races: found whatever the schedule came to, on every runtime, and not where something orders.

use bohrbug::{Exploration, Program, Verdict};
use bohrbug_sync::atomic::{
    AtomicBool, AtomicU32, Ordering,
    Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
    fence,
};
use bohrbug_sync::cell::{Access, UnsafeCell};
use bohrbug_sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock, Shared, mpsc, thread};

use crate::{explore, kind_of};

/// A program, and whether it has a race.
struct Case {
    name: &'static str,
    races: bool,
    program: fn(),
}

const fn races(name: &'static str, program: fn()) -> Case {
    Case { name, races: true, program }
}

const fn orders(name: &'static str, program: fn()) -> Case {
    Case { name, races: false, program }
}

type Data = Shared<u32>;

/// Runs two threads over the same things, and joins both.
fn both<S: Default + Send + Sync + 'static>(one: fn(&S), other: fn(&S)) {
    let state = Arc::new(S::default());
    let threads = [one, other].map(|body| {
        let state = state.clone();
        thread::spawn(move || body(&state))
    });
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Data that is published through a flag, written by one order and read by another.
#[derive(Default)]
struct Published {
    data: Data,
    flag: AtomicU32,
    count: AtomicU32,
}

impl Published {
    fn publish(&self, order: Ordering) {
        self.data.set(1);
        self.flag.store(1, order);
    }

    fn read_if(&self, order: Ordering, is: u32) {
        if self.flag.load(order) == is {
            assert_eq!(self.data.get(), 1);
        }
    }
}

const CASES: &[Case] = &[
    races("a write beside a write", || both::<Data>(|data| data.set(1), |data| data.set(2))),
    races("a read beside a write", || both::<Data>(|data| data.set(1), |data| _ = data.get())),
    orders("a read beside a read", || both::<Data>(|data| _ = data.get(), |data| _ = data.get())),
    orders("a lock", || both::<Mutex<Data>>(|data| data.lock().unwrap().set(1), |data| data.lock().unwrap().set(2))),
    races("a lock on one side", || {
        both::<(Mutex<()>, Data)>(
            |(lock, data)| {
                let _guard = lock.lock();
                data.set(1);
            },
            |(_, data)| data.set(2),
        );
    }),
    races("two locks that are not the same", || {
        both::<(Mutex<()>, Mutex<()>, Data)>(
            |(lock, _, data)| {
                let _guard = lock.lock();
                data.set(1);
            },
            |(_, lock, data)| {
                let _guard = lock.lock();
                data.set(2);
            },
        );
    }),
    orders("a lock that is tried", || {
        let tried = |data: &Mutex<Data>| {
            if let Ok(data) = data.try_lock() {
                data.set(1);
            }
        };
        both::<Mutex<Data>>(tried, tried);
    }),
    orders("a reader-writer lock", || {
        both::<RwLock<Data>>(|data| _ = data.read().unwrap().get(), |data| data.write().unwrap().set(1));
    }),
    races("readers do not order each other", || {
        both::<RwLock<Data>>(|data| _ = data.read().unwrap().get(), |data| data.read().unwrap().set(1));
    }),
    orders("spawn and join", || {
        let data = Arc::new(Data::default());
        data.set(1);
        let child = thread::spawn({
            let data = data.clone();
            move || data.set(2)
        });
        child.join().unwrap();
        data.set(3);
    }),
    races("main does not wait for the child", || {
        let data = Arc::new(Data::default());
        let child = thread::spawn({
            let data = data.clone();
            move || data.set(2)
        });
        data.set(3);
        child.join().unwrap();
    }),
    orders("a scope", || {
        let data = Data::default();
        thread::scope(|scope| _ = scope.spawn(|| data.set(1)));
        data.set(2);
    }),
    races("an end that is only looked at", || {
        let data = Arc::new(Data::default());
        let child = thread::spawn({
            let data = data.clone();
            move || data.set(2)
        });
        if child.is_finished() {
            data.set(3);
        }
        child.join().unwrap();
    }),
    orders("release and acquire", || both::<Published>(|p| p.publish(Release), |p| p.read_if(Acquire, 1))),
    orders("sequentially consistent accesses", || both::<Published>(|p| p.publish(SeqCst), |p| p.read_if(SeqCst, 1))),
    races("a relaxed store", || both::<Published>(|p| p.publish(Relaxed), |p| p.read_if(Acquire, 1))),
    races("a relaxed load", || both::<Published>(|p| p.publish(Release), |p| p.read_if(Relaxed, 1))),
    orders("a release fence before a relaxed store", || {
        both::<Published>(
            |p| {
                p.data.set(1);
                fence(Release);
                p.flag.store(1, Relaxed);
            },
            |p| p.read_if(Acquire, 1),
        );
    }),
    races("a release fence after the store", || {
        both::<Published>(
            |p| {
                p.publish(Relaxed);
                fence(Release);
            },
            |p| p.read_if(Acquire, 1),
        );
    }),
    orders("an acquire fence after a relaxed load", || {
        both::<Published>(
            |p| p.publish(Release),
            |p| {
                if p.flag.load(Relaxed) == 1 {
                    fence(Acquire);
                    assert_eq!(p.data.get(), 1);
                }
            },
        );
    }),
    races("an acquire fence before a relaxed load", || {
        both::<Published>(
            |p| p.publish(Release),
            |p| {
                fence(Acquire);
                p.read_if(Relaxed, 1);
            },
        );
    }),
    orders("fences on both sides", || {
        both::<Published>(
            |p| {
                p.data.set(1);
                fence(SeqCst);
                p.flag.store(1, Relaxed);
            },
            |p| {
                if p.flag.load(Relaxed) == 1 {
                    fence(SeqCst);
                    assert_eq!(p.data.get(), 1);
                }
            },
        );
    }),
    orders("a release sequence through another task's relaxed addition", || {
        let p = Arc::new(Published::default());
        let [one, two] =
            [(|p| p.publish(Release)) as fn(&Published), |p| _ = p.flag.compare_exchange(1, 2, Relaxed, Relaxed)].map(
                |body| {
                    let p = p.clone();
                    thread::spawn(move || body(&p))
                },
            );
        p.read_if(Acquire, 2);
        one.join().unwrap();
        two.join().unwrap();
    }),
    races("a relaxed store of the same task ends a release sequence", || {
        both::<Published>(
            |p| {
                p.publish(Release);
                p.flag.store(2, Relaxed);
            },
            |p| p.read_if(Acquire, 2),
        );
    }),
    orders("an exchange that fails with acquire", || {
        both::<Published>(
            |p| p.publish(Release),
            |p| {
                if p.flag.compare_exchange(0, 0, Relaxed, Acquire) == Err(1) {
                    assert_eq!(p.data.get(), 1);
                }
            },
        );
    }),
    races("an exchange that fails relaxed", || {
        both::<Published>(
            |p| p.publish(Release),
            |p| {
                if p.flag.compare_exchange(0, 0, Acquire, Relaxed) == Err(1) {
                    assert_eq!(p.data.get(), 1);
                }
            },
        );
    }),
    orders("the last of those who count down", || {
        let last = |p: &Published| {
            _ = p.data.get();
            if p.count.fetch_add(1, AcqRel) == 1 {
                p.data.set(2);
            }
        };
        both::<Published>(last, last);
    }),
    races("the last of those who count down without acquire", || {
        let last = |p: &Published| {
            _ = p.data.get();
            if p.count.fetch_add(1, Release) == 1 {
                p.data.set(2);
            }
        };
        both::<Published>(last, last);
    }),
    orders("a spin lock", || {
        #[derive(Default)]
        struct Spin(AtomicBool, Data);
        let once = |spin: &Spin| {
            if spin.0.compare_exchange(false, true, Acquire, Relaxed).is_ok() {
                spin.1.set(1);
                spin.0.store(false, Release);
            }
        };
        both::<Spin>(once, once);
    }),
    races("a spin lock that is released relaxed", || {
        #[derive(Default)]
        struct Spin(AtomicBool, Data);
        let once = |spin: &Spin| {
            if spin.0.compare_exchange(false, true, Acquire, Relaxed).is_ok() {
                spin.1.set(1);
                spin.0.store(false, Relaxed);
            }
        };
        both::<Spin>(once, once);
    }),
    orders("a condition variable and its mutex", || {
        #[derive(Default)]
        struct Signal(Mutex<bool>, Condvar, Data);
        both::<Signal>(
            |s| {
                s.2.set(1);
                *s.0.lock().unwrap() = true;
                s.1.notify_one();
            },
            |s| {
                let set = s.1.wait_while(s.0.lock().unwrap(), |set| !*set).unwrap();
                drop(set);
                s.2.set(2);
            },
        );
    }),
    races("a write after the mutex and before the notification", || {
        #[derive(Default)]
        struct Signal(Mutex<bool>, Condvar, Data);
        both::<Signal>(
            |s| {
                *s.0.lock().unwrap() = true;
                s.2.set(1);
                s.1.notify_one();
            },
            |s| {
                drop(s.1.wait_while(s.0.lock().unwrap(), |set| !*set).unwrap());
                s.2.set(2);
            },
        );
    }),
    orders("a message", || {
        let data = Arc::new(Data::default());
        let (sender, receiver) = mpsc::channel();
        let child = thread::spawn({
            let data = data.clone();
            move || {
                data.set(1);
                sender.send(()).unwrap();
            }
        });
        receiver.recv().unwrap();
        data.set(2);
        child.join().unwrap();
    }),
    races("a write after the message", || {
        let data = Arc::new(Data::default());
        let (sender, receiver) = mpsc::channel();
        let child = thread::spawn({
            let data = data.clone();
            move || {
                sender.send(()).unwrap();
                data.set(1);
            }
        });
        receiver.recv().unwrap();
        data.set(2);
        child.join().unwrap();
    }),
    orders("the last sender is gone", || {
        let data = Arc::new(Data::default());
        let (sender, receiver) = mpsc::channel::<()>();
        let child = thread::spawn({
            let data = data.clone();
            move || {
                data.set(1);
                drop(sender);
            }
        });
        assert!(receiver.recv().is_err());
        data.set(2);
        child.join().unwrap();
    }),
    orders("room in a bounded channel", || {
        let data = Arc::new(Data::default());
        let (sender, receiver) = mpsc::sync_channel(1);
        let child = thread::spawn({
            let data = data.clone();
            move || {
                data.set(1);
                receiver.recv().unwrap();
                receiver.recv().unwrap();
            }
        });
        sender.send(()).unwrap();
        sender.send(()).unwrap();
        data.set(2);
        child.join().unwrap();
    }),
    races("more room than that in a bounded channel", || {
        let data = Arc::new(Data::default());
        let (sender, receiver) = mpsc::sync_channel(2);
        let child = thread::spawn({
            let data = data.clone();
            move || {
                data.set(1);
                receiver.recv().unwrap();
                receiver.recv().unwrap();
            }
        });
        sender.send(()).unwrap();
        sender.send(()).unwrap();
        data.set(2);
        child.join().unwrap();
    }),
    orders("a message that is handed over", || {
        let data = Arc::new(Data::default());
        let (sender, receiver) = mpsc::sync_channel(0);
        let child = thread::spawn({
            let data = data.clone();
            move || {
                data.set(1);
                receiver.recv().unwrap();
            }
        });
        sender.send(()).unwrap();
        data.set(2);
        child.join().unwrap();
    }),
    orders("a barrier", || {
        let state = Arc::new((Barrier::new(2), Data::default()));
        let child = thread::spawn({
            let state = state.clone();
            move || {
                state.1.set(1);
                state.0.wait();
                _ = state.1.get();
            }
        });
        state.0.wait();
        _ = state.1.get();
        child.join().unwrap();
    }),
    races("a write after the barrier", || {
        let state = Arc::new((Barrier::new(2), Data::default()));
        let child = thread::spawn({
            let state = state.clone();
            move || {
                state.0.wait();
                state.1.set(1);
            }
        });
        state.0.wait();
        _ = state.1.get();
        child.join().unwrap();
    }),
    orders("an initialisation", || {
        let state = Arc::new((Once::new(), Data::default()));
        let child = thread::spawn({
            let state = state.clone();
            move || {
                state.0.call_once(|| state.1.set(1));
                _ = state.1.get();
            }
        });
        state.0.call_once(|| state.1.set(1));
        _ = state.1.get();
        child.join().unwrap();
    }),
    orders("park and unpark", || {
        let data = Arc::new(Data::default());
        let main = thread::current();
        let child = thread::spawn({
            let data = data.clone();
            move || {
                data.set(1);
                main.unpark();
            }
        });
        thread::park();
        data.set(2);
        child.join().unwrap();
    }),
    races("a write after the unpark", || {
        let data = Arc::new(Data::default());
        let main = thread::current();
        let child = thread::spawn({
            let data = data.clone();
            move || {
                main.unpark();
                data.set(1);
            }
        });
        thread::park();
        data.set(2);
        child.join().unwrap();
    }),
    orders("a destructor of a thread-local value, before the join", || {
        struct Writes(Arc<Data>);
        impl Drop for Writes {
            fn drop(&mut self) {
                self.0.set(1);
            }
        }
        bohrbug_sync::thread_local! {
            static LOCAL: std::cell::RefCell<Option<Writes>> = std::cell::RefCell::new(None);
        }
        let data = Arc::new(Data::default());
        let child = thread::spawn({
            let data = data.clone();
            move || LOCAL.with(|local| *local.borrow_mut() = Some(Writes(data)))
        });
        child.join().unwrap();
        data.set(2);
    }),
    races("an unsafe cell", || {
        both::<Unsafe>(|cell| cell.0.with_mut(|_| ()), |cell| cell.0.with(|_| ()));
    }),
    orders("an unsafe cell behind a lock", || {
        let locked = |(lock, cell): &(Mutex<()>, Unsafe)| {
            let _guard = lock.lock();
            cell.0.with_mut(|_| ());
        };
        both::<(Mutex<()>, Unsafe)>(locked, locked);
    }),
    // The second cell is very often where the first one was.
    orders("two cells of two tasks, one after the other in the same memory", || {
        let own = |(): &()| {
            for _ in 0..3 {
                let cell = Box::new(UnsafeCell::new(0_u32));
                cell.with_mut(|_| ());
            }
        };
        both::<()>(own, own);
    }),
    // It has the lock although the other one holds it, since it cannot wait.
    orders("what a task does while it unwinds", || {
        #[derive(Default)]
        struct State(Mutex<u32>, Data);
        struct Counts<'a>(&'a State);
        impl Drop for Counts<'_> {
            fn drop(&mut self) {
                let _guard = self.0.0.lock();
                self.0.1.set(1);
            }
        }
        both::<State>(
            |state| {
                let unwinds = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    let _counts = Counts(state);
                    std::panic::resume_unwind(Box::new(()));
                }));
                assert!(unwinds.is_err());
            },
            |state| {
                let _guard = state.0.lock();
                state.1.set(2);
            },
        );
    }),
];

#[derive(Default)]
struct Unsafe(UnsafeCell<u32>);

// SAFETY: the tests do not touch the value.
unsafe impl Sync for Unsafe {}

fn check(strategy: &str) {
    let mut wrong = Vec::new();
    for case in CASES {
        let report = explore(strategy, case.program);
        let kind = kind_of(&report);
        let right = if case.races { kind == "data-race" } else { matches!(kind, "verified" | "exhausted" | "passed") };
        if !right {
            wrong.push(format!("{}: {kind} {:?}", case.name, report.failure));
        }
    }
    assert!(wrong.is_empty(), "{strategy}: {wrong:#?}");
}

#[test]
fn races_are_found_on_native_and_only_races() {
    check("dfs");
    check("random");
}

#[test]
fn races_are_found_on_shuttle_and_only_races() {
    check("shuttle-random");
}

#[test]
fn races_are_found_on_loom_and_only_races() {
    check("loom");
}

#[test]
fn a_race_is_told_with_both_accesses_and_what_ordered_the_tasks_last() {
    let report = explore("dfs", || {
        let state = Arc::new((Mutex::new(()), Data::default()));
        bohrbug_sync::label(&state.0, "turnstile");
        bohrbug_sync::label(&state.1, "balance");
        let child = thread::Builder::new().name("teller".to_owned()).spawn({
            let state = state.clone();
            move || {
                drop(state.0.lock());
                state.1.set(1);
            }
        });
        drop(state.0.lock());
        state.1.get();
        child.unwrap().join().unwrap();
    });
    let failure = report.failure.unwrap();
    insta::assert_snapshot!(failure.message);
}

#[test]
fn a_race_is_the_same_one_whichever_access_comes_first() {
    let fingerprint = |read_first: bool| {
        let report = explore("dfs", if read_first { read_then_write } else { write_then_read });
        report.failure.unwrap().fingerprint()
    };
    assert_eq!(fingerprint(true), fingerprint(false));
}

fn named(name: &str, data: &Arc<Data>, body: fn(&Data)) -> thread::JoinHandle<()> {
    let data = data.clone();
    thread::Builder::new().name(name.to_owned()).spawn(move || body(&data)).unwrap()
}

fn read_then_write() {
    let data = Arc::new(Data::new(0));
    bohrbug_sync::label(&*data, "data");
    let threads = [named("reader", &data, |data| _ = data.get()), named("writer", &data, |data| data.set(1))];
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn write_then_read() {
    let data = Arc::new(Data::new(0));
    bohrbug_sync::label(&*data, "data");
    let threads = [named("writer", &data, |data| data.set(1)), named("reader", &data, |data| _ = data.get())];
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_race_replays_and_a_switched_off_monitor_finds_none() {
    let program = Program::new(read_then_write);
    let report = Exploration::new("race", "dfs").run(&program, |_| ()).unwrap();
    let trace = report.trace.unwrap();
    for on in [bohrbug::Runtime::Native, bohrbug::Runtime::Shuttle] {
        let replay = bohrbug::replay(&trace, &program, on).unwrap();
        assert_eq!(replay.verdict, bohrbug::ReplayVerdict::Reproduced, "on {}", on.name());
    }
    let off = Exploration { off: vec!["data-race".to_owned()], ..Exploration::new("race", "dfs") };
    assert_eq!(off.run(&program, |_| ()).unwrap().verdict, Verdict::Verified);
}
