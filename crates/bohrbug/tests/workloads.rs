//! Checks with an input: what fails is shrunk, deterministically, and replays with its input.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use bohrbug::minimize::{Effort, Smaller, minimize};
use bohrbug::trace::{Fewest, Preemptions, Trace};
use bohrbug::{Check, Program, Verdict};
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, thread};
use proptest::collection::vec;
use proptest::strategy::Strategy;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    Add(u32),
    /// The bug: it reads and writes in two steps.
    Double,
    Look,
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = proptest::prop_oneof![
        (0..100_u32).prop_map(Step::Add),
        proptest::strategy::Just(Step::Double),
        proptest::strategy::Just(Step::Look)
    ];
    vec(vec(step, 0..4), 0..4)
}

/// Runs each list of steps in a thread of its own, without any and with doubling one after the other: what is added must
/// be there.
fn run(tasks: Vec<Vec<Step>>) {
    let total = Arc::new(AtomicU32::new(1));
    let least: u32 = tasks.iter().flatten().map(|step| if let Step::Add(number) = step { *number } else { 0 }).sum();
    let threads: Vec<_> = tasks
        .into_iter()
        .map(|steps| {
            let total = total.clone();
            thread::spawn(move || {
                for step in steps {
                    match step {
                        Step::Add(number) => _ = total.fetch_add(number, SeqCst),
                        Step::Double => total.store(total.load(SeqCst) * 2, SeqCst),
                        Step::Look => _ = total.load(SeqCst),
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(total.load(SeqCst) > least, "an addition was lost");
}

/// Has failures saved although CI may be what runs this.
fn save_traces() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    // SAFETY: every test of this process comes here before it reads the environment, and waits until this is done.
    ONCE.call_once(|| unsafe { std::env::remove_var("CI") });
}

fn fails(directory: &Path) -> String {
    save_traces();
    let check = || Check::named("lost_addition").strategy("random").executions(6_400).traces(directory);
    let payload = catch_unwind(AssertUnwindSafe(|| check().run_with(steps(), run))).expect_err("it fails");
    payload.downcast_ref::<String>().expect("a report").clone()
}

fn saved(directory: &Path) -> Trace {
    let path = std::fs::read_dir(directory).unwrap().next().unwrap().unwrap().path();
    Trace::read(path).unwrap()
}

#[test]
fn an_input_that_fails_is_shrunk_and_comes_out_the_same_each_time() {
    let [first, second] = [(); 2].map(|()| {
        let directory = tempfile::tempdir().unwrap();
        fails(directory.path());
        saved(directory.path())
    });
    assert_eq!(first, second);
    let input: Vec<Vec<Step>> = serde_json::from_value(first.header.workload.unwrap()).unwrap();
    let busy: Vec<Vec<Step>> = input.into_iter().filter(|steps| !steps.is_empty()).collect();
    // One that doubles and one that adds: nothing else is needed. What is added matters little.
    assert_eq!(busy.len(), 2, "{busy:?}");
    assert!(busy.iter().all(|steps| steps.len() == 1), "{busy:?}");
    assert!(busy.contains(&vec![Step::Double]), "{busy:?}");
}

/// Every input that is smaller by one step, by one task, or by half of what is added.
fn one_smaller(input: &[Vec<Step>]) -> Vec<Vec<Vec<Step>>> {
    let mut all: Vec<Vec<Vec<Step>>> = Vec::new();
    for task in 0..input.len() {
        let mut fewer_tasks = input.to_vec();
        fewer_tasks.remove(task);
        all.push(fewer_tasks);
        for place in 0..input[task].len() {
            let mut fewer_steps = input.to_vec();
            match fewer_steps[task].remove(place) {
                Step::Add(number) if number > 1 => fewer_steps[task].insert(place, Step::Add(number / 2)),
                _ => {}
            }
            all.push(fewer_steps);
        }
    }
    all
}

#[test]
fn what_is_saved_is_the_smallest_schedule_of_the_smallest_input() {
    let directory = tempfile::tempdir().unwrap();
    fails(directory.path());
    let trace = saved(directory.path());
    assert_eq!(trace.header.preemptions, Some(Preemptions { count: 1, fewest: Fewest::Proved }));
    let input: Vec<Vec<Step>> = serde_json::from_value(trace.header.workload.clone().unwrap()).unwrap();
    let with = |input: Vec<Vec<Step>>| Program::new(move || run(input.clone()));
    let smaller: Vec<Smaller> = one_smaller(&input)
        .into_iter()
        .map(|input| Smaller { workload: serde_json::to_value(&input).ok(), program: with(input) })
        .collect();
    assert!(smaller.len() > 2, "{input:?}");
    let again = minimize(&trace, &with(input), &smaller, Effort::default(), |_| ()).unwrap();
    let size = |trace: &Trace| (trace.header.workload.clone(), trace.header.preemptions, trace.events.len());
    assert_eq!(size(&again.trace), size(&trace));
}

#[test]
fn a_saved_input_is_replayed_before_any_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let first = fails(directory.path());
    assert!(first.contains("with the input [["), "{first}");
    let second = fails(directory.path());
    assert!(second.contains("fails as recorded in"), "{second}");
    let nothing_fails =
        || Check::named("lost_addition").inputs(2).executions(10).traces(directory.path()).run_with(steps(), |_| ());
    assert_eq!(nothing_fails().verdict, Verdict::Passed);
}

#[test]
fn a_saved_input_of_another_kind_is_an_error_with_words() {
    let directory = tempfile::tempdir().unwrap();
    fails(directory.path());
    let other = || Check::named("lost_addition").traces(directory.path()).run_with(0..10_u32, |_| ());
    let payload = catch_unwind(AssertUnwindSafe(other)).expect_err("the input is no number");
    let message = payload.downcast_ref::<String>().expect("words");
    assert!(message.contains("the workload in a trace of lost_addition is not an input of this check"), "{message}");
}
