#!/usr/bin/env bash
# TraceForge 0.2.1: threads that only read one atomic are explored in every order of their loads.
#
# What happens: `verify` of n threads that each load one `AtomicU32` k times, with nobody storing, runs (n k)! / (k!)^n
# executions: 2, 6, 6 and 90 for 2x1, 2x2, 3x1 and 3x2. None is blocked.
# Why it surprises: an optimal reduction runs one, since loads commute. An atomic is a server here that answers messages, so
# the order in which requests arrive counts as a difference between executions, whatever they ask for. Models with
# read-mostly data grow as if each load were a store.
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
traceforge = "=0.2.1"
TOML
cat >src/main.rs <<'RUST'
use std::sync::atomic::Ordering::SeqCst;
use std::sync::Arc;
use traceforge::sync::atomic::AtomicU32;
use traceforge::{thread, verify, Config};

fn executions(threads: usize, loads: usize) -> (usize, usize) {
    let stats = verify(Config::builder().build(), move || {
        let word = Arc::new(AtomicU32::new(0));
        let readers: Vec<_> = (0..threads)
            .map(|_| {
                let word = word.clone();
                thread::spawn(move || (0..loads).for_each(|_| assert_eq!(word.load(SeqCst), 0)))
            })
            .collect();
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    });
    (stats.execs, stats.block)
}

fn main() {
    for (threads, loads) in [(2, 1), (2, 2), (3, 1), (3, 2)] {
        println!("{threads} threads, {loads} loads each: {:?}", executions(threads, loads));
    }
}
RUST
cargo run --quiet --release 2>/dev/null | grep loads >seen
cat >expected <<'TEXT'
2 threads, 1 loads each: (2, 0)
2 threads, 2 loads each: (6, 0)
3 threads, 1 loads each: (6, 0)
3 threads, 2 loads each: (90, 0)
TEXT
diff expected seen
