//! What a load reads is a choice like any other: recorded, replayed, minimised, explained, and refused where it cannot be.

use bohrbug::trace::{Explanation, Operation, Outcome, Sources, Trace};
use bohrbug::{
    Check, Exploration, MemoryModel, Program, ReplayError, ReplayVerdict, Runtime, UnknownName, Verdict, diagnose,
    minimize, replay, replay_exactly,
};
use bohrbug_sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use bohrbug_sync::atomic::{AtomicBool, AtomicU32};
use bohrbug_sync::{Arc, label, thread};

use super::panics_with::panics_with;

/// A message whose flag orders nothing.
fn message() -> Program {
    Program::new(|| {
        let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        label(&shared.0, "data");
        label(&shared.1, "flag");
        let sender = {
            let shared = shared.clone();
            thread::Builder::new()
                .name("sender".into())
                .spawn(move || {
                    shared.0.store(1, Relaxed);
                    shared.1.store(1, Relaxed);
                })
                .unwrap()
        };
        if shared.1.load(Acquire) == 1 {
            assert_eq!(shared.0.load(Relaxed), 1, "the message is not there");
        }
        sender.join().unwrap();
    })
}

fn exploration(strategy: &str) -> Exploration {
    let mut exploration = Exploration::new("message", strategy);
    exploration.config.memory = MemoryModel::Rc11;
    exploration.budget.executions = Some(10_000);
    exploration
}

fn failing(strategy: &str, program: &Program) -> Trace {
    let report = exploration(strategy).run(program, |_| ()).unwrap();
    assert!(report.verdict.is_failed(), "{strategy}");
    report.trace().cloned().unwrap()
}

#[test]
fn a_stale_read_is_recorded_and_happens_again_after_the_file_was_read() {
    for strategy in ["random", "pct", "pos", "surw", "dfs", "portfolio", "bounded"] {
        let trace = failing(strategy, &message());
        assert_eq!(trace.header.choices.memory, MemoryModel::Rc11);
        let stale = trace.events.iter().find(|event| event.outcome == Outcome::Stale).unwrap();
        assert_eq!((stale.operation, stale.value, stale.older), (Operation::Load, Some(0), 1));
        assert!(!trace.needs_weak_memory() && trace.has_stale_reads());
        let read = Trace::parse("a trace", trace.render().as_bytes()).unwrap();
        assert_eq!(read, trace);
        let replayed = replay(&read, &message(), Runtime::Native).unwrap();
        assert_eq!((replayed.verdict, replayed.identical), (ReplayVerdict::Reproduced, true), "{strategy}");
        assert_eq!(
            replay_exactly(&read, &message(), Runtime::Shuttle).unwrap_err(),
            ReplayError::NeedsOwnMemory {
                step: trace.events.iter().position(|event| event == stale).unwrap(),
                memory: "rc11"
            }
        );
    }
}

#[test]
fn a_stale_read_is_a_choice_that_stays_and_is_explained() {
    let program = message();
    let trace = diagnose(failing("random", &program), &program, &[], minimize::Effort::default());
    // One stale read is all it takes, once the sender had its turn.
    assert_eq!(trace.events.iter().filter(|event| event.older > 0).count(), 1, "{}", trace.render());
    assert_eq!(trace.header.preemptions.map(|preemptions| preemptions.count), Some(1));
    let stored = trace.events.iter().position(|event| event.operation == Operation::Store).unwrap();
    let reason = Explanation::new(trace, Sources::default()).reason();
    let expected = format!("reads the 0 although 1 was stored at step {stored}: nothing orders that store before it");
    assert!(reason.contains(&expected), "{reason}");
}

#[test]
fn a_choice_that_nothing_needs_is_given_up() {
    let program = Program::new(|| {
        let flags = Arc::new([const { AtomicBool::new(false) }; 3]);
        let other = {
            let flags = flags.clone();
            thread::spawn(move || flags.iter().for_each(|flag| flag.store(true, Relaxed)))
        };
        let seen = [2, 1, 0].map(|flag| flags[flag].load(Relaxed));
        other.join().unwrap();
        assert!(!seen[0] || seen[2], "the last is seen and the first is not");
    });
    let mut most = 0;
    for seed in 0..20 {
        let mut exploration = exploration("random");
        exploration.seed = seed;
        let trace = exploration.run(&program, |_| ()).unwrap().trace().cloned().unwrap();
        most = most.max(trace.events.iter().filter(|event| event.older > 0).count());
        let small = diagnose(trace, &program, &[], minimize::Effort::default());
        assert_eq!(small.events.iter().filter(|event| event.older > 0).count(), 1, "{}", small.render());
    }
    assert!(most > 1, "no execution had a choice too many");
}

#[test]
fn the_same_program_holds_under_sc_and_its_repair_under_both() {
    let mut under_sc = exploration("dfs");
    under_sc.config.memory = MemoryModel::Sc;
    assert_eq!(under_sc.run(&message(), |_| ()).unwrap().verdict, Verdict::Verified);
}

#[test]
fn a_store_that_goes_behind_another_is_a_choice_too() {
    // Both stores of each location in both orders: four ends, of which one needs a store that goes behind.
    let program = Program::new(|| {
        let both = Arc::new([const { AtomicU32::new(0) }; 2]);
        let other = {
            let both = both.clone();
            thread::spawn(move || {
                both[1].store(1, Release);
                both[0].store(2, Release);
            })
        };
        both[0].store(1, Release);
        both[1].store(2, Release);
        other.join().unwrap();
        let end = [0, 1].map(|place| both[place].load(Relaxed));
        assert_ne!(end, [1, 1], "each first store came last");
    });
    let trace = failing("random", &program);
    let behind: Vec<_> =
        trace.events.iter().filter(|event| event.operation == Operation::Store && event.older > 0).collect();
    assert!(behind.iter().all(|event| event.outcome == Outcome::Stale) && !behind.is_empty());
    assert_eq!(replay(&trace, &program, Runtime::Native).unwrap().verdict, ReplayVerdict::Reproduced);
}

#[test]
fn an_exchange_has_two_choices_and_keeps_both() {
    let program = Program::new(|| {
        let word = Arc::new(AtomicU32::new(0));
        let other = {
            let word = word.clone();
            thread::spawn(move || word.store(1, Relaxed))
        };
        while word.load(Relaxed) == 0 {
            thread::yield_now();
        }
        other.join().unwrap();
        let second = {
            let word = word.clone();
            thread::spawn(move || word.store(2, Relaxed))
        };
        // The first value can be read and be exchanged as long as that comes between the two stores.
        let failed = word.compare_exchange_weak(1, 3, AcqRel, Acquire);
        second.join().unwrap();
        assert!(failed != Err(1), "it failed for no reason");
    });
    let mut exploration = exploration("random");
    exploration.config.weak_failures = 1;
    let mut older = 0;
    for seed in 0..60 {
        exploration.seed = seed;
        let trace = exploration.run(&program, |_| ()).unwrap().trace().cloned().unwrap();
        let exchange = trace.events.iter().find(|event| event.outcome == Outcome::WeakFailure).unwrap();
        older += exchange.older;
        let replayed = replay(&trace, &program, Runtime::Native).unwrap();
        assert_eq!((replayed.verdict, replayed.identical), (ReplayVerdict::Reproduced, true), "{seed}");
    }
    assert!(older > 0, "none of the exchanges failed on an older store");
}

#[test]
fn what_cannot_explore_under_rc11_says_so() {
    let refused = |strategy: &str| match exploration(strategy).run(&message(), |_| ()) {
        Err(UnknownName::NotUnderMemory(error)) => error.to_string(),
        other => panic!("{strategy}: {other:?}"),
    };
    assert!(refused("loom").ends_with("only native has our memory models; loom has its own, and shuttle has none"));
    assert_eq!(
        refused("shuttle-pct").split(':').next(),
        Some("`shuttle-pct` cannot explore under the memory model rc11")
    );
    let said = panics_with(Check::named("a check").memory("rc12"), || ());
    assert_eq!(said, "no memory model is called `rc12`; did you mean rc11?");
}

#[test]
fn several_threads_explore_alike() {
    let one = exploration("random").run(&message(), |_| ()).unwrap();
    let two = exploration("random").jobs(2).run(&message(), |_| ()).unwrap();
    assert_eq!((one.executions, one.trace()), (two.executions, two.trace()));
}

#[test]
fn a_loop_that_waits_for_a_store_comes_to_its_end() {
    for strategy in ["random", "pct", "pctwm", "pos", "surw"] {
        let program = Program::new(|| {
            let flag = Arc::new(AtomicBool::new(false));
            let other = {
                let flag = flag.clone();
                thread::spawn(move || flag.store(true, Release))
            };
            while !flag.load(Acquire) {
                thread::yield_now();
            }
            other.join().unwrap();
        });
        let mut exploration = exploration(strategy);
        exploration.config.step_bound = 1_000;
        let report = exploration.run(&program, |_| ()).unwrap();
        // Priorities may starve the other task; under `random` only old values could keep the loop going, and they do not.
        let starves = strategy == "random" && report.cut > report.executions / 1_000;
        assert_eq!((report.verdict, starves), (Verdict::Passed, false), "{strategy}");
    }
}

#[test]
fn an_atomic_that_is_written_past_us_begins_anew() {
    let program = Program::new(|| {
        let mut word = AtomicU32::new(0);
        word.store(1, Relaxed);
        *word.get_mut() = 5;
        let word = Arc::new(word);
        let other = {
            let word = word.clone();
            thread::spawn(move || word.load(Relaxed))
        };
        assert_eq!(other.join().unwrap(), 5);
    });
    assert_eq!(exploration("dfs").run(&program, |_| ()).unwrap().verdict, Verdict::Verified);
}
