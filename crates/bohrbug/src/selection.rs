//! The strategy and the monitors that somebody asks for: by name, or their own.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use bohrbug_sync::control::{MemoryModel, Runtime};

use crate::monitor::Monitor;
use crate::search::{self, Searches};
use crate::strategy::{self, Strategy};
use crate::unknown::UnknownName;

type Make<T> = Arc<dyn Fn() -> Box<T> + Send + Sync>;

/// A strategy to explore with: one of Bohrbug's [by name](crate::strategies()), or one of your own.
///
/// ```
/// use bohrbug::StrategyChoice;
/// use bohrbug::strategy::Random;
///
/// assert_eq!(StrategyChoice::from("pct:4").name(), "pct:4");
/// assert_eq!(StrategyChoice::from(Random::new(7)).name(), "Random");
/// ```
#[derive(Clone)]
pub struct StrategyChoice {
    name: String,
    own: Option<Make<dyn Strategy>>,
}

impl StrategyChoice {
    /// The name in reports and traces: of your own strategy, that of its type.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn searches(&self, seed: u64, memory: MemoryModel) -> Result<Searches, UnknownName> {
        match &self.own {
            Some(make) => Ok(Searches::of(make(), seed)),
            None => Searches::under(&self.name, seed, memory),
        }
    }

    /// One that decides on native under that memory model; `None` if it is a foreign runtime's, or none at all.
    pub(crate) fn make(&self, seed: u64, memory: MemoryModel) -> Option<Box<dyn Strategy>> {
        match &self.own {
            Some(make) => Some(make()),
            None => strategy::under(&self.name, seed, memory),
        }
    }

    /// Whether executions can be dealt out to several threads.
    pub(crate) fn can_be_split(&self) -> bool {
        match &self.own {
            Some(make) => make().descriptor().seeded,
            None => search::is_seeded(&self.name) == Ok(true) && search::runtime_of(&self.name) == Ok(Runtime::Native),
        }
    }

    /// Whether it is a search of which several threads can explore parts.
    pub(crate) fn can_be_shared(&self, memory: MemoryModel) -> bool {
        self.own.is_none() && self.name == "dpor" && memory == MemoryModel::Sc
    }
}

impl From<&str> for StrategyChoice {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), own: None }
    }
}

impl From<String> for StrategyChoice {
    fn from(name: String) -> Self {
        Self { name, own: None }
    }
}

impl From<&String> for StrategyChoice {
    fn from(name: &String) -> Self {
        Self::from(name.as_str())
    }
}

impl<S: Strategy + Clone + Send + Sync + 'static> From<S> for StrategyChoice {
    fn from(strategy: S) -> Self {
        Self { name: type_name::<S>(), own: Some(Arc::new(move || Box::new(strategy.clone()))) }
    }
}

// What is shared is never changed: each session has a strategy and monitors of its own.
impl UnwindSafe for StrategyChoice {}
impl RefUnwindSafe for StrategyChoice {}
impl UnwindSafe for OwnMonitors {}
impl RefUnwindSafe for OwnMonitors {}

impl fmt::Debug for StrategyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StrategyChoice").field(&self.name).finish()
    }
}

/// The last part of a type's path, without its parameters.
fn type_name<T>() -> String {
    let path = std::any::type_name::<T>();
    let plain = path.split('<').next().unwrap_or(path);
    plain.rsplit("::").next().unwrap_or(plain).to_owned()
}

/// Monitors of somebody's own, each made anew for every session.
#[derive(Clone, Default)]
pub(crate) struct OwnMonitors(Vec<Make<dyn Monitor>>);

impl OwnMonitors {
    pub(crate) fn add(&mut self, monitor: impl Monitor + Clone + Send + Sync + 'static) {
        self.0.push(Arc::new(move || Box::new(monitor.clone())));
    }

    pub(crate) fn make(&self) -> impl Iterator<Item = Box<dyn Monitor>> {
        self.0.iter().map(|make| make())
    }
}

impl fmt::Debug for OwnMonitors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.make().map(|monitor| monitor.kind())).finish()
    }
}
