//! Five programs, of which `cost` measures what seeing every access takes.

use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock, mpsc};
use std::thread;

struct Ring {
    slots: [UnsafeCell<u32>; 4],
    head: AtomicUsize,
    tail: AtomicUsize,
}

unsafe impl Sync for Ring {}

impl Ring {
    fn push(&self, value: u32) {
        let tail = self.tail.load(Ordering::Relaxed);
        while tail - self.head.load(Ordering::Acquire) == 4 {
            thread::yield_now();
        }
        unsafe { self.slots[tail % 4].get().write(value) };
        self.tail.store(tail + 1, Ordering::Release);
    }

    fn pop(&self) -> u32 {
        let head = self.head.load(Ordering::Relaxed);
        while self.tail.load(Ordering::Acquire) == head {
            thread::yield_now();
        }
        let value = unsafe { self.slots[head % 4].get().read() };
        self.head.store(head + 1, Ordering::Release);
        value
    }
}

#[test]
fn ring() {
    let slots = [const { UnsafeCell::new(0) }; 4];
    let ring = Arc::new(Ring { slots, head: AtomicUsize::new(0), tail: AtomicUsize::new(0) });
    let other = thread::spawn({
        let ring = ring.clone();
        move || (0..10).for_each(|value| ring.push(value))
    });
    assert_eq!((0..10).map(|_| ring.pop()).sum::<u32>(), 45);
    other.join().unwrap();
}

#[test]
fn map() {
    let map = Arc::new(RwLock::new(HashMap::new()));
    let threads: Vec<_> = (0..2)
        .map(|number| {
            let map = map.clone();
            thread::spawn(move || {
                for key in 0..5 {
                    map.write().unwrap().insert(key * 2 + number, format!("{key}"));
                    assert!(map.read().unwrap().contains_key(&number));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(map.read().unwrap().len(), 10);
}

struct Node {
    value: u32,
    next: *mut Node,
}

struct Stack(AtomicPtr<Node>);

impl Stack {
    fn push(&self, value: u32) {
        let node = Box::into_raw(Box::new(Node { value, next: null_mut() }));
        loop {
            let head = self.0.load(Ordering::Relaxed);
            unsafe { (*node).next = head };
            if self.0.compare_exchange(head, node, Ordering::Release, Ordering::Relaxed).is_ok() {
                return;
            }
        }
    }

    fn take(&self) -> u32 {
        let mut head = self.0.swap(null_mut(), Ordering::Acquire);
        let mut sum = 0;
        while !head.is_null() {
            let node = unsafe { Box::from_raw(head) };
            sum += node.value;
            head = node.next;
        }
        sum
    }
}

#[test]
fn stack() {
    let stack = Arc::new(Stack(AtomicPtr::new(null_mut())));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let stack = stack.clone();
            thread::spawn(move || (1..=5).for_each(|value| stack.push(value)))
        })
        .collect();
    let taken = stack.take();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(taken + stack.take(), 30);
}

#[test]
fn channel() {
    let (to, from) = mpsc::channel();
    let threads: Vec<_> = (0..2)
        .map(|number| {
            let to = to.clone();
            thread::spawn(move || (0..5).for_each(|count| to.send(vec![number; count]).unwrap()))
        })
        .collect();
    drop(to);
    assert_eq!(from.iter().map(|list| list.len()).sum::<usize>(), 20);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn sums() {
    let sums = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = (0..2_u64)
        .map(|number| {
            let sums = sums.clone();
            thread::spawn(move || {
                let mut numbers: Vec<u64> = (0..64).map(|value| (value * 37 + number) % 64).collect();
                numbers.sort_unstable();
                sums.lock().unwrap().push(numbers.iter().sum::<u64>());
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(*sums.lock().unwrap(), [2016, 2016]);
}
