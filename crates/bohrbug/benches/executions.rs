//! How long an execution takes under `random` on native, with all that an exploration does by itself: in nanoseconds of this
//! thread's processor time.
//!
//! ```text
//! cargo bench -p bohrbug --bench executions
//! cargo bench -p bohrbug --bench executions -- --beside ../before/target/release/deps/executions-0123456789abcdef
//! valgrind --tool=callgrind target/release/deps/executions-0123456789abcdef --once 3x10 2000
//! ```
//!
//! Beside another build of this benchmark the two take turns, and the ratio is the median over the rounds. So this file uses
//! nothing that older revisions do not have: copy it, and its entry in `Cargo.toml`, to the one that is to be compared with.
//! With `--once` it runs so many executions of one program, for whoever counts something else than time.

use std::process::Command;
use std::sync::Arc;

use bohrbug::{Budget, Exploration, Program, Verdict};
use bohrbug_sync::{Condvar, Mutex, RwLock, mpsc, thread};
use cpu_time::ThreadTime;

/// Rounds in which both have a turn.
const ROUNDS: usize = 15;

/// A name, what is run, and how often in a turn.
type Workload = (&'static str, fn() -> Program, u64);

const WORKLOADS: [Workload; 5] = [
    ("2x1", || locks(2, 1), 60_000),
    ("3x10", || locks(3, 10), 12_000),
    ("4x100", || locks(4, 100), 1_200),
    ("channel", channel, 15_000),
    ("rwlock and condvar", meeting, 15_000),
];

/// So many threads of one body, joined.
fn threads(count: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let spawn = |number| {
        let body = body.clone();
        thread::spawn(move || body(number))
    };
    let threads: Vec<_> = (0..count).map(spawn).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// So many threads that take one lock so many times.
fn locks(count: usize, times: usize) -> Program {
    Program::new(move || {
        let lock = Mutex::new(0);
        threads(count, move |_| (0..times).for_each(|_| *lock.lock().unwrap() += 1));
    })
}

/// Two senders of four messages each, with room for one.
fn channel() -> Program {
    Program::new(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        let send = |number| {
            let sender = sender.clone();
            thread::spawn(move || (0..4).for_each(|_| sender.send(number).unwrap()))
        };
        let senders = [send(0), send(1)];
        drop(sender);
        assert_eq!(receiver.iter().count(), 8);
        senders.into_iter().for_each(|thread| thread.join().unwrap());
    })
}

/// A writer and two readers of one value, who then wait for each other.
fn meeting() -> Program {
    Program::new(|| {
        let (value, here, all_here) = (RwLock::new(0), Mutex::new(0), Condvar::new());
        threads(3, move |thread| {
            for _ in 0..4 {
                if thread == 0 {
                    *value.write().unwrap() += 1;
                } else {
                    assert!(*value.read().unwrap() <= 4);
                }
            }
            let mut here = here.lock().unwrap();
            *here += 1;
            if *here == 3 {
                all_here.notify_all();
            }
            while *here < 3 {
                here = all_here.wait(here).unwrap();
            }
        });
    })
}

/// Nanoseconds an execution.
fn run(program: &Program, executions: u64) -> f64 {
    let mut exploration = Exploration::new("benchmark", "random");
    exploration.seed = 1;
    exploration.budget = Budget::default();
    exploration.budget.executions = Some(executions);
    let watch = ThreadTime::now();
    let report = exploration.run(program, |_| ()).unwrap();
    let elapsed = watch.elapsed();
    assert_eq!((report.verdict, report.executions), (Verdict::Passed, executions));
    elapsed.as_secs_f64() * 1e9 / executions as f64
}

/// The same by another binary of this benchmark.
fn run_beside(other: &str, name: &str, executions: u64) -> f64 {
    let output = Command::new(other).args(["--once", name, &executions.to_string()]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().parse().unwrap_or_else(|_| panic!("{other} is no build of this benchmark: {text}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--once", name, executions] => {
            let (_, program, _) = WORKLOADS.iter().find(|(known, ..)| known == name).unwrap();
            println!("{}", run(&program(), executions.parse().unwrap()));
        }
        ["--beside", other] => {
            println!("{:<20} {:>12} {:>12} {:>7}", "program", "theirs, ns", "ours, ns", "ratio");
            for (name, program, executions) in WORKLOADS {
                let program = program();
                let [mut theirs, mut ours, mut ratios] = [(); 3].map(|()| Vec::new());
                for _ in 0..ROUNDS {
                    theirs.push(run_beside(other, name, executions));
                    ours.push(run(&program, executions));
                    ratios.push(ours[ours.len() - 1] / theirs[theirs.len() - 1]);
                }
                let [theirs, ours, ratio] = [theirs, ours, ratios].map(median);
                println!("{name:<20} {theirs:>12.0} {ours:>12.0} {ratio:>7.2}");
            }
        }
        _ => {
            println!("{:<20} {:>12}", "program", "ns");
            for (name, program, executions) in WORKLOADS {
                let program = program();
                println!("{name:<20} {:>12.0}", median((0..ROUNDS).map(|_| run(&program, executions)).collect()));
            }
        }
    }
}
