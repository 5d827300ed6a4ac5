//! Locks taken in opposite orders, in executions that do not deadlock.

use bohrbug::{Exploration, Program};
use bohrbug_sync::{Arc, Mutex, RwLock, mpsc, thread};

use crate::kind_of;

struct Case {
    name: &'static str,
    suspicious: bool,
    program: fn(),
}

#[derive(Default)]
struct Locks {
    a: Mutex<()>,
    b: Mutex<()>,
    c: Mutex<()>,
    gate: Mutex<()>,
    shared: RwLock<()>,
}

impl Locks {
    fn both(&self, first: fn(&Self) -> &Mutex<()>, second: fn(&Self) -> &Mutex<()>) {
        let _first = first(self).lock().unwrap();
        let _second = second(self).lock().unwrap();
    }

    fn a_then_b(&self) {
        self.both(|l| &l.a, |l| &l.b);
    }

    fn b_then_a(&self) {
        self.both(|l| &l.b, |l| &l.a);
    }

    fn read_then_a(&self) {
        let _shared = self.shared.read().unwrap();
        drop(self.a.lock());
    }
}

fn beside(others: &[fn(&Locks)], main: fn(&Locks)) {
    let locks = Arc::new(Locks::default());
    let spawn = |other: &fn(&Locks)| {
        let (other, locks) = (*other, locks.clone());
        thread::spawn(move || other(&locks))
    };
    let threads: Vec<_> = others.iter().map(spawn).collect();
    main(&locks);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

const CASES: &[Case] = &[
    Case { name: "opposite orders", suspicious: true, program: || beside(&[Locks::a_then_b], Locks::b_then_a) },
    Case { name: "the same order", suspicious: false, program: || beside(&[Locks::a_then_b], Locks::a_then_b) },
    Case {
        name: "a circle of three",
        suspicious: true,
        program: || {
            beside(&[Locks::a_then_b, |l| l.both(|l| &l.b, |l| &l.c)], |l| l.both(|l| &l.c, |l| &l.a));
        },
    },
    Case {
        name: "opposite orders by one task",
        suspicious: false,
        program: || {
            beside(&[], |locks| {
                locks.a_then_b();
                locks.b_then_a();
            });
        },
    },
    Case {
        name: "opposite orders under another lock",
        suspicious: false,
        program: || {
            beside(
                &[|locks| {
                    let _gate = locks.gate.lock().unwrap();
                    locks.a_then_b();
                }],
                |locks| {
                    let _gate = locks.gate.lock().unwrap();
                    locks.b_then_a();
                },
            );
        },
    },
    Case {
        name: "opposite orders, one after the other's end",
        suspicious: false,
        program: || {
            let locks = Arc::new(Locks::default());
            thread::spawn({
                let locks = locks.clone();
                move || locks.a_then_b()
            })
            .join()
            .unwrap();
            locks.b_then_a();
        },
    },
    Case {
        name: "opposite orders, one after the other's message",
        suspicious: false,
        program: || {
            let locks = Arc::new(Locks::default());
            let (sender, receiver) = mpsc::channel();
            let child = thread::spawn({
                let locks = locks.clone();
                move || {
                    locks.a_then_b();
                    sender.send(()).unwrap();
                }
            });
            receiver.recv().unwrap();
            locks.b_then_a();
            child.join().unwrap();
        },
    },
    Case {
        name: "a lock that is only tried for",
        suspicious: false,
        program: || {
            beside(&[Locks::a_then_b], |locks| {
                let _b = locks.b.lock().unwrap();
                drop(locks.a.try_lock());
            });
        },
    },
    Case {
        name: "a reader-writer lock that both only read",
        suspicious: false,
        program: || {
            beside(&[Locks::read_then_a], |locks| {
                let _a = locks.a.lock().unwrap();
                drop(locks.shared.read());
            });
        },
    },
    Case {
        name: "a reader-writer lock that one writes",
        suspicious: true,
        program: || {
            beside(&[Locks::read_then_a], |locks| {
                let _a = locks.a.lock().unwrap();
                drop(locks.shared.write());
            });
        },
    },
];

/// One execution alone: the schedule of seed 0 gets through all of them.
fn one_execution(program: fn(), off: &[&str]) -> (Exploration, Program) {
    let mut exploration = Exploration::new("lock-order", "pct");
    exploration.budget.executions = Some(1);
    exploration.off = off.iter().map(|&name| name.to_owned()).collect();
    (exploration, Program::new(program))
}

#[test]
fn opposite_orders_are_found_in_an_execution_that_passed() {
    let mut wrong = Vec::new();
    for case in CASES {
        let (exploration, program) = one_execution(case.program, &[]);
        let report = exploration.run(&program, |_| ()).unwrap();
        if kind_of(&report) != if case.suspicious { "lock-order" } else { "passed" } {
            wrong.push(format!("{}: {} {:?}", case.name, kind_of(&report), report.failure()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_deadlock_itself_is_worth_more_than_the_suspicion() {
    let report = Exploration::new("lock-order", "dfs").run(&Program::new(CASES[0].program), |_| ()).unwrap();
    assert_eq!(kind_of(&report), "deadlock");
}

/// The order of the two is decided by what one of the two locks guards: the cycle can never close.
#[test]
fn a_suspicion_counts_for_nothing_where_every_schedule_was_run() {
    let program = || {
        let locks = Arc::new((Mutex::new(false), Mutex::new(())));
        let child = thread::spawn({
            let locks = locks.clone();
            move || {
                let mut handed_over = locks.0.lock().unwrap();
                drop(locks.1.lock());
                *handed_over = true;
            }
        });
        if *locks.0.lock().unwrap() {
            let _one = locks.1.lock().unwrap();
            drop(locks.0.lock());
        }
        child.join().unwrap();
    };
    let report = Exploration::new("lock-order", "dfs").run(&Program::new(program), |_| ()).unwrap();
    assert_eq!(kind_of(&report), "verified");
    let mut some = Exploration::new("lock-order", "random");
    some.budget.executions = Some(200);
    assert_eq!(kind_of(&some.run(&Program::new(program), |_| ()).unwrap()), "lock-order");
}

#[test]
fn a_suspicion_replays_and_can_be_disabled() {
    let (exploration, program) = one_execution(CASES[0].program, &[]);
    let report = exploration.run(&program, |_| ()).unwrap();
    let replay = bohrbug::replay(&report.trace().cloned().unwrap(), &program, bohrbug::Runtime::Native).unwrap();
    assert_eq!(replay.verdict, bohrbug::ReplayVerdict::Reproduced);
    let (exploration, program) = one_execution(CASES[0].program, &["lock-order"]);
    assert_eq!(kind_of(&exploration.run(&program, |_| ()).unwrap()), "passed");
}
