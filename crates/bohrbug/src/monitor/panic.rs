//! A panic that nothing in the code under test caught: a broken assertion, most of the time.
//!
//! Main's own panics end the program, so they are failures whichever monitors are disabled; disabling this one is for
//! programs whose other tasks may panic.

use bohrbug_sync::control::{Incident, View};
use bohrbug_trace::{FailureKind, TaskId};

use super::Monitor;
use crate::failure::Failure;
use crate::names::Names;

/// Finds panics.
#[derive(Clone, Copy, Debug, Default)]
pub struct Panic {
    only_in_main: bool,
}

impl Panic {
    /// Finds those of main alone.
    pub(crate) const fn in_main() -> Self {
        Self { only_in_main: true }
    }
}

impl Monitor for Panic {
    fn kind(&self) -> FailureKind {
        FailureKind::Panic
    }

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure> {
        let Incident::Panic { task, message, site } = incident else {
            return None;
        };
        if self.only_in_main && *task != TaskId::MAIN {
            return None;
        }
        let task = Names::of(view).task(*task).to_owned();
        Some(Failure::new(self.kind(), message.clone()).in_task(task).at(site.clone()))
    }
}
