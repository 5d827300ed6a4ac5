//! Blocks of memory whose addresses are numbers: of each size the first, the second, and so on, counted anew by each execution.
//!
//! A block that is freed is the next of its size that is given out, as allocators do it. Where a number's slot has in it what an
//! earlier execution left, which may be used as long as the process lives, the block is elsewhere, but keeps the number: all
//! other addresses stay as they are.
//!
//! There are four sizes from each power of two to the next. Each has a *region* of addresses, with slots in its lower half; in the upper half
//! are the blocks that have another slot's number. The books are kept apart from the blocks.

use std::ptr::with_exposed_provenance_mut;

/// Where the regions begin: far from everything that Linux places by itself.
const START: usize = 0x2000_0000_0000;

/// How many addresses a size has.
const REGION: usize = 1 << 32;

/// Sizes up to 128 bytes are multiples of this.
const STEP: usize = 16;
const SMALL: usize = 8;

/// All sizes: up to 64 MiB.
const SIZES: usize = SMALL + 4 * 19;

/// How many addresses the books of a size have, for each half: an entry for every slot.
const BOOK: usize = REGION / 2 / STEP * size_of::<Entry>();

/// Where the books begin.
const BOOKS: usize = START + SIZES * REGION;

const END: usize = BOOKS + SIZES * 2 * BOOK;

/// No number.
const NONE: u32 = u32::MAX;

/// What is known of a slot; zero of one that was never used.
#[repr(C)]
struct Entry {
    /// The execution that the block in it belongs to; 0 if there is none.
    execution: u32,
    /// Of a number that is free in this execution, the next one. Of a block in the upper half, its number.
    link: u32,
}

/// The numbers of one size.
#[derive(Clone, Copy)]
struct Size {
    /// The first that this execution has not used.
    next: u32,
    /// The first that it has given back.
    free: u32,
    /// As the two above, of the blocks in the upper half, for all executions.
    upper_next: u32,
    upper_free: u32,
}

pub(super) struct Slots {
    sizes: [Size; SIZES],
    /// Which execution this is, from 1.
    execution: u32,
}

/// A place in one of the halves of a region.
#[derive(Clone, Copy)]
struct Place {
    size: usize,
    upper: bool,
    number: u32,
}

/// Reserves the addresses; whether they could be had.
pub(super) fn reserve() -> bool {
    let length = END - START;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED_NOREPLACE;
    let start = with_exposed_provenance_mut(START);
    // SAFETY: new memory, where nothing else is.
    let found = unsafe { libc::mmap(start, length, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if found != libc::MAP_FAILED && found != start {
        // SAFETY: it was mapped just now, by an old kernel that takes an address for a wish.
        unsafe { libc::munmap(found, length) };
    }
    if found == start {
        // SAFETY: as above. A huge page for the first block of each size would be a waste; where it is refused, it is one.
        unsafe { libc::madvise(found, length, libc::MADV_NOHUGEPAGE) };
    }
    found == start
}

/// Whether a block at that address is from here.
#[inline]
pub(super) const fn is_ours(address: usize) -> bool {
    address.wrapping_sub(START) < BOOKS - START
}

/// How many bytes the block at that address has.
pub(super) fn usable(address: usize) -> usize {
    bytes((address - START) / REGION)
}

/// Whether a block of `size` bytes would be one with so much room.
pub(super) fn is_of_same_size(size: usize, room: usize) -> bool {
    class(size).is_some_and(|class| bytes(class) == room)
}

/// Fills a block that was just given out with zeros.
///
/// # Safety
///
/// It must be that large, and nobody's yet.
pub(super) unsafe fn clear(block: *mut u8, size: usize) {
    const MUCH: usize = 1 << 18;
    const PAGE: usize = 1 << 16;
    let (start, end) = (block.addr().next_multiple_of(PAGE), (block.addr() + size) / PAGE * PAGE);
    let mut cleared = false;
    if size >= MUCH {
        // SAFETY: whole pages inside the block, private and of no file: what is there next are zeros.
        cleared = unsafe { libc::madvise(block.with_addr(start).cast(), end - start, libc::MADV_DONTNEED) } == 0;
    }
    // SAFETY: all of it is inside the block.
    unsafe {
        if cleared {
            block.write_bytes(0, start - block.addr());
            block.with_addr(end).write_bytes(0, block.addr() + size - end);
        } else {
            block.write_bytes(0, size);
        }
    }
}

/// The size that is large enough, by its number.
#[inline]
const fn class(size: usize) -> Option<usize> {
    if size <= SMALL * STEP {
        return Some(size.saturating_sub(1) / STEP);
    }
    let last = size - 1;
    let power = last.ilog2() as usize;
    let class = SMALL + (power - 7) * 4 + ((last >> (power - 2)) & 3);
    if class < SIZES { Some(class) } else { None }
}

/// How many bytes a size has.
#[inline]
const fn bytes(class: usize) -> usize {
    if class < SMALL {
        return (class + 1) * STEP;
    }
    let (power, quarter) = (7 + (class - SMALL) / 4, (class - SMALL) % 4);
    (1 << power) + ((quarter + 1) << (power - 2))
}

/// How far from the begin of each half its slots begin, so that the first of all sizes do not share a place in the cache. Of a
/// power of two it is a multiple, so that the slots are aligned to it.
const fn shift(class: usize) -> usize {
    let bytes = bytes(class);
    let unit = if bytes.is_power_of_two() { bytes } else { 64 };
    class * 192 % 4096 / unit * unit
}

impl Place {
    /// What is known of it.
    fn entry(self) -> *mut Entry {
        let book = BOOKS + (self.size * 2 + self.upper as usize) * BOOK;
        with_exposed_provenance_mut::<Entry>(book).wrapping_add(self.number as usize)
    }

    const fn address(self) -> usize {
        let half = START + self.size * REGION + self.upper as usize * (REGION / 2);
        half + shift(self.size) + self.number as usize * bytes(self.size)
    }

    /// The place of the block at that address.
    fn at(address: usize) -> Option<Self> {
        let (size, offset) = ((address - START) / REGION, (address - START) % REGION);
        let upper = offset >= REGION / 2;
        let offset = (offset % (REGION / 2)).checked_sub(shift(size))?;
        let number = u32::try_from(offset / bytes(size)).ok()?;
        (offset % bytes(size) == 0).then_some(Self { size, upper, number })
    }
}

impl Slots {
    pub(super) const fn new() -> Self {
        let size = Size { next: 0, free: NONE, upper_next: 0, upper_free: NONE };
        Self { sizes: [size; SIZES], execution: 0 }
    }

    /// An execution begins: all are counted anew.
    pub(super) fn begin(&mut self) {
        self.execution += 1;
        for size in &mut self.sizes {
            (size.next, size.free) = (0, NONE);
        }
    }

    /// A block; none if it is too large, or there is no room.
    pub(super) fn allocate(&mut self, size: usize, alignment: usize) -> Option<*mut u8> {
        let size = if alignment <= STEP { size } else { size.max(alignment).checked_next_power_of_two()? };
        let class = class(size)?;
        let number = self.number(class)?;
        let mut place = Place { size: class, upper: false, number };
        // SAFETY: the entry of a number that there is.
        let entry = unsafe { &mut *place.entry() };
        if entry.execution == 0 {
            entry.execution = self.execution;
        } else {
            place = self.elsewhere(class, number)?;
        }
        Some(with_exposed_provenance_mut(place.address()))
    }

    /// The next number of that size in this execution.
    fn number(&mut self, class: usize) -> Option<u32> {
        let size = &mut self.sizes[class];
        let number = size.free;
        if number != NONE {
            // SAFETY: the entry of a number that was used.
            size.free = unsafe { (*Place { size: class, upper: false, number }.entry()).link };
            return Some(number);
        }
        let number = size.next;
        size.next += has_room(class, number)?;
        Some(number)
    }

    /// Room for the block of that number, whose slot is taken.
    #[cold]
    fn elsewhere(&mut self, class: usize, number: u32) -> Option<Place> {
        let size = &mut self.sizes[class];
        let mut place = Place { size: class, upper: true, number: size.upper_free };
        if size.upper_free == NONE {
            place.number = size.upper_next;
            size.upper_next += has_room(class, place.number)?;
        } else {
            // SAFETY: the entry of a place that was used.
            size.upper_free = unsafe { (*place.entry()).link };
        }
        // SAFETY: the entry of a place that there is.
        unsafe { place.entry().write(Entry { execution: self.execution, link: number }) };
        Some(place)
    }

    /// Takes a block back; if it is to rest, nobody has its number before the next execution.
    pub(super) fn free(&mut self, address: usize, rests: bool) {
        let Some(place) = Place::at(address) else { misused("no block begins there") };
        // SAFETY: the entry of a place that there is, in the books, whatever is there.
        let entry = unsafe { &mut *place.entry() };
        let execution = std::mem::take(&mut entry.execution);
        if execution == 0 && !rests {
            misused("it has been freed before");
        }
        let number = if place.upper { entry.link } else { place.number };
        let size = &mut self.sizes[place.size];
        if place.upper && !rests && execution != 0 {
            entry.link = std::mem::replace(&mut size.upper_free, place.number);
        }
        // In another execution than its own it has no number.
        if execution == self.execution && !rests {
            let lower = Place { upper: false, number, ..place };
            // SAFETY: the entry of a number that was used.
            unsafe { (*lower.entry()).link = std::mem::replace(&mut size.free, number) };
        }
    }
}

/// One, if there is a slot of that number.
const fn has_room(class: usize, number: u32) -> Option<u32> {
    let end = shift(class) + (number as usize + 1) * bytes(class);
    if end <= REGION / 2 { Some(1) } else { None }
}

/// The program has freed what it may not free: as with the C library, that is its end.
#[cold]
fn misused(how: &str) -> ! {
    let text = format!("bohrbug: the program frees a block of memory wrongly: {how}\n");
    // SAFETY: the text is that long.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
    std::process::abort();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_large_enough_and_not_much_larger() {
        for size in (0..70_000).chain([1 << 20, (1 << 20) + 1, 1 << 26]) {
            let found = bytes(class(size).expect("there is one"));
            assert!(found >= size && found <= (size + size / 4).max(size + STEP), "{size}: {found}");
        }
        assert_eq!(class((1 << 26) + 1), None);
        let all: Vec<usize> = (0..SIZES).map(bytes).collect();
        assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
    }

    #[test]
    fn a_place_is_found_by_its_address_and_aligned() {
        for size in 0..SIZES {
            for upper in [false, true] {
                let place = Place { size, upper, number: 7 };
                let found = Place::at(place.address()).expect("it begins there");
                assert_eq!((found.size, found.upper, found.number), (size, upper, 7));
                assert!(Place::at(place.address() + 8).is_none());
                assert_eq!(place.address() % STEP, 0);
                assert!(!bytes(size).is_power_of_two() || place.address().is_multiple_of(bytes(size)));
            }
        }
    }
}
