//! Where two executions diverge.

use std::fmt;

use crate::{StepIdx, TraceEvent};

/// The first step at which what happened is not what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step.
    pub step: StepIdx,
    /// What was expected there; `None` if the execution should have been over.
    pub expected: Option<TraceEvent>,
    /// What was found there; `None` if the execution was over.
    pub found: Option<TraceEvent>,
}

/// The first step at which two lists of events differ in any way; `None` if they are identical.
///
/// ```
/// use bohrbug_trace::{Operation, TraceEvent, first_difference};
///
/// let lock = TraceEvent::new("main/verify", Operation::Lock, "src/server.rs:10:2").on("server");
/// let end = TraceEvent::new("main", Operation::End, "src/server.rs:4:1");
/// let difference = first_difference(&[end.clone(), lock], &[end]).unwrap();
/// assert_eq!(
///     difference.to_string(),
///     "step 1: expected main/verify lock server (src/server.rs:10:2), found the end of the execution",
/// );
/// ```
pub fn first_difference(expected: &[TraceEvent], found: &[TraceEvent]) -> Option<Difference> {
    first_difference_by(expected, found, TraceEvent::eq)
}

/// The first step at which two lists of events differ in what `same` compares.
///
/// With [`TraceEvent::is_same_step`] this is the question of a replay: was each step the recorded one, wherever its line
/// stands today?
pub fn first_difference_by(
    expected: &[TraceEvent],
    found: &[TraceEvent],
    same: impl Fn(&TraceEvent, &TraceEvent) -> bool,
) -> Option<Difference> {
    let common = expected.iter().zip(found).take_while(|(a, b)| same(a, b)).count();
    if common == expected.len() && common == found.len() {
        return None;
    }
    let step = StepIdx(u32::try_from(common).unwrap_or(u32::MAX));
    Some(Difference { step, expected: expected.get(common).cloned(), found: found.get(common).cloned() })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.step, Side(&self.expected), Side(&self.found))
    }
}

struct Side<'a>(&'a Option<TraceEvent>);

impl fmt::Display for Side<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(event) => event.fmt(f),
            None => f.write_str("the end of the execution"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::{Operation, Outcome};

    fn steps(tasks: &[&str]) -> Vec<TraceEvent> {
        tasks.iter().map(|task| TraceEvent::new(*task, Operation::Yield, "a.rs:1:1")).collect()
    }

    fn check(expected: &[&str], found: &[&str], difference: Option<&str>) {
        let text = first_difference(&steps(expected), &steps(found)).map(|difference| difference.to_string());
        assert_eq!(text.as_deref(), difference);
    }

    #[test]
    fn the_first_difference_is_named_with_both_sides() {
        check(&[], &[], None);
        check(&["main"], &["main"], None);
        check(&["a", "b"], &["a", "c"], Some("step 1: expected b yield (a.rs:1:1), found c yield (a.rs:1:1)"));
        check(&["a"], &[], Some("step 0: expected a yield (a.rs:1:1), found the end of the execution"));
        check(&["a"], &["a", "b"], Some("step 1: expected the end of the execution, found b yield (a.rs:1:1)"));
    }

    #[test]
    fn a_difference_in_outcome_or_value_alone_is_one_and_is_seen_in_the_text() {
        let event = TraceEvent::new("main", Operation::TryLock, "a.rs:1:1").on("server");
        let other = event.clone().with_outcome(Outcome::WouldBlock).with_value(2);
        let difference = first_difference(from_ref(&event), from_ref(&other)).unwrap();
        assert_eq!(
            difference.to_string(),
            "step 0: expected main try-lock server (a.rs:1:1), found main try-lock server = 2: would-block (a.rs:1:1)"
        );
        assert_eq!(first_difference_by(&[event], &[other], TraceEvent::is_same_step), None);
    }
}
