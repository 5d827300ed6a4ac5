//! Tasks that wait for ever, in each of the ways that are told apart, and tasks that do not.

use bohrbug::{Exploration, Program};
use bohrbug_sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, Condvar, Mutex, hint, mpsc, thread};

use crate::{Case, check, explore, kind_of};

#[derive(Default)]
struct Signal {
    set: AtomicBool,
    guarded: Mutex<bool>,
    condvar: Condvar,
}

/// Runs a child beside main.
fn beside(child: impl Fn(&Signal) + Send + 'static, main: fn(&Signal)) {
    let signal = Arc::new(Signal::default());
    let thread = thread::spawn({
        let signal = signal.clone();
        move || child(&signal)
    });
    main(&signal);
    thread.join().unwrap();
}

/// A worker that waits for its order, and then until it is told to go on.
fn token_beside_a_channel(waits: fn()) {
    token_beside_a_channel_after(waits, || ());
}

fn token_beside_a_channel_after(waits: impl FnOnce() + Send + 'static, before: impl FnOnce()) {
    let (sender, receiver) = mpsc::channel();
    let worker = thread::spawn(move || {
        receiver.recv().unwrap();
        waits();
    });
    sender.send(()).unwrap();
    before();
    worker.thread().unpark();
    worker.join().unwrap();
}

const CASES: &[Case] = &[
    Case {
        name: "the flag is set and notified without the mutex, between the look and the wait",
        comes_to: "lost-wakeup",
        program: || {
            beside(
                |s| {
                    s.set.store(true, SeqCst);
                    s.condvar.notify_one();
                },
                |s| {
                    let mut guard = s.guarded.lock().unwrap();
                    while !s.set.load(SeqCst) {
                        guard = s.condvar.wait(guard).unwrap();
                    }
                },
            );
        },
    },
    Case {
        name: "the flag is set under the mutex",
        comes_to: "verified",
        program: || {
            beside(
                |s| {
                    *s.guarded.lock().unwrap() = true;
                    s.condvar.notify_one();
                },
                |s| drop(s.condvar.wait_while(s.guarded.lock().unwrap(), |set| !*set).unwrap()),
            );
        },
    },
    Case {
        name: "a receive that waits takes the token that was meant for the park after it",
        comes_to: "lost-wakeup",
        program: || token_beside_a_channel(thread::park),
    },
    Case {
        name: "the token that a receive may take is for a park in a loop that looks",
        comes_to: "verified",
        program: || {
            let done = Arc::new(AtomicBool::new(false));
            let looks = done.clone();
            token_beside_a_channel_after(
                move || {
                    while !looks.load(SeqCst) {
                        thread::park();
                    }
                },
                move || done.store(true, SeqCst),
            );
        },
    },
    Case {
        name: "nobody ever notifies",
        comes_to: "deadlock",
        program: || beside(|_| (), |s| drop(s.condvar.wait(s.guarded.lock().unwrap()).unwrap())),
    },
    Case {
        name: "two tokens for a thread that parks twice",
        comes_to: "lost-wakeup",
        program: || {
            let main = thread::current();
            let child = thread::spawn(move || {
                main.unpark();
                main.unpark();
            });
            thread::park();
            thread::park();
            child.join().unwrap();
        },
    },
    Case {
        name: "one token before the park",
        comes_to: "verified",
        program: || {
            let main = thread::current();
            let child = thread::spawn(move || main.unpark());
            thread::park();
            child.join().unwrap();
        },
    },
    Case { name: "a park that nobody ends", comes_to: "deadlock", program: thread::park },
    Case {
        name: "two tasks that give way to each other for ever",
        comes_to: "livelock",
        program: || {
            let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
            let polite = |first: usize, locks: Arc<[Mutex<()>; 2]>| loop {
                let _own = locks[first].lock().unwrap();
                // The other has its own for as long as it tries for this one.
                if locks[1 - first].try_lock().is_ok() {
                    return;
                }
            };
            let held = locks.clone();
            let _for_good = held[0].lock();
            let child = thread::spawn({
                let locks = locks.clone();
                move || polite(1, locks)
            });
            child.join().unwrap();
        },
    },
    Case {
        name: "a spin for what nobody does",
        comes_to: "livelock",
        program: || {
            beside(
                |_| (),
                |s| {
                    while !s.set.load(SeqCst) {
                        hint::spin_loop();
                    }
                },
            );
        },
    },
    Case {
        name: "a spin for what somebody does",
        comes_to: "passed",
        program: || {
            beside(
                |s| s.set.store(true, SeqCst),
                |s| {
                    while !s.set.load(SeqCst) {
                        hint::spin_loop();
                    }
                },
            );
        },
    },
    Case {
        name: "a loop that counts for ever",
        comes_to: "step-bound",
        program: || {
            let count = AtomicU32::new(0);
            while count.fetch_add(1, SeqCst) < u32::MAX {}
        },
    },
    Case {
        name: "two places that move round in a ring",
        comes_to: "step-bound",
        program: || {
            let places = Arc::new([(); 2].map(|()| AtomicU32::new(0)));
            let reader = places.clone();
            thread::spawn(move || {
                loop {
                    let [read, written] = [&reader[0], &reader[1]].map(|place| place.load(SeqCst));
                    if read != written {
                        reader[0].store((read + 1) % 4, SeqCst);
                    }
                }
            });
            loop {
                let [read, written] = [&places[0], &places[1]].map(|place| place.load(SeqCst));
                if (written + 1) % 4 != read {
                    places[1].store((written + 1) % 4, SeqCst);
                }
            }
        },
    },
    Case {
        name: "a loop that does the same for ever, but does it",
        comes_to: "step-bound",
        program: || {
            let (sender, receiver) = mpsc::channel();
            loop {
                sender.send(()).unwrap();
                receiver.recv().unwrap();
            }
        },
    },
];

#[test]
fn what_waits_for_ever_is_told_apart() {
    check(CASES, &[]);
}

/// The two fall into each other's arms while main and a third task could go on for long.
#[test]
fn a_cycle_is_reported_as_soon_as_it_closes() {
    let report = explore("dfs", || {
        let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
        let count = Arc::new(AtomicU32::new(0));
        for first in [0, 1] {
            let locks = locks.clone();
            thread::spawn(move || {
                let _one = locks[first].lock().unwrap();
                let _other = locks[1 - first].lock().unwrap();
            });
        }
        for _ in 0..20 {
            count.fetch_add(1, SeqCst);
        }
    });
    let failure = report.failure().cloned().unwrap();
    assert_eq!(failure.kind, bohrbug::FailureKind::Deadlock);
    assert!(failure.message.starts_with("tasks wait for each other"), "{failure}");
    let trace = report.trace().cloned().unwrap();
    let last = trace.events.last().unwrap();
    let main_ended = trace.events.iter().any(|event| event.task == "main" && event.operation.name() == "end");
    assert!(!main_ended || last.task != "main", "{last}");
}

#[test]
fn a_task_that_waits_for_itself_alone_is_told_so() {
    let message = |program: fn()| explore("dfs", program).failure().cloned().unwrap().message;
    let twice = message(|| {
        let mutex = Mutex::new(());
        bohrbug_sync::label(&mutex, "m");
        let _first = mutex.lock();
        let _second = mutex.lock();
    });
    assert_eq!(twice, "a task waits for itself: main waits to lock m, which it has");
    assert_eq!(message(thread::park), "nothing can go on: main is parked");
}

#[test]
fn a_lost_wakeup_names_the_notification_and_replays() {
    let program = bohrbug::Program::new(CASES[0].program);
    let report = Exploration::new("lost", "dfs").run(&program, |_| ()).unwrap();
    let failure = report.failure().cloned().unwrap();
    assert!(failure.message.contains("the notify-one of main/"), "{failure}");
    assert!(failure.message.ends_with("came before and woke nobody"), "{failure}");
    let replay = bohrbug::replay(report.trace().unwrap(), &program, bohrbug::Runtime::Native).unwrap();
    assert_eq!(replay.verdict, bohrbug::ReplayVerdict::Reproduced);
    let off = Exploration::new("lost", "dfs").off(["lost-wakeup"]);
    assert_eq!(off.run(&program, |_| ()).unwrap().failure().cloned().unwrap().kind, bohrbug::FailureKind::Deadlock);
}

fn counts(turns: u32) {
    let count = AtomicU32::new(0);
    while count.fetch_add(1, SeqCst) < turns {}
}

#[test]
fn where_length_is_no_failure_a_long_execution_ends_and_one_without_an_end_is_cut_off() {
    static ENDED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let mut exploration = Exploration::new("monitors", "random").off(["step-bound"]);
    exploration.config.step_bound = 100;
    exploration.budget.executions = Some(3);
    let long = Program::new(|| {
        counts(1_000);
        ENDED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    for (program, ends) in [(long, true), (Program::new(|| counts(u32::MAX)), false)] {
        let before = ENDED.load(std::sync::atomic::Ordering::Relaxed);
        let report = exploration.run(&program, |_| ()).unwrap();
        assert_eq!((kind_of(&report), report.executions, report.cut), ("passed", 3, 3));
        assert_eq!(ENDED.load(std::sync::atomic::Ordering::Relaxed) > before, ends);
    }
}
