//! Locks, condition variables, and what else threads wait for: barriers and initialisations.

use bohrbug_sync::{Barrier, Condvar, Mutex, Once, RwLock};

use super::{Case, Data, beside, both, orders, races, shared};

/// A flag behind a mutex that one waits for.
#[derive(Default)]
struct Signal {
    is_set: Mutex<bool>,
    set: Condvar,
    data: Data,
}

impl Signal {
    fn wait_and_write(&self) {
        drop(self.set.wait_while(self.is_set.lock().unwrap(), |set| !*set).unwrap());
        self.data.set(2);
    }
}

#[derive(Default)]
struct Guarded(Mutex<()>, Data);

impl Guarded {
    fn locked(&self, value: u32) {
        let _guard = self.0.lock();
        self.1.set(value);
    }
}

/// Takes the lock when it goes.
struct Locks<'a>(&'a Guarded);

impl Drop for Locks<'_> {
    fn drop(&mut self) {
        self.0.locked(1);
    }
}

fn initialise(data: &Data, once: &Once) {
    once.call_once(|| data.set(1));
    _ = data.get();
}

pub(super) const CASES: &[Case] = &[
    orders("a lock", || both::<Mutex<Data>>(|data| data.lock().unwrap().set(1), |data| data.lock().unwrap().set(2))),
    races("a lock on one side", || both::<Guarded>(|guarded| guarded.locked(1), |guarded| guarded.1.set(2))),
    races("two locks that are not the same", || {
        both::<(Guarded, Mutex<()>)>(
            |(guarded, _)| guarded.locked(1),
            |(guarded, other)| {
                let _guard = other.lock();
                guarded.1.set(2);
            },
        );
    }),
    orders("a lock that is tried", || {
        let tried = |data: &Mutex<Data>| {
            if let Ok(data) = data.try_lock() {
                data.set(1);
            }
        };
        both::<Mutex<Data>>(tried, tried);
    }),
    orders("a reader-writer lock", || {
        both::<RwLock<Data>>(|data| _ = data.read().unwrap().get(), |data| data.write().unwrap().set(1));
    }),
    races("readers do not order each other", || {
        both::<RwLock<Data>>(|data| _ = data.read().unwrap().get(), |data| data.read().unwrap().set(1));
    }),
    // It has the lock although the other one holds it, since it cannot wait.
    orders("what a task does while it unwinds", || {
        both::<Guarded>(
            |guarded| {
                let unwinds = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    let _locks = Locks(guarded);
                    std::panic::resume_unwind(Box::new(()));
                }));
                assert!(unwinds.is_err());
            },
            |guarded| guarded.locked(2),
        );
    }),
    orders("a condition variable and its mutex", || {
        both::<Signal>(
            |signal| {
                signal.data.set(1);
                *signal.is_set.lock().unwrap() = true;
                signal.set.notify_one();
            },
            Signal::wait_and_write,
        );
    }),
    races("a write after the mutex and before the notification", || {
        both::<Signal>(
            |signal| {
                *signal.is_set.lock().unwrap() = true;
                signal.data.set(1);
                signal.set.notify_one();
            },
            Signal::wait_and_write,
        );
    }),
    orders("a barrier", || {
        beside(
            shared(Barrier::new(2)),
            |data, barrier| {
                data.set(1);
                barrier.wait();
                _ = data.get();
            },
            |data, barrier| {
                barrier.wait();
                _ = data.get();
            },
        );
    }),
    races("a write after the barrier", || {
        beside(
            shared(Barrier::new(2)),
            |data, barrier| {
                barrier.wait();
                data.set(1);
            },
            |data, barrier| {
                barrier.wait();
                _ = data.get();
            },
        );
    }),
    orders("an initialisation", || {
        beside(shared(Once::new()), |data, once| initialise(data, &once), |data, once| initialise(data, once));
    }),
];
