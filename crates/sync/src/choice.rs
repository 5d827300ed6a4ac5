//! Explicit nondeterminism: values and faults that the scheduler decides.
//!
//! Outside of an exploration [`choose`] returns 0 and [`fault`] returns `false`. In an execution each is an event, on
//! an object that is the fault's name or the choice's place, but not a scheduling point, since it affects no other
//! task.

#[cfg(feature = "model")]
use bohrbug_events::{Operation, Outcome};

/// Picks a value from `0..alternatives`; 0 outside of an exploration, or when there is no choice.
///
/// ```
/// use bohrbug_sync::choice::choose;
///
/// let retries = choose(3);
/// assert_eq!(retries, 0);
/// ```
#[track_caller]
pub fn choose(alternatives: usize) -> usize {
    #[cfg(feature = "model")]
    if alternatives > 1 {
        return decide(Operation::Choose, None, alternatives);
    }
    let _ = alternatives;
    0
}

/// Whether the named step fails this time; `false` outside of an exploration.
///
/// ```
/// use bohrbug_sync::choice::fault;
///
/// fn allocate() -> Result<u32, &'static str> {
///     if fault("network.allocate") { Err("no address left") } else { Ok(7) }
/// }
/// assert_eq!(allocate(), Ok(7));
/// ```
#[track_caller]
pub fn fault(point: &'static str) -> bool {
    #[cfg(feature = "model")]
    return decide(Operation::Fault, Some(point), 2) == 1;
    #[cfg(not(feature = "model"))]
    {
        let _ = point;
        false
    }
}

#[cfg(feature = "model")]
#[track_caller]
fn decide(operation: Operation, name: Option<&'static str>, alternatives: usize) -> usize {
    let site = std::panic::Location::caller();
    let Some(x) = crate::ambient::ambient() else { return 0 };
    if x.stopping() {
        return 0;
    }
    let object = x.choice_at(name, site);
    let pending = crate::control::Pending::new(operation, object, site);
    x.tell_step();
    let chosen = x.choose_for(pending, u32::try_from(alternatives).unwrap_or(u32::MAX));
    x.report(&pending, Outcome::Done, Some(chosen.into()));
    chosen as usize
}
