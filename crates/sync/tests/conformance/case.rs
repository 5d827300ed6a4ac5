//! A case: a program, the outcomes that it can have, and what some runtime cannot do about it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Where a case runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// Real threads: the plain build, and the model build when nothing is exploring.
    Os,
    Native,
    Shuttle,
    Loom,
}

/// What is different on one runtime.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// The program is not run at all.
    Skips,
    /// These outcomes are never reached.
    Misses(&'static [&'static str]),
    /// These outcomes are reached, too.
    Adds(&'static [&'static str]),
}

/// How much may happen by itself, in one execution.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Budget {
    pub(crate) timeouts: u32,
    pub(crate) spurious: u32,
    pub(crate) weak_failures: u32,
    pub(crate) cell_points: bool,
}

impl Budget {
    pub(crate) const NONE: Self = Self { timeouts: 0, spurious: 0, weak_failures: 0, cell_points: false };
    pub(crate) const ONE_TIMEOUT: Self = Self { timeouts: 1, ..Self::NONE };
}

/// A program and what is known of it.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// A sentence.
    pub(crate) name: &'static str,
    /// Runs once and says what came of it.
    pub(crate) program: fn() -> String,
    /// Every outcome that it can have. A deadlock is `deadlock`, a panic of the main thread `panic: ` and its message.
    pub(crate) outcomes: &'static [&'static str],
    pub(crate) budget: Budget,
    pub(crate) limits: &'static [(On, Limit, &'static str)],
}

/// Whether every expected outcome has to be found, or only nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    All,
    Some,
}

/// Runs every case with `run` (with `CONFORMANCE_CASE` set, those whose names contain it), and panics with all that is not as expected.
pub(crate) fn check_all(on: On, found: Found, run: impl Fn(&Case) -> BTreeSet<String>) {
    let mut complaints = String::new();
    let mut ran = 0;
    let wanted = std::env::var("CONFORMANCE_CASE").unwrap_or_default();
    for case in super::cases::all().into_iter().filter(|case| case.name.contains(&wanted)) {
        for (_, limit, why) in case.limits.iter().filter(|(limited, ..)| *limited == on) {
            println!("{on:?}: {}: {limit:?}: {why}", case.name);
        }
        let mine = || case.limits.iter().filter(|(limited, ..)| *limited == on).map(|(_, limit, _)| limit);
        if mine().any(|limit| matches!(limit, Limit::Skips)) {
            continue;
        }
        let mut expected: BTreeSet<&str> = case.outcomes.iter().copied().collect();
        for limit in mine() {
            match limit {
                Limit::Skips => {}
                Limit::Misses(outcomes) => expected.retain(|outcome| !outcomes.contains(outcome)),
                Limit::Adds(outcomes) => expected.extend(outcomes.iter().copied()),
            }
        }
        let reached = run(&case);
        ran += 1;
        let impossible: Vec<_> = reached.iter().filter(|outcome| !expected.contains(outcome.as_str())).collect();
        let missing: Vec<_> = expected.iter().filter(|outcome| !reached.contains(**outcome)).collect();
        if found == Found::Some && !missing.is_empty() {
            println!("{on:?}: {}: not seen: {missing:?}", case.name);
        }
        if !impossible.is_empty() || reached.is_empty() || found == Found::All && !missing.is_empty() {
            let _ = writeln!(complaints, "{}: impossible {impossible:?}, missing {missing:?}", case.name);
        }
    }
    assert!(ran > 0, "no case ran");
    assert!(complaints.is_empty(), "on {on:?}:\n{complaints}");
}

/// The message of a panic.
pub(crate) fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "not text".to_owned())
}
