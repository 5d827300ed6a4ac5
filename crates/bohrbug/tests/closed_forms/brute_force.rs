//! Every schedule of the small programs, and how many behaviours are among them.

use std::collections::BTreeSet;

use bohrbug::behaviour::Hasher;
use bohrbug::strategy::{Dfs, Strategy};
use bohrbug_sync::control::{Config, Execution, Runtime};

use crate::programs::{ALL, Reach};
use crate::unwatched::Unwatched;

/// The behaviours of a program, and how many schedules it took.
fn behaviours(program: fn()) -> (BTreeSet<u64>, u64) {
    let mut driver = Unwatched { strategy: Dfs::new(), incident: |incident| panic!("{incident:?}") };
    let mut execution = Execution::new(Runtime::Native, Config::default());
    let (mut hasher, mut seen, mut schedules) = (Hasher::new(), BTreeSet::new(), 0);
    while driver.strategy.begin(schedules) {
        execution.run(&mut driver, &program);
        driver.strategy.end(execution.view());
        assert_eq!(driver.strategy.standing().complaint, None);
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
