//! What an event costs under each strategy, as ratios to `random`, measured side by side in one run.
//!
//! Every execution of a workload has the same events, so the ratio of the executions' times is that of the events'. What
//! is measured is this thread's time on a processor, the contestants take turns, and each ratio is the median over the
//! rounds.

use bohrbug::{Budget, Exploration, Program};
use bohrbug_sync::atomic::{AtomicUsize, Ordering::SeqCst};
use bohrbug_sync::{Arc, Mutex, thread};
use cpu_time::ThreadTime;

/// Rounds in which every contestant has a turn.
const ROUNDS: usize = 15;

/// The contestants beside `random`.
const STRATEGIES: [&str; 3] = ["pos", "surw", "pct"];

/// `threads` threads that `k` times each take a mutex (or, for words, add to their own variable and one of all).
#[derive(Clone, Copy)]
struct Workload {
    name: &'static str,
    threads: usize,
    k: usize,
    words: bool,
    executions: u64,
}

const WORKLOADS: [Workload; 5] = [
    Workload { name: "2 x 1 locks", threads: 2, k: 1, words: false, executions: 20_000 },
    Workload { name: "3 x 10 locks", threads: 3, k: 10, words: false, executions: 5_000 },
    Workload { name: "4 x 100 locks", threads: 4, k: 100, words: false, executions: 500 },
    Workload { name: "4 x 100 words", threads: 4, k: 100, words: true, executions: 500 },
    Workload { name: "100 x 10 words", threads: 100, k: 10, words: true, executions: 200 },
];

fn main() {
    println!("an event's processor time, as a ratio to `random` in the same run (median of {ROUNDS} rounds)\n");
    print!("{:<16} {:>10}", "workload", "random/s");
    STRATEGIES.iter().for_each(|strategy| print!(" {strategy:>10}"));
    println!();
    for workload in WORKLOADS {
        let mut rates = Vec::new();
        let mut ratios = STRATEGIES.map(|_| Vec::new());
        for _ in 0..ROUNDS {
            let random = seconds("random", workload);
            rates.push(workload.executions as f64 / random);
            for (strategy, ratios) in STRATEGIES.iter().zip(&mut ratios) {
                ratios.push(seconds(strategy, workload) / random);
            }
        }
        print!("{:<16} {:>10.0}", workload.name, median(rates));
        ratios.into_iter().for_each(|ratios| print!(" {:>9.2}x", median(ratios)));
        println!();
    }
}

/// How long the executions of a workload take under a strategy.
fn seconds(strategy: &str, workload: Workload) -> f64 {
    let exploration =
        Exploration::new("benchmark", strategy).budget(Budget::default().executions(workload.executions)).seed(1);
    let program = Program::new(move || if workload.words { words(workload) } else { locks(workload) });
    let watch = ThreadTime::now();
    let report = exploration.run(&program, |_| ()).unwrap();
    let elapsed = watch.elapsed();
    assert!(report.failure().is_none(), "{:?}", report.failure());
    elapsed.as_secs_f64() * workload.executions as f64 / report.executions as f64
}

fn locks(workload: Workload) {
    let counter = Arc::new(Mutex::new(0_usize));
    let spawn = |_| {
        let counter = counter.clone();
        thread::spawn(move || (0..workload.k).for_each(|_| *counter.lock().unwrap() += 1))
    };
    let threads: Vec<_> = (0..workload.threads).map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn words(workload: Workload) {
    let all = Arc::new(AtomicUsize::new(0));
    let spawn = |_| {
        let all = all.clone();
        thread::spawn(move || {
            let own = AtomicUsize::new(0);
            (0..workload.k / 2).for_each(|_| _ = own.fetch_add(all.fetch_add(1, SeqCst), SeqCst));
        })
    };
    let threads: Vec<_> = (0..workload.threads).map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
