//! Every strategy by name: ours, and the searches of the foreign runtimes.

use bohrbug_sync::control::{MemoryModel, Runtime};
use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler, UrwRandomScheduler};

use crate::runtime::{Search, Silent};
use crate::strategy::foreign::{Assigned, Assignments, Drawn};
use crate::strategy::{self, Strategy};
use crate::unknown::{NotUnderMemory, UnknownName, UnknownStrategy, suggestion};

/// The depth for shuttle's PCT: what its documentation suggests.
const PCT_DEPTH: usize = 3;

/// A strategy that runs on a foreign runtime.
#[derive(Clone, Copy, Debug)]
struct Foreign {
    name: &'static str,
    summary: &'static str,
    runtime: Runtime,
    /// Whether the values of choices are enumerated, since the search itself is exhaustive.
    enumerates: bool,
    search: fn(u64) -> Search,
}

const FOREIGN: &[Foreign] = &[
    Foreign {
        name: "shuttle-random",
        summary: "shuttle's uniformly random step",
        runtime: Runtime::Shuttle,
        enumerates: false,
        search: |seed| Search::Shuttle(Box::new(Silent::new(RandomScheduler::new_from_seed(seed, usize::MAX)))),
    },
    Foreign {
        name: "shuttle-pct",
        summary: "shuttle's random priorities with change points",
        runtime: Runtime::Shuttle,
        enumerates: false,
        search: |seed| Search::Shuttle(Box::new(PctScheduler::new_from_seed(seed, PCT_DEPTH, usize::MAX))),
    },
    Foreign {
        name: "shuttle-urw",
        summary: "shuttle's uniform random walk",
        runtime: Runtime::Shuttle,
        enumerates: false,
        search: |seed| Search::Shuttle(Box::new(UrwRandomScheduler::new_from_seed(seed, usize::MAX))),
    },
    Foreign {
        name: "shuttle-dfs",
        summary: "every schedule that shuttle has",
        runtime: Runtime::Shuttle,
        enumerates: true,
        search: |_| Search::Shuttle(Box::new(DfsScheduler::new(None, true))),
    },
    Foreign {
        name: "loom",
        summary: "loom's search, weak memory included",
        runtime: Runtime::Loom,
        enumerates: true,
        search: |_| Search::Loom,
    },
];

/// The names of all strategies with a line on each.
pub fn strategies() -> Vec<(&'static str, &'static str)> {
    let ours = strategy::ALL.iter().map(|entry| (entry.name, entry.summary));
    ours.chain(FOREIGN.iter().map(|entry| (entry.name, entry.summary))).collect()
}

/// Where the strategy of that name runs.
///
/// # Errors
///
/// If there is none of that name.
pub fn runtime_of(name: &str) -> Result<Runtime, UnknownStrategy> {
    if strategy::named(name, 0).is_some() {
        return Ok(Runtime::Native);
    }
    FOREIGN.iter().find(|entry| entry.name == name).map(|entry| entry.runtime).ok_or_else(|| unknown(name))
}

/// Whether the strategy of that name draws random numbers, so that another seed makes another search.
///
/// ```
/// assert_eq!((bohrbug::is_seeded("pct"), bohrbug::is_seeded("dfs")), (Ok(true), Ok(false)));
/// ```
///
/// # Errors
///
/// If there is none of that name.
pub fn is_seeded(name: &str) -> Result<bool, UnknownStrategy> {
    if let Some(strategy) = strategy::named(name, 0) {
        return Ok(strategy.is_seeded());
    }
    FOREIGN.iter().find(|entry| entry.name == name).map(|entry| !entry.enumerates).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> UnknownStrategy {
    let names: Vec<&str> = strategies().into_iter().map(|(name, _)| name).collect();
    UnknownStrategy { name: name.to_owned(), suggestion: suggestion(name, &names) }
}

/// The searches that a strategy comes to: one, or one for each assignment of values to choices.
pub(crate) struct Searches {
    kind: Kind,
    seed: u64,
    begun: bool,
}

enum Kind {
    Ours(Option<Box<dyn Strategy>>),
    Foreign(&'static Foreign, Assignments),
}

impl Searches {
    pub(crate) fn named(name: &str, seed: u64) -> Result<Self, UnknownStrategy> {
        let ours = strategy::named(name, seed).map(|strategy| Kind::Ours(Some(strategy)));
        let foreign = || FOREIGN.iter().find(|entry| entry.name == name);
        let kind = ours.or_else(|| Some(Kind::Foreign(foreign()?, Assignments::default())));
        Ok(Self { kind: kind.ok_or_else(|| unknown(name))?, seed, begun: false })
    }

    /// As [`Searches::named`], under that memory model on native.
    pub(crate) fn under(name: &str, seed: u64, memory: MemoryModel) -> Result<Self, UnknownName> {
        let searches = Self::named(name, seed)?;
        let reason = match (memory, &searches.kind) {
            (MemoryModel::Sc, _) => return Ok(searches),
            (MemoryModel::Rc11, Kind::Foreign(..)) => {
                "only native has memory models of ours; loom has its own, and shuttle has none"
            }
            (MemoryModel::Rc11, Kind::Ours(_)) if name == "dpor" => {
                "it takes every load to read what was stored last, so it would miss outcomes; `dfs` explores every choice, and \
                 random, pct, pos, surw and portfolio draw them"
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
            Kind::Foreign(entry, assignments) if entry.enumerates => {
                let more = first || assignments.advance();
                more.then(|| {
                    ((entry.search)(self.seed), Box::new(Assigned::new(assignments.clone())) as Box<dyn Strategy>)
                })
            }
            Kind::Foreign(entry, _) => {
                first.then(|| ((entry.search)(self.seed), Box::new(Drawn::new(self.seed)) as Box<dyn Strategy>))
            }
        }
    }

    pub(crate) const fn runtime(&self) -> Runtime {
        match &self.kind {
            Kind::Ours(_) => Runtime::Native,
            Kind::Foreign(entry, _) => entry.runtime,
        }
    }
}
