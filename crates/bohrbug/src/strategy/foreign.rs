//! What is left to decide when a foreign runtime schedules: the values of choices.
//!
//! Under a random search they are drawn. Under an exhaustive one they are enumerated outside of it: a search runs with
//! an *assignment* of values to choice points, a point being a task and how many choices it made before, and every point
//! it comes upon gives rise to further assignments. Within one search an assignment is fixed, so the runtime sees the
//! same program each time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use bohrbug_sorted::SortedMap;
use bohrbug_sync::control::View;
use bohrbug_trace::TaskId;
use rand::Rng;
use rand_pcg::Pcg64Mcg;
use rustc_hash::FxHashSet;

use super::{Descriptor, Strategy, generator};

/// Draws the values of choices.
pub(crate) struct Drawn {
    seed: u64,
    generator: Pcg64Mcg,
}

impl Drawn {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, generator: generator(seed, 0) }
    }
}

impl Strategy for Drawn {
    fn begin(&mut self, execution: u64) -> bool {
        self.generator = generator(self.seed, execution);
        true
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        // Never asked: a foreign runtime schedules.
        view.ready().nth(0)
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.generator.random_range(0..alternatives)
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor::sampling()
    }
}

/// A point at which a task chooses: the task, and how many choices it made before.
type Point = (TaskId, u32);

/// Values for some points; 0 for all others.
type Assignment = SortedMap<Point, u32>;

/// The assignments to explore, shared by one search after the other.
#[derive(Clone, Default)]
pub(crate) struct Assignments(Rc<RefCell<Agenda>>);

#[derive(Default)]
struct Agenda {
    current: Assignment,
    waiting: VecDeque<Assignment>,
    known: FxHashSet<Assignment>,
}

impl Assignments {
    /// Goes on to the next assignment; `false` when there is none.
    pub(crate) fn advance(&self) -> bool {
        let mut agenda = self.0.borrow_mut();
        match agenda.waiting.pop_front() {
            Some(next) => {
                agenda.current = next;
                true
            }
            None => false,
        }
    }

    fn value(&self, point: Point, alternatives: u32) -> u32 {
        let agenda = &mut *self.0.borrow_mut();
        if let Some(&value) = agenda.current.get(&point) {
            return value.min(alternatives - 1);
        }
        // A task's points are given values from its first to its last. An execution with a later one comes from the
        // assignment without that one, so nothing is missed, and no set of points is come to in two orders.
        if agenda.current.range(point..=(point.0, u32::MAX)).next().is_some() {
            return 0;
        }
        for value in 1..alternatives {
            let mut further = agenda.current.clone();
            further.insert(point, value);
            if agenda.known.insert(further.clone()) {
                agenda.waiting.push_back(further);
            }
        }
        0
    }
}

/// Gives choices the values of the current assignment.
pub(crate) struct Assigned {
    assignments: Assignments,
    /// How many choices each task has made.
    made: Vec<u32>,
}

impl Assigned {
    pub(crate) const fn new(assignments: Assignments) -> Self {
        Self { assignments, made: Vec::new() }
    }
}

impl Strategy for Assigned {
    fn begin(&mut self, _: u64) -> bool {
        self.made.clear();
        true
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        view.ready().nth(0)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        let task = view.current();
        self.made.resize(self.made.len().max(task.index() + 1), 0);
        let nth = self.made[task.index()];
        self.made[task.index()] += 1;
        self.assignments.value((task, nth), alternatives)
    }
}

#[cfg(test)]
mod tests {
    use bohrbug_sync::choice::{choose, fault};
    use bohrbug_sync::thread;

    use crate::{Exploration, Program};

    /// How many executions the search of a runtime needs to run each of the program's behaviours.
    fn check(program: fn(), expected: u64) {
        for strategy in ["shuttle-dfs", "loom"] {
            let report = Exploration::new("test", strategy).run(&Program::new(program), |_| {});
            let report = report.unwrap_or_else(|error| panic!("{error}"));
            assert!(!report.verdict.is_failed(), "{strategy}: {:?}", report.failure());
            assert_eq!(report.executions, expected, "{strategy}");
        }
    }

    #[test]
    fn each_assignment_of_values_is_run_once() {
        check(|| assert!(choose(3) + choose(2) < 4), 6);
        // What comes after a failed step is not reached: one execution for each step, and one without a failure.
        check(|| assert_ne!(["a", "b", "c", "d", "e", "f"].into_iter().find(|step| fault(step)), Some("g")), 7);
        check(|| assert!((0..choose(3)).map(|_| choose(2)).sum::<usize>() < 3), 1 + 2 + 4);
    }

    #[test]
    fn the_choices_of_two_tasks_are_combined() {
        for sought in 0..8 {
            let program = move || {
                let other = thread::spawn(|| choose(2));
                let found = choose(2) + 2 * choose(2) + 4 * other.join().unwrap_or_default();
                assert_ne!(found, sought);
            };
            for strategy in ["shuttle-dfs", "loom"] {
                let report = Exploration::new("test", strategy).run(&Program::new(program), |_| {});
                assert!(report.is_ok_and(|report| report.verdict.is_failed()), "{strategy} misses {sought}");
            }
        }
    }
}
