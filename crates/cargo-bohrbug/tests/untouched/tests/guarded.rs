use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

/// Ends the process where it is dropped by a panic, as what must not be unwound does.
struct NotUnwound;

impl Drop for NotUnwound {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::abort();
        }
    }
}

#[test]
fn waits_for_each_other() {
    let guard = NotUnwound;
    let [one, other] = [(); 2].map(|()| Arc::new(Mutex::new(())));
    let thread = {
        let (one, other) = (one.clone(), other.clone());
        thread::spawn(move || {
            let _guard = NotUnwound;
            let _held = one.lock().unwrap();
            drop(other.lock().unwrap());
        })
    };
    let held = other.lock().unwrap();
    drop(one.lock().unwrap());
    drop(held);
    thread.join().unwrap();
    drop(guard);
}

#[test]
fn takes_long() {
    let guard = NotUnwound;
    let count = Arc::new(AtomicU32::new(0));
    let add = {
        let count = count.clone();
        move || (0..110_000).for_each(|_| _ = count.fetch_add(1, SeqCst))
    };
    let thread = thread::spawn(add.clone());
    add();
    thread.join().unwrap();
    assert_eq!(count.load(SeqCst), 220_000);
    drop(guard);
}
