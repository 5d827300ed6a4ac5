//! What all runtimes share: a driver that asks the search, and the outcomes that it saw.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bohrbug_events::TaskId;
use bohrbug_sync::control::{self, Carrier, Config, Driver, Event, Execution, Incident, Reaction, Runtime, View};

use crate::case::{Budget, Case};
use crate::dfs::Dfs;

/// One exploration at a time: some programs use statics.
static ALONE: Mutex<()> = Mutex::new(());

/// Waits until no other test explores, and silences the panics of programs under test.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            if !control::note_panic(info) && std::thread::current().name().is_some_and(|name| name.contains("::")) {
                eprintln!("{info}");
            }
        }));
    });
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the panic of a thread other than main ends the execution.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Panics {
    Stop,
    GoOn,
}

/// Drives executions and collects their outcomes.
pub(crate) struct Explorer {
    /// The search; none where the runtime searches by itself and choices are always the first.
    pub(crate) search: Option<Rc<RefCell<Dfs>>>,
    pub(crate) panics: Panics,
    /// What went wrong in this execution.
    pub(crate) incident: Option<String>,
    pub(crate) seen: BTreeSet<String>,
    pub(crate) executions: u64,
}

impl Explorer {
    pub(crate) fn new(search: Option<Rc<RefCell<Dfs>>>, panics: Panics) -> Self {
        Self { search, panics, incident: None, seen: BTreeSet::new(), executions: 0 }
    }

    /// Notes how an execution ended.
    pub(crate) fn note(&mut self, outcome: Option<String>) {
        self.executions += 1;
        let outcome = self.incident.take().or(outcome);
        self.seen.insert(outcome.unwrap_or_else(|| "main did not end".to_owned()));
    }
}

impl Driver for Explorer {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        let ready = view.ready();
        let Some(search) = self.search.as_ref().filter(|_| ready.len() > 1) else { return Some(ready.nth(0)) };
        Some(ready.nth(search.borrow_mut().choose(ready.len())))
    }

    fn choose(&mut self, _: View<'_>, alternatives: u32) -> u32 {
        self.search.as_ref().map_or(0, |search| search.borrow_mut().choose(alternatives as usize) as u32)
    }

    fn reported(&mut self, _: View<'_>, _: &Event) {}

    fn incident(&mut self, _: View<'_>, incident: &Incident) -> Reaction {
        let what = match incident {
            Incident::Panic { task, .. } if *task != TaskId::MAIN && self.panics == Panics::GoOn => {
                return Reaction::GoOn;
            }
            Incident::Panic { message, .. } => format!("panic: {message}"),
            Incident::Deadlock { .. } => "deadlock".to_owned(),
            Incident::StepBound { .. } => "step bound".to_owned(),
            Incident::UseAfterFree { .. } => "use after free".to_owned(),
            Incident::Runtime { message } => format!("runtime: {message}"),
        };
        self.incident.get_or_insert(what);
        Reaction::Stop
    }
}

/// The explorer as a driver that an execution may own.
struct Shared(Rc<RefCell<Explorer>>);

impl Driver for Shared {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        self.0.borrow_mut().next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.0.borrow_mut().choose(view, alternatives)
    }

    fn reported(&mut self, _: View<'_>, _: &Event) {}

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Reaction {
        self.0.borrow_mut().incident(view, incident)
    }
}

/// An execution, its driver and its program; its memory serves one execution after the other.
pub(crate) struct Bench {
    pub(crate) execution: Box<Execution>,
    explorer: Rc<RefCell<Explorer>>,
    pub(crate) program: Box<dyn Fn() -> String>,
    outcome: Rc<RefCell<Option<String>>>,
    running: bool,
}

/// Something that a task on another OS thread may use, since the one that it comes from waits meanwhile.
struct Lent<T>(T);

// SAFETY: what it is used for here is bound to no thread, and one thread runs at a time.
unsafe impl<T> Send for Lent<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Lent<T> {}

impl<T> Lent<T> {
    fn get(&self) -> &T {
        &self.0
    }
}

impl Driver for Lent<Shared> {
    fn next_task(&mut self, view: View<'_>) -> Option<TaskId> {
        self.0.next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.0.choose(view, alternatives)
    }

    fn reported(&mut self, _: View<'_>, _: &Event) {}

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Reaction {
        self.0.incident(view, incident)
    }
}

impl Bench {
    pub(crate) fn new(runtime: Runtime, budget: Budget, explorer: Explorer, program: Box<dyn Fn() -> String>) -> Self {
        Self::carried(runtime, Carrier::Coroutines, budget, explorer, program)
    }

    fn carried(
        runtime: Runtime,
        carrier: Carrier,
        budget: Budget,
        explorer: Explorer,
        program: Box<dyn Fn() -> String>,
    ) -> Self {
        let config = Config {
            timeouts: budget.timeouts,
            spurious: budget.spurious,
            weak_failures: budget.weak_failures,
            cell_points: budget.cell_points,
            step_bound: 2_000,
            carrier,
            ..Config::default()
        };
        let mut execution = Execution::new(runtime, config);
        let explorer = Rc::new(RefCell::new(explorer));
        execution.own(Box::new(Shared(explorer.clone())));
        Self { execution, explorer, program, outcome: Rc::default(), running: false }
    }

    pub(crate) fn of(case: &Case, runtime: Runtime, search: Option<Rc<RefCell<Dfs>>>) -> Self {
        Self::new(runtime, case.budget, Explorer::new(search, Panics::GoOn), Box::new(case.program))
    }

    /// On native, with tasks that are OS threads.
    pub(crate) fn on_os_threads(case: &Case, search: Rc<RefCell<Dfs>>) -> Self {
        let explorer = Explorer::new(Some(search), Panics::GoOn);
        Self::carried(Runtime::Native, Carrier::Threads, case.budget, explorer, Box::new(case.program))
    }

    pub(crate) fn explorer(&self) -> RefMut<'_, Explorer> {
        self.explorer.borrow_mut()
    }

    /// One execution on native.
    pub(crate) fn run_native(&mut self) {
        let lent = Lent((&self.program, self.outcome.clone()));
        let f = move || {
            let (program, outcome) = lent.get();
            let end = program();
            *outcome.borrow_mut() = Some(end);
        };
        let mut driver = Lent(Shared(self.explorer.clone()));
        match self.execution.config().carrier {
            Carrier::Coroutines => self.execution.run(&mut driver, &f),
            Carrier::Threads => self.execution.run_on_os_threads(&mut driver, &f),
        }
        self.explorer().note(self.outcome.take());
    }

    /// One execution inside a foreign runtime's main closure; it ends with [`Bench::finish`].
    pub(crate) fn run_foreign(&mut self) {
        self.finish();
        self.running = true;
        self.execution.begin();
        let (program, outcome) = (&self.program, self.outcome.clone());
        Execution::main(&|| {
            let end = program();
            *outcome.borrow_mut() = Some(end);
        });
    }

    /// Ends the last execution, if there was one.
    pub(crate) fn finish(&mut self) {
        if std::mem::take(&mut self.running) {
            self.execution.end();
            self.explorer().note(self.outcome.take());
        }
    }
}
