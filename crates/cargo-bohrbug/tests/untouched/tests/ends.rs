use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

/// Another thread does it if it comes between two steps of this one.
fn race(end: fn()) {
    let [begun, done] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let other = {
        let (begun, done) = (begun.clone(), done.clone());
        thread::spawn(move || {
            if begun.load(SeqCst) && !done.load(SeqCst) {
                end();
            }
        })
    };
    begun.store(true, SeqCst);
    done.store(true, SeqCst);
    other.join().unwrap();
}

#[test]
fn aborts() {
    race(|| std::process::abort());
}

#[test]
fn comes_after_it() {
    race(|| ());
}

#[test]
fn exits() {
    race(|| std::process::exit(0));
}
