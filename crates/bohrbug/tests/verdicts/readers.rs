//! Readers that come after a writer that waits, and threads that wait when main has ended.

use bohrbug_sync::{Arc, Mutex, RwLock, mpsc, thread};

use super::Case;

type Locks = Arc<(RwLock<()>, Mutex<()>)>;

fn spawn(locks: &Locks, body: Body) -> thread::JoinHandle<()> {
    let locks = locks.clone();
    thread::spawn(move || body(&locks))
}

type Body = fn(&(RwLock<()>, Mutex<()>));

fn all(bodies: &[Body]) {
    let locks = Locks::default();
    let threads: Vec<_> = bodies.iter().map(|body| spawn(&locks, *body)).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn write(locks: &(RwLock<()>, Mutex<()>)) {
    drop(locks.0.write());
}

fn read_twice(locks: &(RwLock<()>, Mutex<()>)) {
    let _first = locks.0.read();
    drop(locks.0.read());
}

pub(super) const CASES: &[Case] = &[
    Case { name: "a task that reads twice beside a writer", program: || all(&[read_twice, write]) },
    Case { name: "a task that reads twice beside one that reads twice", program: || all(&[read_twice, read_twice]) },
    Case {
        name: "a reader that locks beside one that reads with the lock and a writer",
        program: || {
            all(&[
                |locks| {
                    let _read = locks.0.read();
                    drop(locks.1.lock());
                },
                |locks| {
                    let _guard = locks.1.lock();
                    drop(locks.0.read());
                },
                write,
            ]);
        },
    },
    Case {
        name: "a thread that waits for good when main has ended",
        program: || {
            let (sender, receiver) = mpsc::channel::<()>();
            thread::spawn(move || {
                let _own = sender;
                receiver.recv()
            });
        },
    },
    Case { name: "a thread that goes on when main has ended", program: || drop(thread::spawn(|| thread::yield_now())) },
];
