//! The allocator. Outside of executions it is the system's.
//!
//! Its books are kept with the system's allocator, too: while they are open nothing is watched.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use bohrbug_sync::control::{note_free, unwatch_by};

use super::misuse::{Left, Live, Misuse, Moment};
use crate::luggage;

/// What freed memory is filled with.
const PATTERN: u8 = 0xDE;

/// An allocator that quarantines what an execution frees; see [the module](super).
#[derive(Clone, Copy, Debug, Default)]
pub struct Quarantine;

/// A block of the execution.
#[derive(Clone, Copy, Debug)]
struct Block {
    layout: Layout,
    allocated: Moment,
    freed: Option<Moment>,
}

#[derive(Default)]
struct Books {
    /// By address.
    blocks: BTreeMap<usize, Block>,
    /// What the execution before has left.
    old: BTreeSet<usize>,
    misuse: Option<Misuse>,
}

/// What this OS thread is watched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    /// Nothing, or the books are open.
    Nothing,
    /// Frees of what an execution has left.
    Frees,
    /// An execution is under way.
    Everything,
}

static INSTALLED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static WATCH: Cell<Watch> = const { Cell::new(Watch::Nothing) };
    static NOW: Cell<Moment> = const { Cell::new(Moment(0)) };
    static BOOKS: RefCell<Books> = const {
        RefCell::new(Books { blocks: BTreeMap::new(), old: BTreeSet::new(), misuse: None })
    };
}

/// Whether the process has this allocator.
pub(crate) fn is_installed() -> bool {
    INSTALLED.load(Ordering::Relaxed)
}

/// An execution begins on this OS thread.
pub(crate) fn begin() {
    note(0);
    if is_installed() {
        unwatch_by(|f| aside(f));
        luggage::carry();
        WATCH.set(Watch::Everything);
    }
}

/// So many events have happened.
pub(crate) fn note(events: u32) {
    NOW.set(Moment(events));
}

/// What goes along with an execution from one OS thread to the next.
pub(crate) struct Carried {
    watch: Watch,
    now: Moment,
    books: Books,
}

/// Takes what belongs to the execution off this OS thread; what is allocated for that is watched by nobody.
pub(crate) fn pack() -> Option<Carried> {
    let watch = WATCH.replace(Watch::Nothing);
    let carried = || Carried { watch, now: NOW.get(), books: BOOKS.with_borrow_mut(std::mem::take) };
    (watch != Watch::Nothing).then(carried)
}

/// Puts it on this one.
pub(crate) fn unpack(carried: Carried) {
    let Carried { watch, now, books } = carried;
    NOW.set(now);
    BOOKS.with_borrow_mut(|there| *there = books);
    WATCH.set(watch);
}

/// Does what is not the program's: what it allocates and frees is not watched.
#[inline(always)]
pub(crate) fn aside<R>(f: impl FnOnce() -> R) -> R {
    if is_installed() { unwatched(f) } else { f() }
}

#[cold]
#[inline(never)]
fn unwatched<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(Watch);
    impl Drop for Restore {
        fn drop(&mut self) {
            WATCH.set(self.0);
        }
    }
    let _restore = Restore(WATCH.replace(Watch::Nothing));
    f()
}

/// When the block was allocated and freed that has that address in it, and how large it is, if it has been freed.
pub(crate) fn freed_block(address: usize) -> Option<(Moment, Moment, usize)> {
    // Whether or not anything is watched just now: who asks may stand aside.
    BOOKS.with(|books| {
        let books = books.try_borrow().ok()?;
        let (begin, block) = books.blocks.range(..=address).next_back()?;
        let is_inside = address - begin < block.layout.size().max(1);
        block.freed.filter(|_| is_inside).map(|freed| (block.allocated, freed, block.layout.size()))
    })
}

/// Whether that memory was freed in this execution.
pub(crate) fn is_freed(address: usize) -> bool {
    freed_block(address).is_some()
}

/// Nothing is watched any more, until the next execution begins.
pub(crate) fn stop() {
    end();
    WATCH.set(Watch::Nothing);
    BOOKS.with_borrow_mut(std::mem::take);
}

/// The execution has ended: gives back what it freed, and says what is wrong.
pub(crate) fn end() -> Left {
    WATCH.set(Watch::Nothing);
    let Books { blocks, old, misuse } = BOOKS.with_borrow_mut(std::mem::take);
    let mut left = Left { misuse, live: Vec::new(), still: old };
    let mut blocks: Vec<(usize, Block)> = blocks.into_iter().collect();
    let order = |block: &Block| (block.allocated, block.layout.size());
    bohrbug_sorted::sort_by(&mut blocks, |(_, one), (_, other)| order(one).cmp(&order(other)));
    for (address, block) in blocks {
        match block.freed {
            None => left.live.push(Live { allocated: block.allocated, size: block.layout.size(), address }),
            Some(freed) => give_back(address, block, freed, &mut left),
        }
    }
    let addresses = left.live.iter().map(|live| live.address).collect();
    BOOKS.with_borrow_mut(|books| books.old = addresses);
    WATCH.set(Watch::Frees);
    left
}

/// Gives a block back that was freed; nobody may have written to it since then.
fn give_back(address: usize, block: Block, freed: Moment, left: &mut Left) {
    let (size, allocated) = (block.layout.size(), block.allocated);
    let pointer = std::ptr::with_exposed_provenance_mut::<u8>(address);
    // SAFETY: the block was not given back when it was freed, so it is still ours, and all of it was written to then.
    let bytes = unsafe { std::slice::from_raw_parts(pointer, size) };
    if let Some(at) = bytes.iter().position(|byte| *byte != PATTERN) {
        left.misuse.get_or_insert(Misuse::WriteAfterFree { size, allocated, freed, at });
    }
    // SAFETY: it came from the system's allocator, with that layout.
    unsafe { System.dealloc(pointer, block.layout) };
}

/// Opens the books if this OS thread is watched; meanwhile it is not.
fn with_books<R>(f: impl FnOnce(&mut Books, Watch, Moment) -> R) -> Option<R> {
    let watch = WATCH.try_with(|watch| watch.replace(Watch::Nothing)).unwrap_or(Watch::Nothing);
    if watch == Watch::Nothing {
        return None;
    }
    let result = BOOKS.try_with(|books| f(&mut books.borrow_mut(), watch, NOW.get())).ok();
    WATCH.set(watch);
    result
}

/// What becomes of a block that is to be freed.
enum Freed {
    /// Nobody knows it: it is the system's.
    Foreign,
    /// It is kept, or was freed before.
    Kept,
}

fn free(pointer: *mut u8) -> Freed {
    let freed = with_books(|books, _, now| {
        let Books { blocks, old, misuse } = books;
        let address = pointer.expose_provenance();
        let Some(block) = blocks.get_mut(&address) else {
            old.remove(&address);
            return Freed::Foreign;
        };
        let size = block.layout.size();
        match block.freed {
            None => {
                block.freed = Some(now);
                note_free(address, size);
                // SAFETY: the block is as large as its layout says, and its owner has given it up.
                unsafe { pointer.write_bytes(PATTERN, size) };
            }
            Some(freed) => {
                let allocated = block.allocated;
                misuse.get_or_insert(Misuse::DoubleFree { size, allocated, freed, again: now });
            }
        }
        Freed::Kept
    });
    freed.unwrap_or(Freed::Foreign)
}

fn is_known(pointer: *mut u8) -> bool {
    with_books(|books, _, _| books.blocks.contains_key(&pointer.addr())).unwrap_or(false)
}

fn enter(pointer: *mut u8, layout: Layout) {
    if !pointer.is_null() {
        with_books(|books, watch, now| {
            let address = pointer.expose_provenance();
            books.old.remove(&address);
            if watch == Watch::Everything {
                books.blocks.insert(address, Block { layout, allocated: now, freed: None });
            }
        });
    }
}

// SAFETY: every block comes from the system's allocator, and goes back there once: at once if it is not in the books, and
// otherwise at the execution's end if it was freed. One that is in the books and was freed is not given out again before.
unsafe impl GlobalAlloc for Quarantine {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        INSTALLED.store(true, Ordering::Relaxed);
        // SAFETY: the caller's.
        let pointer = unsafe { System.alloc(layout) };
        enter(pointer, layout);
        pointer
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        let pointer = unsafe { System.alloc_zeroed(layout) };
        enter(pointer, layout);
        pointer
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if matches!(free(pointer), Freed::Foreign) {
            // SAFETY: the caller's.
            unsafe { System.dealloc(pointer, layout) };
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !is_known(pointer) {
            // It may move, and then it is no longer what an execution has left.
            with_books(|books, _, _| books.old.remove(&pointer.addr()));
            // SAFETY: the caller's.
            return unsafe { System.realloc(pointer, layout, size) };
        }
        // SAFETY: the caller's: the size does not overflow with that alignment.
        let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            // SAFETY: both blocks are at least that large, and they are two.
            unsafe { std::ptr::copy_nonoverlapping(pointer, new, layout.size().min(size)) };
            // SAFETY: the caller's.
            unsafe { self.dealloc(pointer, layout) };
        }
        new
    }
}
