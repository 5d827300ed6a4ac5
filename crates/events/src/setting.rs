//! What executions run on, what carries their tasks, and what their loads may read: the words of both who runs and who records.

crate::vocabulary! {
    /// What an execution runs on. The standard library's own primitives, where nothing explores, are the absence of these.
    pub enum Runtime {
        /// Bohrbug's own: tasks are coroutines, or OS threads that run one at a time.
        Native = "native",
        /// shuttle's primitives and schedulers, wrapped.
        Shuttle = "shuttle",
        /// loom's primitives and search, wrapped.
        Loom = "loom",
    }
}

crate::vocabulary! {
    /// What carries tasks on the native runtime. Decisions and events are the same on either.
    #[derive(Default)]
    pub enum Carrier {
        /// Coroutines on the OS thread that explores; or what shuttle and loom have in their place.
        #[default]
        Coroutines = "coroutines",
        /// OS threads, of which one runs at a time: each task has the stack and the thread-locals of a thread, for debuggers and
        /// for valgrind. Slower by two orders of magnitude.
        Threads = "threads",
    }
}

crate::vocabulary! {
    /// What loads may read on the native runtime.
    #[derive(Default)]
    pub enum MemoryModel {
        /// What was stored last: memory is sequentially consistent, whatever the orders of accesses say.
        #[default]
        Sc = "sc",
        /// What RC11 allows, which is C++20's memory model without cycles of program order and reads-from.
        Rc11 = "rc11",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_value() {
        assert!(Runtime::ALL.iter().all(|runtime| Runtime::from_name(runtime.name()) == Some(*runtime)));
        assert!(Carrier::ALL.iter().all(|carrier| Carrier::from_name(carrier.name()) == Some(*carrier)));
        assert!(MemoryModel::ALL.iter().all(|model| MemoryModel::from_name(model.name()) == Some(*model)));
        assert_eq!(Carrier::from_name("fibres"), None);
    }
}
