//! What an execution of `dpor` costs beside one of `random`, in one run: the processor time of the thread for the same
//! number of executions of each, in turn, as a ratio. Where the search ends before that, as many as it has are compared.
//!
//! ```text
//! cargo bench -p bohrbug --bench walk
//! ```

use std::sync::Arc;

use bohrbug::{Budget, Exploration, Program};
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Mutex, mpsc, thread};
use cpu_time::ThreadTime;

/// So many threads of one body.
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

/// Three threads that use four words, and between them a lock: some thousand events.
fn words(times: usize) -> Program {
    Program::new(move || {
        let words = [(); 4].map(|()| AtomicU32::new(0));
        let lock = Mutex::new(());
        threads(3, move |thread| {
            for round in 0..times {
                let (mine, next) = (&words[thread], &words[(thread + round) % 4]);
                mine.store(next.load(SeqCst), SeqCst);
                _ = next.compare_exchange(0, 1, SeqCst, SeqCst);
                mine.fetch_add(1, SeqCst);
                _ = lock.try_lock();
            }
        });
    })
}

fn channel(count: usize) -> Program {
    Program::new(move || {
        let (sender, receiver) = mpsc::sync_channel(1);
        let senders: Vec<_> = (0..2)
            .map(|number| {
                let sender = sender.clone();
                thread::spawn(move || (0..count).for_each(|_| sender.send(number).unwrap()))
            })
            .collect();
        drop(sender);
        assert_eq!(receiver.iter().count(), 2 * count);
        senders.into_iter().for_each(|thread| thread.join().unwrap());
    })
}

/// So many executions, and how long they took, in seconds.
fn run(program: &Program, strategy: &str, executions: u64) -> (u64, f64) {
    let budget = Budget::default().executions(executions);
    let exploration = Exploration::new("walk", strategy).budget(budget).off(["nondeterminism"]);
    let start = ThreadTime::now();
    let report = exploration.run(program, |_| ()).unwrap_or_else(|error| panic!("{error}"));
    (report.executions, start.elapsed().as_secs_f64())
}

/// How many turns each of them has.
const TURNS: u32 = 5;

fn main() {
    let programs: [(&str, Program, u64); 6] = [
        ("3 threads, 5 sections", locks(3, 5), 200_000),
        ("4 threads, 3 sections", locks(4, 3), 200_000),
        ("4 threads, 20 sections", locks(4, 20), 20_000),
        ("2 senders of 4, room for 1", channel(4), 50_000),
        ("3 threads, 60 rounds of words", words(60), 1_000),
        ("3 threads, 240 rounds of words", words(240), 250),
    ];
    println!("{:32} {:>10} {:>10} {:>10} {:>7}", "program", "executions", "dpor, us", "random, us", "ratio");
    for (name, program, most) in programs {
        let (executions, _) = run(&program, "dpor", most);
        let (mut dpor, mut random) = (0.0, 0.0);
        for _ in 0..TURNS {
            dpor += run(&program, "dpor", executions).1;
            random += run(&program, "random", executions).1;
        }
        let each = |seconds: f64| seconds * 1e6 / executions as f64 / f64::from(TURNS);
        println!("{name:32} {executions:>10} {:>10.2} {:>10.2} {:>7.2}", each(dpor), each(random), dpor / random);
    }
}
