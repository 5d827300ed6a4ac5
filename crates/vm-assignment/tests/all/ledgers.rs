//! Both ledgers with the same contents.

use tempfile::TempDir;
use vm_assignment::ledger::{Ledger, MemoryLedger, SqliteLedger, Tables};

/// Runs `body` on the ledger in memory and on one in a file, and answers what each came to.
pub(crate) fn on_both<T>(contents: &Tables, body: impl Fn(&dyn Ledger) -> T) -> [T; 2] {
    let memory = MemoryLedger::new(contents.clone());
    let (_folder, sqlite) = sqlite(contents);
    [body(&memory), body(&sqlite)]
}

pub(crate) fn sqlite(contents: &Tables) -> (TempDir, SqliteLedger) {
    let folder = folder();
    let ledger = SqliteLedger::create(folder.path().join("ledger.db"), contents).unwrap();
    (folder, ledger)
}

/// A folder for a ledger, in memory where the system has a place for that: the tests make hundreds of ledgers, and what
/// a disk needs to settle each of them is not what they are about.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
