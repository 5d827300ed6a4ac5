//! How many executions in which a thread waits no search can do without that learns what a thread does only by running it.
//!
//! Take an execution in which one thread alone waits for good, after it has read certain values. The program in which that
//! thread ends there has this execution as a complete one, and does the same everywhere else. A search that never lets the
//! thread read those values cannot tell the two programs apart, so it would miss that execution in one of them. Where a
//! thread has several such histories, no execution has two of them.

use std::collections::{BTreeSet, HashSet};

use super::program::Program;
use super::walk::Walk;

/// So many executions in which a thread waits are needed, at least.
pub(crate) fn needed(program: &Program) -> usize {
    let mut histories: Vec<BTreeSet<Vec<u64>>> = vec![BTreeSet::new(); program.threads.len()];
    let mut seen = HashSet::new();
    let mut open = vec![Walk::new(program)];
    while let Some(mut walk) = open.pop() {
        let waiting: Vec<usize> = (0..histories.len()).filter(|thread| walk.is_blocked(*thread)).collect();
        if waiting.len() > 1 || !seen.insert(walk.state()) {
            continue;
        }
        let threads = walk.unblocked();
        if let ([alone], true) = (&waiting[..], threads.is_empty()) {
            histories[*alone].insert(walk.read(*alone).to_vec());
        }
        for thread in threads {
            for choice in walk.choices(thread) {
                let mut next = walk.clone();
                next.step(thread, choice);
                open.push(next);
            }
        }
    }
    histories.iter().map(BTreeSet::len).max().unwrap_or(0)
}
