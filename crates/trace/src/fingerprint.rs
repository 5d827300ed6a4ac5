//! What makes two failures the same failure.
//!
//! What is left out: line numbers, counts, addresses and hashes in messages, since an edit above the bug or another
//! workload must not make it a new one. So two failures of one task whose messages differ in numbers alone (`left: 1`,
//! `left: 2`) share a fingerprint; their traces tell them apart.

use twox_hash::XxHash3_128;

use crate::site::without_line;
use crate::{FailureKind, Operation};

/// The fingerprint of a failure, 32 hexadecimal digits: the same for the same bug after lines have moved.
///
/// `involved` are the operations that the failure is about, each with its object: the two accesses of a race, the locks
/// of a cycle. Their order does not count, since a cycle may be entered at any of its tasks; for the same reason a
/// failure of several tasks should be given no `task`.
///
/// ```
/// use bohrbug_trace::{FailureKind, Operation, fingerprint};
///
/// let of = |line: u32, count: u32| {
///     let object = format!("mutex src/server.rs:{line}:9");
///     fingerprint(FailureKind::Panic, Some("main/create"), &format!("lost {count} replicas"), &[(Operation::Lock, &object)])
/// };
/// assert_eq!(of(40, 1), of(57, 2));
/// assert_ne!(of(40, 1), fingerprint(FailureKind::Panic, Some("main/create"), "lost 1 replicas", &[]));
/// ```
pub fn fingerprint(kind: FailureKind, task: Option<&str>, message: &str, involved: &[(Operation, &str)]) -> String {
    let mut steps: Vec<_> = involved.iter().map(|(operation, label)| (operation.name(), without_line(label))).collect();
    bohrbug_sorted::sort(&mut steps);
    let mut text = Vec::new();
    if matches!(kind, FailureKind::Custom(_)) {
        add(&mut text, "custom");
    }
    add(&mut text, kind.name());
    add(&mut text, &without_line(task.unwrap_or_default()));
    add(&mut text, &normalised(message));
    for (operation, label) in &steps {
        add(&mut text, operation);
        add(&mut text, label);
    }
    format!("{:032x}", XxHash3_128::oneshot(&text))
}

/// Adds a part with its length before it, so that no two lists of parts run together into one text.
fn add(text: &mut Vec<u8>, part: &str) {
    text.extend((part.len() as u64).to_le_bytes());
    text.extend(part.bytes());
}

/// The message with everything blanked that changes from run to run or from edit to edit.
fn normalised(message: &str) -> String {
    let message = message.replace('\\', "/");
    let mut kept = String::with_capacity(message.len());
    let mut rest = message.as_str();
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()));
        kept.push_str(&blanked(word));
        let (between, after) = after.split_at(after.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(after.len()));
        kept.push_str(between);
        rest = after;
    }
    kept
}

fn blanked(word: &str) -> String {
    let hexadecimal = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    if word.strip_prefix("0x").is_some_and(hexadecimal) {
        return "0x_".to_owned();
    }
    // A long word of hexadecimal digits is an address or a hash; `deadbeef` without any digit may be a word.
    if word.len() >= 8 && hexadecimal(word) && word.bytes().any(|b| b.is_ascii_digit()) {
        return "_".to_owned();
    }
    let mut kept = String::new();
    for c in word.chars() {
        match c.is_ascii_digit() {
            true if kept.ends_with('_') => {}
            true => kept.push('_'),
            false => kept.push(c),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &str) {
        assert_eq!(normalised(message), expected);
    }

    #[test]
    fn what_changes_from_run_to_run_is_blanked() {
        check("", "");
        check("left: 12, right: 3", "left: _, right: _");
        check("at 'src/server.rs:10:5'", "at 'src/server.rs:_:_'");
        check("pointer 0x7ffe1234abcd is stale", "pointer 0x_ is stale");
        check("commit 57f5131c863e not found", "commit _ not found");
        check("replica r12 of v3", "replica r_ of v_");
        check("C:\\src\\a.rs", "C:/src/a.rs");
        check("überall 7 – nirgends", "überall _ – nirgends");
        check("deadbeef", "deadbeef");
    }

    #[test]
    fn a_fingerprint_never_changes_from_one_release_to_the_next() {
        // Committed traces are named after it; a change here is a change of the format.
        assert_eq!(
            fingerprint(
                FailureKind::Deadlock,
                None,
                "a cycle of 2",
                &[(Operation::Lock, "server"), (Operation::Lock, "engine")]
            ),
            fingerprint(
                FailureKind::Deadlock,
                None,
                "a cycle of 2",
                &[(Operation::Lock, "engine"), (Operation::Lock, "server")]
            ),
        );
        assert_eq!(fingerprint(FailureKind::Panic, Some("main"), "no", &[]), "2ed31b01fabae89d4c610b8904a728b4");
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(
            fingerprint(FailureKind::Custom("ab"), None, "c", &[]),
            fingerprint(FailureKind::Custom("a"), None, "bc", &[])
        );
        assert_ne!(
            fingerprint(FailureKind::Custom("a"), Some("main"), "", &[]),
            fingerprint(FailureKind::Custom("a"), None, "main", &[])
        );
    }
}
