//! How many executions a second two threads run, as a ratio to one, and what the machine gives at the same time.
//!
//! A proof is `dpor`'s, of all behaviours.
//!
//! The ratio is one of time as it passes, so it says little on a machine whose cores have something else to do, or share
//! more than their work does. Therefore there is a control: two processes, which have nothing in common, each with half of
//! the executions, or with all of a proof. The contestants take turns. A cell has the medians of the rounds:
//!
//! 1. two threads, as a ratio to one thread;
//! 2. two processes, as a ratio to one thread;
//! 3. the first as a part of the second: what we make of what the machine gives;
//! 4. what two threads cost: the processor time of an execution, all threads together, as a ratio to one thread.
//!
//! ```text
//! cargo bench -p bohrbug --bench jobs [-- NAME]
//! ```

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use bohrbug::{Budget, Exploration, Program, Stopwatch};
use bohrbug_sync::{Arc, Mutex, mpsc, thread};
use cpu_time::ProcessTime;

/// Rounds in which each contestant has a turn, and of a proof.
const ROUNDS: usize = 9;
const PROOF_ROUNDS: usize = 3;

/// What is run.
struct Workload {
    name: &'static str,
    strategies: &'static [&'static str],
    /// The executions of a turn; a proof needs all there are.
    executions: Option<u64>,
    program: fn(),
}

/// The strategies that split their executions.
const DRAWS: &[&str] = &["random", "pct", "pos", "surw", "portfolio"];

const PROVES: &[&str] = &["dpor"];

const WORKLOADS: [Workload; 6] = [
    Workload { name: "2 x 1 locks", strategies: DRAWS, executions: Some(300_000), program: locks::<2, 1> },
    Workload { name: "3 x 10 locks", strategies: DRAWS, executions: Some(60_000), program: locks::<3, 10> },
    Workload { name: "4 x 100 locks", strategies: DRAWS, executions: Some(6_000), program: locks::<4, 100> },
    Workload { name: "3 x 5 locks", strategies: PROVES, executions: None, program: locks::<3, 5> },
    Workload { name: "4 x 3 locks", strategies: PROVES, executions: None, program: locks::<4, 3> },
    Workload { name: "channel", strategies: PROVES, executions: None, program: channel },
];

/// N threads that take one lock K times.
fn locks<const N: usize, const K: usize>() {
    let lock = Arc::new(Mutex::new(0_usize));
    let spawn = |_| {
        let lock = lock.clone();
        thread::spawn(move || (0..K).for_each(|_| *lock.lock().unwrap() += 1))
    };
    [0; N].map(spawn).into_iter().for_each(|thread| thread.join().unwrap());
}

/// Three threads send twice each over a channel that has room for one message.
fn channel() {
    let (sender, receiver) = mpsc::sync_channel(1);
    let spawn = |number: u32| {
        let sender = sender.clone();
        thread::spawn(move || (0..2).for_each(|_| sender.send(number).unwrap()))
    };
    let senders = [0, 1, 2].map(spawn);
    drop(sender);
    assert_eq!(receiver.iter().count(), 6);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
}

/// By this argument a process knows that it is one of the two.
const ALONE: &str = "--alone";

fn main() {
    if std::env::args().any(|argument| argument == ALONE) {
        return serve();
    }
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    println!(
        "two threads to one, two processes to one, part, processor time: medians of {ROUNDS} rounds, of proofs {PROOF_ROUNDS}\n"
    );
    let mut others = [Other::new(), Other::new()];
    for (place, workload) in WORKLOADS.iter().enumerate().filter(|(_, workload)| workload.name.contains(&wanted)) {
        for &strategy in workload.strategies {
            let rounds = if workload.executions.is_some() { ROUNDS } else { PROOF_ROUNDS };
            let rounds: Option<Vec<_>> = (0..rounds).map(|_| round(strategy, place, &mut others)).collect();
            let shown = rounds.map_or_else(|| "proved too soon".to_owned(), |rounds| shown(&rounds));
            println!("{:<14} {strategy:<10} {shown}", workload.name);
        }
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
    let two = measure(strategy, &WORKLOADS[workload], 1, 2)?;
    let one = measure(strategy, &WORKLOADS[workload], 1, 1)?;
    let watch = Stopwatch::start();
    others.iter_mut().for_each(|other| other.ask(strategy, workload));
    others.iter_mut().for_each(Other::answer);
    // Each has half of the executions, or proves all of it.
    let turns = if WORKLOADS[workload].executions.is_some() { 1 } else { 2 };
    Some(Round { two, one, processes: watch.elapsed() / turns })
}

/// What the executions of a turn took.
struct Measured {
    passed: Duration,
    /// Of all threads together.
    processor: Duration,
}

/// One of so many parts of a turn.
fn measure(strategy: &str, workload: &Workload, parts: u64, jobs: usize) -> Option<Measured> {
    let executions = workload.executions.map(|executions| executions / parts);
    let budget = Budget::default().executions(executions);
    let exploration = Exploration::new("benchmark", strategy).seed(1).budget(budget).jobs(jobs);
    let processor = ProcessTime::now();
    let report = exploration.run(&Program::new(workload.program), |_| ()).unwrap_or_else(|error| panic!("{error}"));
    let processor = processor.elapsed();
    assert!(report.failure().is_none(), "{:?}", report.failure());
    let has_all = executions.map_or(report.is_complete, |executions| report.executions == executions);
    has_all.then_some(Measured { passed: report.elapsed, processor })
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

    /// Asks for its part of a turn.
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

/// What such a process does: its part of each turn that it is asked for, until nobody asks any more.
fn serve() {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let (strategy, workload) = line.split_once(' ').expect("a strategy and a workload");
        let workload = &WORKLOADS[workload.parse::<usize>().expect("a number")];
        measure(strategy, workload, 2, 1);
        println!("done");
    }
}
