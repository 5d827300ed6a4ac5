//! Where and when something was measured: shown beside figures, and never compared.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::cell::Effort;

/// Where, when and with which effort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// The day, as `2026-11-22`.
    pub date: String,
    /// The machine's kind.
    pub machine: String,
    /// How many cells were measured at a time.
    pub jobs: usize,
    /// What each cell was allowed.
    pub effort: Effort,
}

/// Today, by the system's clock, in UTC: a page of figures says when they were measured, and nothing is compared with it.
pub fn today() -> String {
    Offset::UTC.to_datetime(Timestamp::now()).date().to_string()
}

/// The kind of this machine: cores, processor, system, and how this program was built.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, Into::into);
    let processor = processor().map(|name| format!(" ({name})")).unwrap_or_default();
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let (architecture, system) = (std::env::consts::ARCH, std::env::consts::OS);
    format!("a machine with {cores} cores{processor}, {architecture}, {system}, a {build} build")
}

/// The processor's name, where the system tells it in a file.
fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
