//! Where and when something was measured: shown beside figures, and never compared.

use std::time::{SystemTime, UNIX_EPOCH};

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

/// Today, by the system's clock, in UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "a page of figures says when they were measured; nothing is compared with it"
)]
pub fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    date(since.as_secs() / 86_400)
}

/// The date that many days after 1970-01-01.
///
/// By Howard Hinnant's `civil_from_days`: years begin in March, so that leap days come last, and repeat every 400 years.
fn date(days: u64) -> String {
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        let cases = [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (11_017, "2000-03-01")];
        for (days, expected) in
            cases.into_iter().chain([(20_779, "2026-11-22"), (47_540, "2100-02-28"), (47_541, "2100-03-01")])
        {
            assert_eq!(date(days), expected);
        }
    }
}
