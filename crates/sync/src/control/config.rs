//! What an execution may do, apart from whom it runs.

/// The four worlds a primitive can live in; `os` is the absence of the other three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// Our own: tasks are coroutines, or OS threads that run one at a time.
    Native,
    /// shuttle's primitives and schedulers, wrapped.
    Shuttle,
    /// loom's primitives and search, wrapped.
    Loom,
}

impl Runtime {
    /// The name used in traces and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Shuttle => "shuttle",
            Self::Loom => "loom",
        }
    }

    /// Whether this build has it: `shuttle` and `loom` are features of this crate, and of `bohrbug`.
    ///
    /// ```
    /// assert!(bohrbug_sync::control::Runtime::Native.is_built());
    /// ```
    pub const fn is_built(self) -> bool {
        match self {
            Self::Native => true,
            Self::Shuttle => cfg!(feature = "shuttle"),
            Self::Loom => cfg!(feature = "loom"),
        }
    }
}

/// What loads may read on the native runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemoryModel {
    /// What was stored last: memory is sequentially consistent, whatever the orders of accesses say.
    #[default]
    Sc,
    /// What RC11 allows, which is C++20's memory model without cycles of program order and reads-from.
    Rc11,
}

impl MemoryModel {
    /// Every model.
    pub const ALL: [Self; 2] = [Self::Sc, Self::Rc11];

    /// The name used in settings and in traces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sc => "sc",
            Self::Rc11 => "rc11",
        }
    }

    /// The model of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }
}

/// What carries tasks on the native runtime. Decisions and events are the same on either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carrier {
    /// Coroutines on the OS thread that explores.
    #[default]
    Coroutines,
    /// OS threads, of which one runs at a time: each task has the stack and the thread-locals of a thread, for debuggers and
    /// for valgrind. Slower by two orders of magnitude.
    Threads,
}

impl Carrier {
    /// Every carrier.
    pub const ALL: [Self; 2] = [Self::Coroutines, Self::Threads];

    /// The name used in settings and in traces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coroutines => "coroutines",
            Self::Threads => "threads",
        }
    }

    /// The carrier of that name, if there is one.
    ///
    /// ```
    /// use bohrbug_sync::control::Carrier;
    ///
    /// assert!(Carrier::ALL.iter().all(|carrier| Carrier::from_name(carrier.name()) == Some(*carrier)));
    /// assert_eq!(Carrier::from_name("fibres"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|carrier| carrier.name() == name)
    }
}

/// Bounds and choices of one execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Events after which an execution is scheduled fairly, and twice which it is stopped. Default 100,000.
    pub step_bound: u32,
    /// How often, in one execution, a timed wait may end by its timeout although something else could run. Default 0:
    /// time passes only when nothing else can happen.
    pub timeouts: u32,
    /// How often, in one execution, a condition variable or a parked thread may wake for no reason. Default 0.
    pub spurious: u32,
    /// How often, in one execution, `compare_exchange_weak` may fail although the values are equal. Default 0.
    pub weak_failures: u32,
    /// Whether accesses to cells are scheduling points. Default false: they are reported only.
    pub cell_points: bool,
    /// What loads may read, on `native`. Default: what was stored last.
    pub memory: MemoryModel,
    /// What carries tasks, on `native`. Default: coroutines.
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
