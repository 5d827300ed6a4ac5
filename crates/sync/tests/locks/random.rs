//! Random small programs: what can come of them is the same on native and on shuttle, and what loom finds is in there.

use std::collections::BTreeSet;
use std::time::Duration;

use bohrbug_sync::{Arc, Barrier, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, thread};

use crate::harness::Program;

/// One step of a task.
#[derive(Clone, Copy, Debug)]
enum Step {
    Add,
    Wait,
    WaitTimed,
    NotifyOne,
    NotifyAll,
    NotifyLocked,
    Read,
    Write,
    ReadInLock,
    LockInRead,
    TryWrite,
    Barrier,
    Once,
}

const STEPS: [Step; 13] = [
    Step::Add,
    Step::Wait,
    Step::WaitTimed,
    Step::NotifyOne,
    Step::NotifyAll,
    Step::NotifyLocked,
    Step::Read,
    Step::Write,
    Step::ReadInLock,
    Step::LockInRead,
    Step::TryWrite,
    Step::Barrier,
    Step::Once,
];

struct World {
    mutex: Mutex<u32>,
    condvar: Condvar,
    rwlock: RwLock<u32>,
    barrier: Barrier,
    cell: OnceLock<u32>,
}

impl World {
    fn lock(&self) -> MutexGuard<'_, u32> {
        self.mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn perform(&self, task: u32, step: Step, seen: &mut Vec<u32>) {
        match step {
            Step::Add => {
                let mut guard = self.lock();
                *guard = *guard * 3 + task;
                seen.push(*guard);
            }
            Step::Wait => seen.push(*self.condvar.wait(self.lock()).unwrap()),
            Step::WaitTimed => {
                let (guard, result) = self.condvar.wait_timeout(self.lock(), Duration::from_secs(1)).unwrap();
                seen.extend([*guard, result.timed_out().into()]);
            }
            Step::NotifyOne => self.condvar.notify_one(),
            Step::NotifyAll => self.condvar.notify_all(),
            Step::NotifyLocked => {
                let mut guard = self.lock();
                *guard += 1;
                self.condvar.notify_one();
            }
            Step::Read => seen.push(*self.rwlock.read().unwrap()),
            Step::Write => *self.rwlock.write().unwrap() += task,
            Step::ReadInLock => {
                let guard = self.lock();
                seen.push(*guard + *self.rwlock.read().unwrap());
            }
            Step::LockInRead => {
                let reader = self.rwlock.read().unwrap();
                *self.lock() += *reader + 1;
            }
            Step::TryWrite => seen.push(self.rwlock.try_write().is_ok().into()),
            Step::Barrier => seen.push(self.barrier.wait().is_leader().into()),
            Step::Once => seen.push(*self.cell.get_or_init(|| {
                *self.rwlock.write().unwrap() += 1;
                task
            })),
        }
    }
}

fn run(tasks: &[Vec<Step>]) -> String {
    let world = Arc::new(World {
        mutex: Mutex::new(0),
        condvar: Condvar::new(),
        rwlock: RwLock::new(0),
        barrier: Barrier::new(2),
        cell: OnceLock::new(),
    });
    let perform = |number: usize, steps: Vec<Step>| {
        let world = world.clone();
        move || {
            let mut seen = Vec::new();
            for step in steps {
                world.perform(number as u32, step, &mut seen);
            }
            seen
        }
    };
    let others: Vec<_> =
        tasks.iter().enumerate().skip(1).map(|(n, steps)| thread::spawn(perform(n + 1, steps.clone()))).collect();
    let mine = perform(1, tasks[0].clone())();
    let seen: Vec<_> = others.into_iter().map(|other| other.join().unwrap()).collect();
    format!("{mine:?} {seen:?} {} {}", world.lock(), world.rwlock.read().unwrap())
}

/// A linear congruential generator, enough to draw programs.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn tasks(&mut self, tasks: usize, steps: usize) -> Vec<Vec<Step>> {
        (0..tasks).map(|_| (0..steps).map(|_| STEPS[self.below(STEPS.len())]).collect()).collect()
    }
}

fn program(tasks: &[Vec<Step>], timeouts: u32, spurious: u32) -> Program {
    let tasks = tasks.to_vec();
    let mut program = Program::new(move || run(&tasks));
    program.many = 4_000;
    program.config.timeouts = timeouts;
    program.config.spurious = spurious;
    program
}

#[test]
fn native_and_shuttle_find_the_same_and_loom_a_part_of_it() {
    let mut draw = Draw(1);
    let mut compared = 0;
    for round in 0..40 {
        let tasks = draw.tasks(2, 2);
        let program = program(&tasks, u32::from(round % 3 == 1), u32::from(round % 3 == 2));
        let (native, shuttle) = (program.native(None), program.shuttle(None));
        if native.executions < program.many && shuttle.executions < program.many {
            assert_eq!(native.outcomes, shuttle.outcomes, "{tasks:?}");
            assert_eq!(native.incidents, shuttle.incidents, "{tasks:?}");
            let loom = program.loom();
            assert!(loom.outcomes.is_subset(&native.outcomes), "{tasks:?}: loom has {:?}", loom.outcomes);
            assert!(loom.incidents.is_subset(&native.incidents), "{tasks:?}: loom has {:?}", loom.incidents);
            compared += 1;
        }
    }
    assert!(compared > 20, "only {compared} programs were small enough");
}

#[test]
fn larger_programs_end_somehow_on_every_runtime() {
    let mut draw = Draw(2);
    let mut kinds = BTreeSet::new();
    for round in 0..30 {
        let tasks = draw.tasks(3, 3);
        let program = program(&tasks, u32::from(round % 3 == 1), u32::from(round % 3 == 2));
        for seen in [program.native(Some(100)), program.shuttle(Some(100)), program.loom_at_most(100)] {
            assert!(!seen.outcomes.is_empty() || !seen.incidents.is_empty(), "{tasks:?}: nothing came of it");
            kinds.extend(seen.incidents);
        }
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["deadlock"]);
}
