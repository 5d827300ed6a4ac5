//! What a runtime could not follow: an object in two explorations at once, a primitive it does not have, its own limits.

use bohrbug_sync::control::{Incident, View};
use bohrbug_trace::FailureKind;

use super::Monitor;
use crate::failure::Failure;

/// Passes on what a runtime complains of.
#[derive(Clone, Copy, Debug)]
pub struct RuntimeComplaint;

impl Monitor for RuntimeComplaint {
    fn kind(&self) -> FailureKind {
        FailureKind::Runtime
    }

    fn incident(&mut self, _: View<'_>, incident: &Incident) -> Option<Failure> {
        match incident {
            Incident::Runtime { message } => Some(Failure::new(self.kind(), message.clone())),
            _ => None,
        }
    }
}
