//! How many executions a second two threads run, as a ratio to one, side by side in one run.
//!
//! The ratio is one of time as it passes, so it says something only on a machine with two cores that have nothing else to
//! do. The contestants take turns; beside the median of the rounds stands the ratio of the fastest turn of each, which other
//! work disturbs least. Last comes what two threads cost: the processor time of an execution, all threads together, as a ratio to
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
        "executions a second with two threads, as a ratio to one: median of {ROUNDS} rounds, fastest turns, processor time\n"
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

/// What two threads and one took in a round.
type Round = [Measured; 2];

fn shown(rounds: &[Round]) -> String {
    let fastest = |jobs: usize| rounds.iter().map(|round| round[jobs].passed).min().unwrap_or_default();
    let speed = median(rounds.iter().map(|[two, one]| one.passed.div_duration_f64(two.passed)).collect());
    let cost = median(rounds.iter().map(|[two, one]| two.processor.div_duration_f64(one.processor)).collect());
    format!("{speed:.2}x {:.2}x {cost:.2}x", fastest(1).div_duration_f64(fastest(0)))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// `None` if the workload is proved too soon to tell.
fn round(strategy: &str, workload: Workload) -> Option<Round> {
    Some([measure(strategy, workload, 2)?, measure(strategy, workload, 1)?])
}

/// What the executions of a turn took.
struct Measured {
    passed: Duration,
    /// Of all threads together.
    processor: Duration,
}

fn measure(strategy: &str, (threads, times, executions): Workload, jobs: usize) -> Option<Measured> {
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
    (report.executions == executions).then_some(Measured { passed: report.elapsed, processor })
}
