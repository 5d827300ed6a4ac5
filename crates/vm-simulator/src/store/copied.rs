//! The report's second solution: the list is immutable, and a change makes a new one.
//!
//! A reader gets the old list or the new one. But between reading the old and putting the new in its place nothing
//! keeps a second change away, so of two changes one can be lost; and what is counted beside the list (cards, disks,
//! networks) is still changed step by step and still stays changed when the change faults.

use bohrbug_sync::{Arc, Mutex, PoisonError, Shared, label};

use super::in_place::change_settings;
use super::{Ground, Held, Outcome, Part, Step, Store, value_updates};
use crate::device::Device;
use crate::reconfigure::{Effect, Plan, apply, apply_to_settings};
use crate::state::{MachineState, Settings};

pub(crate) struct CopiedStore {
    /// The list; the mutex is held only to take or to put the pointer.
    list: Mutex<Arc<Vec<Device>>>,
    settings: Shared<Settings>,
}

impl CopiedStore {
    pub(crate) fn new(owner: &str, settings: Settings, parts: &[Part]) -> Self {
        let list = Arc::new(parts.iter().map(Part::device).collect());
        let store = Self { list: Mutex::new(list), settings: Shared::new(settings) };
        label(&store.list, format_args!("{owner} device list"));
        label(&store.settings, format_args!("{owner} settings"));
        store
    }

    #[track_caller]
    fn list(&self) -> Arc<Vec<Device>> {
        Arc::clone(&self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[track_caller]
    fn put(&self, list: &Arc<Vec<Device>>) {
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(list);
    }
}

impl Store for CopiedStore {
    fn configure(&self, plan: &mut dyn FnMut(&MachineState) -> Plan, ground: &mut dyn Ground) -> Outcome {
        let before = MachineState { settings: self.settings.get(), devices: (*self.list()).clone() };
        let plan = plan(&before);
        let mut copy = before.clone();
        for effect in &plan.effects {
            apply(&mut copy, effect);
        }
        let list = Arc::new(copy.devices);
        for effect in &plan.effects {
            match effect {
                Effect::Publish => self.put(&list),
                effect if effect.is_on_settings() => {
                    self.settings.write(|settings| apply_to_settings(settings, effect));
                }
                effect => ground.step(effect),
            }
        }
        Outcome { result: plan.result, updates: value_updates(&before, &plan.effects, &list) }
    }

    fn devices(&self) -> Vec<Device> {
        (*self.list()).clone()
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
        let list = Arc::new(devices);
        self.put(&list);
        Held::List(list)
    }

    fn share(&self) -> Vec<Part> {
        self.devices().into_iter().map(Part::value).collect()
    }
}
