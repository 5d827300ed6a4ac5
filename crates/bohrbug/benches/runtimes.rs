//! How many executions a second each runtime runs, as ratios to raw shuttle, measured side by side in one run.
//!
//! Workloads are `n`x`k` locks: n threads that take one mutex k times each. On native every event is announced, reported
//! and recorded. raw shuttle looks for panics and deadlocks, and so do we here; a second pair of columns has all that an
//! exploration does by itself: the other monitors, the count of behaviours, and the first execution run again to see
//! whether the program is deterministic. The machine may be busy with other things, so what is measured is this thread's
//! time on a processor, the contestants take turns, and each ratio is the median over the rounds.
//!
//! What it costs that tasks are OS threads is measured by the clock, since the time goes into waking threads.

use bohrbug::{Budget, Carrier, Exploration, Program, Stopwatch, monitor};
use cpu_time::ThreadTime;

/// Rounds in which every contestant has a turn.
const ROUNDS: usize = 15;

/// A workload, and how many executions of it raw shuttle runs in a turn.
struct Workload {
    threads: usize,
    locks: usize,
    executions: usize,
}

const WORKLOADS: [Workload; 3] = [
    Workload { threads: 2, locks: 1, executions: 10_000 },
    Workload { threads: 3, locks: 10, executions: 2_000 },
    Workload { threads: 4, locks: 100, executions: 300 },
];

/// The program, over whatever `Arc`, `Mutex` and `thread` are in the module.
macro_rules! program {
    ($primitives:ident, $workload:expr) => {{
        let (threads, locks) = ($workload.threads, $workload.locks);
        move || {
            use $primitives::{Arc, Mutex, thread};
            let counter = Arc::new(Mutex::new(0_usize));
            let spawn = |_| {
                let counter = counter.clone();
                thread::spawn(move || (0..locks).for_each(|_| *counter.lock().unwrap() += 1))
            };
            let threads: Vec<_> = (0..threads).map(spawn).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
    }};
}

mod ours {
    pub(super) use bohrbug_sync::{Arc, Mutex, thread};
}

mod theirs {
    pub(super) use shuttle::sync::{Arc, Mutex};
    pub(super) use shuttle::thread;
}

fn main() {
    println!(
        "executions a second of processor time, as ratios to raw shuttle in the same run (median of {ROUNDS} rounds)\n"
    );
    println!("{:<10} {:>14}  {:^26}  {:^26}", "", "", "panics and deadlocks", "all monitors and figures");
    println!(
        "{:<10} {:>14}  {:>9} {:>16}  {:>9} {:>16}",
        "workload", "raw shuttle/s", "native", "wrapped shuttle", "native", "wrapped shuttle"
    );
    for workload in &WORKLOADS {
        let mut ratios: [Vec<f64>; 4] = Default::default();
        let mut raw_rates = Vec::new();
        for _ in 0..ROUNDS {
            let raw = raw_shuttle(workload);
            let contestants = [("random", 8), ("shuttle-random", 1)];
            let turns = [false, true].into_iter().flat_map(|all| contestants.map(|contestant| (contestant, all)));
            for (ratios, ((strategy, factor), all)) in ratios.iter_mut().zip(turns) {
                ratios.push(explored(strategy, workload, factor, all) / raw);
            }
            raw_rates.push(raw);
        }
        let [native, wrapped, native_all, wrapped_all] = ratios.map(median);
        println!(
            "{:<10} {:>14.0}  {native:>8.1}x {wrapped:>15.2}x  {native_all:>8.1}x {wrapped_all:>15.2}x",
            format!("{}x{}", workload.threads, workload.locks),
            median(raw_rates),
        );
    }
    println!("\nwrapped shuttle costs 1/ratio times raw shuttle");
    println!("\nexecutions a second by the clock, panics and deadlocks alone (median of {ROUNDS} rounds)\n");
    println!("{:<10} {:>12} {:>12} {:>8}", "workload", "coroutines", "OS threads", "ratio");
    WORKLOADS.iter().for_each(carriers);
}

/// The same on coroutines and on OS threads, in turns.
fn carriers(workload: &Workload) {
    let [mut coroutines, mut threads, mut ratios] = [(); 3].map(|()| Vec::new());
    for _ in 0..ROUNDS {
        let rates = [(Carrier::Coroutines, 1), (Carrier::Threads, 20)].map(|(carrier, part)| {
            let executions = (workload.executions / part) as u64;
            let exploration = exploration("random", executions, false).carrier(carrier);
            let program = Program::new(program!(ours, workload));
            let watch = Stopwatch::start();
            let report = exploration.run(&program, |_| ()).unwrap();
            assert!(report.failure().is_none(), "{:?}", report.failure());
            report.executions as f64 / watch.elapsed().as_secs_f64()
        });
        coroutines.push(rates[0]);
        threads.push(rates[1]);
        ratios.push(rates[0] / rates[1]);
    }
    println!(
        "{:<10} {:>12.0} {:>12.0} {:>7.0}x",
        format!("{}x{}", workload.threads, workload.locks),
        median(coroutines),
        median(threads),
        median(ratios)
    );
}

/// Executions a second of raw shuttle.
fn raw_shuttle(workload: &Workload) -> f64 {
    let mut config = shuttle::Config::new();
    config.failure_persistence = shuttle::FailurePersistence::None;
    let scheduler = shuttle::scheduler::PctScheduler::new_from_seed(1, 3, 1);
    // The first run of a process sets things up; it is not what is measured.
    shuttle::Runner::new(scheduler, config.clone()).run(|| ());
    let scheduler = shuttle::scheduler::RandomScheduler::new_from_seed(1, workload.executions);
    let program = program!(theirs, workload);
    let watch = ThreadTime::now();
    shuttle::Runner::new(scheduler, config).run(program);
    workload.executions as f64 / watch.elapsed().as_secs_f64()
}

/// What raw shuttle looks for, too, or cannot be disabled.
const SHARED: [&str; 4] = ["panic", "deadlock", "step-bound", "runtime"];

fn exploration(strategy: &str, executions: u64, all: bool) -> Exploration {
    // Nor does shuttle run the first execution again, to see whether the program is deterministic.
    let ours = monitor::ALL.iter().map(|entry| entry.name()).chain(["nondeterminism"]);
    let others = ours.filter(|name| !all && !SHARED.contains(name));
    let budget = Budget::default().executions(executions);
    Exploration::new("benchmark", strategy).budget(budget).seed(1).figures(all).off(others)
}

/// Executions a second of an exploration with that strategy, with `all` that it does by itself or with what shuttle does.
fn explored(strategy: &str, workload: &Workload, factor: usize, all: bool) -> f64 {
    let exploration = exploration(strategy, (workload.executions * factor) as u64, all);
    let program = Program::new(program!(ours, workload));
    let watch = ThreadTime::now();
    let report = exploration.run(&program, |_| ()).unwrap();
    let elapsed = watch.elapsed();
    assert!(report.failure().is_none(), "{:?}", report.failure());
    report.executions as f64 / elapsed.as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
