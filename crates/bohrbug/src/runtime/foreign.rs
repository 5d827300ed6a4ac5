//! What driving shuttle and driving loom have in common: they call the closure, and we are inside.
//!
//! The closure they want must be `'static` and `Sync` although they run everything on the calling OS thread, so what it
//! needs lies in a thread-local for the time of the run. An execution's tasks may outlive its main closure; it is ended
//! when the next one begins, or when the run is over.

use std::any::Any;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use bohrbug_sync::control::{Config, Driver, Event, Execution, Incident, Reaction, Runtime, View};
use bohrbug_trace::{ObjectId, TaskId};

use super::{Ended, Ending, Program, Supervisor};
use crate::session::Session;

thread_local! {
    static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
}

/// A run of executions under a foreign runtime.
struct Run {
    execution: Box<Execution>,
    session: Rc<RefCell<Session>>,
    supervisor: Supervisor,
    program: Program,
    number: u64,
    /// Whether an execution has begun and not ended.
    under_way: bool,
    ending: Option<Ending>,
}

/// The session as the driver of an execution that does not borrow it.
struct Shared(Rc<RefCell<Session>>);

impl Driver for Shared {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        self.0.borrow_mut().next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.0.borrow_mut().choose(view, alternatives)
    }

    fn watches(&self) -> bool {
        self.0.borrow().watches()
    }

    fn watches_cells(&self) -> bool {
        self.0.borrow().watches_cells()
    }

    fn watches_memory(&self) -> bool {
        self.0.borrow().watches_memory()
    }

    fn is_freed(&mut self, view: View<'_>, address: usize) -> bool {
        self.0.borrow_mut().is_freed(view, address)
    }

    fn dropped(&mut self, view: View<'_>, cell: ObjectId) {
        self.0.borrow_mut().dropped(view, cell);
    }

    fn is_over(&self) -> bool {
        self.0.borrow().is_over()
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.0.borrow_mut().reported(view, event);
    }

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Reaction {
        self.0.borrow_mut().incident(view, incident)
    }
}

/// Ends the execution that is under way, if one is, and asks the session and the supervisor whether there is to be
/// another.
pub(super) fn goes_on() -> bool {
    RUN.with_borrow_mut(|run| {
        let Some(run) = run else { return false };
        if run.ending.is_some() {
            return false;
        }
        if run.end_execution().is_break() {
            run.ending = Some(Ending::Stopped);
        } else if !run.session.borrow_mut().begin(run.number) {
            run.ending = Some(Ending::Complete);
        }
        run.ending.is_none()
    })
}

/// The closure that the foreign runtime calls: one execution.
pub(super) fn execute() {
    let program = RUN.with_borrow_mut(|run| {
        let run = run.as_mut()?;
        run.execution.begin();
        run.under_way = true;
        Some(run.program.clone())
    });
    if let Some(program) = program {
        Execution::main(&*program.run);
    }
}

/// Sets up a run, lets `search` run it, and takes it down.
///
/// A panic of `search` is the foreign runtime's own, unless its payload is a [`StopSearch`].
pub(super) fn run(
    runtime: Runtime,
    session: Session,
    config: &Config,
    program: &Program,
    supervisor: Supervisor,
    search: impl FnOnce(),
) -> Result<Ending, String> {
    let mut execution = Execution::new(runtime, config.clone());
    execution.set_site(program.site);
    let session = Rc::new(RefCell::new(session));
    execution.own(Box::new(Shared(session.clone())));
    let run =
        Run { execution, session, supervisor, program: program.clone(), number: 0, under_way: false, ending: None };
    let outer = RUN.replace(Some(run));
    assert!(outer.is_none(), "an exploration cannot run inside a task of another exploration");
    let result = catch_unwind(AssertUnwindSafe(search));
    let ending = RUN.take().and_then(|mut run| {
        if run.end_execution().is_break() {
            run.ending.get_or_insert(Ending::Stopped);
        }
        run.ending
    });
    match result {
        Ok(()) => Ok(ending.unwrap_or(Ending::Complete)),
        Err(payload) if payload.is::<StopSearch>() => Ok(ending.unwrap_or(Ending::Stopped)),
        // A failure that was seen says more than what the runtime made of it.
        Err(_) if ending == Some(Ending::Stopped) => Ok(Ending::Stopped),
        Err(payload) => Err(text(&*payload)),
    }
}

/// The payload with which a search that has no other way is stopped.
pub(super) struct StopSearch;

impl Run {
    fn end_execution(&mut self) -> ControlFlow<()> {
        if !std::mem::take(&mut self.under_way) {
            return ControlFlow::Continue(());
        }
        self.execution.end();
        let mut session = self.session.borrow_mut();
        let ended = Ended::new(&self.execution, &mut session);
        self.number += 1;
        (self.supervisor)(ended)
    }
}

fn text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without a message".to_owned())
}
