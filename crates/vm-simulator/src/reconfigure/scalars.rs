//! The parts of a specification that are not devices.

use super::{ConfigSpec, Effect, Planner};
use crate::fault::{Fault, FaultKind};
use crate::state::Settings;

/// Guests that a machine may run: a few of the many; the check is what matters.
const GUESTS: [&str; 6] =
    ["otherGuest", "otherGuest64", "otherLinux64Guest", "ubuntu64Guest", "rhel9_64Guest", "windows9Server64Guest"];

impl Planner<'_> {
    /// Sets the plain fields, then checks them: in this order, so that a fault leaves them set.
    pub(super) fn scalars(&mut self, spec: &ConfigSpec) -> Result<(), Fault> {
        let changed = set(&self.state.settings, spec);
        if changed != self.state.settings {
            self.emit(Effect::Scalars(Box::new(changed)));
        }
        check_guest(spec)?;
        check_secure_boot(&self.state.settings)
    }

    pub(super) fn extra_config(&mut self, spec: &ConfigSpec) {
        let mut changed = self.state.settings.clone();
        for (key, value) in &spec.extra_config {
            changed.extra_config.retain(|(known, _)| known != key);
            if !value.is_empty() {
                changed.extra_config.push((key.clone(), value.clone()));
            }
        }
        if changed != self.state.settings {
            self.emit(Effect::Scalars(Box::new(changed)));
        }
    }
}

fn set(settings: &Settings, spec: &ConfigSpec) -> Settings {
    let mut changed = settings.clone();
    if let Some(name) = spec.name.as_ref().filter(|name| !name.is_empty()) {
        changed.name.clone_from(name);
    }
    if let Some(annotation) = &spec.annotation {
        changed.annotation.clone_from(annotation);
    }
    if let Some(guest_id) = &spec.guest_id {
        changed.guest_id.clone_from(guest_id);
    }
    if let Some(firmware) = &spec.firmware {
        changed.firmware.clone_from(firmware);
    }
    changed.memory_mb = spec.memory_mb.unwrap_or(changed.memory_mb);
    changed.num_cpus = spec.num_cpus.unwrap_or(changed.num_cpus);
    changed.secure_boot = spec.secure_boot.unwrap_or(changed.secure_boot);
    changed
}

fn check_guest(spec: &ConfigSpec) -> Result<(), Fault> {
    match &spec.guest_id {
        Some(guest) if !GUESTS.contains(&guest.as_str()) => {
            Err(Fault::new(FaultKind::InvalidArgument, format!("unknown guest '{guest}'")).of("configSpec.guestId"))
        }
        _ => Ok(()),
    }
}

fn check_secure_boot(settings: &Settings) -> Result<(), Fault> {
    if settings.secure_boot && settings.firmware != "efi" {
        return Err(Fault::new(FaultKind::InvalidVmConfig, "secure boot needs efi firmware")
            .of("configSpec.bootOptions.efiSecureBootEnabled"));
    }
    Ok(())
}
