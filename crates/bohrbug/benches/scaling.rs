//! Whether an event costs the same in large executions as in small ones, for `random` on native.
//!
//! Each program is run in several sizes: more tasks, more objects, more events. What is measured is this thread's time on a
//! processor for one event, each size in turn, and what is printed is the ratio to the smallest size, the median over the
//! rounds. The aim is a factor of at most 1.5.

use bohrbug::{Budget, Exploration, Program};
use bohrbug_sync::control::Config;
use bohrbug_sync::{Arc, Mutex, thread};
use cpu_time::ThreadTime;

/// Rounds in which every size has a turn.
const ROUNDS: usize = 9;

/// How many events a turn measures at least, and in how many executions at least.
const EVENTS: usize = 500_000;
const EXECUTIONS: usize = 3;

/// Tasks that each take every one of some locks, so many times.
#[derive(Clone, Copy)]
struct Workload {
    tasks: usize,
    locks: usize,
    times: usize,
}

/// What grows, and the sizes in which it is run.
struct Dimension {
    name: &'static str,
    sizes: &'static [usize],
    workload: fn(usize) -> Workload,
}

const DIMENSIONS: [Dimension; 3] = [
    Dimension { name: "tasks", sizes: &[2, 10, 60, 100], workload: |tasks| Workload { tasks, locks: 1, times: 100 } },
    Dimension {
        name: "objects",
        sizes: &[10, 100, 1_000, 10_000],
        workload: |locks| Workload { tasks: 2, locks, times: 10 },
    },
    Dimension {
        name: "steps",
        sizes: &[100, 1_000, 10_000, 100_000, 1_000_000],
        workload: |steps| Workload { tasks: 2, locks: 1, times: steps / 4 },
    },
];

impl Workload {
    fn program(self) -> Program {
        Program::new(move || {
            let locks: Arc<Vec<_>> = Arc::new((0..self.locks).map(|_| Mutex::new(())).collect());
            let spawn = |_| {
                let locks = locks.clone();
                thread::spawn(move || (0..self.times).for_each(|_| locks.iter().for_each(|lock| drop(lock.lock()))))
            };
            let tasks: Vec<_> = (0..self.tasks).map(spawn).collect();
            tasks.into_iter().for_each(|task| task.join().unwrap());
        })
    }

    /// How many events an execution has: a task is spawned, begins, ends and is joined, and an acquisition is two events.
    const fn events(self) -> usize {
        2 + self.tasks * (4 + 2 * self.locks * self.times)
    }

    /// Nanoseconds of processor time for one event.
    fn cost(self) -> f64 {
        let executions = EVENTS.div_ceil(self.events()).max(EXECUTIONS) as u64;
        let exploration = Exploration::new("benchmark", "random")
            .budget(Budget::default().executions(executions))
            .config(Config { step_bound: 10_000_000, ..Config::default() }) // It would follow the first execution in words, which is not what is measured.
            .off(["nondeterminism"]);
        let program = self.program();
        let watch = ThreadTime::now();
        let report = exploration.run(&program, |_| ()).unwrap();
        let elapsed = watch.elapsed();
        assert!(report.failure().is_none() && report.cut == 0, "{report:?}");
        elapsed.as_nanos() as f64 / (report.executions as usize * self.events()) as f64
    }
}

fn main() {
    println!("nanoseconds an event, and as a ratio to the smallest size (median of {ROUNDS} rounds)\n");
    for dimension in &DIMENSIONS {
        let mut costs = vec![Vec::new(); dimension.sizes.len()];
        for _ in 0..ROUNDS {
            for (size, costs) in dimension.sizes.iter().zip(&mut costs) {
                costs.push((dimension.workload)(*size).cost());
            }
        }
        let smallest = costs[0].clone();
        for (size, costs) in dimension.sizes.iter().zip(costs) {
            let ratios = costs.iter().zip(&smallest).map(|(cost, smallest)| cost / smallest).collect();
            println!("{size:>9} {:<8} {:>6.0} ns {:>6.2}x", dimension.name, median(costs), median(ratios));
        }
        println!();
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
