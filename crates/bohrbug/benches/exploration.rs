//! How long `dpor` takes to prove a workload, beside raw loom, in one run: the processor time of the thread until each has
//! come to its end, as a ratio. loom is used as its own users do, with its own primitives, `Arc` included.
//!
//! ```text
//! cargo bench -p bohrbug --bench exploration
//! ```

use std::sync::Arc;

use bohrbug::{Exploration, Program, Verdict};
use cpu_time::ThreadTime;

/// Threads, and how often each of them takes the one mutex.
type Workload = (usize, usize);

/// How often `dpor` runs; loom takes seconds, and runs once.
const ROUNDS: u32 = 200;

fn with_bohrbug((threads, times): Workload) -> Program {
    use bohrbug_sync::{Mutex, thread};
    Program::new(move || {
        let lock = Arc::new(Mutex::new(0));
        let spawn = |_| {
            let lock = lock.clone();
            thread::spawn(move || (0..times).for_each(|_| *lock.lock().unwrap() += 1))
        };
        let threads: Vec<_> = (0..threads).map(spawn).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    })
}

fn with_loom((threads, times): Workload) -> u64 {
    use loom::sync::Arc as Counted;
    let executions = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = executions.clone();
    loom::model(move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let lock = Counted::new(loom::sync::Mutex::new(0));
        let spawn = |_| {
            let lock = lock.clone();
            loom::thread::spawn(move || (0..times).for_each(|_| *lock.lock().unwrap() += 1))
        };
        let threads: Vec<_> = (0..threads).map(spawn).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    executions.load(std::sync::atomic::Ordering::Relaxed)
}

/// Proves the workload; the executions that it takes.
fn prove(program: &Program) -> u64 {
    let off = vec!["nondeterminism".to_owned()];
    let report = Exploration::new("exploration", "dpor").off(off).run(program, |_| ());
    let report = report.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((&report.verdict, report.cut_off), (&Verdict::Verified, 0));
    report.executions
}

fn main() {
    println!("threads x locks   dpor: executions, us   loom: executions, us   ratio");
    for workload in [(2, 2), (2, 4), (3, 1), (3, 2)] {
        let program = with_bohrbug(workload);
        let executions = prove(&program);
        let start = ThreadTime::now();
        for _ in 0..ROUNDS {
            prove(&program);
        }
        let ours = start.elapsed().as_secs_f64() / f64::from(ROUNDS);
        let start = ThreadTime::now();
        let theirs_executions = with_loom(workload);
        let theirs = start.elapsed().as_secs_f64();
        let (threads, times) = workload;
        println!(
            "{threads} x {times}             {executions:>10} {:>8.0}     {theirs_executions:>10} {:>10.0}   {:>6.0}x",
            ours * 1e6,
            theirs * 1e6,
            theirs / ours
        );
    }
}
