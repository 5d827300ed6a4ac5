//! `bohrbug replay --around N`: schedules that keep what made a trace fail, and draw the rest.

use std::path::{Path, PathBuf};

use bohrbug::trace::Trace;
use bohrbug::{Environment, Neighbourhood, replay_around};
use serde_json::json;

use super::console::Console;
use super::replay::{Arguments, NotReplayed, Subject, subject};
use super::{Format, one_line};
use crate::catalogue::Catalogue;
use crate::exit::Exit;
use crate::numbers::grouped;

/// One trace, and what came of the schedules around it.
pub(super) struct Done {
    path: PathBuf,
    recorded: Trace,
    revision: &'static str,
    seed: u64,
    found: Neighbourhood,
}

pub(super) fn run(
    path: &Path,
    arguments: &Arguments,
    environment: &Environment,
    catalogue: &Catalogue,
    schedules: u64,
) -> Result<Done, NotReplayed> {
    let Subject { recorded, revision, program } = subject(path, arguments, catalogue)?;
    let seed = arguments.seed.or(environment.seed).unwrap_or(0);
    let found = replay_around(&recorded, &program, schedules, seed)
        .map_err(|source| NotReplayed::Impossible { path: path.display().to_string(), source })?;
    Ok(Done { path: path.to_owned(), recorded, revision, seed, found })
}

impl Done {
    /// As of one replay: the recorded failure first, then another one, then that it held.
    const fn exit(&self) -> Exit {
        match &self.found {
            found if found.reproduced > 0 => Exit::AsAsked,
            found if found.failed_differently > 0 => Exit::BugFound,
            found if found.held > 0 => Exit::DidNotFail,
            _ => Exit::Diverged,
        }
    }

    pub(super) fn print(&self, format: Format, console: &mut Console) -> Exit {
        match format {
            Format::Json => console.say(&self.json().to_string()),
            Format::Human => console.say(&format!("{}: {}", self.path.display(), self.headline())),
        }
        self.exit()
    }

    fn headline(&self) -> String {
        let Neighbourhood { kept, orders, reproduced, failed_differently, held, diverged, other_failure } = &self.found;
        let [all, same, other, held, parted] =
            [self.found.schedules(), *reproduced, *failed_differently, *held, *diverged].map(grouped);
        let mut text = format!(
            "{} {}: of {all} schedules around it {same} failed as recorded, {other} failed differently, {held} held, \
             {parted} diverged ({}, orders kept: {orders})",
            self.recorded.header.scenario,
            self.revision,
            kept.name(),
        );
        if let Some((number, failure)) = other_failure {
            text += &format!("\n  schedule {number} failed differently: {}", one_line(&failure.to_string()));
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let other = self.found.other_failure.as_ref().map(|(number, failure)| {
            json!({
                "schedule": number,
                "kind": failure.kind,
                "fingerprint": failure.fingerprint(),
                "message": failure.message,
            })
        });
        json!({
            "trace": self.path.display().to_string(),
            "scenario": self.recorded.header.scenario,
            "revision": self.revision,
            "mode": self.found.kept.name(),
            "orders": self.found.orders,
            "seed": self.seed,
            "schedules": self.found.schedules(),
            "reproduced": self.found.reproduced,
            "failed_differently": self.found.failed_differently,
            "held": self.found.held,
            "diverged": self.found.diverged,
            "other_failure": other,
        })
    }
}
