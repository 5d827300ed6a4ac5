//! An execution without an end: twice the step bound, the second half scheduled fairly, so that starvation is no excuse.
//!
//! Under loom no fair half can be had; there an execution at the bound is cut off and counted, and is no failure.

use bohrbug_sync::control::{Incident, View};
use bohrbug_trace::FailureKind;

use super::Monitor;
use crate::failure::Failure;

/// Finds executions that do not end.
#[derive(Clone, Copy, Debug)]
pub struct StepBound;

impl Monitor for StepBound {
    fn kind(&self) -> FailureKind {
        FailureKind::StepBound
    }

    fn incident(&mut self, _: View<'_>, incident: &Incident) -> Option<Failure> {
        match incident {
            Incident::StepBound { steps, fair: true } => Some(Failure::new(
                self.kind(),
                format!(
                    "no end after {steps} events, half of them scheduled fairly: usually a loop that waits for what \
                     cannot happen any more; if the program is just long, raise the step bound"
                ),
            )),
            _ => None,
        }
    }
}
