//! Every behaviour of the programs of middle size, without all of their schedules.
//!
//! What comes after a prefix of a schedule depends on its happens-before relation alone. So a search that comes to a prefix
//! whose relation it has seen before gives up there. That is much less than all schedules, and still one execution for each
//! relation that any prefix has: an oracle for programs out of the reach of brute force, and no more than that.

use std::collections::BTreeSet;

use bohrbug::behaviour::Hasher;
use bohrbug_sync::control::{Config, Driver, Event, Execution, Incident, Reaction, Runtime, View};
use bohrbug_trace::TaskId;

use crate::programs::{ALL, Reach};

/// Depth-first search that follows no relation twice.
#[derive(Default)]
struct Caching {
    hasher: Hasher,
    /// The relations of prefixes at which a decision was due.
    known: BTreeSet<u64>,
    /// What was decided, and between how many.
    path: Vec<(u32, u32)>,
    depth: usize,
    has_given_up: bool,
}

impl Caching {
    /// Moves on to the next path; `false` when there is none.
    fn next_path(&mut self) -> bool {
        (self.depth, self.has_given_up) = (0, false);
        while let Some((taken, alternatives)) = self.path.pop() {
            if taken + 1 < alternatives {
                self.path.push((taken + 1, alternatives));
                return true;
            }
        }
        false
    }

    /// The decision that is due; `None` at a prefix whose relation is known.
    fn decide(&mut self, view: View<'_>, alternatives: u32) -> Option<u32> {
        if self.depth == self.path.len() {
            // Who has given up is asked again while the tasks unwind.
            self.has_given_up |= !self.known.insert(self.hasher.behaviour(view.events()));
            if self.has_given_up {
                return None;
            }
            self.path.push((0, alternatives));
        }
        self.depth += 1;
        Some(self.path[self.depth - 1].0)
    }
}

impl Driver for Caching {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        let place = self.decide(view, view.ready().len() as u32)?;
        Some(view.ready().nth(place as usize))
    }

    /// Not pruned: that a choice is due is no part of the relation.
    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        if self.depth == self.path.len() {
            self.path.push((0, alternatives));
        }
        self.depth += 1;
        self.path[self.depth - 1].0
    }

    fn watches(&self) -> bool {
        false
    }

    fn reported(&mut self, _: View<'_>, _: &Event) {}

    fn incident(&mut self, _: View<'_>, incident: &Incident) -> Reaction {
        panic!("{incident:?}")
    }
}

/// The behaviours of a program, and how many executions it took.
fn behaviours(program: fn()) -> (BTreeSet<u64>, u64) {
    let mut driver = Caching::default();
    let mut execution = Execution::new(Runtime::Native, Config::default());
    let (mut hasher, mut seen, mut executions) = (Hasher::new(), BTreeSet::new(), 0);
    loop {
        execution.run(&mut driver, &program);
        executions += 1;
        if !driver.has_given_up {
            seen.insert(hasher.behaviour(execution.view().events()));
        }
        if !driver.next_path() {
            return (seen, executions);
        }
    }
}

#[test]
fn the_relations_of_every_program_of_middle_size_are_as_many_as_derived() {
    for form in ALL.iter().filter(|form| form.reach == Reach::Caching) {
        let (seen, executions) = behaviours(form.program);
        println!("{}: {} behaviours in {executions} executions", form.name, seen.len());
        assert_eq!(seen.len() as u64, form.behaviours, "{}", form.name);
    }
}

#[test]
fn it_finds_what_brute_force_finds() {
    for form in ALL.iter().filter(|form| form.reach == Reach::BruteForce) {
        assert_eq!(behaviours(form.program).0.len() as u64, form.behaviours, "{}", form.name);
    }
}
