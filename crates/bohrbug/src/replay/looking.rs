//! A replay with somebody who looks at the tasks where they stand: each on its own stack, when it has announced what it does next.
//!
//! A task stays there until that happens, so its last look before a step is where it stands at that step. Nothing is said of
//! one that has not begun.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bohrbug_sync::control::{Incident, Runtime, View};
use bohrbug_trace::{FailureKind, StepIdx, TaskId, Trace};

use super::exact::replay_with;
use super::{Replay, ReplayError};
use crate::failure::Failure;
use crate::monitor::{Event, Monitor};
use crate::names::Names;
use crate::runtime::Program;
use crate::strategy::{Descriptor, SharedFollow, Strategy};

/// A task that has announced what it does next, or has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look<'a> {
    /// The task, as traces name it.
    pub task: &'a str,
    /// How many events there have been: the number of the next step.
    pub step: StepIdx,
    /// Whether it has come to its end.
    pub has_ended: bool,
}

/// Replays a trace exactly on native, and has `look` called on the stack of each task whenever that has announced something.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use bohrbug::{Exploration, Program, replay_looking};
/// use bohrbug_sync::thread;
///
/// let program = Program::new(|| drop(thread::spawn(|| panic!("as recorded")).join()));
/// let found = Exploration::new("looking", "random").run(&program, |_| ())?.into_found().expect("it panics");
/// let tasks = Arc::new(Mutex::new(Vec::new()));
/// let seen = tasks.clone();
/// replay_looking(&found.trace, &program, move |look| seen.lock().unwrap().push(look.task.to_owned()))?;
/// assert!(tasks.lock().unwrap().iter().any(|task| task == "main"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If the trace cannot be replayed there at all; see [`ReplayError`].
pub fn replay_looking(
    trace: &Trace,
    program: &Program,
    look: impl FnMut(Look<'_>) + Send + 'static,
) -> Result<Replay, ReplayError> {
    let eyes = Eyes(Arc::new(Mutex::new(Looking { names: Names::default(), look: Box::new(look) })));
    let program = program.clone().watched_by(eyes.clone());
    replay_with(trace, &program, Runtime::Native, |follow| Box::new(Between { follow, eyes }))
}

struct Looking {
    names: Names,
    look: Box<dyn FnMut(Look<'_>) + Send>,
}

/// Shared by what is asked at decisions and what hears of a deadlock, where there is nothing to decide.
#[derive(Clone)]
struct Eyes(Arc<Mutex<Looking>>);

impl Eyes {
    fn look(&self, view: View<'_>) {
        let mut looking = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Looking { names, look } = &mut *looking;
        names.name_tasks(view);
        let task = view.current();
        look(Look { task: names.task(task), step: view.steps(), has_ended: view.finished(task) });
    }
}

impl fmt::Debug for Eyes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Eyes")
    }
}

impl Monitor for Eyes {
    fn kind(&self) -> FailureKind {
        FailureKind::Custom("looking")
    }

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure> {
        if matches!(incident, Incident::Deadlock { .. }) {
            self.look(view);
        }
        None
    }
}

struct Between {
    follow: SharedFollow,
    eyes: Eyes,
}

impl Strategy for Between {
    fn begin(&mut self, execution: u64) -> bool {
        self.follow.begin(execution)
    }

    fn next_task(&mut self, view: View<'_>) -> TaskId {
        self.eyes.look(view);
        self.follow.next_task(view)
    }

    fn choose(&mut self, view: View<'_>, alternatives: u32) -> u32 {
        self.follow.choose(view, alternatives)
    }

    fn reported(&mut self, view: View<'_>, event: &Event) {
        self.follow.reported(view, event);
    }

    fn descriptor(&self) -> Descriptor {
        self.follow.descriptor()
    }
}
