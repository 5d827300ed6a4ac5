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
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::create(folder.path().join("ledger.db"), contents).unwrap();
    (folder, ledger)
}
