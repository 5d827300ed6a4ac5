//! What looks like a bug and is none.

use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;

use plain::Shared;

#[test]
fn the_last_of_an_arc_frees_what_all_have_used() {
    let lists: Vec<_> = (0..2)
        .map(|_| Arc::new(UnsafeCell::new(vec![1_u32])))
        .map(|cell| Shared(Box::into_raw(Box::new(cell))))
        .collect();
    // Each of the threads has one of two that keep the same memory, and reads it before.
    let first: Arc<UnsafeCell<Vec<u32>>> = unsafe { (*lists[0].get()).clone() };
    let read = |list: Shared<Arc<UnsafeCell<Vec<u32>>>>| {
        move || {
            let list = unsafe { Box::from_raw(list.get()) };
            unsafe { (&*list.get()).len() }
        }
    };
    let second = Shared(Box::into_raw(Box::new(first)));
    let threads = [thread::spawn(read(lists[0])), thread::spawn(read(second))];
    drop(unsafe { Box::from_raw(lists[1].get()) });
    assert_eq!(threads.map(|thread| thread.join().unwrap()), [1, 1]);
}

#[test]
fn a_thread_that_nobody_joins_leaves_its_arc() {
    let data = Arc::new(Mutex::new(vec![1_u8]));
    drop(thread::spawn({
        let data = data.clone();
        move || data.lock().unwrap().push(2)
    }));
    drop(data);
}

#[test]
fn statics_are_made_once() {
    static TABLE: OnceLock<HashMap<u32, String>> = OnceLock::new();
    let look = || TABLE.get_or_init(|| HashMap::from([(1, "one".to_owned())])).get(&1).map(String::len);
    let other = thread::spawn(look);
    assert_eq!(look(), Some(3));
    assert_eq!(other.join().unwrap(), Some(3));
}

#[test]
fn what_is_waited_for_is_there() {
    let pair = Arc::new((Mutex::new(None::<Box<u32>>), Condvar::new()));
    let other = thread::spawn({
        let pair = pair.clone();
        move || {
            *pair.0.lock().unwrap() = Some(Box::new(5));
            pair.1.notify_one();
        }
    });
    let mut slot = pair.0.lock().unwrap();
    while slot.is_none() {
        slot = pair.1.wait(slot).unwrap();
    }
    assert_eq!(slot.take().as_deref(), Some(&5));
    drop(slot);
    other.join().unwrap();
}

#[test]
fn a_thread_that_panics_leaves_what_it_had() {
    let data = Arc::new(Mutex::new(1));
    let other = thread::spawn({
        let data = data.clone();
        move || {
            let mut value = data.lock().unwrap();
            *value += 1;
            assert!(*value > 5, "on purpose");
        }
    });
    assert!(other.join().is_err());
    assert_eq!(*data.lock().unwrap_or_else(|poisoned| poisoned.into_inner()), 2);
}

#[test]
fn thread_local_variables_are_each_ones_own() {
    thread_local! {
        static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
        static NAMES: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    let use_it = || {
        COUNT.set(COUNT.get() + 1);
        NAMES.with_borrow_mut(|names| names.push(format!("{}", COUNT.get())));
        COUNT.get()
    };
    let other = thread::spawn(use_it);
    assert_eq!(use_it(), 1);
    assert_eq!(other.join().unwrap(), 1);
}
