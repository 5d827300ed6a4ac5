//! The report's third solution: a change is a transaction.
//!
//! The machine's whole state is one immutable value with a version. A change is planned against it, and committed only
//! if it ended well and nobody committed meanwhile; otherwise it leaves nothing, or is planned again. Revision `strict`
//! uses the same store and never has to plan twice, because it has the machine's lock.

use bohrbug_sync::{Arc, Mutex, MutexGuard, PoisonError, label};

use super::{Ground, Held, Outcome, Part, Step, Store, untold, value_updates};
use crate::device::Device;
use crate::fault::Fault;
use crate::reconfigure::{Effect, Plan, apply};
use crate::revision::Telling;
use crate::state::{MachineState, Settings};

pub(crate) struct AtomicStore {
    committed: Mutex<Committed>,
    telling: Telling,
}

struct Committed {
    version: u64,
    state: Arc<MachineState>,
}

impl AtomicStore {
    pub(crate) fn new(owner: &str, settings: Settings, parts: &[Part], telling: Telling) -> Self {
        let devices = parts.iter().map(Part::device).collect();
        let state = Arc::new(MachineState { settings, devices });
        let store = Self { committed: Mutex::new(Committed { version: 0, state }), telling };
        label(&store.committed, format_args!("{owner} state"));
        store
    }

    #[track_caller]
    fn committed(&self) -> MutexGuard<'_, Committed> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> (u64, Arc<MachineState>) {
        let committed = self.committed();
        (committed.version, Arc::clone(&committed.state))
    }

    /// Makes `after` the state if the state is still that of `version`; `None` if it is not.
    fn commit(
        &self,
        version: u64,
        after: &Arc<MachineState>,
        effects: &[Effect],
        ground: &mut dyn Ground,
    ) -> Option<Result<(), Fault>> {
        let mut committed = self.committed();
        if committed.version != version {
            return None;
        }
        // Files and free space are the last thing that can fail, so that a failure leaves nothing to undo.
        let result = ground.all(effects);
        if result.is_ok() {
            committed.version += 1;
            committed.state = Arc::clone(after);
        }
        Some(result)
    }

    fn edit<R>(&self, change: impl FnOnce(&mut MachineState) -> R) -> R {
        let mut committed = self.committed();
        let mut state = (*committed.state).clone();
        let result = change(&mut state);
        committed.version += 1;
        committed.state = Arc::new(state);
        result
    }
}

impl Store for AtomicStore {
    fn configure(&self, plan: &mut dyn FnMut(&MachineState) -> Plan, ground: &mut dyn Ground) -> Outcome {
        loop {
            let (version, before) = self.begin();
            let Plan { effects, result } = plan(&before);
            if result.is_err() {
                return Outcome { result, updates: Vec::new() };
            }
            let mut after = (*before).clone();
            for effect in &effects {
                apply(&mut after, effect);
            }
            let after = Arc::new(after);
            let Some(result) = self.commit(version, &after, &effects, ground) else { continue };
            if result.is_err() {
                return Outcome { result, updates: Vec::new() };
            }
            let mut updates = value_updates(&before, &effects, &Arc::new(after.devices.clone()));
            if self.telling == Telling::Everything {
                updates.extend(untold(&before.settings, &after.settings, &updates));
            }
            return Outcome { result, updates };
        }
    }

    fn devices(&self) -> Vec<Device> {
        self.begin().1.devices.clone()
    }

    fn settings(&self) -> Settings {
        self.begin().1.settings.clone()
    }

    fn state(&self) -> MachineState {
        (*self.begin().1).clone()
    }

    fn change(&self, steps: &[Step<'_>]) {
        self.edit(|state| {
            for step in steps {
                step(&mut state.settings);
            }
        });
    }

    fn replace_devices(&self, change: &dyn Fn(&mut Vec<Device>)) -> Held {
        let list = self.edit(|state| {
            change(&mut state.devices);
            state.devices.clone()
        });
        Held::List(Arc::new(list))
    }

    fn share(&self) -> Vec<Part> {
        self.devices().into_iter().map(Part::value).collect()
    }
}
