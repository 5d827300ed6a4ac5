//! The reconfigure path, as a pure function.
//!
//! [`plan`] takes a machine's state and a specification and answers the *effects* that the reconfiguration has, in
//! their order, and its outcome. It touches nothing. What a revision does with the effects (apply each to the live
//! state at once, apply them to a copy, drop them when the outcome is a fault) is in `store/`, and is all that sets
//! the revisions apart here: the validation order is the same for all of them.

mod change;
mod disk;
mod effect;
mod network;
mod rules;
mod scalars;
mod spec;

pub(crate) use effect::apply_to_settings;
pub use effect::{Effect, Notice, NoticeOp, Plan, apply};
pub use spec::{ConfigSpec, DeviceChange, FileOperation, Operation};

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::Fault;
use crate::reference::Ref;
use crate::state::MachineState;

/// How exacting the reconfiguration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// As the original: what it lets pass passes.
    Original,
    /// Bad input is a fault that names the property, and child lists name only devices of the machine.
    Strict,
}

/// What a reconfiguration may look at besides the machine.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// How exacting it is.
    pub rules: Rules,
    /// Whether a step of the host or the network may fail by itself, which the scheduler decides.
    pub faults: bool,
    /// Networks by name.
    pub networks: &'a BTreeMap<String, Ref>,
    /// The distributed switches that every host is a member of.
    pub switches: &'a BTreeSet<String>,
    /// The files that exist, with their sizes.
    pub files: &'a BTreeMap<String, i64>,
    /// The datastores by name.
    pub datastores: &'a BTreeSet<String>,
}

/// What applying `spec` to a machine in the state `state` does.
pub fn plan(state: &MachineState, spec: &ConfigSpec, around: Surroundings<'_>) -> Plan {
    let mut planner = Planner { state: state.clone(), files: around.files.clone(), around, effects: Vec::new() };
    let result = planner.configure(spec);
    Plan { effects: planner.effects, result }
}

/// The state that the effects so far would lead to, and these effects.
struct Planner<'a> {
    state: MachineState,
    files: BTreeMap<String, i64>,
    around: Surroundings<'a>,
    effects: Vec<Effect>,
}

impl Planner<'_> {
    fn configure(&mut self, spec: &ConfigSpec) -> Result<(), Fault> {
        if self.state.settings.template && !spec.allowed_on_a_template() {
            return Err(rules::template_is_fixed());
        }
        if self.around.rules == Rules::Strict {
            rules::check(&self.state, spec)?;
        }
        self.scalars(spec)?;
        self.devices(spec)?;
        self.extra_config(spec);
        self.emit(Effect::Bump);
        Ok(())
    }

    /// Whether the named step fails by itself.
    #[track_caller]
    fn fails(&self, point: &'static str) -> bool {
        self.around.faults && bohrbug_sync::choice::fault(point)
    }

    /// Records `effect` and brings the planner's own state up to date with it.
    fn emit(&mut self, effect: Effect) {
        apply(&mut self.state, &effect);
        effect.apply_to_files(&mut self.files);
        self.effects.push(effect);
    }
}
