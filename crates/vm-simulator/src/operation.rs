//! The list of what a client can call: one entry an operation.
//!
//! Whoever works through the whole of the simulator (the workloads `pairs` and `triples`, the stress test) goes by this
//! list: its enumeration is matched without a rest, so that an operation that is added here is asked for there. That an
//! entry names a method is checked by the compiler; that no public method is missing, by a test below, which reads the
//! sources. What only looks at an object or sets up a test is no operation: [`NOT_CALLED`] says what that is.

use crate::Task;
use crate::collector::PropertyCollector;
use crate::simulator::Simulator;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $method:path;)*) => {
        /// An operation that a client can call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Operation { $($(#[$doc])* $name),* }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The method that does it, as `Type::method`.
            pub fn method(self) -> &'static str {
                match self {$(
                    Self::$name => {
                        // What is named here exists.
                        let _ = $method;
                        stringify!($method)
                    }
                )*}
            }
        }
    };
}

operations! {
    /// Creates a folder.
    CreateFolder = Simulator::create_folder;
    /// Creates a machine.
    CreateVm = Simulator::create_vm;
    /// Clones a machine.
    CloneVm = Simulator::clone_vm;
    /// The same as a task.
    StartClone = Simulator::start_clone;
    /// Destroys a machine.
    DestroyVm = Simulator::destroy_vm;
    /// Changes a machine's configuration.
    ReconfigureVm = Simulator::reconfigure_vm;
    /// The same as a task.
    StartReconfigure = Simulator::start_reconfigure;
    /// Moves a machine into another folder.
    RelocateVm = Simulator::relocate_vm;
    /// Powers a machine on or off, or suspends it.
    SetPower = Simulator::set_power;
    /// Prepares a customisation of the guest.
    CustomizeVm = Simulator::customize_vm;
    /// Cancels a task.
    CancelTask = Simulator::cancel_task;
    /// Waits for the end of a task.
    WaitForTask = Task::wait;
    /// Reads properties.
    Retrieve = Simulator::retrieve;
    /// Reads properties, a page at a time.
    RetrievePage = PropertyCollector::retrieve;
    /// Reads the next page.
    ContinueRetrieve = PropertyCollector::continue_retrieve;
    /// Makes a list view.
    CreateListView = Simulator::create_list_view;
    /// Adds objects to a list view, and removes others.
    ModifyListView = Simulator::modify_list_view;
    /// Makes a property collector.
    CreateCollector = Simulator::create_collector;
    /// Adds a filter to a collector.
    CreateFilter = PropertyCollector::create_filter;
    /// Removes a filter.
    DestroyFilter = PropertyCollector::destroy_filter;
    /// Asks what is new.
    CheckForUpdates = PropertyCollector::check_for_updates;
    /// Waits for what is new.
    WaitForUpdates = PropertyCollector::wait_for_updates;
    /// Ends such a wait.
    CancelWait = PropertyCollector::cancel_wait;
    /// Ends watching.
    Stop = PropertyCollector::stop;
}

/// The public methods that are no operation of a client: what makes a simulator, what sets up a test, and what only
/// looks at something that the caller has in its hands.
pub const NOT_CALLED: &[&str] = &[
    "Simulator::new",
    "Simulator::with_defaults",
    "Simulator::steady",
    "Simulator::with_nested_locks",
    "Simulator::revision",
    "Simulator::root",
    "Simulator::datastore",
    "Simulator::machine",
    "Simulator::restore_vm",
    "Simulator::audit",
    "PropertyCollector::reference",
    "Task::reference",
    "Task::entity",
    "Task::name",
    "Task::info",
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the sources are there").map(|entry| entry.expect("an entry").path());
        let mut files: Vec<PathBuf> =
            entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect();
        files.sort();
        files
    }

    /// The public methods of the types that clients call, as `Type::method`.
    fn public_methods() -> Vec<String> {
        let mut found = Vec::new();
        for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let text = fs::read_to_string(&file).expect("a source is text");
            let mut of = None;
            for line in text.lines() {
                if let Some(rest) = line.strip_prefix("impl ") {
                    let name = rest.trim_end_matches(" {");
                    of = ["Simulator", "PropertyCollector", "Task"].into_iter().find(|known| *known == name);
                }
                if let (Some(of), Some(rest)) = (of, line.strip_prefix("    pub fn ")) {
                    let end = rest.find(['(', '<']).unwrap_or(rest.len());
                    found.push(format!("{of}::{}", &rest[..end]));
                }
            }
        }
        found
    }

    #[test]
    fn every_public_method_is_an_operation_or_said_to_be_none() {
        let mut listed: Vec<&str> = Operation::ALL.iter().map(|operation| operation.method()).collect();
        listed.extend(NOT_CALLED);
        listed.sort_unstable();
        let mut found = public_methods();
        found.sort_unstable();
        assert_eq!(found, listed);
    }
}
