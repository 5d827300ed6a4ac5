//! How many executions a second two threads run, as a ratio to one, side by side in one run.
//!
//! The ratio is one of time as it passes, so it says something only on a machine with two cores that have nothing else to
//! do. The contestants take turns; beside the median of the rounds stands the best, which is what is left of the ratio when
//! nobody disturbs. Last comes what two threads cost: the processor time of an execution, all threads together, as a ratio to
//! one thread, the median again. That says something on a busy machine, too: two cores for two threads cannot give more than
//! 2 divided by it.
//!
//! ```text
//! cargo bench -p bohrbug --bench jobs
//! ```

use std::time::Duration;

use bohrbug::{Budget, Exploration, Program};
use bohrbug_sync::{Arc, Mutex, thread};
use cpu_time::ProcessTime;

/// Rounds in which each contestant has a turn.
const ROUNDS: usize = 9;

/// The strategies that split their executions.
const STRATEGIES: [&str; 5] = ["random", "pct", "pos", "surw", "portfolio"];

/// Threads, how often each of them takes the one mutex, and the executions of a turn.
type Workload = (usize, usize, u64);

const WORKLOADS: [Workload; 3] = [(2, 1, 100_000), (3, 10, 20_000), (4, 100, 2_000)];

fn main() {
    println!(
        "executions a second with two threads, as a ratio to one: median of {ROUNDS} rounds, best, processor time\n"
    );
    print!("{:<14}", "workload");
    STRATEGIES.iter().for_each(|strategy| print!(" {strategy:>20}"));
    println!();
    for workload in WORKLOADS {
        let (threads, times, _) = workload;
        print!("{:<14}", format!("{threads} x {times} locks"));
        for strategy in STRATEGIES {
            let rounds: Option<Vec<_>> = (0..ROUNDS).map(|_| round(strategy, workload)).collect();
            let shown = rounds.map_or_else(|| "proved".to_owned(), |rounds| shown(&rounds));
            print!(" {shown:>20}");
        }
        println!();
    }
}

fn shown(rounds: &[(f64, f64)]) -> String {
    let sorted = |number: fn(&(f64, f64)) -> f64| {
        let mut numbers: Vec<f64> = rounds.iter().map(number).collect();
        numbers.sort_by(f64::total_cmp);
        numbers
    };
    let (speed, cost) = (sorted(|round| round.0), sorted(|round| round.1));
    format!("{:.2}x {:.2}x {:.2}x", speed[ROUNDS / 2], speed[ROUNDS - 1], cost[ROUNDS / 2])
}

/// How much faster two threads are, and how much more they cost; `None` if the workload is proved too soon to tell.
fn round(strategy: &str, workload: Workload) -> Option<(f64, f64)> {
    let (two, one) = (measure(strategy, workload, 2)?, measure(strategy, workload, 1)?);
    Some((one.0.div_duration_f64(two.0), two.1.div_duration_f64(one.1)))
}

/// The time that executions took, and the processor time.
fn measure(strategy: &str, (threads, times, executions): Workload, jobs: usize) -> Option<(Duration, Duration)> {
    let program = Program::new(move || {
        let lock = Arc::new(Mutex::new(0_usize));
        let spawn = |_| {
            let lock = lock.clone();
            thread::spawn(move || (0..times).for_each(|_| *lock.lock().unwrap() += 1))
        };
        let threads: Vec<_> = (0..threads).map(spawn).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let budget = Budget { executions: Some(executions), ..Budget::default() };
    let exploration = Exploration { seed: 1, budget, jobs, ..Exploration::new("benchmark", strategy) };
    let processor = ProcessTime::now();
    let report = exploration.run(&program, |_| ()).unwrap_or_else(|error| panic!("{error}"));
    let processor = processor.elapsed();
    assert!(report.failure.is_none(), "{:?}", report.failure);
    (report.executions == executions).then_some((report.elapsed, processor))
}
