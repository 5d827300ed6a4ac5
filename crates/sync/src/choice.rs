//! Explicit nondeterminism: values and faults that the scheduler decides.
//!
//! With nothing exploring, [`choose`] answers 0 and [`fault`] answers `false`.

/// Picks one of `alternatives` values, `0..alternatives`; 0 when nothing is exploring.
pub fn choose(alternatives: usize) -> usize {
    let _ = alternatives;
    0
}

/// Whether the named step fails this time; `false` when nothing is exploring.
pub fn fault(point: &'static str) -> bool {
    let _ = point;
    false
}
