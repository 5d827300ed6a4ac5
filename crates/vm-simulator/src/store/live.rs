//! The list itself is changed, step by step, where everyone can see it: the report's picture of the bug.
//!
//! Revision `reported` takes no lock. Revision `device-lock` is the report's first solution: a mutex of the list's
//! own, held by whoever changes the list and by whoever collects it. The two differ in [`LiveStore::guarded`] alone.
//!
//! A new device joins the list as the specification has it and is attached afterwards, in the list.

use bohrbug_sync::{Arc, Mutex, PoisonError, Shared, label};

use super::cells::{Cell, encode};
use super::in_place::{Steps, Working, cells, change_settings, copies, new_list};
use super::slice::Slice;
use super::{Ground, Held, Outcome, Part, Step, Store};
use crate::device::Device;
use crate::reconfigure::{Effect, Plan};
use crate::state::{MachineState, Settings};

pub(crate) struct LiveStore {
    owner: String,
    list: Shared<Slice<Arc<Cell>>>,
    settings: Shared<Settings>,
    /// The list's own lock, in the revision that has one.
    device_lock: Option<Mutex<()>>,
}

impl LiveStore {
    pub(crate) fn new(owner: &str, settings: Settings, parts: &[Part], locked: bool) -> Self {
        let store = Self {
            owner: owner.to_owned(),
            list: Shared::new(new_list(owner, cells(owner, parts))),
            settings: Shared::new(settings),
            device_lock: locked.then(|| Mutex::new(())),
        };
        label(&store.list, format_args!("{owner} device list"));
        label(&store.settings, format_args!("{owner} settings"));
        if let Some(lock) = &store.device_lock {
            label(lock, format_args!("{owner} device lock"));
        }
        store
    }

    /// Runs `body` with the list's lock where there is one.
    fn guarded<R>(&self, body: impl FnOnce() -> R) -> R {
        let _guard = self.device_lock.as_ref().map(|lock| lock.lock().unwrap_or_else(PoisonError::into_inner));
        body()
    }

    fn apply(&self, effect: &Effect, working: &mut Working, steps: &mut Steps<'_>) {
        match effect {
            Effect::Create(device) => {
                working.create(device, &self.owner);
                working.append(device.key);
                self.list.set(working.list.clone());
            }
            Effect::RemoveAt { index } => {
                working.remove(*index);
                self.list.set(working.list.clone());
            }
            Effect::Rekey { device, controller } => working.rekey(*device, *controller, &self.owner),
            other => steps.take(other, working),
        }
    }
}

impl Store for LiveStore {
    fn configure(&self, plan: &mut dyn FnMut(&MachineState) -> Plan, ground: &mut dyn Ground) -> Outcome {
        self.guarded(|| {
            let settings = self.settings.get();
            let (mut working, before) = Working::begin(self.list.get(), settings.clone());
            let plan = plan(&before);
            let mut steps = Steps::new(&self.settings, settings, ground);
            for effect in &plan.effects {
                self.apply(effect, &mut working, &mut steps);
            }
            Outcome { result: plan.result, updates: steps.updates }
        })
    }

    fn devices(&self) -> Vec<Device> {
        self.guarded(|| encode(&self.list.get().get()))
    }

    fn settings(&self) -> Settings {
        self.settings.get()
    }

    fn change(&self, steps: &[Step<'_>]) {
        change_settings(&self.settings, steps);
    }

    fn replace_devices(&self, change: &dyn Fn(&mut Vec<Device>)) -> Held {
        self.guarded(|| {
            let mut devices = encode(&self.list.get().get());
            change(&mut devices);
            let list = new_list(&self.owner, copies(&self.owner, &devices));
            self.list.set(list.clone());
            Held::Slice(list)
        })
    }

    fn share(&self) -> Vec<Part> {
        self.guarded(|| self.list.get().get().into_iter().map(Part::Cell).collect())
    }
}
