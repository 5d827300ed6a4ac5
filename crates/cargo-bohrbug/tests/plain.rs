//! `--every-access`: pairs of programs with a bug on plain memory, and without it.
//!
//! They lie in `plain/`, with a manifest that Cargo does not take for one. The stand-ins are built as in `untouched`. What the
//! switches of the compiler need is there on Linux on x86-64.

#![cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::campaign::gather::Gathered;
use harness::campaign::tests;

/// Each test of `racy`, and what is found in it.
const RACY: &[(&str, &str)] = &[
    ("memory::static_mut", "data-race"),
    ("memory::raw_pointer_to_the_heap", "data-race"),
    ("memory::flag_without_release", "data-race"),
    ("memory::fence_on_one_side", "data-race"),
    ("memory::reader_lock_for_a_write", "data-race"),
    ("memory::two_locks", "data-race"),
    ("memory::written_after_it_was_sent", "data-race"),
    ("memory::stack_of_another", "data-race"),
    ("memory::overlapping_copies", "data-race"),
    ("memory::freed_while_it_is_read", "data-race"),
    ("memory::own_count_without_acquire", "data-race"),
    ("memory::published_without_release", "data-race"),
    ("memory::loop_that_waits_for_a_plain_flag", "data-race"),
    ("memory::seen_between_two_plain_writes", "data-race"),
    ("memory::used_after_it_was_freed", "memory-misuse"),
    ("memory::freed_twice", "memory-misuse"),
    ("atomics::plain_write_beside_a_load", "data-race"),
    ("atomics::plain_read_beside_a_store", "data-race"),
    ("atomics::get_mut_beside_an_update", "data-race"),
    ("atomics::store_and_load_of_two_sizes", "data-race"),
    ("atomics::two_updates_of_two_sizes", "data-race"),
    ("atomics::atomic_made_while_it_is_read", "data-race"),
    ("atomics::atomic_freed_while_it_is_stored_to", "data-race"),
    ("atomics::block_used_before_it_is_known_to_be_allocated", "data-race"),
    ("atomics::room_of_a_vector_used_before_it_is_known", "data-race"),
    ("atomics::block_of_an_arc_used_before_it_is_known", "data-race"),
    ("atomics::block_of_an_allocator_used_before_it_is_known", "data-race"),
    ("atomics::block_that_grew_used_before_it_is_known", "data-race"),
    ("atomics::variable_of_a_function_that_is_left", "data-race"),
    ("orders::spin_lock_by_swap", "data-race"),
    ("orders::made_once_behind_a_relaxed_flag", "data-race"),
    ("orders::chain_with_a_relaxed_link", "data-race"),
    ("orders::fence_before_the_load", "data-race"),
    ("orders::failed_exchange_that_acquires_nothing", "data-race"),
    ("orders::another_thread_is_joined", "data-race"),
    ("orders::barrier_too_few", "data-race"),
    ("orders::changed_after_it_was_announced", "data-race"),
    ("orders::changed_after_it_was_made_once", "data-race"),
    ("orders::pointer_kept_beyond_the_guard", "data-race"),
    ("structures::sequence_lock_of_plain_data", "data-race"),
    ("structures::ring_with_a_relaxed_tail", "data-race"),
    ("structures::stack_with_a_relaxed_head", "data-race"),
    ("structures::node_freed_under_a_reader", "data-race"),
    ("structures::vector_that_grows_while_it_is_counted", "data-race"),
    ("structures::pointer_into_a_vector_that_grew", "memory-misuse"),
    ("structures::map_in_a_cell", "data-race"),
    ("structures::changed_through_an_arc", "data-race"),
    ("structures::cell_that_passes_for_shared", "data-race"),
    ("structures::borrows_that_are_counted_without_a_lock", "data-race"),
    ("structures::slices_that_overlap", "data-race"),
    ("structures::dropped_by_both", "data-race"),
    ("structures::kept_by_both_sides_of_a_channel", "data-race"),
    ("structures::slots_made_while_all_are_read", "data-race"),
];

/// What `repaired` has beside each of those: programs that look as if they raced.
const ALONE: &[&str] = &[
    "harmless::a_thread_that_nobody_joins_leaves_its_arc",
    "harmless::a_thread_that_panics_leaves_what_it_had",
    "harmless::statics_are_made_once",
    "harmless::the_last_of_an_arc_frees_what_all_have_used",
    "harmless::thread_local_variables_are_each_ones_own",
    "harmless::what_is_waited_for_is_there",
];

/// The files of the crate.
const FILES: &[&str] = &[
    "src/lib.rs",
    "tests/racy/main.rs",
    "tests/racy/atomics.rs",
    "tests/racy/memory.rs",
    "tests/racy/orders.rs",
    "tests/racy/structures.rs",
    "tests/repaired/main.rs",
    "tests/repaired/atomics.rs",
    "tests/repaired/harmless.rs",
    "tests/repaired/memory.rs",
    "tests/repaired/orders.rs",
    "tests/repaired/structures.rs",
];

/// Explores what is in these modules; all that was said, and the outcomes.
fn pairs(plain: &Plain, modules: &[&str]) -> (String, Vec<serde_json::Value>) {
    let bounds = ["--events", "300", "--time", "600"];
    let options = [&["test", "--every-access"], &bounds[..], &["--format", "json", "--no-fail-fast", "--"]].concat();
    let (code, out, said) = plain.bohrbug(&[&options[..], modules].concat());
    assert_eq!(code, 101, "{said}");
    assert!(said.contains("--every-access uses unstable compiler flags"), "{said}");
    let outcomes: Vec<serde_json::Value> = out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let failure = |test: &str| {
        let name = format!("plain/racy/{test}");
        let outcome = outcomes.iter().find(|outcome| outcome["test"] == name.as_str());
        outcome.unwrap_or_else(|| panic!("{test} was not run: {said}"))["failure"].clone()
    };
    let is_asked_for = |test: &str| modules.iter().any(|module| test.starts_with(module));
    let racy: Vec<_> = RACY.iter().filter(|(test, _)| is_asked_for(test)).collect();
    for (test, kind) in &racy {
        assert_eq!(failure(test), *kind, "{test}\n{said}");
    }
    let is_repaired =
        |outcome: &&serde_json::Value| outcome["test"].as_str().is_some_and(|test| test.starts_with("plain/repaired/"));
    let repaired: Vec<_> = outcomes.iter().filter(is_repaired).collect();
    let alone = ALONE.iter().filter(|test| is_asked_for(test)).count();
    assert_eq!(repaired.len(), racy.len() + alone, "{said}");
    for outcome in repaired {
        let verdict = outcome["verdict"].as_str().unwrap_or_default();
        assert!(verdict.starts_with("verified") || verdict.starts_with("passed"), "{outcome}\n{said}");
        assert!(!verdict.contains("plain memory"), "it was seen: {outcome}");
    }
    (said, outcomes)
}

/// The rest of the pairs takes two minutes.
#[test]
#[ignore = "takes minutes: cargo test -p cargo-bohrbug --test plain -- --ignored"]
fn what_races_in_orders_and_structures_is_found() {
    pairs(&Plain::copy(), &["orders::", "structures::"]);
}

#[test]
fn what_races_on_plain_memory_is_found_and_what_does_not_is_not() {
    let plain = Plain::copy();
    let (said, outcomes) = pairs(&plain, &["memory::", "atomics::", "harmless::"]);
    both_places_are_told(&said);
    let failed =
        outcomes.iter().find(|outcome| outcome["test"] == "plain/racy/memory::static_mut").expect("it was run");
    let trace = failed["trace"].as_str().expect("a failure has a trace");
    assert_eq!(plain.bohrbug(&["replay", trace, "--every-access", "--times", "3"]).0, 10);
    shards_say_that_they_see_every_access(&plain);
}

fn shards_say_that_they_see_every_access(plain: &Plain) {
    let [results, traces] = ["results", "merged"].map(|name| plain.target.join(name));
    for folder in [&results, &traces] {
        let _ = fs::remove_dir_all(folder);
    }
    let out = results.display().to_string();
    let options = ["test", "--every-access", "--strategy", "random", "--executions", "20", "--out", &out];
    let of_one_test = ["--test", "racy", "memory::static_mut"];
    for shard in ["1/2", "2/2"] {
        let (code, _, said) = plain.bohrbug(&[&options[..], &["--shard", shard], &of_one_test].concat());
        assert_eq!(code, 101, "{said}");
    }
    let gathered = Gathered::all(&[results]).expect("results");
    let [test] = &gathered[..] else { panic!("one test and not {}", gathered.len()) };
    assert!(tests::sees_every_access(test) && tests::is_unmodified(test));
    let merged = tests::merge(test, &traces).expect("one outcome");
    assert_eq!((merged.failed, merged.outcome.failure.as_deref()), (true, Some("data-race")));
}

/// By file and line, and no line of std's.
fn both_places_are_told(said: &str) {
    let code = fs::read_to_string(template().join("tests/racy/memory.rs")).expect("the template's file");
    let line = |text: &str| 1 + code.lines().position(|line| line.contains(text)).expect("it is in the file");
    let [write, read] = ["addr_of_mut!(COUNT).write(1)", "addr_of!(COUNT).read()"].map(line);
    let place = |line| format!("(tests/racy/memory.rs:{line}:");
    let found = said.lines().find(|line| line.contains("data-race in") && line.contains(&place(write)));
    assert!(found.is_some_and(|line| line.contains(&place(read))), "{said}");
    let freed = said.lines().find(|line| line.contains("frees a block (tests/racy/memory.rs:"));
    assert!(freed.is_some_and(|line| line.contains("had freed before (tests/racy/memory.rs:")), "{said}");
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
        // What an earlier version had is gone.
        let _ = fs::remove_dir_all(&directory);
        let files = FILES.iter().map(|file| (*file, *file));
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
        let end = arguments.iter().position(|argument| *argument == "--").unwrap_or(arguments.len());
        let (options, names) = arguments.split_at(end);
        command.arg("bohrbug").args(options).arg("--target-dir").arg(&self.target).args(names);
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
