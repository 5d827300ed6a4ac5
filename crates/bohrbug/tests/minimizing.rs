//! Minimising: the failure stays, the schedule shrinks, and what is said of it is true.

use bohrbug::minimize::{Effort, MinimizeError, Minimized, Smaller, minimize};
use bohrbug::trace::{Fewest, Operation, Trace, TraceEvent};
use bohrbug::{Budget, Exploration, FailureKind, Program, ReplayVerdict, Runtime, replay};
use bohrbug_sync::atomic::{AtomicBool, Ordering};
use bohrbug_sync::{Arc, Mutex, choice, label, thread};

/// Tasks that each add one in two sections, and so lose what another one added in between; `extra` sections besides.
fn lossy(tasks: usize, extra: usize) -> Program {
    Program::new(move || {
        let total = Arc::new(Mutex::new(0));
        label(&*total, "total");
        let adders: Vec<_> = (0..tasks)
            .map(|_| {
                let total = total.clone();
                thread::spawn(move || {
                    for _ in 0..extra {
                        drop(total.lock());
                    }
                    let seen = *total.lock().unwrap();
                    *total.lock().unwrap() = seen + 1;
                })
            })
            .collect();
        for adder in adders {
            adder.join().unwrap();
        }
        assert!(*total.lock().unwrap() == tasks, "additions were lost");
    })
}

/// A failing execution that `random` finds with that seed.
fn found(program: &Program, seed: u64) -> Trace {
    let budget = Budget::default().executions(10_000);
    let report = Exploration::new("test", "random").seed(seed).budget(budget).run(program, |_| {});
    report.unwrap().trace().cloned().expect("a failure")
}

fn minimized(trace: &Trace, program: &Program) -> Minimized {
    minimize(trace, program, &[], Effort::default(), |_| {}).unwrap()
}

#[test]
fn wherever_it_begins_it_ends_with_the_fewest_preemptions_and_says_so() {
    for (tasks, extra) in [(2, 0), (2, 2), (3, 0)] {
        let program = lossy(tasks, extra);
        let mut events = None;
        for seed in 0..10 {
            let found = found(&program, seed);
            let done = minimized(&found, &program);
            assert_eq!((done.preemptions.count, done.preemptions.fewest), (1, Fewest::Proved), "seed {seed}");
            assert_eq!(done.trace.header.preemptions, Some(done.preemptions));
            let fingerprint = |trace: &Trace| trace.header.failure.as_ref().unwrap().fingerprint.clone();
            assert_eq!(fingerprint(&done.trace), fingerprint(&found));
            let again = replay(&done.trace, &program, Runtime::Native).unwrap();
            assert_eq!(again.verdict, ReplayVerdict::Reproduced);
            assert_eq!(again.events, done.trace.events);
            // The shortest there is does not depend on what it began with.
            assert_eq!(*events.get_or_insert(done.trace.events.len()), done.trace.events.len());
        }
    }
}

#[test]
fn what_is_minimal_stays_as_it_is_and_two_runs_agree() {
    let program = lossy(3, 1);
    let found = found(&program, 1);
    let [first, second] = [(); 2].map(|()| minimized(&found, &program).trace);
    assert_eq!(first, second);
    assert_eq!(minimized(&first, &program).trace, first);
}

#[test]
fn what_the_failure_does_not_come_of_is_dropped_where_that_costs_no_preemption() {
    let program = Program::new(|| {
        let (state, own) = (Arc::new(Mutex::new(0)), Mutex::new(()));
        label(&*state, "state");
        label(&own, "own");
        let [first, second] = [state.clone(), state.clone()];
        let first = thread::spawn(move || {
            *first.lock().unwrap() = 1;
            thread::yield_now();
            // From here on nothing matters to anybody, and others may go on before it.
            drop(own.lock());
        });
        let second = thread::spawn(move || *second.lock().unwrap() = 2);
        thread::yield_now();
        // It is the second's turn when the first gives way: no move of whole blocks has main come between the two.
        assert!(*state.lock().unwrap() != 1, "half done");
        first.join().unwrap();
        second.join().unwrap();
    });
    let with_its_own = |seed: &u64| found(&program, *seed).events.iter().any(is_on_own);
    let found = found(&program, (0..100).find(with_its_own).expect("a schedule with the superfluous steps"));
    // Without a search of all schedules, which would find a shorter one in the end.
    let done = minimize(&found, &program, &[], Effort { events: 1, time: None }, |_| {}).unwrap();
    assert!(!done.trace.events.iter().any(is_on_own), "{:?}", done.trace.events);
    assert_eq!(done.preemptions.count, 0);
}

fn is_on_own(event: &TraceEvent) -> bool {
    event.object.as_deref() == Some("own")
}

#[test]
fn an_effort_that_does_not_suffice_proves_nothing() {
    let program = lossy(3, 3);
    let found = found(&program, 3);
    let done = minimize(&found, &program, &[], Effort { events: 50, time: None }, |_| {}).unwrap();
    assert!(done.preemptions.count >= 1);
    assert_eq!(done.preemptions.fewest, Fewest::NotFound);
}

#[test]
fn each_better_one_is_shown_and_fails_so_that_an_interrupted_run_has_the_best_so_far() {
    let program = lossy(3, 2);
    let found = found(&program, 5);
    let mut shown: Vec<Trace> = Vec::new();
    let no_time = Effort { time: Some(std::time::Duration::ZERO), ..Effort::default() };
    let done = minimize(&found, &program, &[], no_time, |better| shown.push(better.clone())).unwrap();
    assert!(done.interrupted);
    for trace in shown.iter().chain([&done.trace]) {
        assert_eq!(replay(trace, &program, Runtime::Native).unwrap().verdict, ReplayVerdict::Reproduced);
    }
}

#[test]
fn faults_that_have_nothing_to_do_with_it_are_taken_back_and_numbers_shrink() {
    let program = Program::new(|| {
        let disk = choice::fault("disk");
        let network = choice::fault("network");
        let size = choice::choose(8);
        let _ = disk;
        assert!(!network || size < 3, "it breaks");
    });
    let chosen = |trace: &Trace| -> Vec<u64> {
        let choices =
            trace.events.iter().filter(|event| matches!(event.operation, Operation::Fault | Operation::Choose));
        choices.filter_map(|event| event.value).collect()
    };
    for seed in 0..5 {
        let done = minimized(&found(&program, seed), &program);
        assert_eq!(chosen(&done.trace), [0, 1, 3]);
        assert_eq!((done.preemptions.count, done.preemptions.fewest), (0, Fewest::Proved));
    }
}

#[test]
fn a_smaller_workload_that_fails_in_the_same_way_takes_the_place_of_the_large_one() {
    let large = found(&lossy(3, 2), 0);
    let small = |tasks, name: &str| Smaller { workload: Some(name.into()), program: lossy(tasks, 0) };
    // One task alone loses nothing.
    let smaller = [small(1, "one"), small(2, "two")];
    let done = minimize(&large, &lossy(3, 2), &smaller, Effort::default(), |_| {}).unwrap();
    assert_eq!(done.trace.header.workload, Some("two".into()));
    assert_eq!(replay(&done.trace, &smaller[1].program, Runtime::Native).unwrap().verdict, ReplayVerdict::Reproduced);
}

#[test]
fn what_does_not_fail_so_is_not_minimised() {
    let program = lossy(2, 0);
    let trace = found(&program, 0);
    let sound = Program::new(|| {
        thread::spawn(|| ()).join().unwrap();
    });
    let no_failure =
        { Trace { header: bohrbug::trace::Header { failure: None, ..trace.header.clone() }, ..trace.clone() } };
    let of = |trace: &Trace, program| minimize(trace, program, &[], Effort::default(), |_| {}).unwrap_err();
    assert_eq!(of(&trace, &sound), MinimizeError::NotReproduced { other: None });
    assert_eq!(of(&no_failure, &program), MinimizeError::NoFailure);
}

#[test]
fn a_livelock_is_shown_by_some_thousands_of_events() {
    let program = Program::new(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let seen = flag.clone();
        let waiter = thread::spawn(move || {
            while !seen.load(Ordering::SeqCst) {
                thread::yield_now();
            }
        });
        waiter.join().unwrap();
    });
    let mut exploration = Exploration::new("test", "random").budget(Budget::default().executions(1));
    exploration.config.step_bound = 20_000;
    let found = exploration.run(&program, |_| ()).unwrap().trace().cloned().expect("a livelock");
    assert_eq!(found.events.len(), 40_000);
    let smaller = minimize(&found, &program, &[], Effort { events: 20_000, time: None }, |_| ()).unwrap().trace;
    let kind = smaller.header.failure.as_ref().map(|failure| failure.kind);
    assert_eq!((kind, smaller.header.choices.step_bound), (Some(FailureKind::Livelock), 2_000));
    assert_eq!(smaller.events.len(), 4_000);
    assert_eq!(replay(&smaller, &program, Runtime::Native).unwrap().verdict, ReplayVerdict::Reproduced);
}
