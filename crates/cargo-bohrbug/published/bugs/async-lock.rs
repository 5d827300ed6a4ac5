//! Whoever waits for a lock long enough gets it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use async_lock::Lock;

include!("block_on.rs");

#[test]
fn everybody_gets_the_lock() {
    let lock = Arc::new(Lock::new(0));
    let add = |lock: &Lock<i32>| {
        block_on(async {
            let mut count = lock.lock().await;
            // Long enough for the others to count as starved.
            thread::sleep(Duration::from_millis(1));
            *count += 1;
        });
    };
    let others = [(); 2].map(|()| {
        let lock = lock.clone();
        thread::spawn(move || add(&lock))
    });
    add(&lock);
    for other in others {
        other.join().unwrap();
    }
}
