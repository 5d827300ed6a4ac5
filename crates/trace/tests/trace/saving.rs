//! A file under its final name is a whole trace, and the first one of its failure.

use std::fs;

use bohrbug_trace::{FailureKind, FailureRecord, SaveErrorKind, Saved, Trace, TraceEvent};
use tempfile::tempdir;

use crate::sample::create_vs_verify;

fn names(directory: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = entries.collect();
    names.sort();
    names
}

#[test]
fn a_saved_trace_is_read_back_and_nothing_else_is_left() {
    let directory = tempdir().unwrap();
    let trace = create_vs_verify();
    let path = directory.path().join("not/yet/there.jsonl");
    trace.save_atomically(&path).unwrap();
    assert_eq!(Trace::read(&path).unwrap(), trace);
    assert_eq!(names(path.parent().unwrap()), ["there.jsonl"]);
}

#[test]
fn two_failures_with_one_fingerprint_are_one_file_and_the_first_stays() {
    let directory = tempdir().unwrap();
    let trace = create_vs_verify();
    let mut again = trace.clone();
    again.events.pop();
    let first = trace.save_into(directory.path()).unwrap();
    let second = again.save_into(directory.path()).unwrap();
    assert_eq!(first, Saved::New(directory.path().join(trace.file_name())));
    assert_eq!(second, Saved::Known(first.path().to_owned()));
    assert_eq!(Trace::read(second.path()).unwrap(), trace);
}

#[test]
fn another_failure_another_revision_and_no_failure_are_other_files() {
    let directory = tempdir().unwrap();
    let mut trace = create_vs_verify();
    trace.save_into(directory.path()).unwrap();
    trace.header.revision = Some("v5".to_owned());
    trace.save_into(directory.path()).unwrap();
    trace.header.failure = Some(FailureRecord::new(FailureKind::Deadlock, "", "0123456789abcdef"));
    trace.save_into(directory.path()).unwrap();
    trace.header.failure = None;
    trace.save_into(directory.path()).unwrap();
    assert_eq!(names(directory.path()).len(), 4, "{:?}", names(directory.path()));
    assert!(names(directory.path()).contains(&"replica-manager-create-vs-verify-v5-01234567.jsonl".to_owned()));
}

#[test]
fn a_damaged_file_of_the_same_name_is_not_overwritten() {
    let directory = tempdir().unwrap();
    let trace = create_vs_verify();
    let taken = directory.path().join(trace.file_name());
    fs::write(&taken, "a note of mine").unwrap();
    let saved = trace.save_into(directory.path()).unwrap();
    assert_eq!(fs::read_to_string(taken).unwrap(), "a note of mine");
    assert_eq!(Trace::read(saved.path()).unwrap(), trace);
}

#[test]
fn what_a_killed_process_left_is_stepped_over() {
    let directory = tempdir().unwrap();
    let left = directory.path().join(format!(".a.jsonl.{}-0.tmp", std::process::id()));
    fs::write(&left, "{\"format\":1,").unwrap();
    create_vs_verify().save_atomically(directory.path().join("a.jsonl")).unwrap();
    assert_eq!(fs::read_to_string(left).unwrap(), "{\"format\":1,");
}

#[test]
fn what_cannot_be_written_changes_nothing_and_says_what_to_do() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "here").unwrap();
    let error = create_vs_verify().save_atomically(file.join("a.jsonl")).unwrap_err();
    assert!(matches!(error.kind, SaveErrorKind::Directory(_)), "{error}");
    let error = create_vs_verify().save_atomically(directory.path()).unwrap_err();
    assert!(matches!(error.kind, SaveErrorKind::Rename(_)), "{error}");
    assert_eq!(names(directory.path()), ["file"], "and the temporary file is gone");
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_takes_no_file_is_said() {
    // Not even root can make a file there, so that this does not depend on who runs the test.
    let error = create_vs_verify().save_into("/proc").unwrap_err();
    assert!(matches!(error.kind, SaveErrorKind::Write(_)), "{error}");
    assert!(error.to_string().ends_with("; free some space, or choose a writable directory"), "{error}");
}

#[test]
fn a_trace_that_nobody_could_read_is_not_written() {
    let directory = tempdir().unwrap();
    let mut trace = create_vs_verify();
    trace.events.push(TraceEvent::new("worker", bohrbug_trace::Operation::Lock, "a.rs:1:1"));
    let error = trace.save_into(directory.path()).unwrap_err();
    assert!(matches!(error.kind, SaveErrorKind::Unreadable(_)), "{error}");
    assert_eq!(names(directory.path()), [""; 0]);
}

#[test]
fn a_message_of_any_length_can_be_saved() {
    let directory = tempdir().unwrap();
    let mut trace = create_vs_verify();
    trace.header.failure = Some(FailureRecord::new(FailureKind::Panic, "ä\u{1}".repeat(1 << 20), "0123456789abcdef"));
    let saved = trace.save_into(directory.path()).unwrap();
    let message = Trace::read(saved.path()).unwrap().header.failure.unwrap().message;
    assert!(message.ends_with("… (3145728 bytes in all)"));
}
