//! What kind of thing an object is.

crate::vocabulary! {
    /// The kind of an object, as it stands at the front of its label.
    pub enum ObjectKind {
        /// A mutual-exclusion lock.
        Mutex = "mutex",
        /// A reader-writer lock.
        RwLock = "rwlock",
        /// A condition variable.
        Condvar = "condvar",
        /// A barrier.
        Barrier = "barrier",
        /// A one-time initialisation: `Once`, `OnceLock`, `LazyLock`.
        Once = "once",
        /// A channel, both ends.
        Channel = "channel",
        /// An atomic variable.
        Atomic = "atomic",
        /// An `UnsafeCell` or a `Shared`.
        Cell = "cell",
        /// A thread, as what others join, park and unpark.
        Thread = "thread",
        /// A word of memory as the operating system knows it: where tasks wait until somebody wakes them there.
        Futex = "futex",
        /// The clock whose passing is a choice.
        Clock = "clock",
        /// A point at which the scheduler chooses a value or a fault.
        Choice = "choice",
        /// A number of permits of which each task takes as many as it needs.
        Semaphore = "semaphore",
    }
}
