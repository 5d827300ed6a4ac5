#!/usr/bin/env bash
# corosensei 0.3.4: dropping a suspended coroutine poisons the locks of std that it holds, although nothing panicked.
#
# What happens: a coroutine takes a `std::sync::Mutex` and suspends itself. Dropping it unwinds its stack, so that the guard's
# destructor runs while `thread::panicking()` is true: the next `lock` elsewhere returns a `PoisonError`. No panic
# hook was called. Finishing the coroutine instead leaves the lock as it was.
# Why it surprises: "dropped before its end" looks like "an invariant may be broken by a panic" to everybody who shares data
# with the coroutine, and nothing on standard error says where the panic was.
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
corosensei = "=0.3.4"
TOML
cat >src/main.rs <<'RUST'
use corosensei::{Coroutine, Yielder};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

static PANICS: AtomicUsize = AtomicUsize::new(0);

fn holding(lock: &Arc<Mutex<u32>>) -> Coroutine<(), (), ()> {
    let lock = lock.clone();
    let mut coroutine = Coroutine::new(move |task: &Yielder<(), ()>, ()| {
        let _guard = lock.lock().unwrap();
        task.suspend(());
    });
    coroutine.resume(());
    coroutine
}

fn main() {
    std::panic::set_hook(Box::new(|_| drop(PANICS.fetch_add(1, SeqCst))));
    for end in ["finished", "dropped"] {
        let lock = Arc::new(Mutex::new(0));
        let mut coroutine = holding(&lock);
        if end == "finished" {
            coroutine.resume(());
        }
        drop(coroutine);
        println!("{end}: poisoned {}, panics {}", lock.is_poisoned(), PANICS.load(SeqCst));
    }
}
RUST
cargo run --quiet 2>/dev/null >seen
cat >expected <<'TEXT'
finished: poisoned false, panics 0
dropped: poisoned true, panics 0
TEXT
diff expected seen
