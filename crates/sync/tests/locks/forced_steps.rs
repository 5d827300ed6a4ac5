//! A driver that need not be asked where only one task can go on: nothing else changes, and it has its say again when
//! something went wrong. On native only: a foreign runtime asks its own scheduler.

use std::cell::Cell;

use bohrbug_events::TaskId;
use bohrbug_sync::cell::{Access, UnsafeCell};
use bohrbug_sync::control::{Config, Driver, Event, Execution, Incident, Reaction, Runtime, View};
use bohrbug_sync::{Arc, Mutex, thread};

use crate::in_turn::next_in_turn;

/// Lets everybody go on in turn, and remembers how many could each time.
#[derive(Default)]
struct InTurn {
    wants_forced_steps: bool,
    watches: bool,
    /// Whether an access to a cell ends the execution.
    stops_at_cells: bool,
    is_over: bool,
    asked: Vec<usize>,
    /// How often it had been asked when something went wrong.
    incident: Option<usize>,
}

impl Driver for InTurn {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        self.asked.push(view.ready().len());
        next_in_turn(view).filter(|_| !self.is_over)
    }

    fn choose(&mut self, _: View<'_>, _: u32) -> u32 {
        0
    }

    fn wants_forced_steps(&self) -> bool {
        self.wants_forced_steps
    }

    fn watches(&self) -> bool {
        self.watches
    }

    fn watches_cells(&self) -> bool {
        self.watches || self.stops_at_cells
    }

    fn is_over(&self) -> bool {
        self.is_over
    }

    fn reported(&mut self, _: View<'_>, _: &Event) {
        self.is_over = self.stops_at_cells;
    }

    fn incident(&mut self, _: View<'_>, _: &Incident) -> Reaction {
        self.incident.get_or_insert(self.asked.len());
        Reaction::GoOn
    }
}

/// The events of an execution under that driver.
fn run(driver: &mut InTurn, program: impl Fn()) -> Vec<Event> {
    let mut execution = Execution::new(Runtime::Native, Config::default());
    execution.run(driver, &program);
    execution.events().to_vec()
}

fn two_threads() {
    let counter = Arc::new(Mutex::new(0));
    let threads = [(); 2].map(|()| {
        let counter = counter.clone();
        thread::spawn(move || *counter.lock().unwrap() += 1)
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn it_is_asked_only_where_there_is_a_choice_and_the_same_happens() {
    let (mut everywhere, mut choices) = (InTurn { wants_forced_steps: true, ..InTurn::default() }, InTurn::default());
    assert_eq!(run(&mut everywhere, two_threads), run(&mut choices, two_threads));
    assert!(everywhere.asked.contains(&1), "{:?}", everywhere.asked);
    everywhere.asked.retain(|&ready| ready > 1);
    assert_eq!(everywhere.asked, choices.asked);
}

#[test]
fn it_is_asked_at_every_step_if_it_is_told_of_every_event() {
    let mut driver = InTurn { watches: true, ..InTurn::default() };
    run(&mut driver, two_threads);
    assert!(driver.asked.contains(&1), "{:?}", driver.asked);
}

#[test]
fn it_is_asked_at_every_step_after_an_incident() {
    let mut driver = InTurn::default();
    run(&mut driver, || {
        let thread = thread::spawn(|| panic!("an incident"));
        assert!(thread.join().is_err());
    });
    let incident = driver.incident.expect("a panic is an incident");
    assert!(!driver.asked[..incident].contains(&1), "{:?}", driver.asked);
    assert!(driver.asked[incident..].contains(&1), "{:?}", driver.asked);
}

#[test]
fn what_it_is_told_of_a_cell_can_end_the_execution_before_the_next_step() {
    let mut driver = InTurn { stops_at_cells: true, ..InTurn::default() };
    let done = Cell::new(9);
    run(&mut driver, || {
        UnsafeCell::new(0).with_mut(|_| done.set(0));
        done.set(1);
        drop(Mutex::new(()).lock());
        done.set(2);
    });
    assert_eq!(done.get(), 1);
}
