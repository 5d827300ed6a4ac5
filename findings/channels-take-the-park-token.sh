#!/usr/bin/env bash
# Blocking receives of six channels: five use up the thread's own park token, one leaves it.
#
# What happens: a thread waits in a blocking receive. Somebody calls `unpark` on it, then a message is sent. After the receive
# the thread calls `park`, which should return at once: the token was given while it waited. With std's mpsc (Rust 1.95.0),
# crossbeam-channel 0.5.17, flume 0.12.0, kanal 0.1.1 and oneshot 0.1.11 it does not, for they wait with `park` themselves and
# so take the token; with async-channel 2.5.0 it does. std's `Mutex`, `Once`, `Barrier` and `join` leave the token, too.
# Why it surprises: none of the five says that receiving is a use of the caller's park token. Replacing one channel by another
# can turn a program that parks beside its channel from correct into one that sleeps for ever.
# The half second below only bounds the wait for a token that is not there.
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
async-channel = "=2.5.0"
crossbeam-channel = "=0.5.17"
flume = "=0.12.0"
kanal = "=0.1.1"
oneshot = "=0.1.11"
TOML
cat >src/main.rs <<'RUST'
use std::thread::{self, Thread};
use std::time::Duration;

/// Whether a thread that is unparked while it waits in `receive` still has its park token afterwards: left or taken.
fn keeps(receive: impl FnOnce() + Send + 'static, send: impl FnOnce()) -> &'static str {
    let waiting = thread::spawn(move || {
        receive();
        let before = std::time::Instant::now();
        thread::park_timeout(Duration::from_millis(500));
        before.elapsed() < Duration::from_millis(400)
    });
    thread::sleep(Duration::from_millis(200));
    let receiver: Thread = waiting.thread().clone();
    receiver.unpark();
    thread::sleep(Duration::from_millis(200));
    send();
    if waiting.join().unwrap() { "left" } else { "taken" }
}

fn main() {
    let (s, r) = std::sync::mpsc::channel();
    println!("std: {}", keeps(move || r.recv().unwrap(), move || s.send(()).unwrap()));
    let (s, r) = crossbeam_channel::unbounded();
    println!("crossbeam-channel: {}", keeps(move || r.recv().unwrap(), move || s.send(()).unwrap()));
    let (s, r) = flume::unbounded();
    println!("flume: {}", keeps(move || r.recv().unwrap(), move || s.send(()).unwrap()));
    let (s, r) = kanal::unbounded();
    println!("kanal: {}", keeps(move || r.recv().unwrap(), move || s.send(()).unwrap()));
    let (s, r) = async_channel::unbounded();
    println!("async-channel: {}", keeps(move || r.recv_blocking().unwrap(), move || s.send_blocking(()).unwrap()));
    let (s, r) = oneshot::channel();
    println!("oneshot: {}", keeps(move || r.recv().unwrap(), move || s.send(()).unwrap()));
}
RUST
cargo run --quiet >seen
cat >expected <<'TEXT'
std: taken
crossbeam-channel: taken
flume: taken
kanal: taken
async-channel: left
oneshot: taken
TEXT
diff expected seen
