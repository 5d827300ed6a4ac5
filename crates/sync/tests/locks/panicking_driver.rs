//! A driver that panics: every task unwinds, the panic goes on where the execution was begun, and the next execution is as
//! if nothing had been. On native only, on either carrier: a foreign runtime's scheduler is not ours.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bohrbug_events::TaskId;
use bohrbug_sync::control::{Carrier, Config, Driver, Event, Execution, Incident, Reaction, Runtime, View};
use bohrbug_sync::{Arc, Mutex, thread};

use crate::in_turn::next_in_turn;

/// Where it panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// At that decision.
    Decision(u32),
    /// At that event.
    Event(usize),
    /// It chooses a task that is not there.
    Nonsense(u32),
    /// It takes a lock of the program's own kind at that decision.
    Lock(u32),
    Nowhere,
}

struct Panicking {
    at: At,
    decisions: u32,
}

impl Driver for Panicking {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        self.decisions += 1;
        if self.at == At::Nonsense(self.decisions) {
            return Some(TaskId(99));
        }
        if self.at == At::Lock(self.decisions) {
            drop(Mutex::new(0).lock());
        }
        assert!(self.at != At::Decision(self.decisions), "a mistake in the strategy");
        next_in_turn(view)
    }

    fn choose(&mut self, _: View<'_>, _: u32) -> u32 {
        0
    }

    fn reported(&mut self, view: View<'_>, _: &Event) {
        assert!(self.at != At::Event(view.events().len()), "a mistake in the monitor");
    }

    fn incident(&mut self, _: View<'_>, incident: &Incident) -> Reaction {
        panic!("a panic of the driver is no incident of the program: {incident:?}");
    }
}

/// Two threads that count; how often they have.
fn count(token: &Arc<()>) -> usize {
    let counter = Arc::new(Mutex::new(0));
    let threads = [(); 2].map(|()| {
        let (counter, token) = (counter.clone(), token.clone());
        thread::spawn(move || {
            *counter.lock().unwrap() += 1;
            drop(token);
        })
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    *counter.lock().unwrap()
}

/// What the panic says that comes out of an execution; `None` if none does.
fn run(execution: &mut Execution, at: At, counted: &AtomicUsize) -> Option<String> {
    let token = Arc::new(());
    let mut driver = Panicking { at, decisions: 0 };
    let f = || counted.store(count(&token), Relaxed);
    let ran = catch_unwind(AssertUnwindSafe(|| match execution.config().carrier {
        Carrier::Coroutines => execution.run(&mut driver, &f),
        Carrier::Threads => execution.run_on_os_threads(&mut driver, &f),
    }));
    assert_eq!(Arc::strong_count(&token), 1, "after {at:?} a task has not unwound");
    let payload = ran.err()?;
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
}

#[test]
fn ends_the_execution_wherever_it_panics_and_the_next_one_runs() {
    ends_the_execution(Carrier::Coroutines);
}

#[test]
fn ends_the_execution_on_os_threads_too() {
    ends_the_execution(Carrier::Threads);
}

fn ends_the_execution(carrier: Carrier) {
    let mut execution = Execution::new(Runtime::Native, Config { carrier, ..Config::default() });
    let counted = AtomicUsize::new(0);
    assert_eq!(run(&mut execution, At::Nowhere, &counted), None);
    let events = execution.events().len();
    let decisions = (1..).take_while(|&decision| {
        let said = run(&mut execution, At::Decision(decision), &counted);
        let panicked = said.is_some();
        if let Some(said) = said {
            assert_eq!(said, "a mistake in the strategy");
        }
        panicked
    });
    let decisions = decisions.count() as u32;
    assert!(decisions > 8, "every decision is tried: {decisions}");
    for decision in 1..=decisions {
        let said = run(&mut execution, At::Nonsense(decision), &counted);
        assert_eq!(said.as_deref(), Some("the strategy chose task 99, which cannot go on"));
    }
    for decision in 1..=decisions {
        let said = run(&mut execution, At::Lock(decision), &counted);
        let said = said.expect("the execution cannot be used while its driver is asked");
        assert!(said.starts_with("an execution was used while its strategy or a monitor was being asked"), "{said}");
    }
    for event in 1..=events {
        let said = run(&mut execution, At::Event(event), &counted);
        assert_eq!(said.as_deref(), Some("a mistake in the monitor"), "at event {event} of {events}");
        counted.store(0, Relaxed);
        assert_eq!(run(&mut execution, At::Nowhere, &counted), None);
        assert_eq!(counted.load(Relaxed), 2, "after a panic at event {event}");
    }
}
