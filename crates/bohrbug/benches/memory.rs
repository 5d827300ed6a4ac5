//! What weak memory costs: `random` under RC11 beside `random` under SC, as ratios of an event's time, and `dpor` under both,
//! as ratios of an execution's time, in one run.
//!
//! ```text
//! cargo bench -p bohrbug --bench memory
//! cargo bench -p bohrbug --bench memory -- "3 x 40 relaxed"
//! ```
//!
//! The second measures one workload alone. Every execution of a workload has the same events under both, so the ratio of the executions' times is that of the
//! events'. What is measured is this thread's time on a processor, the contestants take turns, and each ratio is the median
//! over the rounds.

use bohrbug::{Budget, Exploration, MemoryModel, Program};
use bohrbug_sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use bohrbug_sync::atomic::{AtomicUsize, fence};
use bohrbug_sync::{Arc, Mutex, thread};
use cpu_time::ThreadTime;

/// Rounds in which every contestant has a turn.
const ROUNDS: usize = 15;

/// `threads` threads that each do something `k` times.
#[derive(Clone, Copy)]
struct Workload {
    name: &'static str,
    threads: usize,
    k: usize,
    executions: u64,
    body: fn(&Shared, usize),
}

#[derive(Default)]
struct Shared {
    words: [AtomicUsize; 4],
    lock: Mutex<usize>,
}

fn accesses(shared: &Shared, place: usize, load: Ordering, store: Ordering, update: Ordering) {
    let at = |place: usize| &shared.words[place % 4];
    at(place).store(at(place + 1).load(load), store);
    at(place + 2).fetch_add(1, update);
}

fn relaxed(shared: &Shared, place: usize) {
    accesses(shared, place, Relaxed, Relaxed, Relaxed);
}

fn release_and_acquire(shared: &Shared, place: usize) {
    accesses(shared, place, Acquire, Release, AcqRel);
}

fn seq_cst(shared: &Shared, place: usize) {
    accesses(shared, place, SeqCst, SeqCst, SeqCst);
}

fn fenced(shared: &Shared, place: usize) {
    accesses(shared, place, Relaxed, Relaxed, Relaxed);
    fence(SeqCst);
}

fn locked(shared: &Shared, _: usize) {
    *shared.lock.lock().unwrap() += 1;
}

const WORKLOADS: [Workload; 9] = [
    Workload { name: "2 x 4 relaxed", threads: 2, k: 4, executions: 10_000, body: relaxed },
    Workload { name: "3 x 40 relaxed", threads: 3, k: 40, executions: 1_500, body: relaxed },
    Workload { name: "2 x 4 acquire", threads: 2, k: 4, executions: 10_000, body: release_and_acquire },
    Workload { name: "3 x 40 acquire", threads: 3, k: 40, executions: 1_500, body: release_and_acquire },
    Workload { name: "3 x 40 locks", threads: 3, k: 40, executions: 1_500, body: locked },
    Workload { name: "2 x 4 seq-cst", threads: 2, k: 4, executions: 10_000, body: seq_cst },
    Workload { name: "3 x 40 seq-cst", threads: 3, k: 40, executions: 1_500, body: seq_cst },
    Workload { name: "2 x 4 fences", threads: 2, k: 4, executions: 10_000, body: fenced },
    Workload { name: "3 x 40 fences", threads: 3, k: 40, executions: 1_500, body: fenced },
];

/// What `dpor` searches: the first of as many executions as it is given, or all that there are.
const SEARCHES: [Workload; 10] = [
    Workload { name: "2 x 1 relaxed", threads: 2, k: 1, executions: 2_000, body: relaxed },
    Workload { name: "2 x 2 relaxed", threads: 2, k: 2, executions: 2_000, body: relaxed },
    Workload { name: "3 x 2 acquire", threads: 3, k: 2, executions: 2_000, body: release_and_acquire },
    Workload { name: "3 x 20 acquire", threads: 3, k: 20, executions: 200, body: release_and_acquire },
    Workload { name: "3 x 2 locks", threads: 3, k: 2, executions: 2_000, body: locked },
    Workload { name: "3 x 20 locks", threads: 3, k: 20, executions: 200, body: locked },
    Workload { name: "2 x 2 seq-cst", threads: 2, k: 2, executions: 2_000, body: seq_cst },
    Workload { name: "3 x 20 seq-cst", threads: 3, k: 20, executions: 200, body: seq_cst },
    Workload { name: "2 x 2 fences", threads: 2, k: 2, executions: 2_000, body: fenced },
    Workload { name: "3 x 20 fences", threads: 3, k: 20, executions: 200, body: fenced },
];

fn main() {
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let is_asked_for = |workload: &Workload| only.as_ref().is_none_or(|only| only == workload.name);
    println!(
        "an event's processor time under rc11, as a ratio to sc in the same run (`random`, median of {ROUNDS} rounds)\n"
    );
    println!("{:<16} {:>12} {:>10}", "workload", "ns under sc", "rc11");
    for workload in WORKLOADS.into_iter().filter(is_asked_for) {
        let (mut costs, mut ratios) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let sc = nanoseconds(MemoryModel::Sc, workload);
            costs.push(sc);
            ratios.push(nanoseconds(MemoryModel::Rc11, workload) / sc);
        }
        println!("{:<16} {:>12.0} {:>9.2}x", workload.name, median(costs), median(ratios));
    }
    println!("\nthe same of an execution (`dpor`)\n");
    println!("{:<16} {:>12} {:>10}", "workload", "us under sc", "rc11");
    for workload in SEARCHES.into_iter().filter(is_asked_for) {
        let (mut costs, mut ratios) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let sc = search(MemoryModel::Sc, workload);
            costs.push(sc);
            ratios.push(search(MemoryModel::Rc11, workload) / sc);
        }
        println!("{:<16} {:>12.1} {:>9.2}x", workload.name, median(costs), median(ratios));
    }
}

/// What an execution of the search costs, in microseconds.
fn search(memory: MemoryModel, workload: Workload) -> f64 {
    let program = Program::new(move || run(workload));
    let (mut executions, watch) = (0, ThreadTime::now());
    while executions < workload.executions {
        let mut exploration = Exploration::new("benchmark", "dpor")
            .budget(Budget::default().executions(workload.executions))
            .off(["nondeterminism"])
            .figures(false);
        exploration.config.memory = memory;
        let report = exploration.run(&program, |_| ()).unwrap();
        assert!(report.failure().is_none(), "{:?}", report.failure());
        executions += report.executions;
    }
    watch.elapsed().as_secs_f64() * 1e6 / executions as f64
}

/// What an event costs.
fn nanoseconds(memory: MemoryModel, workload: Workload) -> f64 {
    let mut exploration = Exploration::new("benchmark", "random")
        .budget(Budget::default().executions(workload.executions))
        .seed(1)
        .figures(false);
    exploration.config.memory = memory;
    let program = Program::new(move || run(workload));
    let watch = ThreadTime::now();
    let report = exploration.run(&program, |_| ()).unwrap();
    let elapsed = watch.elapsed();
    assert!(report.failure().is_none(), "{:?}", report.failure());
    let accesses = match workload.name.split_whitespace().last() {
        Some("locks") => 2,
        Some("fences") => 4,
        _ => 3,
    };
    let events = workload.threads * (workload.k * accesses + 4) + 2;
    elapsed.as_secs_f64() * 1e9 / (report.executions as usize * events) as f64
}

fn run(workload: Workload) {
    let shared = Arc::new(Shared::default());
    let spawn = |thread| {
        let shared = shared.clone();
        thread::spawn(move || (0..workload.k).for_each(|step| (workload.body)(&shared, thread + step)))
    };
    let threads: Vec<_> = (0..workload.threads).map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
