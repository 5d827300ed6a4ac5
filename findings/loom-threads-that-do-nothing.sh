#!/usr/bin/env bash
# loom 0.7.3: threads without a single operation multiply the search, and ended threads count against its limit.
#
# What happens: a model that spawns n empty threads and joins them has one behaviour. loom runs 1, 3, 26 and 493
# executions for n = 1 to 4. A fifth thread is refused, also when the four before it were joined before it was spawned.
# Why it surprises: nothing in the program can be observed in another order; yet helpers that only set up a scenario
# cost a factor of nine and more each, and a loop that runs one thread after the other is refused at the fifth.
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
loom = "=0.7.3"
TOML
cat >src/main.rs <<'RUST'
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

fn main() {
    for threads in 1..=4 {
        let executions: &'static AtomicUsize = Box::leak(Box::default());
        loom::model(move || {
            executions.fetch_add(1, SeqCst);
            let all: Vec<_> = (0..threads).map(|_| loom::thread::spawn(|| ())).collect();
            all.into_iter().for_each(|thread| thread.join().unwrap());
        });
        println!("{threads} threads: {}", executions.load(SeqCst));
    }
    for threads in [4, 5] {
        let model = move || (0..threads).for_each(|_| loom::thread::spawn(|| ()).join().unwrap());
        let refused = std::panic::catch_unwind(move || loom::model(model)).is_err();
        println!("{threads} one after the other: {}", if refused { "refused" } else { "runs" });
    }
}
RUST
cargo run --quiet --release 2>/dev/null >seen
cat >expected <<'TEXT'
1 threads: 1
2 threads: 3
3 threads: 26
4 threads: 493
4 one after the other: runs
5 one after the other: refused
TEXT
diff expected seen
