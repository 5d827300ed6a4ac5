//! How many executions a second two threads run, as a ratio to one, side by side in one run.
//!
//! What is measured is time as it passes, so it says something only on a machine with two cores that have nothing else to do.
//! The contestants take turns; beside the median of the rounds stands the best, which is what is left of the ratio when
//! nobody disturbs.
//!
//! ```text
//! cargo bench -p bohrbug --bench jobs
//! ```

use bohrbug::{Budget, Exploration, Program};
use bohrbug_sync::{Arc, Mutex, thread};

/// Rounds in which each contestant has a turn.
const ROUNDS: usize = 9;

/// The strategies that split their executions.
const STRATEGIES: [&str; 5] = ["random", "pct", "pos", "surw", "portfolio"];

/// Threads, how often each of them takes the one mutex, and the executions of a turn.
type Workload = (usize, usize, u64);

const WORKLOADS: [Workload; 3] = [(2, 1, 200_000), (3, 10, 40_000), (4, 100, 4_000)];

fn main() {
    println!("executions a second with two threads, as a ratio to one (median of {ROUNDS} rounds, and the best)\n");
    print!("{:<14}", "workload");
    STRATEGIES.iter().for_each(|strategy| print!(" {strategy:>14}"));
    println!();
    for workload in WORKLOADS {
        let (threads, times, _) = workload;
        print!("{:<14}", format!("{threads} x {times} locks"));
        for strategy in STRATEGIES {
            let ratio = |_| Some(rate(strategy, workload, 2)? / rate(strategy, workload, 1)?);
            let mut ratios: Vec<f64> = (0..ROUNDS).filter_map(ratio).collect();
            ratios.sort_by(f64::total_cmp);
            let shown = match ratios.last() {
                Some(best) => format!("{:.2}x ({best:.2}x)", ratios[ratios.len() / 2]),
                None => "proved".to_owned(),
            };
            print!(" {shown:>14}");
        }
        println!();
    }
}

/// Executions a second; `None` if there are too few, since the workload is proved.
fn rate(strategy: &str, (threads, times, executions): Workload, jobs: usize) -> Option<f64> {
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
    let report = exploration.run(&program, |_| ()).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.failure.is_none(), "{:?}", report.failure);
    (report.executions == executions).then(|| executions as f64 / report.elapsed.as_secs_f64())
}
