//! Bounds and choices of an execution.

pub use bohrbug_events::{Carrier, MemoryModel, Runtime};

/// Whether this build has the runtime: `shuttle` and `loom` are features of this crate, and of `bohrbug`.
///
/// ```
/// use bohrbug_sync::control::{Runtime, is_built};
///
/// assert!(is_built(Runtime::Native));
/// ```
pub const fn is_built(runtime: Runtime) -> bool {
    match runtime {
        Runtime::Native => true,
        Runtime::Shuttle => cfg!(feature = "shuttle"),
        Runtime::Loom => cfg!(feature = "loom"),
    }
}

/// Bounds and choices of one execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Events after which an execution is scheduled fairly; at twice as many, and each time that they have doubled, the driver says
    /// whether it is stopped. Default 100,000.
    pub step_bound: u32,
    /// How often, in one execution, a timed wait may end by its timeout although something else could run. Default 0:
    /// time passes only when nothing else can happen.
    pub timeouts: u32,
    /// How often, in one execution, a condition variable or a parked thread may wake spuriously. Default 0.
    pub spurious: u32,
    /// How often, in one execution, `compare_exchange_weak` may fail although the values are equal. Default 0.
    pub weak_failures: u32,
    /// Whether accesses to cells are scheduling points. Default false: they are reported only.
    pub cell_points: bool,
    /// What loads may read, on `native`. Default: what was stored last.
    pub memory: MemoryModel,
    /// The carrier of tasks, on `native`. Default: coroutines.
    pub carrier: Carrier,
    /// The size of a task's stack in bytes on `native`. Default 512 KiB, of which only what is touched is used.
    pub stack_size: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            step_bound: 100_000,
            timeouts: 0,
            spurious: 0,
            weak_failures: 0,
            cell_points: false,
            memory: MemoryModel::Sc,
            carrier: Carrier::Coroutines,
            stack_size: 512 * 1024,
        }
    }
}
