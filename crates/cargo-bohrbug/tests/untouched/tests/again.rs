use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::{fs, process, thread};

/// It is run twice to see whether it is the same each time, and explored. What makes its failure smaller runs it again.
#[test]
fn fails_and_then_ends_its_process() {
    thread::spawn(|| ()).join().unwrap();
    let marks = [1, 2, 3].map(|number| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("has-failed-{number}")));
    let Some(mark) = marks.iter().find(|mark| !mark.exists()) else { process::exit(0) };
    fs::write(mark, "").unwrap();
    panic!("it fails");
}

#[test]
#[should_panic]
fn panics_in_one_order() {
    let done = Arc::new(AtomicBool::new(false));
    let other = {
        let done = done.clone();
        thread::spawn(move || done.store(true, SeqCst))
    };
    let is_done = done.load(SeqCst);
    other.join().unwrap();
    assert!(!is_done);
}
