//! Data races: found whatever the schedule came to, on every runtime, and not where something orders.

mod accesses;
mod atomics;
mod channels;
mod locks;
mod threads;

use bohrbug::{Exploration, Program, Verdict};
use bohrbug_sync::{Arc, Mutex, Shared, thread};

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

const CASES: [&[Case]; 5] = [accesses::CASES, atomics::CASES, channels::CASES, locks::CASES, threads::CASES];

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

/// Runs a child beside main over the same data, each with its end of something; main's is there until the child has ended.
fn beside<C: Send + 'static, M>((its, own): (C, M), child: fn(&Data, C), main: fn(&Data, &M)) {
    let data = Arc::new(Data::default());
    let thread = thread::spawn({
        let data = data.clone();
        move || child(&data, its)
    });
    main(&data, &own);
    thread.join().unwrap();
}

/// Something of which both have the same.
fn shared<T>(value: T) -> (Arc<T>, Arc<T>) {
    let value = Arc::new(value);
    (value.clone(), value)
}

fn check(strategy: &str) {
    let mut wrong = Vec::new();
    for case in CASES.into_iter().flatten() {
        let report = explore(strategy, case.program);
        let kind = kind_of(&report);
        let right = if case.races { kind == "data-race" } else { matches!(kind, "verified" | "exhausted" | "passed") };
        if !right {
            wrong.push(format!("{}: {kind} {:?}", case.name, report.failure()));
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
    let failure = report.failure().cloned().unwrap();
    insta::assert_snapshot!(failure.message);
}

#[test]
fn a_race_is_the_same_one_whichever_access_comes_first() {
    let fingerprint = |read_first: bool| {
        let report = explore("dfs", if read_first { read_then_write } else { write_then_read });
        report.failure().cloned().unwrap().fingerprint()
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
fn a_race_replays_and_a_disabled_monitor_finds_none() {
    let program = Program::new(read_then_write);
    let report = Exploration::new("race", "dfs").run(&program, |_| ()).unwrap();
    let trace = report.trace().cloned().unwrap();
    for on in [bohrbug::Runtime::Native, bohrbug::Runtime::Shuttle] {
        let replay = bohrbug::replay(&trace, &program, on).unwrap();
        assert_eq!(replay.verdict, bohrbug::ReplayVerdict::Reproduced, "on {}", on.name());
    }
    let off = Exploration::new("race", "dfs").off(["data-race"]);
    assert_eq!(off.run(&program, |_| ()).unwrap().verdict, Verdict::Verified);
}
