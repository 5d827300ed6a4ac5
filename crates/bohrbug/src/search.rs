//! Every strategy by name: ours, and the searches of the foreign runtimes, as far as this build has them.

use bohrbug_sync::control::{MemoryModel, Runtime, is_built};

use crate::runtime::{ForeignSearch, Search};
use crate::strategy::foreign::{Assigned, Assignments, Drawn};
use crate::strategy::{self, Strategy};
use crate::unknown::{FeatureOff, NotUnderMemory, UnknownName, UnknownStrategy, suggestion};

/// A strategy that runs on a foreign runtime.
#[derive(Clone, Copy, Debug)]
struct Foreign {
    name: &'static str,
    summary: &'static str,
    search: ForeignSearch,
}

const FOREIGN: &[Foreign] = &[
    Foreign {
        name: "shuttle-random",
        summary: "shuttle's uniformly random step",
        search: ForeignSearch::ShuttleRandom,
    },
    Foreign {
        name: "shuttle-pct",
        summary: "shuttle's random priorities with change points",
        search: ForeignSearch::ShuttlePct,
    },
    Foreign { name: "shuttle-urw", summary: "shuttle's uniform random walk", search: ForeignSearch::ShuttleUrw },
    Foreign { name: "shuttle-dfs", summary: "every schedule that shuttle has", search: ForeignSearch::ShuttleDfs },
    Foreign { name: "loom", summary: "loom's search, weak memory included", search: ForeignSearch::Loom },
];

/// The names of all strategies of this build, each with a one-line summary.
pub fn strategies() -> Vec<(&'static str, &'static str)> {
    let ours = strategy::ALL.iter().map(|entry| (entry.name, entry.summary));
    let foreign = FOREIGN.iter().filter(|entry| is_built(entry.search.runtime()));
    ours.chain(foreign.map(|entry| (entry.name, entry.summary))).collect()
}

/// Where the strategy of that name runs.
///
/// # Errors
///
/// If there is none of that name, or this build lacks the feature it needs.
pub fn runtime_of(name: &str) -> Result<Runtime, UnknownStrategy> {
    if strategy::named(name, 0).is_some() {
        return Ok(Runtime::Native);
    }
    foreign(name).map(|entry| entry.search.runtime())
}

/// Whether the strategy of that name draws random numbers, so that another seed makes another search.
///
/// ```
/// assert_eq!((bohrbug::is_seeded("pct"), bohrbug::is_seeded("dfs")), (Ok(true), Ok(false)));
/// ```
///
/// # Errors
///
/// If there is none of that name, or this build lacks the feature it needs.
pub fn is_seeded(name: &str) -> Result<bool, UnknownStrategy> {
    if let Some(strategy) = strategy::named(name, 0) {
        return Ok(strategy.descriptor().seeded);
    }
    foreign(name).map(|entry| !entry.search.enumerates())
}

fn foreign(name: &str) -> Result<&'static Foreign, UnknownStrategy> {
    let entry = FOREIGN.iter().find(|entry| entry.name == name).ok_or_else(|| unknown(name))?;
    let runtime = entry.search.runtime();
    if is_built(runtime) { Ok(entry) } else { Err(FeatureOff::new(format!("the strategy `{name}`"), runtime).into()) }
}

fn unknown(name: &str) -> UnknownStrategy {
    let names: Vec<&str> = strategies().into_iter().map(|(name, _)| name).collect();
    UnknownStrategy::NoSuchName { name: name.to_owned(), suggestion: suggestion(name, &names) }
}

/// The searches that a strategy comes to: one, or one for each assignment of values to choices.
pub(crate) struct Searches {
    kind: Kind,
    seed: u64,
    begun: bool,
}

enum Kind {
    Ours(Option<Box<dyn Strategy>>),
    Foreign(ForeignSearch, Assignments),
}

impl Searches {
    pub(crate) fn named(name: &str, seed: u64) -> Result<Self, UnknownStrategy> {
        let kind = match strategy::named(name, seed) {
            Some(strategy) => Kind::Ours(Some(strategy)),
            None => Kind::Foreign(foreign(name)?.search, Assignments::default()),
        };
        Ok(Self { kind, seed, begun: false })
    }

    /// Those of a strategy that decides on native.
    pub(crate) fn of(strategy: Box<dyn Strategy>, seed: u64) -> Self {
        Self { kind: Kind::Ours(Some(strategy)), seed, begun: false }
    }

    /// As [`Searches::named`], under that memory model on native.
    pub(crate) fn under(name: &str, seed: u64, memory: MemoryModel) -> Result<Self, UnknownName> {
        let searches = Self::named(name, seed)?;
        let reason = match (memory, &searches.kind) {
            (MemoryModel::Sc, _) => return Ok(searches),
            (MemoryModel::Rc11, Kind::Foreign(..)) => {
                "only native has our memory models; loom has its own, and shuttle has none"
            }
            (MemoryModel::Rc11, Kind::Ours(_)) => {
                let strategy = strategy::under(name, seed, memory);
                return Ok(Self { kind: Kind::Ours(strategy), ..searches });
            }
        };
        Err(NotUnderMemory { strategy: name.to_owned(), memory: memory.name(), reason }.into())
    }

    /// The next search with its strategy; `None` when all are done.
    pub(crate) fn next(&mut self) -> Option<(Search, Box<dyn Strategy>)> {
        let first = !std::mem::replace(&mut self.begun, true);
        match &mut self.kind {
            Kind::Ours(strategy) => Some((Search::Native, strategy.take()?)),
            Kind::Foreign(search, assignments) if search.enumerates() => {
                let more = first || assignments.advance();
                let strategy = || Box::new(Assigned::new(assignments.clone()));
                more.then(|| Some((search.begin(self.seed)?, strategy() as Box<dyn Strategy>)))?
            }
            Kind::Foreign(search, _) => {
                let strategy = || Box::new(Drawn::new(self.seed));
                first.then(|| Some((search.begin(self.seed)?, strategy() as Box<dyn Strategy>)))?
            }
        }
    }

    pub(crate) const fn runtime(&self) -> Runtime {
        match &self.kind {
            Kind::Ours(_) => Runtime::Native,
            Kind::Foreign(search, _) => search.runtime(),
        }
    }
}
