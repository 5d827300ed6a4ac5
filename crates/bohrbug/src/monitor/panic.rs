//! A panic that nothing in the code under test caught: a broken assertion, most of the time.

use bohrbug_sync::control::{Incident, View};

use super::Monitor;
use crate::failure::Failure;
use crate::names::Names;

/// Finds panics.
#[derive(Clone, Copy, Debug)]
pub struct Panic;

impl Monitor for Panic {
    fn name(&self) -> &'static str {
        "panic"
    }

    fn incident(&mut self, view: View<'_>, incident: &Incident) -> Option<Failure> {
        let Incident::Panic { task, message, site } = incident else {
            return None;
        };
        let task = Names::of(view).task(*task).to_owned();
        Some(Failure::new(self.name(), message.clone()).in_task(task).at(site.clone()))
    }
}
