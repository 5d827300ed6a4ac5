//! Recording and replaying: what each strategy finds reproduces, and what no longer fits says so.

use bohrbug::trace::{Trace, TraceEvent};
use bohrbug::{
    Budget, Exploration, Failure, Program, ReplayVerdict, Runtime, replay, replay_exactly, runtime_of, strategies,
};
use bohrbug_sync::{Arc, Condvar, Mutex, thread};

/// Two unnamed tasks add to a counter, in one step each if `atomically`.
fn counter(atomically: bool) -> Program {
    Program::new(move || {
        let total = Arc::new(Mutex::new(0));
        let add = |_| {
            let total = total.clone();
            thread::spawn(move || {
                if atomically {
                    *total.lock().unwrap() += 1;
                } else {
                    let seen = *total.lock().unwrap();
                    *total.lock().unwrap() = seen + 1;
                }
            })
        };
        for adder in [0, 1].map(add) {
            adder.join().unwrap();
        }
        assert_eq!(*total.lock().unwrap(), 2, "an addition was lost");
    })
}

fn deadlock() -> Program {
    Program::new(|| {
        let (first, second) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (one, other) = (first.clone(), second.clone());
        let crossing = thread::spawn(move || {
            let _second = other.lock().unwrap();
            let _first = one.lock().unwrap();
        });
        let held = first.lock().unwrap();
        drop(second.lock().unwrap());
        drop(held);
        crossing.join().unwrap();
    })
}

fn found(program: &Program, strategy: &str) -> (Failure, Trace) {
    let budget = Budget::default().executions(10_000);
    let exploration = Exploration::new("found", strategy).budget(budget);
    let report = exploration.run(program, |_| ()).unwrap();
    (report.failure().cloned().unwrap_or_else(|| panic!("{strategy} found nothing")), report.trace().cloned().unwrap())
}

#[test]
fn what_each_strategy_finds_reproduces_on_native_and_where_it_was_found() {
    for program in [counter(false), deadlock()] {
        for (strategy, _) in strategies() {
            let (_, trace) = found(&program, strategy);
            for on in [Runtime::Native, runtime_of(strategy).unwrap()] {
                let replay = replay(&trace, &program, on).unwrap();
                assert_eq!(replay.verdict, ReplayVerdict::Reproduced, "{strategy} on {}", on.name());
                assert!(replay.identical, "{strategy} on {}", on.name());
            }
        }
    }
}

/// Tasks that look whether the flag is set, give the lock back, and wait; tasks that set it and notify.
fn lost_wakeup(waiters: usize, notifiers: usize, all: bool) -> Program {
    Program::new(move || {
        let state = Arc::new((Mutex::new(false), Condvar::new()));
        let wait = |state: Arc<(Mutex<bool>, Condvar)>| {
            if !*state.0.lock().unwrap() {
                drop(state.1.wait(state.0.lock().unwrap()));
            }
        };
        let notify = move |state: Arc<(Mutex<bool>, Condvar)>| {
            *state.0.lock().unwrap() = true;
            if all { state.1.notify_all() } else { state.1.notify_one() }
        };
        let mut threads = Vec::new();
        for _ in 0..waiters {
            let state = state.clone();
            threads.push(thread::spawn(move || wait(state)));
        }
        for _ in 0..notifiers {
            let state = state.clone();
            threads.push(thread::spawn(move || notify(state)));
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    })
}

#[test]
fn a_lost_wakeup_of_native_reproduces_step_by_step_on_shuttle_wherever_its_threads_end() {
    let mut ends_later = 0;
    for (waiters, notifiers) in [(1, 1), (2, 1), (1, 2), (2, 2)] {
        for (all, seed) in [(false, 0), (false, 1), (false, 2), (true, 3), (true, 4), (true, 5)] {
            let program = lost_wakeup(waiters, notifiers, all);
            let budget = Budget::default().executions(10_000);
            let exploration = Exploration::new("lost", "random").budget(budget).seed(seed);
            let trace = exploration.run(&program, |_| ()).unwrap().trace().cloned().expect("a wake-up that is lost");
            let replay = replay_exactly(&trace, &program, Runtime::Shuttle).unwrap();
            assert_eq!(replay.verdict, ReplayVerdict::Reproduced, "{waiters} {notifiers} {all} {seed}");
            ends_later += u32::from(!replay.identical);
        }
    }
    // On shuttle a thread ends with its last operation: that alone can differ.
    assert!(ends_later > 0);
}

#[test]
fn a_thread_that_does_more_than_was_recorded_diverges_on_shuttle_too() {
    let program = |more: bool| {
        Program::new(move || {
            let state = Arc::new(Mutex::new(0));
            let other = state.clone();
            let thread = thread::spawn(move || {
                *other.lock().unwrap() += 1;
                if more {
                    *other.lock().unwrap() += 1;
                }
            });
            thread.join().unwrap();
            assert_eq!(*state.lock().unwrap(), 3);
        })
    };
    let (_, trace) = found(&program(false), "random");
    for on in [Runtime::Native, Runtime::Shuttle] {
        let replay = replay_exactly(&trace, &program(true), on).unwrap();
        assert!(matches!(replay.verdict, ReplayVerdict::Diverged { .. }), "{}: {}", on.name(), replay.verdict);
    }
}

#[test]
fn a_thousand_replays_are_a_thousand_times_the_same() {
    let program = counter(false);
    let (_, trace) = found(&program, "random");
    for _ in 0..1000 {
        let replay = replay(&trace, &program, Runtime::Native).unwrap();
        assert!(replay.identical && replay.verdict == ReplayVerdict::Reproduced);
    }
}

#[test]
fn a_trace_survives_a_shift_of_lines() {
    let program = counter(false);
    let (_, mut trace) = found(&program, "random");
    // As if the program had stood ten lines further down when it was recorded: every line changes, in sites, in the
    // paths of unnamed tasks and in the labels of objects.
    let shift = |text: &str| {
        let mut parts: Vec<String> = text.split(':').map(str::to_owned).collect();
        for part in parts.iter_mut().skip(1).step_by(2) {
            if let Ok(line) = part.parse::<u32>() {
                *part = (line + 10).to_string();
            }
        }
        parts.join(":")
    };
    let shifted = |event: &TraceEvent| TraceEvent {
        task: shift(&event.task),
        object: event.object.as_deref().map(shift),
        site: shift(&event.site),
        ..event.clone()
    };
    let events: Vec<_> = trace.events.iter().map(shifted).collect();
    assert_ne!(events, trace.events);
    trace.events = events;
    let replay = replay(&trace, &program, Runtime::Native).unwrap();
    assert_eq!(replay.verdict, ReplayVerdict::Reproduced);
    assert!(!replay.identical);
}

#[test]
fn a_fixed_program_diverges_without_a_failure() {
    let (_, trace) = found(&counter(false), "random");
    let replay = replay(&trace, &counter(true), Runtime::Native).unwrap();
    match replay.verdict {
        ReplayVerdict::Diverged { failure: None, .. } => {}
        other => panic!("{other}"),
    }
}

#[test]
fn a_recording_that_ends_early_is_no_proof() {
    let program = counter(false);
    let (_, mut trace) = found(&program, "random");
    trace.events.truncate(trace.events.len() / 2);
    let replay = replay(&trace, &program, Runtime::Native).unwrap();
    assert_ne!(replay.verdict, ReplayVerdict::Reproduced);
}

#[test]
fn an_object_that_carries_its_value_into_the_next_execution_is_named() {
    static CARRIED: Mutex<u32> = Mutex::new(0);
    let program = Program::new(|| {
        let mut runs = CARRIED.lock().unwrap();
        *runs += 1;
        if runs.is_multiple_of(2) {
            drop(runs);
            thread::spawn(|| ()).join().unwrap();
        }
    });
    for strategy in ["random", "dfs", "shuttle-random", "loom"] {
        let (failure, _) = found(&program, strategy);
        assert_eq!(failure.kind, bohrbug::FailureKind::Nondeterminism, "{strategy}");
        assert!(failure.message.contains("carried from one execution into the next: mutex"), "{failure}");
        assert!(failure.message.contains("replaying.rs"), "{failure}");
    }
}

#[test]
fn brute_force_that_meets_another_program_proves_nothing() {
    // Deterministic for the two runs that are compared, and different later on.
    let runs = std::sync::atomic::AtomicU32::new(0);
    let program = Program::new(move || {
        let run = runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let children = if run < 4 { 2 } else { 3 };
        let children: Vec<_> = (0..children).map(|_| thread::spawn(thread::yield_now)).collect();
        children.into_iter().for_each(|child| child.join().unwrap());
    });
    let (failure, _) = found(&program, "dfs");
    assert_eq!(failure.kind, bohrbug::FailureKind::Nondeterminism);
}

#[test]
fn a_program_that_has_become_another_one_is_not_proved() {
    // Two threads in the runs that are compared at the beginning, and one since; or in one execution of the search.
    for lasts in [true, false] {
        for strategy in ["dpor", "dfs", "portfolio"] {
            let runs = std::sync::atomic::AtomicU32::new(0);
            let program = Program::new(move || {
                let run = runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if run < 2 || run > 2 && !lasts {
                    thread::spawn(|| ()).join().unwrap();
                }
            });
            let (failure, _) = found(&program, strategy);
            assert_eq!(failure.kind, bohrbug::FailureKind::Nondeterminism, "{strategy}, {lasts}");
        }
    }
}
