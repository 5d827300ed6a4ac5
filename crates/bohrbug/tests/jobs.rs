//! An exploration in several threads comes to the same as in one.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc as Counted, Barrier, Mutex as Plain};

use bohrbug::{Budget, Check, Exploration, Program, Report, Runtime, Verdict, is_seeded, runtime_of, strategies};
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::choose;
use bohrbug_sync::{Arc, LazyLock, Mutex, RwLock, thread};

/// So many threads have to come to what one comes to.
const JOBS: [usize; 3] = [2, 3, 5];

/// Two threads add to a number, each `times` times, and forget that the other does.
fn adders(times: u32) {
    let number = Arc::new(AtomicU32::new(0));
    let add = || {
        let number = number.clone();
        thread::spawn(move || (0..times).for_each(|_| number.store(number.load(SeqCst) + 1, SeqCst)))
    };
    [(); 2].map(|()| add()).into_iter().for_each(|adder| adder.join().unwrap());
    // An order in which one of them undoes nearly all: the rarer the more there is to undo.
    assert!(number.load(SeqCst) > 2, "nearly everything was lost");
}

fn soon() {
    adders(2);
}

fn late() {
    adders(3);
}

/// Fails in one of two thousand.
fn by_choice() {
    let digits = || (0..3).fold(0, |number, _| number * 10 + choose(10));
    let chooser = thread::spawn(digits);
    assert_ne!((choose(2), chooser.join().unwrap()), (1, 617), "unlucky");
}

/// Has more behaviours than any budget here, and never fails.
fn never() {
    let words = Arc::new([const { RwLock::new(0) }; 2]);
    let task = |first: usize| {
        let words = words.clone();
        thread::spawn(move || {
            for place in [first, 1 - first, first] {
                let read = *words[place].read().unwrap();
                *words[1 - place].write().unwrap() += read + 1;
            }
        })
    };
    [0, 1, 0].map(task).into_iter().for_each(|task| task.join().unwrap());
}

/// Locks in opposite orders, but never at the same time: a suspicion that only a proof can clear.
fn suspicious() {
    let locks = Arc::new([Mutex::new(()), Mutex::new(())]);
    let gate = Arc::new(AtomicU32::new(0));
    let task = |first: usize| {
        let (locks, gate) = (locks.clone(), gate.clone());
        thread::spawn(move || {
            if gate.fetch_add(1, SeqCst) == 0 {
                drop((locks[first].lock(), locks[1 - first].lock()));
                gate.store(2, SeqCst);
            } else if gate.load(SeqCst) == 2 {
                drop((locks[first].lock(), locks[1 - first].lock()));
            }
        })
    };
    [0, 1].map(task).into_iter().for_each(|task| task.join().unwrap());
}

/// Few behaviours, so that a search comes to its end.
fn small() {
    let number = Arc::new(Mutex::new(0));
    let add = |_| {
        let number = number.clone();
        thread::spawn(move || (0..3).for_each(|_| *number.lock().unwrap() += 1))
    };
    [0, 1].map(add).into_iter().for_each(|adder| adder.join().unwrap());
}

const PROGRAMS: [(&str, fn()); 5] =
    [("soon", soon), ("late", late), ("never", never), ("suspicious", suspicious), ("small", small)];

/// Everything of a report but the time.
fn said(report: &Report) -> String {
    let trace = report.trace().map(|trace| trace.render());
    format!(
        "{} {} {} {} {:?} {:?} {:?} {:?}\n{:?}\n{}",
        report.verdict,
        report.executions,
        report.cut,
        report.cut_off,
        report.behaviours,
        report.unseen,
        report.guarantee,
        report.explored,
        report.failure(),
        trace.unwrap_or_default()
    )
}

fn explored(program: fn(), strategy: &str, seed: u64, budget: Budget, jobs: usize) -> Report {
    let exploration = Exploration::new("jobs", strategy).seed(seed).budget(budget).jobs(jobs);
    exploration.run(&Program::new(program), |_| ()).unwrap_or_else(|error| panic!("{error}"))
}

/// The threads that are compared with one. Under a strategy that one thread has to follow two are as good as five.
fn jobs(strategy: &str) -> &'static [usize] {
    let splits = is_seeded(strategy) == Ok(true) && runtime_of(strategy) == Ok(Runtime::Native);
    if splits || strategy == "dpor" { &JOBS } else { &[2] }
}

/// Compares all programs; how often each verdict was come to.
fn compare(strategy: &str, seeds: u64, budget: Budget) -> BTreeMap<String, u32> {
    let mut verdicts = BTreeMap::new();
    for (name, program) in PROGRAMS {
        for seed in 0..seeds {
            let alone = explored(program, strategy, seed, budget, 1);
            for &jobs in jobs(strategy) {
                let together = explored(program, strategy, seed, budget, jobs);
                assert_eq!(said(&together), said(&alone), "{name} under {strategy}, seed {seed}, in {jobs} threads");
            }
            *verdicts.entry(alone.verdict.to_string()).or_default() += 1;
        }
    }
    verdicts
}

fn executions(executions: u64) -> Budget {
    Budget::default().executions(executions)
}

#[test]
fn the_first_failure_and_all_figures_are_the_same_however_many_threads_there_are() {
    for (strategy, _) in strategies() {
        let seeds = if is_seeded(strategy).unwrap() { 2 } else { 1 };
        let verdicts = compare(strategy, seeds, executions(120));
        assert!(verdicts.contains_key("failed") && verdicts.len() > 1, "{strategy}: {verdicts:?}");
    }
}

#[test]
fn what_fails_late_fails_first_in_several_threads_too() {
    /// The strategy, the program, and a number after which a seed's first failure comes.
    type Case = (&'static str, fn(), u64);
    let cases: [Case; 5] = [
        ("random", by_choice, 1_000),
        ("pos", by_choice, 1_000),
        ("surw", by_choice, 1_000),
        // Its exhaustive search finds it.
        ("portfolio", late, 100),
        ("dpor", late, 40),
    ];
    for (strategy, program, at) in cases {
        let late = (0..3).map(|seed| {
            let alone = explored(program, strategy, seed, executions(4_000), 1);
            let together = explored(program, strategy, seed, executions(4_000), 2);
            assert_eq!(said(&together), said(&alone), "{strategy}, seed {seed}");
            alone.executions
        });
        assert!(late.max() > Some(at), "{strategy}");
    }
}

#[test]
fn a_budget_of_events_ends_at_the_same_execution() {
    for strategy in ["random", "pct", "portfolio"] {
        let budget = Budget::default().events(5_000);
        let verdicts = compare(strategy, 2, budget);
        assert!(verdicts.contains_key("passed"), "{strategy}: {verdicts:?}");
    }
}

#[test]
fn a_proof_ends_the_other_threads_at_its_own_number() {
    // Three sections of each are C(6, 3) = 20 behaviours.
    for jobs in [1, 2, 5] {
        let report = explored(small, "portfolio", 1, Budget::default(), jobs);
        assert_eq!((&report.verdict, report.executions), (&Verdict::Verified, 48), "{jobs}");
    }
}

/// (n k)! / k!^n orders of n threads that take one mutex k times.
#[test]
fn a_search_is_the_same_in_several_threads() {
    fn locks<const N: usize, const K: usize>() {
        let lock = Arc::new(Mutex::new(0));
        let add = |_| {
            let lock = lock.clone();
            thread::spawn(move || (0..K).for_each(|_| *lock.lock().unwrap() += 1))
        };
        [0; N].map(add).into_iter().for_each(|adder| adder.join().unwrap());
    }
    for (program, all) in [(locks::<3, 3> as fn(), 1_680), (locks::<2, 6>, 924), (locks::<4, 2>, 2_520)] {
        for budget in [Budget::default(), executions(all - 1), Budget::default().events(20_000)] {
            let alone = explored(program, "dpor", 0, budget, 1);
            assert_eq!(alone.verdict == Verdict::Verified, budget == Budget::default());
            assert!(alone.executions == all || budget != Budget::default());
            for jobs in [2, 3, 5, 2, 2, 2] {
                let together = explored(program, "dpor", 0, budget, jobs);
                assert_eq!(said(&together), said(&alone), "{all} executions, {budget:?}, in {jobs} threads");
            }
        }
    }
}

#[test]
fn more_is_run_than_may_be_kept_ahead() {
    let check = |strategy: &str, program: fn(), count| {
        let report = explored(program, strategy, 0, executions(count), 3);
        assert_eq!((&report.verdict, report.executions), (&Verdict::Passed, count), "{strategy}");
    };
    // More than the 65,536 that a thread may be ahead of the others.
    check("random", || drop(thread::spawn(|| ()).join()), 70_000);
}

#[test]
fn whoever_goes_on_after_failures_is_told_of_each_execution_once_and_in_order() {
    let told = |jobs| {
        let told = Counted::new(Plain::new(Vec::new()));
        let note = told.clone();
        let exploration = Exploration::new("jobs", "random").jobs(jobs).budget(executions(700));
        let report = exploration
            .explore(&Program::new(soon), move |failure| {
                note.lock().unwrap().push(failure.map(bohrbug::Failure::fingerprint));
                ControlFlow::Continue(())
            })
            .unwrap();
        let told = told.lock().unwrap().clone();
        assert_eq!(told.len(), 700);
        assert!(told.iter().any(Option::is_some) && told.iter().any(Option::is_none));
        (told, said(&report))
    };
    let alone = told(1);
    JOBS.into_iter().for_each(|jobs| assert_eq!(told(jobs), alone, "{jobs}"));
}

/// Each thread waits in its first execution for the others: this test would never end if one of them ran none.
#[test]
fn several_threads_run_executions() {
    const THREADS: usize = 3;
    std::thread_local! {
        static IS_NEW: Cell<bool> = const { Cell::new(true) };
    }
    let (threads, all) = (Counted::new(AtomicUsize::new(0)), Barrier::new(THREADS));
    let count = threads.clone();
    let program = Program::new(move || {
        if IS_NEW.replace(false) {
            count.fetch_add(1, SeqCst);
            all.wait();
        }
    });
    let off = vec!["nondeterminism".to_owned()];
    let exploration = Exploration::new("jobs", "random").off(off).jobs(THREADS).budget(executions(5_000));
    exploration.run(&program, |_| ()).unwrap();
    assert_eq!(threads.load(SeqCst), THREADS);
}

#[test]
fn statics_bring_an_exploration_back_to_one_thread() {
    static LAZY: LazyLock<Mutex<u32>> = LazyLock::new(Mutex::default);
    static PLAIN: Mutex<u32> = Mutex::new(0);
    fn lazy() {
        let other = thread::spawn(|| *LAZY.lock().unwrap() += 1);
        *LAZY.lock().unwrap() += 1;
        other.join().unwrap();
        assert_eq!(*LAZY.lock().unwrap(), 2);
    }
    /// Its static is used in one execution of a hundred, so that the check at the beginning does not see it.
    fn now_and_then() {
        let other = thread::spawn(|| choose(10));
        if (choose(10), other.join().unwrap()) == (3, 4) {
            *PLAIN.lock().unwrap() = 0;
            let other = thread::spawn(|| *PLAIN.lock().unwrap() += 1);
            *PLAIN.lock().unwrap() += 1;
            other.join().unwrap();
            assert_eq!(*PLAIN.lock().unwrap(), 2);
        }
    }
    for program in [lazy, now_and_then] {
        for jobs in [1, 2, 4] {
            let report = explored(program, "random", 0, executions(2_000), jobs);
            assert_eq!((&report.verdict, report.executions), (&Verdict::Passed, 2_000), "{:?}", report.failure());
        }
    }
}

#[test]
fn a_failure_that_is_there_only_since_threads_share_something_is_none() {
    // Nobody sees such a static; with one thread the program is right.
    static TURNS: AtomicU32 = AtomicU32::new(0);
    fn program() {
        TURNS.store(0, SeqCst);
        let other = thread::spawn(|| TURNS.fetch_add(1, SeqCst));
        (0..20).for_each(|_| _ = TURNS.fetch_add(1, SeqCst));
        other.join().unwrap();
        assert_eq!(TURNS.load(SeqCst), 21);
    }
    let report = explored(program, "random", 0, executions(3_000), 2);
    assert_eq!((&report.verdict, report.executions), (&Verdict::Passed, 3_000), "{:?}", report.failure());
}

#[test]
fn a_check_takes_a_number_of_threads() {
    let report = Check::named("in_two_threads").jobs(2).executions(300).strategy("pct").run(never);
    assert_eq!((&report.verdict, report.executions), (&Verdict::Passed, 300));
    let none = Check::named("in_none").jobs(0).executions(3).strategy("pct").run(never);
    assert_eq!(none.executions, 3);
}
