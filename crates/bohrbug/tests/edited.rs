//! Replaying after edits of the program itself: a small bank, in many versions of the same bug.

use bohrbug::trace::{Before, Operation, Trace, conflicting_pairs, keys};
use bohrbug::{Budget, Check, Exploration, Mode, Program, ReplayVerdict, Runtime, replay, replay_around};
use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::{Arc, Mutex, RwLock, choice, label, thread};

/// Two tellers read the balance in one section and write it in the next.
fn original() -> Program {
    Program::new(|| {
        let bank = Arc::new(Mutex::new(0));
        label(&*bank, "bank");
        let tellers = ["one", "two"].map(|name| named(name, pay_in(&bank)));
        tellers.into_iter().for_each(|teller| teller.join().unwrap());
        assert_eq!(*bank.lock().unwrap(), 2, "money was lost");
    })
}

fn pay_in(bank: &Arc<Mutex<u32>>) -> impl FnOnce() + Send + 'static + use<> {
    let bank = bank.clone();
    move || {
        let seen = *bank.lock().unwrap();
        *bank.lock().unwrap() = seen + 1;
    }
}

fn named(name: &str, f: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(f).unwrap()
}

/// Extracted into a function, with other names for everything.
fn renamed() -> Program {
    Program::new(vault)
}

fn vault() {
    fn change(vault: &Mutex<u32>, by: impl FnOnce(u32) -> u32) {
        let before = *vault.lock().unwrap();
        *vault.lock().unwrap() = by(before);
    }
    let vault = Arc::new(Mutex::new(0));
    label(&*vault, "vault");
    let clerks = ["Ada", "Bob"].map(|name| {
        let vault = vault.clone();
        named(name, move || change(&vault, |sum| sum + 1))
    });
    clerks.into_iter().for_each(|clerk| clerk.join().unwrap());
    assert_eq!(*vault.lock().unwrap(), 2, "money was lost");
}

/// A reader-writer lock, a log of its own lock in each section, and a counter.
fn extended() -> Program {
    Program::new(|| {
        let bank = Arc::new(RwLock::new(0));
        let log = Arc::new(Mutex::new(Vec::new()));
        let calls = Arc::new(AtomicU32::new(0));
        label(&*bank, "bank");
        label(&*log, "log");
        let tellers = ["one", "two"].map(|name| {
            let (bank, log, calls) = (bank.clone(), log.clone(), calls.clone());
            named(name, move || {
                calls.fetch_add(1, Ordering::Relaxed);
                let seen = *bank.write().unwrap();
                log.lock().unwrap().push(seen);
                thread::yield_now();
                *bank.write().unwrap() = seen + 1;
            })
        });
        tellers.into_iter().for_each(|teller| teller.join().unwrap());
        assert_eq!(*bank.read().unwrap(), 2, "money was lost");
    })
}

/// Scoped threads in the other order, and an inspector between them.
fn rearranged() -> Program {
    Program::new(|| {
        let bank = Arc::new(Mutex::new(0));
        label(&*bank, "bank");
        thread::scope(|scope| {
            let spawn = |name: &str, f| thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, f).unwrap();
            let inspect = || drop(bank.lock().unwrap());
            spawn("two", Box::new(pay_in(&bank)) as Box<dyn FnOnce() + Send>);
            spawn("inspector", Box::new(inspect));
            spawn("one", Box::new(pay_in(&bank)));
        });
        assert_eq!(*bank.lock().unwrap(), 2, "money was lost");
    })
}

/// One section, as it should have been.
fn fixed() -> Program {
    Program::new(|| {
        let bank = Arc::new(Mutex::new(0));
        label(&*bank, "bank");
        let tellers = ["one", "two"].map(|name| {
            let bank = bank.clone();
            named(name, move || *bank.lock().unwrap() += 1)
        });
        tellers.into_iter().for_each(|teller| teller.join().unwrap());
        assert_eq!(*bank.lock().unwrap(), 2, "money was lost");
    })
}

/// A trace of every failing schedule that random finds, each once.
fn failures(program: &Program) -> Vec<Trace> {
    let mut traces: Vec<Trace> = Vec::new();
    for seed in 0..30 {
        let budget = Budget::default().executions(200);
        let report = Exploration::new("bank", "random").seed(seed).budget(budget).run(program, |_| ()).unwrap();
        let trace = report.trace().cloned().expect("it fails soon");
        if traces.iter().all(|known| known.events != trace.events) {
            traces.push(trace);
        }
    }
    assert!(traces.len() > 5);
    traces
}

#[test]
fn every_failing_schedule_survives_each_edit() {
    for trace in failures(&original()) {
        for (name, program) in [("renamed", renamed()), ("extended", extended()), ("rearranged", rearranged())] {
            for on in [Runtime::Native, Runtime::Shuttle] {
                let replay = replay(&trace, &program, on).unwrap();
                let came = (&replay.verdict, replay.mode);
                assert_eq!(came, (&ReplayVerdict::Reproduced, Mode::Matched), "{name} on {}", on.name());
                assert!(!replay.identical);
            }
        }
    }
}

#[test]
fn what_was_fixed_diverges_at_the_step_that_is_gone_and_never_passes_for_more() {
    for trace in failures(&original()) {
        let replay = replay(&trace, &fixed(), Runtime::Native).unwrap();
        let ReplayVerdict::Diverged { at, failure: None } = &replay.verdict else { panic!("{}", replay.verdict) };
        // The second section of a teller is what is missing, or what could not come before the other's.
        let expected = at.expected.as_ref().unwrap();
        assert_eq!(expected.object.as_deref(), Some("bank"), "{at}");
        let around = replay_around(&trace, &fixed(), 20, 0).unwrap();
        assert_eq!((around.reproduced, around.failed_differently, around.schedules()), (0, 0, 20));
    }
}

#[test]
fn the_essence_alone_leads_back_to_the_failure() {
    for mut trace in failures(&original()).into_iter().take(3) {
        let names = keys(&trace.events);
        let order = |(first, then): (usize, usize)| Before { first: names[first].clone(), then: names[then].clone() };
        let of_the_bank = |&(_, then): &(usize, usize)| trace.events[then].object.as_deref() == Some("bank");
        let pairs: Vec<_> = conflicting_pairs(&trace.events).into_iter().filter(of_the_bank).collect();
        trace.header.essence = pairs.into_iter().map(order).collect();
        let around = replay_around(&trace, &original(), 50, 7).unwrap();
        assert_eq!((around.kept, around.reproduced), (Mode::Essence, 50));
        let around = replay_around(&trace, &renamed(), 50, 7).unwrap();
        assert_eq!((around.kept, around.reproduced), (Mode::Essence, 50));
        // What is no event of the trace keeps nothing.
        trace.header.essence[0].first.nth = 99;
        assert_eq!(replay_around(&trace, &original(), 5, 7).unwrap().kept, Mode::Matched);
    }
}

#[test]
fn where_the_recorded_order_does_not_lead_to_the_failure_the_essence_may() {
    let trace = &failures(&original())[0];
    let names = keys(&trace.events);
    let order = |(first, then): (usize, usize)| Before { first: names[first].clone(), then: names[then].clone() };
    let mut without = trace.clone();
    without.header.essence = conflicting_pairs(&trace.events).into_iter().map(order).collect();
    // The events of a schedule that holds: one teller after the other.
    let (main, mut others): (Vec<_>, Vec<_>) = trace.events.iter().cloned().partition(|event| event.task == "main");
    others.sort_by(|one, other| one.task.cmp(&other.task));
    let spawned = main.iter().position(|event| event.operation == Operation::Join).unwrap();
    without.events = [&main[..spawned], &others, &main[spawned..]].concat();
    let came = |trace: &Trace| {
        let replay = replay(trace, &renamed(), Runtime::Native).unwrap();
        (replay.verdict, replay.mode)
    };
    assert_eq!(came(&without), (ReplayVerdict::Reproduced, Mode::Essence));
    without.header.essence.clear();
    assert_eq!(came(&without), (ReplayVerdict::DidNotFail, Mode::Matched));
}

#[test]
fn a_check_replays_what_was_saved_before_the_edit() {
    let directory = tempfile::tempdir().unwrap();
    failures(&original())[0].save_into(directory.path()).unwrap();
    let check = || Check::named("bank").executions(1).strategy("dfs").traces(directory.path());
    let panic = std::panic::catch_unwind(|| check().run(vault)).unwrap_err();
    let report = panic.downcast_ref::<String>().unwrap();
    assert!(report.starts_with("`bank` still fails as recorded in "), "{report}");
    assert!(report.contains(", after an edit (matched)\n"), "{report}");
    assert!(report.contains("main/Ada"), "{report}");
}

#[test]
fn choices_are_found_again_by_what_they_are_about() {
    let shop = |checks_first: bool| {
        Program::new(move || {
            if checks_first {
                assert!(!choice::fault("log") || !choice::fault("log"));
            }
            let stock = Arc::new(Mutex::new(3));
            let seller = thread::spawn({
                let stock = stock.clone();
                move || *stock.lock().unwrap() -= choice::choose(3)
            });
            let broken = choice::fault("disk");
            seller.join().unwrap();
            assert!(!broken || *stock.lock().unwrap() != 1, "sold two and wrote nothing down");
        })
    };
    for trace in (0..20).map(|seed| {
        let report = Exploration::new("shop", "random").seed(seed).run(&shop(false), |_| ()).unwrap();
        report.trace().cloned().expect("one in six fails")
    }) {
        let replay = replay(&trace, &shop(true), Runtime::Native).unwrap();
        assert_eq!((&replay.verdict, replay.mode), (&ReplayVerdict::Reproduced, Mode::Matched));
    }
}

#[test]
fn a_trace_of_another_program_neither_reproduces_nor_passes() {
    let (dinner, banks) = (dinner(), [original(), renamed(), extended(), rearranged(), fixed()]);
    let of_dinner =
        failures(&dinner).into_iter().take(5).flat_map(|trace| banks.each_ref().map(|bank| (trace.clone(), bank)));
    let of_banks = failures(&original()).into_iter().take(5).map(|trace| (trace, &dinner));
    for (trace, program) in of_dinner.chain(of_banks) {
        let verdict = replay(&trace, program, Runtime::Native).unwrap().verdict;
        // A bug of its own may well come up.
        let fails = verdict.other_failure().is_some();
        assert!(fails || matches!(verdict, ReplayVerdict::Diverged { .. }), "{verdict}");
    }
}

/// A deadlock with some more steps before it.
fn dinner() -> Program {
    Program::new(|| {
        let forks = Arc::new([Mutex::new(0), Mutex::new(0)]);
        let eat = |first: usize| {
            let forks = forks.clone();
            thread::spawn(move || {
                thread::yield_now();
                let mut left = forks[first].lock().unwrap();
                *left += 1;
                *forks[1 - first].lock().unwrap() += 1;
            })
        };
        for guest in [eat(0), eat(1)] {
            guest.join().unwrap();
        }
    })
}
