//! How a machine's state is kept, shared and changed: the heart of every revision.
//!
//! | store | list | a change | who may look meanwhile |
//! |---|---|---|---|
//! | [`live`] | shared cells | steps, on the list itself | anyone (`reported`), or whoever has the list's mutex (`device-lock`) |
//! | [`alias`] | shared cells in a slice | steps, on a slice of the same array; published at the end | whoever has the machine's lock |
//! | [`copied`] | an immutable list | on a copy, which then takes the list's place | anyone |
//! | [`atomic`] | one immutable state | on a copy, committed if nobody else did | anyone |
//!
//! All of them apply the effects that [`crate::reconfigure::plan`] answers. Read `live.rs` beside `copied.rs` to see
//! the reported bug: the same loop, over the list itself or over a copy of it.

pub(crate) mod alias;
pub(crate) mod atomic;
pub(crate) mod cells;
pub(crate) mod copied;
pub(crate) mod in_place;
pub(crate) mod live;
pub(crate) mod slice;

use bohrbug_sync::Arc;

use crate::device::Device;
use crate::fault::Fault;
use crate::reconfigure::{Effect, Notice, NoticeOp, Plan, apply_to_settings};
use crate::state::{MachineState, Settings};
use crate::value::{Value, settings_value};
use cells::{Cell, encode};
use slice::Slice;

/// What the effects of a reconfiguration act on beyond the machine: files and free space.
pub(crate) trait Ground {
    /// One step.
    fn step(&mut self, effect: &Effect);
    /// All steps or none.
    fn all(&mut self, effects: &[Effect]) -> Result<(), Fault>;
}

/// A change of settings; one that cannot be done in a single step has several.
pub(crate) type Step<'a> = &'a dyn Fn(&mut Settings);

/// How a machine keeps its state.
pub(crate) trait Store: Send + Sync {
    /// Plans against the present state and applies the plan.
    fn configure(&self, plan: &mut dyn FnMut(&MachineState) -> Plan, ground: &mut dyn Ground) -> Outcome;

    /// The device list, as a reader gets it.
    fn devices(&self) -> Vec<Device>;

    /// The settings, as a reader gets them.
    fn settings(&self) -> Settings;

    /// Both, as a reader gets them: one after the other, unless the store has them as one.
    fn state(&self) -> MachineState {
        MachineState { settings: self.settings(), devices: self.devices() }
    }

    /// Changes the settings.
    fn change(&self, steps: &[Step<'_>]);

    /// Replaces the device list by a changed deep copy of itself, as power operations do.
    fn replace_devices(&self, change: &dyn Fn(&mut Vec<Device>)) -> Held;

    /// The devices in the form in which another machine can take them over: the cells themselves where there are any.
    fn share(&self) -> Vec<Part>;
}

/// A device that a new machine starts with.
#[derive(Clone)]
pub(crate) enum Part {
    /// A cell that others may hold too.
    Cell(Arc<Cell>),
    /// A value.
    Value(Box<Device>),
}

impl Part {
    pub(crate) fn value(device: Device) -> Self {
        Self::Value(Box::new(device))
    }

    pub(crate) fn device(&self) -> Device {
        match self {
            Self::Cell(cell) => cell.encode(),
            Self::Value(device) => (**device).clone(),
        }
    }

    pub(crate) fn cell(&self, owner: &str) -> Arc<Cell> {
        match self {
            Self::Cell(cell) => Arc::clone(cell),
            Self::Value(device) => Cell::new(device, owner),
        }
    }
}

/// The outcome of a reconfiguration and the updates to send.
pub(crate) struct Outcome {
    pub(crate) result: Result<(), Fault>,
    pub(crate) updates: Vec<Vec<Changed>>,
}

/// A property that changed.
#[derive(Clone)]
pub(crate) struct Changed {
    pub(crate) op: NoticeOp,
    pub(crate) path: String,
    pub(crate) value: Option<Held>,
}

impl Changed {
    pub(crate) fn assign(path: &str, value: Value) -> Self {
        Self { op: NoticeOp::Assign, path: path.into(), value: Some(Held::Value(value)) }
    }
}

/// A value as an update carries it to whoever watches.
#[derive(Clone)]
pub(crate) enum Held {
    /// The machine's own list: what it says is read when the watcher asks.
    Slice(Slice<Arc<Cell>>),
    /// The machine's own device.
    Cell(Arc<Cell>),
    /// An immutable list.
    List(Arc<Vec<Device>>),
    /// A value.
    Value(Value),
}

impl Held {
    /// The value, read now.
    pub(crate) fn encode(&self) -> Value {
        match self {
            Self::Slice(slice) => Value::Devices(encode(&slice.get())),
            Self::Cell(cell) => Value::Device(Box::new(cell.encode())),
            Self::List(list) => Value::Devices((**list).clone()),
            Self::Value(value) => value.clone(),
        }
    }
}

/// The updates of a change that was made on values: each carries its own copy.
fn value_updates(state: &MachineState, effects: &[Effect], list: &Arc<Vec<Device>>) -> Vec<Vec<Changed>> {
    let mut settings = state.settings.clone();
    let mut updates = Vec::new();
    for effect in effects {
        apply_to_settings(&mut settings, effect);
        let values = |path: &str| match element_key(path) {
            Some(key) => {
                let device = list.iter().find(|device| device.key == key)?;
                Some(Held::Value(Value::Device(Box::new(device.clone()))))
            }
            None if path == "config.hardware.device" => Some(Held::List(Arc::clone(list))),
            None => settings_value(&settings, path).map(Held::Value),
        };
        match effect {
            Effect::Notify(notices) => updates.push(changed(notices, values)),
            Effect::Bump => updates.push(bumped(settings.change_version)),
            _ => {}
        }
    }
    updates
}

/// The properties that a reconfiguration can change beside the devices and the version.
const BESIDE: [&str; 13] = [
    "name",
    "config.name",
    "config.annotation",
    "config.guestId",
    "config.firmware",
    "config.hardware.numCPU",
    "config.hardware.memoryMB",
    "config.extraConfig",
    "summary.config.name",
    "summary.config.numEthernetCards",
    "summary.config.numVirtualDisks",
    "network",
    "guest",
];

/// An update of what has changed and is in none of `updates`; nothing if all is said.
fn untold(before: &Settings, after: &Settings, updates: &[Vec<Changed>]) -> Option<Vec<Changed>> {
    let said = |path: &str| updates.iter().flatten().any(|change| change.path == path);
    let changed = BESIDE.into_iter().filter(|path| !said(path)).filter_map(|path| {
        let value = settings_value(after, path);
        let changed = value != settings_value(before, path);
        changed.then(|| Changed { op: NoticeOp::Assign, path: path.to_owned(), value: value.map(Held::Value) })
    });
    Some(changed.collect()).filter(|changes: &Vec<Changed>| !changes.is_empty())
}

fn changed(notices: &[Notice], value: impl Fn(&str) -> Option<Held>) -> Vec<Changed> {
    let one = |notice: &Notice| Changed {
        op: notice.op,
        path: notice.path.clone(),
        value: if notice.has_value { value(&notice.path) } else { None },
    };
    notices.iter().map(one).collect()
}

fn bumped(version: u64) -> Vec<Changed> {
    let modified = i64::try_from(version).unwrap_or(i64::MAX);
    vec![
        Changed::assign("config.changeVersion", Value::Text(version.to_string())),
        Changed::assign("config.modified", Value::Int(modified)),
    ]
}

/// The key in `config.hardware.device[key]`.
fn element_key(path: &str) -> Option<i32> {
    path.strip_prefix("config.hardware.device[")?.strip_suffix(']')?.parse().ok()
}
