//! What a journal that survives the process costs: the time of executions with it, as a ratio to that without, measured side by side
//! in one run.
//!
//! ```text
//! cargo bench -p bohrbug --bench journal
//! ```
//!
//! The machine may be busy with other things, so what is measured is this thread's time on a processor, the two take turns,
//! and the ratio is the median over the rounds. With an argument, `with` or `without`, only one of them runs, for a tool that counts
//! instructions.

use bohrbug::{Budget, Exploration, Program};
use bohrbug_sync::{Arc, Mutex, thread};
use cpu_time::ThreadTime;

const ROUNDS: usize = 31;

/// Threads, how often each of them takes the one lock, and how many executions are a turn.
const WORKLOADS: [(usize, usize, u64); 3] = [(2, 1, 40_000), (3, 10, 10_000), (4, 100, 800)];

fn program(threads: usize, times: usize) -> Program {
    Program::new(move || {
        let counter = Arc::new(Mutex::new(0_usize));
        let spawn = |_| {
            let counter = counter.clone();
            thread::spawn(move || (0..times).for_each(|_| *counter.lock().unwrap() += 1))
        };
        let threads: Vec<_> = (0..threads).map(spawn).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    })
}

/// Seconds for a turn.
fn explored(program: &Program, executions: u64, strategy: &str, journal: bool) -> f64 {
    let mut exploration =
        Exploration::new("benchmark", strategy).budget(Budget::default().executions(executions)).seed(1);
    exploration.journal = journal;
    let watch = ThreadTime::now();
    let report = exploration.run(program, |_| ()).unwrap();
    assert!(report.failure().is_none(), "{:?}", report.failure());
    watch.elapsed().as_secs_f64()
}

fn main() {
    let only = std::env::args().nth(1).filter(|word| word.starts_with("with"));
    if let Some(word) = only {
        let seconds = explored(&program(3, 10), 10_000, "random", word == "with");
        println!("3 x 10, {word}: {:.2} us an execution", seconds * 100.0);
        return;
    }
    println!("the time of executions with a journal, as a ratio to that without (median of {ROUNDS} rounds)\n");
    println!("threads x locks   random    pct   dpor");
    for (threads, times, executions) in WORKLOADS {
        let program = program(threads, times);
        print!("{:<15}", format!("{threads} x {times}"));
        for strategy in ["random", "pct", "dpor"] {
            let ratio = |_| {
                let with = explored(&program, executions, strategy, true);
                with / explored(&program, executions, strategy, false)
            };
            let mut ratios: Vec<f64> = (0..ROUNDS).map(ratio).collect();
            ratios.sort_by(f64::total_cmp);
            print!("  {:>5.3}", ratios[ROUNDS / 2]);
        }
        println!();
    }
}
