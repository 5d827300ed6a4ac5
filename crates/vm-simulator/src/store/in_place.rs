//! What the two stores with shared cells have in common: effects as steps on cells that others can see.

use bohrbug_sync::{Arc, Shared};

use super::cells::{Cell, encode};
use super::slice::Slice;
use super::{Changed, Ground, Held, Part, Step, bumped, changed, element_key};
use crate::device::Device;
use crate::reconfigure::{Effect, apply_to_settings};
use crate::state::{MachineState, Settings};
use crate::value::settings_value;

/// A list of shared devices with its owner's name in traces.
pub(super) fn new_list(owner: &str, cells: Vec<Arc<Cell>>) -> Slice<Arc<Cell>> {
    Slice::new(cells, &format!("{owner} devices"))
}

/// The cells of a new machine.
pub(super) fn cells(owner: &str, parts: &[Part]) -> Vec<Arc<Cell>> {
    parts.iter().map(|part| part.cell(owner)).collect()
}

/// Cells of its own for each device.
pub(super) fn copies(owner: &str, devices: &[Device]) -> Vec<Arc<Cell>> {
    devices.iter().map(|device| Cell::new(device, owner)).collect()
}

/// A list while it is worked on: a slice of the machine's own array, and the cells that were in it at the beginning.
pub(super) struct Working {
    pub(super) list: Slice<Arc<Cell>>,
    cells: Vec<Arc<Cell>>,
}

impl Working {
    /// Begins with `list`, and reads it for the planner.
    pub(super) fn begin(list: Slice<Arc<Cell>>, settings: Settings) -> (Self, MachineState) {
        let cells = list.get();
        let devices = encode(&cells);
        (Self { list, cells }, MachineState { settings, devices })
    }

    /// A new device; it is known from now on, whether or not it is in the list.
    pub(super) fn create(&mut self, device: &Device, owner: &str) -> Arc<Cell> {
        let cell = Cell::new(device, owner);
        self.cells.push(Arc::clone(&cell));
        cell
    }

    /// The newest device with this key.
    pub(super) fn cell(&self, key: i32) -> Option<Arc<Cell>> {
        self.cells.iter().rev().find(|cell| cell.key() == key).cloned()
    }

    pub(super) fn append(&mut self, key: i32) {
        if let Some(cell) = self.cell(key) {
            self.list = self.list.append(cell);
        }
    }

    pub(super) fn remove(&mut self, index: usize) {
        if index < self.list.len() {
            self.list = self.list.remove(index);
        }
    }

    /// Hangs a device of this change on another controller.
    pub(super) fn rekey(&mut self, device: i32, controller: i32, owner: &str) {
        let place = self.list.get().iter().position(|cell| cell.key() == device);
        if let Some(at) = place {
            let moved = self.list.at(at).moved_to(controller, owner);
            self.cells.push(Arc::clone(&moved));
            self.list.put(at, moved);
        }
    }
}

/// Applies an effect on devices that others may be reading.
fn on_device(effect: &Effect, working: &Working) {
    match effect {
        Effect::RenameChild { controller, from, to } => {
            if let Some(controller) = working.cell(*controller) {
                controller.rename_child(*from, *to);
            }
        }
        Effect::Assign { device, controller, unit } => {
            if let Some(device) = working.cell(*device) {
                device.set_place(*controller, *unit);
            }
            if let Some(controller) = working.cell(*controller) {
                controller.add_child(*device);
            }
        }
        Effect::SetMac { device, mac } => {
            if let Some(device) = working.cell(*device) {
                device.set_mac_address(mac);
            }
        }
        _ => {}
    }
}

/// The settings, as a cell; each change of them is a step.
pub(super) fn change_settings(settings: &Shared<Settings>, steps: &[Step<'_>]) {
    for step in steps {
        settings.write(step);
    }
}

/// Sends effects to where they belong and collects the updates.
pub(super) struct Steps<'a> {
    settings: &'a Shared<Settings>,
    latest: Settings,
    ground: &'a mut dyn Ground,
    pub(super) updates: Vec<Vec<Changed>>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(settings: &'a Shared<Settings>, latest: Settings, ground: &'a mut dyn Ground) -> Self {
        Self { settings, latest, ground, updates: Vec::new() }
    }

    /// Applies an effect that is not on the list; updates carry the list and the devices themselves.
    pub(super) fn take(&mut self, effect: &Effect, working: &Working) {
        if effect.is_on_settings() {
            self.latest = self.settings.write(|settings| {
                apply_to_settings(settings, effect);
                settings.clone()
            });
        }
        match effect {
            Effect::CreateFile { .. } | Effect::DeleteFile { .. } | Effect::Space { .. } => {
                self.ground.step(effect);
            }
            Effect::Bump => self.updates.push(bumped(self.latest.change_version)),
            Effect::Notify(notices) => {
                let latest = &self.latest;
                self.updates.push(changed(notices, |path| match element_key(path) {
                    Some(key) => working.cell(key).map(Held::Cell),
                    None if path == "config.hardware.device" => Some(Held::Slice(working.list.clone())),
                    None => settings_value(latest, path).map(Held::Value),
                }));
            }
            other => on_device(other, working),
        }
    }
}
