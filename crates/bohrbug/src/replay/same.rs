//! Whether a failure is the recorded one, although tasks and objects may have other names by now.
//!
//! Only what bohrbug itself put into a message is put back into the recorded words: what a panic says is the program's.

use bohrbug_trace::{FailureKind, FailureRecord, Matching};

use crate::failure::Failure;

/// Whether the failure is the recorded one, in the recorded names of tasks and objects.
pub(super) fn is_same(recorded: &FailureRecord, failure: &Failure, matching: &Matching) -> bool {
    let mut failure = failure.clone();
    let is_same = |failure: &Failure| failure.has_fingerprint(&recorded.fingerprint);
    if is_same(&failure) {
        return true;
    }
    let names = renamed(matching);
    failure.task = failure.task.map(|task| in_old_names(&task, &names));
    if failure.kind == FailureKind::Panic {
        return is_same(&failure);
    }
    failure.message = in_old_names(&failure.message, &names);
    is_same(&failure) || failure.kind == recorded.kind && clauses(&failure.message) == clauses(&recorded.message)
}

/// The parts of a message about several tasks: which of them comes first depends on which was spawned first.
fn clauses(message: &str) -> Vec<&str> {
    let (says, list) = message.split_once(": ").unwrap_or(("", message));
    let mut clauses: Vec<&str> = list.split("; ").collect();
    bohrbug_sorted::sort(&mut clauses);
    clauses.push(says);
    clauses
}

/// What has another name now, as pairs of the new and the old one, the longest first.
fn renamed(matching: &Matching) -> Vec<(&str, &str)> {
    let tasks = matching.tasks.iter().map(|(old, new)| (new, old));
    let all = tasks.chain(&matching.old_labels).map(|(new, old)| (new.as_str(), old.as_str()));
    let mut names: Vec<_> = all.filter(|(new, old)| new != old).collect();
    bohrbug_sorted::sort_by(&mut names, |(one, _), (other, _)| other.len().cmp(&one.len()).then(one.cmp(other)));
    names
}

/// The text with each new name in it replaced by the old one, all at once.
fn in_old_names(text: &str, names: &[(&str, &str)]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut begins_a_word = true;
    while let Some(next) = rest.chars().next() {
        let found =
            names.iter().find(|(new, _)| begins_a_word && rest.starts_with(new) && ends_a_word(&rest[new.len()..]));
        match found {
            Some((new, old)) => {
                kept.push_str(old);
                rest = &rest[new.len()..];
                begins_a_word = false;
            }
            None => {
                kept.push(next);
                rest = &rest[next.len_utf8()..];
                begins_a_word = !is_of_a_name(next);
            }
        }
    }
    kept
}

fn ends_a_word(rest: &str) -> bool {
    rest.chars().next().is_none_or(|next| !is_of_a_name(next))
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || "/#_-:.".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_back_as_whole_words_and_all_at_once() {
        let names = [("main/verify", "main/check"), ("shelf", "stock"), ("stock", "shelf")];
        let check = |text: &str, expected: &str| assert_eq!(in_old_names(text, &names), expected);
        check("main/verify waits to lock shelf, which main has", "main/check waits to lock stock, which main has");
        check("main/verify#2 waits to lock shelves; stock, shelf", "main/verify#2 waits to lock shelves; shelf, stock");
        check("", "");
    }

    #[test]
    fn a_cycle_is_the_same_wherever_it_is_entered() {
        let (one, other) = ("a waits to lock x, which b has", "b waits to lock y, which a has");
        let recorded =
            FailureRecord::new(FailureKind::Deadlock, format!("tasks wait for each other: {one}; {other}"), "mark");
        let check = |message: String, expected| {
            assert_eq!(
                is_same(&recorded, &Failure::new(FailureKind::Deadlock, message), &Matching::default()),
                expected
            );
        };
        check(format!("tasks wait for each other: {other}; {one}"), true);
        check(format!("tasks wait for each other: {other}; {other}"), false);
        check(format!("nothing can go on: {other}; {one}"), false);
    }
}
