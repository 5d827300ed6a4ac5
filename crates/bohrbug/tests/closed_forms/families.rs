//! The programs, each with the derivation of how many behaviours it has.
//!
//! `indexer` and `file_system` are of C. Flanagan and P. Godefroid, *Dynamic Partial-Order Reduction for Model Checking
//! Software*, POPL 2005; `readers` and `lastzero` of P. A. Abdulla, S. Aronis, B. Jonsson and K. Sagonas, *Optimal Dynamic
//! Partial Order Reduction*, POPL 2014.

use bohrbug_sync::atomic::{AtomicUsize, Ordering::SeqCst};
use bohrbug_sync::choice::{choose, fault};
use bohrbug_sync::mpsc::{Receiver, channel as unbounded, sync_channel};
use bohrbug_sync::{Arc, Barrier, Condvar, Mutex, RwLock, Shared, thread};

/// Runs so many threads over one value, each with its number.
fn threads<T: Send + Sync + 'static>(count: usize, shared: T, body: impl Fn(usize, &T) + Send + Sync + 'static) {
    let shared = Arc::new((shared, body));
    let spawned: Vec<_> = (0..count)
        .map(|number| {
            let shared = shared.clone();
            thread::spawn(move || shared.1(number, &shared.0))
        })
        .collect();
    spawned.into_iter().for_each(|thread| thread.join().unwrap());
}

fn words(count: usize) -> Vec<AtomicUsize> {
    (0..count).map(|_| AtomicUsize::new(0)).collect()
}

/// `n` threads take one mutex `k` times each. A section is not interrupted by another, so what differs is the order of
/// the sections: that of a word of `n` letters, each `k` times.
pub(crate) fn mutex(n: usize, k: usize) {
    threads(n, Mutex::new(0), move |_, count| (0..k).for_each(|_| *count.lock().unwrap() += 1));
}

/// The same with atomic steps in place of sections.
pub(crate) fn counter(n: usize, k: usize) {
    threads(n, AtomicUsize::new(0), move |_, count| (0..k).for_each(|_| _ = count.fetch_add(1, SeqCst)));
}

/// `n` threads write one variable: in any order.
pub(crate) fn writers(n: usize) {
    threads(n, AtomicUsize::new(0), |number, word| word.store(number, SeqCst));
}

/// Two threads of `k` steps on a variable of their own: no order matters.
pub(crate) fn independent(k: usize) {
    threads(2, words(2), move |number, words| (0..k).for_each(|_| _ = words[number].fetch_add(1, SeqCst)));
}

/// `n` threads take a lock of their own.
pub(crate) fn own_locks(n: usize) {
    let locks: Vec<_> = (0..n).map(Mutex::new).collect();
    threads(n, locks, |number, locks| *locks[number].lock().unwrap() += 1);
}

/// `n` readers of a variable and a writer: each reader comes before or after it.
pub(crate) fn readers(n: usize) {
    versions(n, 1);
}

/// `n` readers of a variable and a writer of `k` values: each reader sees the first value or one of these.
pub(crate) fn versions(n: usize, k: usize) {
    threads(n + 1, AtomicUsize::new(0), move |number, word| match number {
        0 => (1..=k).for_each(|version| word.store(version, SeqCst)),
        _ => _ = word.load(SeqCst),
    });
}

/// Thread `j` of `1..=n` sets `a[j]` to `a[j - 1] + 1`; thread 0 looks for the last zero, from `a[n]` down; `a[0]` stays 0.
///
/// Without the looker: neighbours `j` and `j + 1` are ordered by the read of `a[j]` against its write, each pair in either
/// way: `2^(n - 1)`. The looker reads `a[n], a[n - 1], ...` up to the first zero. It stops at `a[j]` when it comes before
/// `j`'s write and after those of all that are larger. Given the orders of the neighbours that is possible unless it has to
/// come after and before the same: `j`'s write must not have to precede that of a larger one. For `j = 0` there is no such
/// write, so all `2^(n - 1)` orders do. For `j >= 1` the write of `j` must not be needed by `j + 1`, so `j + 1` reads first:
/// that pair's order is given, if there is such a pair: `2^(n - 2)` for each of `1..=n - 1`, and `2^(n - 1)` for `n`.
/// In all `2^(n - 1) + (n - 1) 2^(n - 2) + 2^(n - 1) = (n + 3) 2^(n - 2)`.
pub(crate) fn lastzero(n: usize) {
    threads(n + 1, words(n + 1), move |number, a| match number {
        0 => _ = (0..=n).rev().find(|&place| a[place].load(SeqCst) == 0),
        _ => a[number].store(a[number - 1].load(SeqCst) + 1, SeqCst),
    });
}

/// `n` threads put four entries each into a table of 128, at a hash or the next free place after it.
///
/// The `i`th entry of thread `t + 11` has the place of the `i + 1`st of thread `t`, and there are no other two that meet, not
/// even at the places after. So from the twelfth on each thread adds three pairs, which come in either order: `8^(n - 11)`.
pub(crate) fn indexer(n: usize) {
    const SIZE: usize = 128;
    const ENTRIES: usize = 4;
    threads(n, words(SIZE), |number, table| {
        for entry in (1..=ENTRIES).map(|message| message * 11 + number) {
            let mut place = entry * 7 % SIZE;
            while table[place].compare_exchange(0, entry, SeqCst, SeqCst).is_err() {
                place = (place + 1) % SIZE;
            }
        }
    });
}

/// `n` threads give a block of 26 to an inode of 32 each.
///
/// Thread `t + 13` looks first at the block of thread `t`, where they come in either order; who comes second takes the next
/// block, at which nobody else looks. So from the fourteenth on each thread adds one pair: `2^(n - 13)`.
pub(crate) fn file_system(n: usize) {
    const INODES: usize = 32;
    const BLOCKS: usize = 26;
    let inodes: Vec<_> = (0..INODES).map(|_| Mutex::new(0)).collect();
    let busy: Vec<_> = (0..BLOCKS).map(|_| Mutex::new(false)).collect();
    threads(n, (inodes, busy), |number, (inodes, busy)| {
        let inode = number % INODES;
        let mut block_of = inodes[inode].lock().unwrap();
        if *block_of == 0 {
            let mut block = inode * 2 % BLOCKS;
            while std::mem::replace(&mut *busy[block].lock().unwrap(), true) {
                block = (block + 1) % BLOCKS;
            }
            *block_of = block + 1;
        }
    });
}

/// `r` threads read and `w` threads write under a reader-writer lock, once each. The writers come in any of `w!` orders;
/// each reader's section is before, between or after theirs, and readers do not see each other: `(w + 1)^r`.
pub(crate) fn rwlock(r: usize, w: usize) {
    threads(r + w, RwLock::new(0), move |number, value| {
        if number < r {
            let _ = *value.read().unwrap();
        } else {
            *value.write().unwrap() += 1;
        }
    });
}

/// `n` threads wait for a flag, and one sets it and notifies all, under the lock.
///
/// Those `s` that come before it wait, in any of `n! / (n - s)!` ways to be first, second and so on; after it all `n` have one
/// more section, the first or the one in which they wake, in any of `n!` orders.
pub(crate) fn condvar(n: usize) {
    threads(n + 1, (Mutex::new(false), Condvar::new()), move |number, (flag, set)| {
        let mut is_set = flag.lock().unwrap();
        if number == n {
            *is_set = true;
            set.notify_all();
        } else {
            while !*is_set {
                is_set = set.wait(is_set).unwrap();
            }
        }
    });
}

/// `n` threads send a message each, and main takes `n`. The sends come in any of `n!` orders. A message is taken after it
/// was sent, so at any time as many were sent as taken, or more: that of sequences of pairs of brackets, the `n`th Catalan
/// number.
pub(crate) fn channel(n: usize) {
    let (sender, receiver) = unbounded();
    let sender = Arc::new(sender);
    let senders: Vec<_> = (0..n)
        .map(|number| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(number).unwrap())
        })
        .collect();
    (0..n).for_each(|_| _ = receiver.recv().unwrap());
    // The threads' handles on the sender are gone once they have ended, so main gives up both ends.
    senders.into_iter().for_each(|thread| thread.join().unwrap());
}

/// A thread makes `k` messages and sends them, and main takes them. Main gives up both ends of the channel.
fn take_from<S: Send + Sync + 'static>((sender, receiver): (S, Receiver<usize>), k: usize, send: fn(&S, usize)) {
    let sender = Arc::new(sender);
    let producer = thread::spawn({
        let sender = sender.clone();
        move || (0..k).for_each(|message| send(&sender, message))
    });
    (0..k).for_each(|_| _ = receiver.recv().unwrap());
    producer.join().unwrap();
}

/// One thread sends `k` messages, and main takes them: the `k`th Catalan number, as above.
pub(crate) fn stream(k: usize) {
    take_from(unbounded(), k, |sender, message| sender.send(message).unwrap());
}

/// The same through a channel that holds no more than `capacity`. With room for one, sending and taking alternate. With
/// room for two there are none at first, then one; there are two or none after the next, and one again after that. So
/// between the first and the last step there are `k - 1` such pairs of steps, each of two kinds.
pub(crate) fn bounded_stream(capacity: usize, k: usize) {
    take_from(sync_channel(capacity), k, |sender, message| sender.send(message).unwrap());
}

/// `n` threads meet at a barrier `rounds` times. Once: they arrive in any of `n!` orders, and the order in which they leave
/// makes no difference.
///
/// Two threads twice: they arrive in 2 orders. Then one arrives again before the other has left, which is so for either of
/// them, or both have left and arrive in 2 orders: 2 * 4.
pub(crate) fn barrier(n: usize, rounds: usize) {
    threads(n, Barrier::new(n), move |_, barrier| (0..rounds).for_each(|_| _ = barrier.wait()));
}

/// `n` threads and main take one mutex `k` times each: main is one more.
pub(crate) fn mutex_with_main(n: usize, k: usize) {
    let count = Arc::new(Mutex::new(0));
    let add = move |count: &Mutex<usize>| (0..k).for_each(|_| *count.lock().unwrap() += 1);
    let others: Vec<_> = (0..n)
        .map(|_| {
            let count = count.clone();
            thread::spawn(move || add(&count))
        })
        .collect();
    add(&count);
    others.into_iter().for_each(|thread| thread.join().unwrap());
}

/// `r` threads read and `w` threads write a `Shared` value, once each: as under a reader-writer lock.
pub(crate) fn shared(r: usize, w: usize) {
    threads(r + w, Shared::new(0), move |number, value| if number < r { _ = value.get() } else { value.set(number) });
}

/// `n` threads wait for a token each, and one makes `n` of them and notifies `n` times, under the lock. As with `condvar`: who
/// waits wakes, each from one of the notifications.
pub(crate) fn tokens(n: usize) {
    threads(n + 1, (Mutex::new(0), Condvar::new()), move |number, (tokens, made)| {
        let mut left = tokens.lock().unwrap();
        if number == n {
            *left = n;
            (0..n).for_each(|_| made.notify_one());
        } else {
            while *left == 0 {
                left = made.wait(left).unwrap();
            }
            *left -= 1;
        }
    });
}

/// One thread sends `k` messages to a second one, which hands them on to main. What the second one does is in one order, so
/// the orders at the one channel and at the other have nothing to do with each other: the square of `stream`.
pub(crate) fn pipeline(k: usize) {
    let ((first, middle), (last, receiver)) = (unbounded(), unbounded());
    let (first, last) = (Arc::new(first), Arc::new(last));
    let producer = thread::spawn({
        let first = first.clone();
        move || (0..k).for_each(|message| first.send(message).unwrap())
    });
    let relay = thread::spawn({
        let last = last.clone();
        move || {
            (0..k).for_each(|_| last.send(middle.recv().unwrap()).unwrap());
            middle
        }
    });
    (0..k).for_each(|_| _ = receiver.recv().unwrap());
    producer.join().unwrap();
    // The relay gives its end back, so that nothing is closed while something is under way.
    drop(relay.join().unwrap());
}

/// Main looks whether a thread has ended, which it has or has not.
pub(crate) fn watcher() {
    let thread = thread::spawn(|| ());
    let _ = thread.is_finished();
    thread.join().unwrap();
}

/// A thread takes a lock, and another one tries to, `k` times. Each try is before, within or after the section, and they
/// come in their order: `k` choices of 3 places, with repetition and without order.
pub(crate) fn tries(k: usize) {
    threads(2, Mutex::new(()), move |number, lock| match number {
        0 => drop(lock.lock()),
        _ => (0..k).for_each(|_| drop(lock.try_lock())),
    });
}

/// Two threads choose one of two values `k` times each, in a place of their own.
pub(crate) fn choices(k: usize) {
    threads(2, (), move |number, ()| match number {
        0 => (0..k).for_each(|_| _ = choose(2)),
        _ => (0..k).for_each(|_| _ = choose(2)),
    });
}

/// `n` threads choose one of two values each, in one place of the code: their order does not matter.
pub(crate) fn choices_in_one_place(n: usize) {
    threads(n, (), |_, ()| _ = choose(2));
}

/// `n` threads choose one of two values under a lock: in any order, each either.
pub(crate) fn choices_in_turn(n: usize) {
    threads(n, Mutex::new(0), |_, sum| {
        let mut sum = sum.lock().unwrap();
        *sum += choose(2);
    });
}

/// `n` threads choose one of two values and write it.
pub(crate) fn chosen_writes(n: usize) {
    threads(n, AtomicUsize::new(0), |_, word| word.store(choose(2), SeqCst));
}

/// A thread chooses one of two values `k` times, each time before a step, beside another one of a step: `2^k` for the values,
/// and `k + 1` places for the other's step.
pub(crate) fn choices_between_steps(k: usize) {
    threads(2, AtomicUsize::new(0), move |number, word| match number {
        0 => (0..k).for_each(|_| word.store(choose(2), SeqCst)),
        _ => word.store(7, SeqCst),
    });
}

/// A thread whose step may fail, and which takes another step if it does, beside another one of a step: 2 orders of two
/// steps, and 3 of three.
pub(crate) fn fault_and_repair() {
    threads(2, AtomicUsize::new(0), |number, word| {
        word.store(number, SeqCst);
        if number == 0 && fault("store") {
            word.store(2, SeqCst);
        }
    });
}
