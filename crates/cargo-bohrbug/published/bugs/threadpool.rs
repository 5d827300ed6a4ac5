//! Whoever waited for a pool to be idle when it was does not wait for what comes later.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use threadpool::ThreadPool;

/// Waits as long as anything else can happen, and so much later it is.
fn wait(duration: Duration) {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(duration);
}

#[test]
fn those_who_wait_together_leave_together() {
    let later = Duration::from_secs(3600);
    let start = Instant::now();
    let pool = ThreadPool::new(1);
    // It is over when both wait for it.
    pool.execute(|| wait(Duration::from_millis(1)));
    let other = thread::spawn({
        let pool = pool.clone();
        move || {
            pool.join();
            Instant::now()
        }
    });
    pool.join();
    pool.execute(move || wait(later));
    assert!(other.join().unwrap() < start + later);
}
