#!/usr/bin/env bash
# shuttle 0.9.10: a depth-first search that ends leaves out orders in which threads meet.
#
# What happens: two threads wait at a barrier of two, and the one that arrives last leads. `check_dfs` without a bound comes to
# its end after one execution, in which main arrives first. With an atomic counter before the barrier the other order shows up,
# so the program has it.
# Why it surprises: a search without a bound that ends is read as "every interleaving was run". There is no scheduling point
# before a blocking `Barrier::wait`, so who arrives first is decided by who was scheduled last for another reason.
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
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::sync::{Arc, Barrier};
use shuttle::thread;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Runs every schedule that the search has, and prints how often each result was seen.
fn search<R: Ord + std::fmt::Debug + Send + 'static>(name: &str, program: fn() -> R) {
    let seen: &'static Mutex<BTreeMap<R, u32>> = Box::leak(Box::default());
    shuttle::check_dfs(move || *seen.lock().unwrap().entry(program()).or_default() += 1, None);
    println!("{name}: {:?}", seen.lock().unwrap());
}

fn main() {
    search("main leads", || {
        let barrier = Arc::new(Barrier::new(2));
        let other = barrier.clone();
        let child = thread::spawn(move || drop(other.wait()));
        let leads = barrier.wait().is_leader();
        child.join().unwrap();
        leads
    });
    search("main leads, counted before", || {
        let meeting = Arc::new((AtomicUsize::new(0), Barrier::new(2)));
        let other = meeting.clone();
        let child = thread::spawn(move || {
            other.0.fetch_add(1, SeqCst);
            drop(other.1.wait());
        });
        meeting.0.fetch_add(1, SeqCst);
        let leads = meeting.1.wait().is_leader();
        child.join().unwrap();
        leads
    });
}
RUST
cargo run --quiet 2>/dev/null >seen
cat >expected <<'TEXT'
main leads: {false: 1}
main leads, counted before: {false: 2, true: 1}
TEXT
diff expected seen
