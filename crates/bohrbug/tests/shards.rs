//! Shards come to what one process comes to, in whatever order and how often they are merged.

use bohrbug::shard::{Part, Shard, ShardError};
use bohrbug::{Budget, Config, Exploration, Program, Report, Verdict};
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::choose;
use bohrbug_sync::{Arc, LazyLock, Mutex, RwLock, thread};

/// Two threads add to a number, each three times, and forget that the other does.
fn adders() {
    let number = Arc::new(AtomicU32::new(0));
    let add = || {
        let number = number.clone();
        thread::spawn(move || (0..3).for_each(|_| number.store(number.load(SeqCst) + 1, SeqCst)))
    };
    [(); 2].map(|()| add()).into_iter().for_each(|adder| adder.join().unwrap());
    assert!(number.load(SeqCst) > 2, "nearly everything was lost");
}

/// Fails in one of two hundred, and a thread's first step has choices before it does anything else.
fn by_choice() {
    let cell = Arc::new(Mutex::new(0));
    let chooser = thread::spawn({
        let cell = cell.clone();
        move || {
            let number = choose(10) * 10 + choose(10);
            if number % 7 == 3 {
                *cell.lock().unwrap() += number;
            }
            number
        }
    });
    let mine = choose(2);
    *cell.lock().unwrap() += 1;
    assert_ne!((mine, chooser.join().unwrap()), (1, 87), "unlucky");
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

/// Few behaviours; a thread waits for good when main has ended.
fn small() {
    let number = Arc::new(Mutex::new(0));
    let adder = thread::spawn({
        let number = number.clone();
        move || *number.lock().unwrap() += 1
    });
    *number.lock().unwrap() += 1;
    thread::spawn(thread::park);
    adder.join().unwrap();
}

/// Spins where the other thread is late, and is cut off.
fn spins() {
    let flag = Arc::new(AtomicU32::new(0));
    let setter = thread::spawn({
        let flag = flag.clone();
        move || flag.store(1, SeqCst)
    });
    for _ in 0..choose(3) {
        let _ = flag.load(SeqCst);
    }
    setter.join().unwrap();
}

const PROGRAMS: [(&str, fn()); 6] = [
    ("adders", adders),
    ("by-choice", by_choice),
    ("never", never),
    ("suspicious", suspicious),
    ("small", small),
    ("spins", spins),
];

const STRATEGIES: [&str; 5] = ["random", "pct:2", "pos", "surw", "dfs"];

fn exploration(name: &str, strategy: &str, executions: u64) -> Exploration {
    let exploration = Exploration::new(name, strategy).seed(3).budget(Budget::default().executions(executions));
    // What is too long is cut off, but for strategies that are fair.
    if name == "spins" { exploration.config(Config { step_bound: 10, ..Config::default() }) } else { exploration }
}

/// Everything of a report but the time, and what only one process estimates.
fn facts(report: &Report) -> String {
    let Report { verdict, executions, cut, cut_off, behaviours, unseen, guarantee, .. } = report;
    let Report { excepted, doubts, left_waiting, is_complete, strategy, .. } = report;
    format!(
        "{verdict:#?} {strategy} {executions} {cut} {cut_off} {behaviours:?} {unseen:?} {guarantee:?} {excepted:?} {doubts:?} \
         {left_waiting:?} {is_complete}"
    )
}

/// What a shard comes to, as it is read again.
fn part(exploration: &Exploration, program: &Program, number: u64, of: u64) -> Part {
    let part = exploration.run_shard(program, Shard::new(number, of).unwrap(), |_| ()).unwrap();
    let read: Part = serde_json::from_str(&serde_json::to_string(&part).unwrap()).unwrap();
    assert_eq!((&read, read.check()), (&part, Ok(())));
    read
}

/// Shards in another order than theirs, one of them twice.
fn parts(exploration: &Exploration, program: &Program, of: u64) -> Vec<Part> {
    let order = (1..=of).rev().chain([1 + of / 2]);
    order.map(|number| part(exploration, program, number, of)).collect()
}

fn check(name: &str, run: fn(), strategy: &str, executions: u64, of: u64) -> Report {
    let (exploration, program) = (exploration(name, strategy, executions), Program::new(run));
    let whole = exploration.run(&program, |_| ()).unwrap();
    let merged = exploration.merge(&parts(&exploration, &program, of)).unwrap();
    assert_eq!(facts(&merged), facts(&whole), "{name} under {strategy} in {of}");
    whole
}

#[test]
fn shards_come_to_what_one_process_comes_to() {
    let mut seen = Vec::new();
    for (name, run) in PROGRAMS {
        for strategy in STRATEGIES {
            for (executions, of) in [(1, 2), (40, 7), (250, 3)] {
                seen.push(check(name, run, strategy, executions, of));
            }
        }
    }
    // It would be no test if they all came to one thing.
    let count = |what: fn(&Report) -> bool| seen.iter().filter(|report| what(report)).count();
    assert!(count(|report| report.verdict.is_failed()) > 10);
    assert!(count(|report| report.verdict == Verdict::Verified) > 1);
    assert!(count(|report| report.verdict == Verdict::Passed) > 20);
    assert!(count(|report| report.cut > 0) > 2);
    assert!(count(|report| report.failure().is_some_and(bohrbug::Failure::is_suspected)) > 0);
    assert!(count(|report| report.guarantee.is_some()) > 5);
    assert!(count(|report| report.left_waiting.is_some()) > 4);
}

#[test]
fn a_proof_in_shards_is_the_proof_of_one() {
    for (name, run) in [("by-choice", by_choice as fn()), ("small", small), ("adders", adders), ("spins", spins)] {
        for of in [1, 2, 16] {
            let whole = check(name, run, "dfs", 30_000, of);
            let expected = match name {
                "small" => "verified",
                // Some executions are cut off.
                "spins" => "passed",
                _ => "failed",
            };
            assert_eq!((whole.verdict.name(), whole.is_complete), (expected, expected != "failed"), "{name}");
            assert!(whole.executions > 5, "{name}: {}", whole.executions);
        }
    }
}

#[test]
fn what_is_missing_is_not_verified_and_not_invented() {
    let (exploration, program) = (exploration("small", "dfs", 30_000), Program::new(small));
    let all = parts(&exploration, &program, 5);
    let verdict = |parts: &[Part]| exploration.merge(parts).unwrap().verdict;
    assert_eq!(verdict(&all), Verdict::Verified);
    for missing in 1..=5 {
        let rest: Vec<Part> = all.iter().filter(|part| part.shard().number() != missing).cloned().collect();
        assert_eq!(verdict(&rest), Verdict::Passed, "without {missing}");
    }
    assert_eq!(verdict(&[]), Verdict::Passed);
    // The first failure of some shards is the least that they have.
    let (exploration, program) = (exploration_of_adders(), Program::new(adders));
    let all: Vec<Part> = (1..=5).map(|number| part(&exploration, &program, number, 5)).collect();
    let first = |parts: &[Part]| exploration.merge(parts).unwrap().trace().map(|trace| trace.header.execution);
    let least = first(&all).unwrap();
    for part in &all {
        assert!(first(std::slice::from_ref(part)).is_none_or(|number| number >= least));
    }
}

fn exploration_of_adders() -> Exploration {
    exploration("adders", "random", 2000)
}

#[test]
fn what_cannot_be_divided_is_refused_with_the_reason() {
    static SHARED: LazyLock<Mutex<u32>> = LazyLock::new(|| Mutex::new(0));
    let program = Program::new(|| drop(Mutex::new(0).lock()));
    let refused = |exploration: &Exploration, program: &Program| {
        exploration.run_shard(program, "2/3".parse().unwrap(), |_| ()).unwrap_err().to_string()
    };
    for (strategy, reason) in [
        ("portfolio", "one exhaustive search"),
        ("dpor", "has to be tried in others"),
        ("bounded", "goes on from what it has seen"),
        ("loom", "a foreign runtime"),
        ("shuttle-random", "a foreign runtime"),
        ("rondom", "did you mean random?"),
    ] {
        let said = refused(&exploration("x", strategy, 10), &program);
        assert!(said.contains(reason), "{strategy}: {said}");
    }
    for budget in [Budget::default(), Budget::default().executions(9).events(9)] {
        assert!(refused(&exploration("x", "random", 1).budget(budget), &program).contains("a budget of executions"));
    }
    let shares = Program::new(|| {
        let _ = SHARED.lock().map(|_| ());
    });
    for strategy in ["random", "dfs"] {
        assert!(refused(&exploration("x", strategy, 10), &shares).contains("executions of x share something"));
    }
}

#[test]
fn parts_of_different_explorations_are_refused() {
    let (exploration, program) = (exploration("small", "random", 30), Program::new(small));
    let other = exploration.clone().seed(9);
    let of = |exploration: &Exploration, number, of| part(exploration, &program, number, of);
    let larger = exploration.clone().budget(Budget::default().executions(31));
    let searched = Exploration::new("small", "dfs").seed(3).budget(exploration.budget);
    for (parts, said) in [
        ([of(&exploration, 1, 2), of(&exploration, 2, 3)], "two campaigns"),
        ([of(&exploration, 1, 2), of(&larger, 2, 2)], "two campaigns"),
        ([of(&exploration, 1, 2), of(&other, 1, 2)], "run twice"),
        ([of(&exploration, 1, 2), of(&searched, 2, 2)], "in the same way"),
    ] {
        let error = exploration.merge(&parts).unwrap_err();
        assert!(matches!(&error, ShardError::Disagree(text) if text.contains(said)), "{error}");
    }
}
