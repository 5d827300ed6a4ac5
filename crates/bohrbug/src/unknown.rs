//! Names that nobody knows, each with what may have been meant.

use bohrbug_sync::control::{Carrier, MemoryModel, Runtime};
use bohrbug_trace::nearest;

use crate::monitor;

/// Why there is no strategy of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownStrategy {
    /// Nobody knows it.
    #[error("no strategy is called `{name}`; {suggestion}")]
    NoSuchName {
        /// The name that was asked for.
        name: String,
        /// What may have been meant, or else what there is, as the end of a sentence.
        suggestion: String,
    },
    /// It needs a feature of `bohrbug` that is off.
    #[error(transparent)]
    FeatureOff(#[from] FeatureOff),
}

/// Something needs a runtime that this build does not have, since a feature of `bohrbug` is off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} needs {runtime}, which this build does not have: enable the feature `{runtime}` of bohrbug, as in \
     `cargo add --dev bohrbug --features {runtime}`",
    runtime = runtime.name()
)]
#[non_exhaustive]
pub struct FeatureOff {
    /// What needs it, as the beginning of a sentence.
    pub what: String,
    /// The runtime, whose name is the feature's.
    pub runtime: Runtime,
}

impl FeatureOff {
    pub(crate) fn new(what: impl Into<String>, runtime: Runtime) -> Self {
        Self { what: what.into(), runtime }
    }
}

/// A monitor that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no monitor is called `{name}`; {suggestion}")]
pub struct UnknownMonitor {
    /// The name that was to be enabled or disabled.
    pub name: String,
    /// What may have been meant, or else what there is, as the end of a sentence.
    pub suggestion: String,
}

/// A memory model that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no memory model is called `{name}`; {suggestion}")]
pub struct UnknownMemory {
    /// The name that was asked for.
    pub name: String,
    /// What may have been meant, or else what there is, as the end of a sentence.
    pub suggestion: String,
}

/// The memory model of that name.
pub(crate) fn memory_model(name: &str) -> Result<MemoryModel, UnknownMemory> {
    let names: Vec<_> = MemoryModel::ALL.iter().map(|model| model.name()).collect();
    MemoryModel::from_name(name)
        .ok_or_else(|| UnknownMemory { name: name.to_owned(), suggestion: suggestion(name, &names) })
}

/// A carrier that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no carrier is called `{name}`; {suggestion}")]
pub struct UnknownCarrier {
    /// The name that was asked for.
    pub name: String,
    /// What may have been meant, or else what there is, as the end of a sentence.
    pub suggestion: String,
}

/// The carrier of that name.
pub(crate) fn carrier(name: &str) -> Result<Carrier, UnknownCarrier> {
    let names: Vec<_> = Carrier::ALL.iter().map(|carrier| carrier.name()).collect();
    Carrier::from_name(name)
        .ok_or_else(|| UnknownCarrier { name: name.to_owned(), suggestion: suggestion(name, &names) })
}

/// A strategy that cannot explore under a memory model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{strategy}` cannot explore under the memory model {memory}: {reason}")]
pub struct NotUnderMemory {
    /// The strategy's name.
    pub strategy: String,
    /// The memory model's.
    pub memory: &'static str,
    /// Why, and what to do.
    pub reason: &'static str,
}

/// A name among the settings of an exploration that nobody knows, or that does not fit the others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownName {
    /// The strategy's, under the memory model that is asked for.
    #[error(transparent)]
    NotUnderMemory(#[from] NotUnderMemory),
    /// The strategy's.
    #[error(transparent)]
    Strategy(#[from] UnknownStrategy),
    /// A monitor's.
    #[error(transparent)]
    Monitor(#[from] UnknownMonitor),
}

/// That all of these are monitors, of ours or of the program's `own`. `nondeterminism` counts as one, since it is disabled like one.
pub(crate) fn refuse_unknown_monitors<'a>(
    names: impl IntoIterator<Item = &'a String>,
    own: &[&'static str],
) -> Result<(), UnknownMonitor> {
    let known: Vec<&str> = monitor::names().chain(own.iter().copied()).collect();
    match names.into_iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(UnknownMonitor { name: name.clone(), suggestion: suggestion(name, &known) }),
    }
}

/// What may have been meant by that name, or else what there is, as the end of a sentence.
pub(crate) fn suggestion(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of those names; nothing if all are known.
    fn check(names: &[&str], expected: Option<&str>) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let refused = refuse_unknown_monitors(&names, &[]).err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), expected);
    }

    #[test]
    fn a_monitor_that_there_is_not_is_refused() {
        check(&[], None);
        check(&["panic", "leaked-threads", "nondeterminism"], None);
        check(&["panic", "leaked-thread"], Some("no monitor is called `leaked-thread`; did you mean leaked-threads?"));
        check(
            &["everything"],
            Some(
                "no monitor is called `everything`; there are panic, lost-wakeup, deadlock, livelock, step-bound, runtime, \
                 data-race, memory-misuse, lock-order, leaked-threads, nondeterminism",
            ),
        );
    }
}
