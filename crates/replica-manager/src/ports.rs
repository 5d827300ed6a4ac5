//! Ports: a next-fit allocator over an inclusive range, so that a port just given back is not handed out at once.

use std::collections::BTreeSet;

use bohrbug_sync::{Mutex, label};

use crate::error::{Error, ErrorKind, Result};
use crate::locks::lock;

/// Consecutive ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortRange {
    /// The first port.
    pub start: u16,
    /// The last port.
    pub end: u16,
}

impl PortRange {
    /// How many ports.
    pub fn count(self) -> usize {
        usize::from(self.end - self.start) + 1
    }
}

/// The ports of one range and which of them are taken; guarded by whoever owns it.
#[derive(Debug, Clone)]
pub(crate) struct Bitmap {
    low: u16,
    high: u16,
    next: u16,
    used: BTreeSet<u16>,
}

impl Bitmap {
    pub(crate) fn new(low: u16, high: u16) -> Self {
        Self { low, high, next: low, used: BTreeSet::new() }
    }

    /// Takes `count` consecutive ports, looking on from where the last search ended, then from the bottom.
    pub(crate) fn allocate(&mut self, count: u16) -> Result<PortRange> {
        let range = self
            .search(self.next, count)
            .or_else(|| self.search(self.low, count))
            .ok_or_else(|| Error::new(ErrorKind::NoSpace, format!("no {count} consecutive free ports")))?;
        self.used.extend(range.start..=range.end);
        self.next = range.end.saturating_add(1);
        Ok(range)
    }

    pub(crate) fn release(&mut self, range: PortRange) {
        self.used.retain(|port| !(range.start..=range.end).contains(port));
    }

    fn search(&self, from: u16, count: u16) -> Option<PortRange> {
        let mut start = from;
        loop {
            let end = start.checked_add(count.checked_sub(1)?)?;
            if end > self.high {
                return None;
            }
            match self.used.range(start..=end).next_back() {
                None => return Some(PortRange { start, end }),
                Some(taken) => start = taken.checked_add(1)?,
            }
        }
    }
}

/// The server's port allocator: a leaf lock.
#[derive(Debug)]
pub struct Ports {
    bitmap: Mutex<Bitmap>,
}

impl Ports {
    /// An allocator over `low..=high`.
    pub fn new(low: u16, high: u16) -> Self {
        let bitmap = Mutex::new(Bitmap::new(low, high));
        label(&bitmap, "ports");
        Self { bitmap }
    }

    /// Takes `count` consecutive ports.
    pub fn allocate(&self, count: u16) -> Result<PortRange> {
        lock(&self.bitmap).allocate(count)
    }

    /// Gives a range back.
    pub fn release(&self, range: PortRange) {
        lock(&self.bitmap).release(range);
    }

    /// How many ports are taken.
    pub fn in_use(&self) -> usize {
        lock(&self.bitmap).used.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_released_port_is_not_handed_out_at_once() {
        let mut ports = Bitmap::new(10, 14);
        let first = ports.allocate(2).unwrap();
        ports.release(first);
        assert_eq!(ports.allocate(2).unwrap(), PortRange { start: 12, end: 13 });
        assert_eq!(ports.allocate(2).unwrap(), PortRange { start: 10, end: 11 });
    }

    #[test]
    fn a_range_is_consecutive_or_an_error() {
        let mut ports = Bitmap::new(10, 13);
        let _low = ports.allocate(1).unwrap();
        let middle = ports.allocate(1).unwrap();
        let _high = ports.allocate(1).unwrap();
        ports.release(middle);
        assert_eq!(ports.allocate(2).unwrap_err().kind, ErrorKind::NoSpace);
        assert_eq!(ports.allocate(1).unwrap(), PortRange { start: 13, end: 13 });
        assert_eq!(ports.allocate(1).unwrap(), middle);
    }
}
