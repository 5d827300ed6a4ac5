//! `--every-access`: pairs of programs with a bug on plain memory, and without it.
//!
//! They lie in `plain/`, with a manifest that Cargo does not take for one. The stand-ins are built as in `untouched`. What the
//! switches of the compiler need is there on Linux on x86-64.

#![cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Each test of `racy`, and what is found in it.
const RACY: &[(&str, &str)] = &[
    ("static_mut", "data-race"),
    ("raw_pointer_to_the_heap", "data-race"),
    ("flag_without_release", "data-race"),
    ("fence_on_one_side", "data-race"),
    ("reader_lock_for_a_write", "data-race"),
    ("two_locks", "data-race"),
    ("written_after_it_was_sent", "data-race"),
    ("stack_of_another", "data-race"),
    ("overlapping_copies", "data-race"),
    ("freed_while_it_is_read", "data-race"),
    ("own_count_without_acquire", "data-race"),
    ("published_without_release", "data-race"),
    ("used_after_it_was_freed", "memory-misuse"),
    ("freed_twice", "memory-misuse"),
];

/// How many tests `repaired` has: one beside each of those, and six more.
const REPAIRED: usize = RACY.len() + 6;

#[test]
fn what_races_on_plain_memory_is_found_and_what_does_not_is_not() {
    let plain = Plain::copy();
    let (code, out, said) =
        plain.bohrbug(&["test", "--every-access", "--events", "1000", "--format", "json", "--no-fail-fast"]);
    assert_eq!(code, 101, "{said}");
    assert!(said.contains("--every-access uses unstable compiler flags"), "{said}");
    let outcomes: Vec<serde_json::Value> = out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    for (test, kind) in RACY {
        let name = format!("plain/racy/{test}");
        let outcome = outcomes.iter().find(|outcome| outcome["test"] == name.as_str());
        assert_eq!(outcome.expect("it was run")["failure"], *kind, "{test}\n{said}");
    }
    let repaired: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome["test"].as_str().is_some_and(|test| test.starts_with("plain/repaired/")))
        .collect();
    assert_eq!(repaired.len(), REPAIRED, "{said}");
    for outcome in repaired {
        let verdict = outcome["verdict"].as_str().unwrap_or_default();
        assert!(verdict.starts_with("verified") || verdict.starts_with("passed"), "{outcome}\n{said}");
        assert!(!verdict.contains("plain memory"), "it was seen: {outcome}");
    }
    both_places_are_told(&said);
    let failed = outcomes.iter().find(|outcome| outcome["test"] == "plain/racy/static_mut").expect("it was run");
    let trace = failed["trace"].as_str().expect("a failure has a trace");
    assert_eq!(plain.bohrbug(&["replay", trace, "--every-access", "--times", "3"]).0, 10);
}

/// By file and line, and no line of std's.
fn both_places_are_told(said: &str) {
    let code = fs::read_to_string(template().join("tests/racy.rs")).expect("the template's file");
    let line = |text: &str| 1 + code.lines().position(|line| line.contains(text)).expect("it is in the file");
    let [write, read] = ["addr_of_mut!(COUNT).write(1)", "addr_of!(COUNT).read()"].map(line);
    let place = |line| format!("(tests/racy.rs:{line}:");
    let found = said.lines().find(|line| line.contains("data-race in") && line.contains(&place(write)));
    assert!(found.is_some_and(|line| line.contains(&place(read))), "{said}");
    let freed = said.lines().find(|line| line.contains("frees a block (tests/racy.rs:"));
    assert!(freed.is_some_and(|line| line.contains("had freed before (tests/racy.rs:")), "{said}");
}

fn template() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plain")
}

/// The copy of the crate.
struct Plain {
    directory: PathBuf,
    target: PathBuf,
    stand_ins: PathBuf,
}

impl Plain {
    fn copy() -> Self {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let directory = temporary.join("plain/plain");
        let files = ["src/lib.rs", "tests/racy.rs", "tests/repaired.rs"].map(|file| (file, file));
        for (from, to) in [("Cargo.toml.in", "Cargo.toml")].into_iter().chain(files) {
            let to = directory.join(to);
            fs::create_dir_all(to.parent().expect("a file is in a folder")).expect("a folder of our own");
            fs::copy(template().join(from), to).expect("the template's file");
        }
        let stand_ins = temporary.parent().expect("Cargo makes it inside the target folder").to_owned();
        Self { directory, target: temporary.join("plain/target"), stand_ins }
    }

    /// The exit code, standard output, and all that was said.
    fn bohrbug(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-bohrbug"));
        command.arg("bohrbug").args(arguments).arg("--target-dir").arg(&self.target);
        command.current_dir(&self.directory).stdin(Stdio::null()).env("CARGO_NET_OFFLINE", "true");
        for name in ["CI", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUST_TEST_THREADS"] {
            command.env_remove(name);
        }
        command.env("BOHRBUG_STAND_INS", &self.stand_ins).env("BOHRBUG_STAND_INS_PROFILE", "dev");
        let output = command.output().expect("it is built with this test");
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status.code().unwrap_or(-1), out.clone(), out + &err)
    }
}
