#!/usr/bin/env bash
# shuttle 0.9.10: after a run that has ended, every panic of the process is announced as a failing task.
#
# What happens: `check_dfs` of an empty program returns. Then another thread, which never called shuttle, panics inside
# `catch_unwind`. Standard error says "Task failed, serializing schedule", and that a test panicked in a task whose name is an error message.
# Why it surprises: the hook is installed for the whole process at the first run and stays, so in a test binary the
# expected panics of unrelated tests (`#[should_panic]`) read like failures of a model that has passed.
# Seen 2026-11-30 with rustc 1.95.0.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"
[dependencies]
shuttle = "=0.9.10"
TOML
cat >src/main.rs <<'RUST'
fn main() {
    shuttle::check_dfs(|| (), None);
    let other = std::thread::spawn(|| std::panic::catch_unwind(|| panic!("expected")).is_err());
    println!("caught: {}", other.join().unwrap());
}
RUST
cargo build --quiet
./target/debug/finding >seen 2>said
echo "announced as a failing task: $(grep -c 'Task failed, serializing schedule' said || true)" >>seen
cat >expected <<'TEXT'
caught: true
announced as a failing task: 1
TEXT
diff expected seen
