//! How many executions a second two threads run, as a ratio to one, and what the machine gives at the same time.
//!
//! The ratio is one of time as it passes, so it says little on a machine whose cores have something else to do, or share
//! more than their work does. Therefore there is a control: two processes, which have nothing in common, each with half of
//! the executions. The contestants take turns. A cell has the medians of the rounds:
//!
//! 1. two threads, as a ratio to one thread;
//! 2. two processes, as a ratio to one thread;
//! 3. the first as a part of the second: what we make of what the machine gives;
//! 4. what two threads cost: the processor time of an execution, all threads together, as a ratio to one thread.
//!
//! ```text
//! cargo bench -p bohrbug --bench jobs
//! ```

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use bohrbug::{Budget, Exploration, Program, Stopwatch};
use bohrbug_sync::{Arc, Mutex, thread};
use cpu_time::ProcessTime;

/// Rounds in which each contestant has a turn.
const ROUNDS: usize = 9;

/// The strategies that split their executions.
const STRATEGIES: [&str; 5] = ["random", "pct", "pos", "surw", "portfolio"];

/// Threads, how often each of them takes the one mutex, and the executions of a turn.
type Workload = (usize, usize, u64);

const WORKLOADS: [Workload; 3] = [(2, 1, 300_000), (3, 10, 60_000), (4, 100, 6_000)];

/// By this argument a process knows that it is one of the two.
const ALONE: &str = "--alone";

fn main() {
    if std::env::args().any(|argument| argument == ALONE) {
        return serve();
    }
    println!("two threads to one, two processes to one, part, processor time: medians of {ROUNDS} rounds\n");
    let mut others = [Other::new(), Other::new()];
    print!("{:<14}", "workload");
    STRATEGIES.iter().for_each(|strategy| print!(" {strategy:>24}"));
    println!();
    for (place, workload) in WORKLOADS.into_iter().enumerate() {
        let (threads, times, _) = workload;
        print!("{:<14}", format!("{threads} x {times} locks"));
        for strategy in STRATEGIES {
            let rounds: Option<Vec<_>> = (0..ROUNDS).map(|_| round(strategy, place, &mut others)).collect();
            let shown = rounds.map_or_else(|| "proved".to_owned(), |rounds| shown(&rounds));
            print!(" {shown:>24}");
        }
        println!();
    }
}

/// What two threads, one thread and two processes took in a round.
struct Round {
    two: Measured,
    one: Measured,
    processes: Duration,
}

fn shown(rounds: &[Round]) -> String {
    let figures: [fn(&Round) -> f64; 4] = [
        |round| round.one.passed.div_duration_f64(round.two.passed),
        |round| round.one.passed.div_duration_f64(round.processes),
        |round| round.processes.div_duration_f64(round.two.passed),
        |round| round.two.processor.div_duration_f64(round.one.processor),
    ];
    figures.map(|figure| format!("{:.2}", median(rounds.iter().map(figure).collect()))).join("  ")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// `None` if the workload is proved too soon to tell.
fn round(strategy: &str, workload: usize, others: &mut [Other; 2]) -> Option<Round> {
    let (.., executions) = WORKLOADS[workload];
    let two = measure(strategy, WORKLOADS[workload], executions, 2)?;
    let one = measure(strategy, WORKLOADS[workload], executions, 1)?;
    let watch = Stopwatch::start();
    others.iter_mut().for_each(|other| other.ask(strategy, workload));
    others.iter_mut().for_each(Other::answer);
    Some(Round { two, one, processes: watch.elapsed() })
}

/// What the executions of a turn took.
struct Measured {
    passed: Duration,
    /// Of all threads together.
    processor: Duration,
}

fn measure(strategy: &str, (threads, times, _): Workload, executions: u64, jobs: usize) -> Option<Measured> {
    let program = Program::new(move || {
        let lock = Arc::new(Mutex::new(0_usize));
        let spawn = |_| {
            let lock = lock.clone();
            thread::spawn(move || (0..times).for_each(|_| *lock.lock().unwrap() += 1))
        };
        let threads: Vec<_> = (0..threads).map(spawn).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    let budget = Budget::default().executions(executions);
    let exploration = Exploration::new("benchmark", strategy).seed(1).budget(budget).jobs(jobs);
    let processor = ProcessTime::now();
    let report = exploration.run(&program, |_| ()).unwrap_or_else(|error| panic!("{error}"));
    let processor = processor.elapsed();
    assert!(report.failure().is_none(), "{:?}", report.failure());
    (report.executions == executions).then_some(Measured { passed: report.elapsed, processor })
}

/// One of the two processes.
struct Other {
    process: Child,
    asked: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Other {
    fn new() -> Self {
        let itself = std::env::current_exe().expect("a program knows where it lies");
        let mut command = Command::new(itself);
        let command = command.arg(ALONE).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("a process");
        let answers = BufReader::new(process.stdout.take().expect("its output"));
        Self { asked: process.stdin.take(), process, answers }
    }

    /// Asks for half of a turn.
    fn ask(&mut self, strategy: &str, workload: usize) {
        writeln!(self.asked.as_mut().expect("its input"), "{strategy} {workload}").expect("it listens");
    }

    fn answer(&mut self) {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        assert_eq!(line, "done\n");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.asked.take());
        let _ = self.process.wait();
    }
}

/// What such a process does: half of each turn that it is asked for, until nobody asks any more.
fn serve() {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let (strategy, workload) = line.split_once(' ').expect("a strategy and a workload");
        let workload = WORKLOADS[workload.parse::<usize>().expect("a number")];
        let (.., executions) = workload;
        measure(strategy, workload, executions / 2, 1);
        println!("done");
    }
}
