//! What upstream does: the steps are taken on a slice of the very array that is published, and published at the end.
//!
//! The machine's lock keeps readers of this machine out meanwhile. It does not help where the array or a device is
//! also held elsewhere: by another machine (default devices that were not copied), or by an update that waits for its
//! watcher. And when a step faults, what was done to the array stays done.

use bohrbug_sync::{Arc, Shared, label};

use super::cells::{Cell, encode};
use super::in_place::{Steps, Working, cells, change_settings, copies, new_list};
use super::slice::Slice;
use super::{Ground, Held, Outcome, Part, Step, Store};
use crate::device::Device;
use crate::reconfigure::{Effect, Plan};
use crate::state::{MachineState, Settings};

pub(crate) struct AliasStore {
    owner: String,
    published: Shared<Slice<Arc<Cell>>>,
    settings: Shared<Settings>,
}

impl AliasStore {
    pub(crate) fn new(owner: &str, settings: Settings, parts: &[Part]) -> Self {
        let store = Self {
            owner: owner.to_owned(),
            published: Shared::new(new_list(owner, cells(owner, parts))),
            settings: Shared::new(settings),
        };
        label(&store.published, format_args!("{owner} device list"));
        label(&store.settings, format_args!("{owner} settings"));
        store
    }

    fn apply(&self, effect: &Effect, working: &mut Working, steps: &mut Steps<'_>) {
        match effect {
            Effect::Create(device) => drop(working.create(device, &self.owner)),
            Effect::Append { device } => working.append(*device),
            Effect::RemoveAt { index } => working.remove(*index),
            Effect::Rekey { device, controller } => working.rekey(*device, *controller, &self.owner),
            Effect::Publish => self.published.set(working.list.clone()),
            other => steps.take(other, working),
        }
    }
}

impl Store for AliasStore {
    fn configure(&self, plan: &mut dyn FnMut(&MachineState) -> Plan, ground: &mut dyn Ground) -> Outcome {
        let settings = self.settings.get();
        let (mut working, before) = Working::begin(self.published.get(), settings.clone());
        let plan = plan(&before);
        let mut steps = Steps::new(&self.settings, settings, ground);
        for effect in &plan.effects {
            self.apply(effect, &mut working, &mut steps);
        }
        Outcome { result: plan.result, updates: steps.updates }
    }

    fn devices(&self) -> Vec<Device> {
        encode(&self.published.get().get())
    }

    fn settings(&self) -> Settings {
        self.settings.get()
    }

    fn change(&self, steps: &[Step<'_>]) {
        change_settings(&self.settings, steps);
    }

    fn replace_devices(&self, change: &dyn Fn(&mut Vec<Device>)) -> Held {
        let mut devices = self.devices();
        change(&mut devices);
        let list = new_list(&self.owner, copies(&self.owner, &devices));
        self.published.set(list.clone());
        Held::Slice(list)
    }

    fn share(&self) -> Vec<Part> {
        self.published.get().get().into_iter().map(Part::Cell).collect()
    }
}
