//! What the monitors cost, as a ratio to executions without them, measured side by side in one run.
//!
//! The machine may be busy with other things, so what is measured is this thread's time on a processor, the contestants
//! take turns, and each ratio is the median over the rounds. Without monitors means with every one disabled.

use bohrbug::{Budget, Exploration, Program, monitor};
use bohrbug_sync::atomic::{AtomicU32, Ordering};
use bohrbug_sync::{Arc, Mutex, Shared, thread};
use cpu_time::ThreadTime;

/// Rounds in which every contestant has a turn.
const ROUNDS: usize = 15;

/// A workload, and how many executions of it are a turn.
struct Workload {
    name: &'static str,
    executions: u64,
    program: fn(),
}

const WORKLOADS: [Workload; 5] = [
    Workload { name: "2 threads, 1 lock each", executions: 40_000, program: || locks(2, 1) },
    Workload { name: "3 threads, 10 locks each", executions: 10_000, program: || locks(3, 10) },
    Workload { name: "3 threads, 10 locks in locks", executions: 6_000, program: || nested(3, 10) },
    Workload { name: "3 threads, 10 atomics each", executions: 10_000, program: || atomics(3, 10) },
    Workload { name: "3 threads, 10 cells in locks", executions: 6_000, program: || cells(3, 10) },
];

fn beside(threads: usize, body: impl Fn() + Clone + Send + 'static) {
    let threads: Vec<_> = (0..threads).map(|_| thread::spawn(body.clone())).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn locks(threads: usize, times: usize) {
    let counter = Arc::new(Mutex::new(0_usize));
    beside(threads, move || (0..times).for_each(|_| *counter.lock().unwrap() += 1));
}

fn nested(threads: usize, times: usize) {
    let counters = Arc::new((Mutex::new(0_usize), Mutex::new(0_usize)));
    beside(threads, move || {
        for _ in 0..times {
            let mut first = counters.0.lock().unwrap();
            *counters.1.lock().unwrap() += 1;
            *first += 1;
        }
    });
}

fn atomics(threads: usize, times: usize) {
    let counter = Arc::new(AtomicU32::new(0));
    beside(threads, move || (0..times).for_each(|_| _ = counter.fetch_add(1, Ordering::AcqRel)));
}

fn cells(threads: usize, times: usize) {
    let counter = Arc::new(Mutex::new(Shared::new(0_usize)));
    beside(threads, move || (0..times).for_each(|_| counter.lock().unwrap().write(|count| *count += 1)));
}

fn main() {
    println!("the time of executions with a monitor, as a ratio to that without any (median of {ROUNDS} rounds)\n");
    let names: Vec<&str> = ["all"].into_iter().chain(watchful()).collect();
    print!("{:<30}", "workload");
    names.iter().for_each(|name| print!(" {name:>14}"));
    println!();
    for workload in &WORKLOADS {
        print!("{:<30}", workload.name);
        for name in &names {
            let ratios = (0..ROUNDS).map(|_| explored(workload, Some(name)) / explored(workload, None)).collect();
            print!(" {:>13.2}x", median(ratios));
        }
        println!();
    }
}

/// The monitors that look at executions in which nothing happens; the others cost nothing there.
fn watchful() -> impl Iterator<Item = &'static str> {
    monitor::ALL.iter().filter(|entry| entry.kind.predicts() && entry.usual).map(|entry| entry.name())
}

/// Seconds for a turn with `all` monitors, with one alone, or with none.
fn explored(workload: &Workload, with: Option<&str>) -> f64 {
    let is_off = |name: &&str| with != Some("all") && with != Some(*name);
    let exploration = Exploration::new("benchmark", "random")
        .budget(Budget::default().executions(workload.executions))
        .off(monitor::ALL.iter().map(|entry| entry.name()).filter(is_off))
        .seed(1);
    let program = Program::new(workload.program);
    let watch = ThreadTime::now();
    let report = exploration.run(&program, |_| ()).unwrap();
    let elapsed = watch.elapsed();
    assert!(report.failure().is_none(), "{:?}", report.failure());
    elapsed.as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
