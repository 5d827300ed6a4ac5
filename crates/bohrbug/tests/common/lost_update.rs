//! A program that fails in some interleavings.

use bohrbug_sync::{Arc, Mutex, thread};

/// Two tasks add to a number and forget that the other does.
pub(crate) fn lost_update() {
    let number = Arc::new(Mutex::new(0));
    let adders = [(); 2].map(|()| {
        let number = number.clone();
        thread::spawn(move || {
            let read = *number.lock().unwrap();
            *number.lock().unwrap() = read + 1;
        })
    });
    for adder in adders {
        adder.join().unwrap();
    }
    assert_eq!(*number.lock().unwrap(), 2, "an update was lost");
}
