//! Structures as crates have them.

use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::{null_mut, slice_from_raw_parts_mut};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use plain::Shared;

#[test]
fn sequence_lock_of_plain_data() {
    static SEQUENCE: AtomicUsize = AtomicUsize::new(0);
    static DATA: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
    let other = thread::spawn(|| {
        SEQUENCE.store(1, Ordering::Relaxed);
        fence(Ordering::Release);
        DATA.iter().for_each(|word| word.store(1, Ordering::Relaxed));
        SEQUENCE.store(2, Ordering::Release);
    });
    let before = SEQUENCE.load(Ordering::Acquire);
    let seen = [0, 1].map(|word: usize| DATA[word].load(Ordering::Relaxed));
    fence(Ordering::Acquire);
    if before % 2 == 0 && SEQUENCE.load(Ordering::Relaxed) == before {
        assert_eq!(seen[0], seen[1]);
    }
    other.join().unwrap();
}

/// One producer and one consumer; `order` is that of what tells the consumer of a new value.
struct Ring {
    slots: [UnsafeCell<u32>; 2],
    head: AtomicUsize,
    tail: AtomicUsize,
    order: Ordering,
}

unsafe impl Sync for Ring {}

impl Ring {
    fn push(&self, value: u32) -> bool {
        let tail = self.tail.load(Ordering::Relaxed);
        if tail - self.head.load(Ordering::Acquire) == 2 {
            return false;
        }
        unsafe { self.slots[tail % 2].get().write(value) };
        self.tail.store(tail + 1, self.order);
        true
    }

    fn pop(&self) -> Option<u32> {
        let head = self.head.load(Ordering::Relaxed);
        if self.tail.load(Ordering::Acquire) == head {
            return None;
        }
        let value = unsafe { self.slots[head % 2].get().read() };
        self.head.store(head + 1, Ordering::Release);
        Some(value)
    }
}

#[test]
fn ring_with_a_relaxed_tail() {
    let slots = [UnsafeCell::new(0), UnsafeCell::new(0)];
    let ring = Ring { slots, head: AtomicUsize::new(0), tail: AtomicUsize::new(0), order: Ordering::Release };
    let ring = Arc::new(ring);
    let other = thread::spawn({
        let ring = ring.clone();
        move || ring.push(1) && ring.push(2) && ring.push(3)
    });
    assert_ne!((ring.pop(), ring.pop()).0, Some(2));
    other.join().unwrap();
}

struct Node {
    value: u32,
    next: *mut Node,
}

#[test]
fn stack_with_a_relaxed_head() {
    static HEAD: AtomicPtr<Node> = AtomicPtr::new(null_mut());
    let push = |value| {
        let node = Box::into_raw(Box::new(Node { value, next: null_mut() }));
        loop {
            let head = HEAD.load(Ordering::Relaxed);
            unsafe { (*node).next = head };
            if HEAD.compare_exchange(head, node, Ordering::Release, Ordering::Relaxed).is_ok() {
                break;
            }
        }
    };
    let other = thread::spawn(move || push(1));
    let head = HEAD.swap(null_mut(), Ordering::Acquire);
    if !head.is_null() {
        assert_eq!(unsafe { Box::from_raw(head) }.value, 1);
    }
    other.join().unwrap();
}

#[test]
fn node_freed_under_a_reader() {
    static HEAD: AtomicPtr<Node> = AtomicPtr::new(null_mut());
    HEAD.store(Box::into_raw(Box::new(Node { value: 1, next: null_mut() })), Ordering::Release);
    let other = thread::spawn(|| {
        let head = HEAD.load(Ordering::Acquire);
        if head.is_null() { 0 } else { unsafe { (*head).value } }
    });
    let head = HEAD.swap(null_mut(), Ordering::AcqRel);
    other.join().unwrap();
    drop(unsafe { Box::from_raw(head) });
}

#[test]
fn vector_that_grows_while_it_is_counted() {
    let list = Arc::new(Mutex::new(vec![1_u8]));
    let other = thread::spawn({
        let list = list.clone();
        move || list.lock().unwrap().push(2)
    });
    assert!(list.lock().unwrap().len() < 3);
    other.join().unwrap();
}

#[test]
fn pointer_into_a_vector_that_grew() {
    let list = Arc::new(Mutex::new(vec![1_u64; 4]));
    list.lock().unwrap().reserve(40);
    let first = Shared(list.lock().unwrap().as_mut_ptr());
    let other = thread::spawn({
        let list = list.clone();
        move || list.lock().unwrap().extend([2; 40])
    });
    other.join().unwrap();
    assert_eq!(unsafe { first.get().read() }, 1);
}

#[test]
fn map_in_a_cell() {
    let table = Arc::new(Mutex::new(HashMap::<u32, u32>::new()));
    let other = thread::spawn({
        let table = table.clone();
        move || table.lock().unwrap().insert(1, 1)
    });
    table.lock().unwrap().insert(2, 2);
    other.join().unwrap();
    assert_eq!(table.lock().unwrap().len(), 2);
}

#[test]
fn changed_through_an_arc() {
    let mut data = Arc::new(1_u32);
    let other = thread::spawn({
        let data = data.clone();
        move || *data
    });
    if let Some(data) = Arc::get_mut(&mut data) {
        *data += 1;
    }
    assert_eq!(other.join().unwrap(), 1);
}

#[test]
fn cell_that_passes_for_shared() {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let other = thread::spawn(|| COUNT.fetch_add(1, Ordering::Relaxed));
    COUNT.fetch_add(1, Ordering::Relaxed);
    other.join().unwrap();
    assert_eq!(unsafe { COUNT.as_ptr().read() }, 2);
}

#[test]
fn borrows_that_are_counted_without_a_lock() {
    struct List(UnsafeCell<Vec<u32>>);
    unsafe impl Sync for List {}
    let list = Arc::new(List(UnsafeCell::default()));
    let other = thread::spawn({
        let list = list.clone();
        move || unsafe { &*list.0.get() }.len()
    });
    assert_eq!(unsafe { &*list.0.get() }.len(), 0);
    other.join().unwrap();
}

#[test]
fn slices_that_overlap() {
    let mut bytes = [0_u8; 8];
    let place = Shared(bytes.as_mut_ptr());
    let fill = move |from: usize, to: usize| {
        let part = unsafe { std::slice::from_raw_parts_mut(place.get().add(from), to - from) };
        part.fill(1);
    };
    thread::scope(|scope| {
        scope.spawn(move || fill(0, 4));
        scope.spawn(move || fill(4, 8));
    });
}

#[test]
fn dropped_by_both() {
    static TAKEN: AtomicBool = AtomicBool::new(false);
    let text = Shared(Box::into_raw(Box::new(ManuallyDrop::new("text".to_owned()))));
    let drop_it = move || {
        if !TAKEN.swap(true, Ordering::SeqCst) {
            unsafe { ManuallyDrop::drop(&mut *text.get()) };
        }
    };
    let other = thread::spawn(drop_it);
    drop_it();
    other.join().unwrap();
}

#[test]
fn kept_by_both_sides_of_a_channel() {
    let (to, from) = mpsc::sync_channel::<Shared<[u32; 2]>>(1);
    let other = thread::spawn(move || unsafe { (*from.recv().unwrap().get())[0] += 1 });
    let block = Shared(Box::into_raw(Box::new([0_u32; 2])));
    to.send(block).unwrap();
    unsafe { (*block.get())[1] += 1 };
    other.join().unwrap();
    drop(unsafe { Box::from_raw(block.get()) });
}

struct Slot {
    present: AtomicBool,
    value: UnsafeCell<MaybeUninit<u32>>,
}

#[test]
fn slots_made_while_all_are_read() {
    static SLOTS: AtomicPtr<Slot> = AtomicPtr::new(null_mut());
    let other = thread::spawn(|| {
        let slot = |_| Slot { present: AtomicBool::new(false), value: UnsafeCell::new(MaybeUninit::uninit()) };
        let slots = Box::into_raw((0..2).map(slot).collect::<Box<[Slot]>>()).cast::<Slot>();
        SLOTS.store(slots, Ordering::Release);
        unsafe { (*(*slots).value.get()).write(7) };
        unsafe { &*slots }.present.store(true, Ordering::Release);
    });
    let slots = SLOTS.load(Ordering::Acquire);
    if !slots.is_null() && unsafe { &*slots }.present.load(Ordering::Acquire) {
        assert_eq!(unsafe { (*(*slots).value.get()).assume_init() }, 7);
    }
    other.join().unwrap();
    drop(unsafe { Box::from_raw(slice_from_raw_parts_mut(SLOTS.load(Ordering::Acquire), 2)) });
}
