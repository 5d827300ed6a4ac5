//! Every schedule of the small programs, and how many behaviours are among them.

use std::collections::BTreeSet;

use bohrbug::behaviour::Hasher;
use bohrbug::strategy::{Dfs, Strategy};
use bohrbug_sync::control::{Config, Driver, Event, Execution, Incident, Reaction, Runtime, View};
use bohrbug_trace::TaskId;

use crate::programs::{ALL, Reach};

/// `dfs` as the driver of executions in which nothing goes wrong.
struct BruteForce(Dfs);

impl Driver for BruteForce {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        Some(self.0.next_task(view))
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.0.choose(view, alternatives)
    }

    fn watches(&self) -> bool {
        self.0.watches()
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.0.reported(view, event);
    }

    fn incident(&mut self, _: View<'_>, incident: &Incident) -> Reaction {
        panic!("{incident:?}")
    }
}

/// The behaviours of a program, and how many schedules it took.
fn behaviours(program: fn()) -> (BTreeSet<u64>, u64) {
    let mut driver = BruteForce(Dfs::new());
    let mut execution = Execution::new(Runtime::Native, Config::default());
    let (mut hasher, mut seen, mut schedules) = (Hasher::new(), BTreeSet::new(), 0);
    while driver.0.begin(schedules) {
        execution.run(&mut driver, &program);
        driver.0.end(execution.view());
        assert_eq!(driver.0.complaint(), None);
        seen.insert(hasher.behaviour(execution.view().events()));
        schedules += 1;
    }
    (seen, schedules)
}

#[test]
fn the_schedules_of_every_small_program_have_as_many_behaviours_as_derived() {
    for form in ALL.iter().filter(|form| form.reach == Reach::BruteForce) {
        let (seen, schedules) = behaviours(form.program);
        println!("{}: {} behaviours in {schedules} schedules", form.name, seen.len());
        assert_eq!(seen.len() as u64, form.behaviours, "{}", form.name);
    }
}
