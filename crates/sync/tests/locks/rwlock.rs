//! Reader-writer locks.

use bohrbug_sync::{Arc, Barrier, RwLock, thread};

use crate::harness::Program;

#[test]
fn a_reader_sees_all_of_a_write_or_nothing() {
    Program::new(|| {
        let pair = Arc::new(RwLock::new((0, 0)));
        let writer = thread::spawn({
            let pair = pair.clone();
            move || {
                let mut pair = pair.write().unwrap();
                pair.0 = 1;
                pair.1 = 1;
            }
        });
        let seen = *pair.read().unwrap();
        writer.join().unwrap();
        format!("{seen:?}")
    })
    .expect(&["(0, 0)", "(1, 1)"], &[]);
}

#[test]
fn readers_do_not_keep_each_other_out() {
    Program::new(|| {
        let lock = Arc::new(RwLock::new(0));
        let guard = lock.read().unwrap();
        let reader = thread::spawn({
            let lock = lock.clone();
            move || *lock.read().unwrap()
        });
        let read = reader.join().unwrap();
        drop(guard);
        read.to_string()
    })
    .expect(&["0"], &[]);
}

#[test]
fn a_task_may_read_twice() {
    // Beside a writer it is a deadlock on native alone: see `native::rwlock`.
    Program::new(|| {
        let lock = Arc::new(RwLock::new(0));
        let reader = thread::spawn({
            let lock = lock.clone();
            move || *lock.read().unwrap()
        });
        let first = lock.read().unwrap();
        let second = lock.read().unwrap();
        let third = lock.try_read().unwrap();
        let same = *first == *second && *first == *third;
        drop(first);
        let again = lock.try_write().is_ok();
        drop((second, third));
        reader.join().unwrap();
        format!("{same} {again}")
    })
    .expect(&["true false"], &[]);
}

#[test]
fn a_try_finds_the_lock_free_or_held() {
    Program::new(|| {
        let lock = Arc::new(RwLock::new(0));
        let writer = thread::spawn({
            let lock = lock.clone();
            move || *lock.write().unwrap() = 1
        });
        let read = lock.try_read().map_or_else(|_| "held".to_owned(), |value| value.to_string());
        let wrote = lock.try_write().is_ok();
        writer.join().unwrap();
        format!("{read} {wrote}")
    })
    .expect_loom_part(&["0 false", "0 true", "1 true", "held false", "held true"], &[]);
}

#[test]
fn two_readers_who_both_want_to_write_are_a_deadlock() {
    // loom lets nobody in between a lock and its release, so this second task could find the lock free, too.
    Program::new(|| {
        let lock = Arc::new(RwLock::new(0));
        let upgrade = |lock: Arc<RwLock<i32>>| {
            move || {
                let reader = lock.read().unwrap();
                let value = *reader;
                drop(reader);
                let _other = lock.read().unwrap();
                let _inner = lock.try_write().is_err();
                value
            }
        };
        let stuck = |lock: Arc<RwLock<i32>>| {
            move || {
                let _reader = lock.read().unwrap();
                *lock.write().unwrap() += 1;
            }
        };
        let first = thread::spawn(stuck(lock.clone()));
        upgrade(lock)();
        first.join().unwrap();
        "ended".to_owned()
    })
    .expect(&[], &["deadlock"]);
}

#[test]
fn a_writer_that_panics_poisons_and_a_reader_does_not() {
    let mut program = Program::new(|| {
        let lock = Arc::new(RwLock::new(0));
        let reader = thread::spawn({
            let lock = lock.clone();
            move || {
                let _guard = lock.read().unwrap();
                panic!("a reader");
            }
        });
        assert!(reader.join().is_err());
        let after_reader = lock.is_poisoned();
        let writer = thread::spawn({
            let lock = lock.clone();
            move || {
                let _guard = lock.write().unwrap();
                panic!("a writer");
            }
        });
        let before = lock.read().is_err();
        assert!(writer.join().is_err());
        let read = lock.read().is_err();
        let wrote = lock.write().is_err();
        let poisoned = (read, wrote, lock.try_read().is_err());
        lock.clear_poison();
        format!("{after_reader} {before} {poisoned:?} {}", lock.read().is_ok())
    });
    program.stops_at_panics = false;
    program.expect(&["false false (true, true, true) true", "false true (true, true, true) true"], &["panic"]);
}

#[test]
fn a_leaked_guard_is_held_for_ever() {
    Program::new(|| {
        let lock = Arc::new(RwLock::new(0));
        let leaker = thread::spawn({
            let lock = lock.clone();
            move || std::mem::forget(lock.write())
        });
        let first = lock.try_read().is_ok();
        leaker.join().unwrap();
        format!("{first} {}", lock.try_read().is_ok())
    })
    .expect_loom_part(&["false false", "true false"], &[]);
}

#[test]
fn a_try_does_not_wait_for_a_holder_that_waits_for_it() {
    Program::new(|| {
        let lock = Arc::new(RwLock::new(0));
        let gate = Arc::new(Barrier::new(2));
        let holder = thread::spawn({
            let (lock, gate) = (lock.clone(), gate.clone());
            move || {
                let _guard = lock.write().unwrap();
                gate.wait();
            }
        });
        let found = lock.try_read().is_ok();
        gate.wait();
        holder.join().unwrap();
        found.to_string()
    })
    .expect_loom_part(&["false", "true"], &[]);
}
