//! Threads that main does not wait for.

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::{Arc, mpsc, thread};

use crate::{Case, check, explore, kind_of};

const CASES: &[Case] = &[
    Case { name: "nobody waits", comes_to: "leaked-threads", program: detached },
    Case { name: "main joins", comes_to: "verified", program: || thread::spawn(|| ()).join().unwrap() },
    Case {
        name: "a scope",
        comes_to: "verified",
        program: || {
            let count = AtomicU32::new(0);
            thread::scope(|scope| _ = scope.spawn(|| count.fetch_add(1, SeqCst)));
        },
    },
    // The message is not the thread's end.
    Case {
        name: "main waits for a message",
        comes_to: "leaked-threads",
        program: || {
            let (sender, receiver) = mpsc::channel();
            thread::spawn(move || sender.send(()));
            receiver.recv().unwrap();
        },
    },
    Case {
        name: "somebody else joins",
        comes_to: "verified",
        program: || {
            let child = thread::spawn(|| ());
            thread::spawn(move || child.join().unwrap()).join().unwrap();
        },
    },
];

fn detached() {
    let count = Arc::new(AtomicU32::new(0));
    thread::spawn(move || count.fetch_add(1, SeqCst));
}

#[test]
fn threads_that_nobody_waits_for_are_leaked() {
    check(CASES, &["leaked-threads"]);
}

#[test]
fn who_does_not_ask_for_it_may_detach_threads() {
    assert_eq!(kind_of(&explore("dfs", detached)), "verified");
}
