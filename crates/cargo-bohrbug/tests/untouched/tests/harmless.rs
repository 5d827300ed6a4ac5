use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn starts_no_thread() {
    assert_eq!(Arc::new(AtomicU32::new(1)).load(Ordering::Relaxed), 1);
}

#[test]
fn counts_in_one_step() {
    let count = Arc::new(AtomicU32::new(0));
    let adders = [(); 2].map(|()| {
        let count = count.clone();
        thread::spawn(move || count.fetch_add(1, Ordering::Relaxed))
    });
    for adder in adders {
        adder.join().unwrap();
    }
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[test]
#[should_panic(expected = "as it should")]
fn panics_in_every_order() {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(1).unwrap());
    receiver.recv().unwrap();
    panic!("as it should");
}

#[test]
fn a_thread_that_panics_is_a_result() -> Result<(), String> {
    let result = thread::spawn(|| panic!("on purpose")).join();
    if result.is_err() { Ok(()) } else { Err("it did not".to_owned()) }
}

#[test]
fn an_hour_is_no_time() {
    let start = Instant::now();
    thread::spawn(|| thread::sleep(Duration::from_secs(3600))).join().unwrap();
    assert!(start.elapsed() >= Duration::from_secs(3600));
}

#[test]
#[ignore = "on purpose"]
fn is_ignored() {
    unreachable!("ignored tests do not run");
}
