//! Leaving out the orders that follow from others.

use super::candidates::Forced;

/// The orders without those that follow from the others and from the program's own.
///
/// `ends` tells for an acquisition where its critical section ends: whoever comes after the acquisition comes after that.
pub(super) fn reduced(
    orders: &[(usize, usize)],
    forced: &Forced,
    ends: impl Fn(usize) -> usize,
) -> Vec<(usize, usize)> {
    let mut kept = orders.to_vec();
    for order in orders {
        let others = kept.iter().copied().filter(|other| other != order);
        let said: Vec<_> = others.clone().map(|(first, then)| (ends(first), then)).collect();
        if follows(*order, &said, forced) {
            kept = others.collect();
        }
    }
    kept
}

fn follows((first, then): (usize, usize), others: &[(usize, usize)], forced: &Forced) -> bool {
    let leads = |from: usize, to: usize| from == to || from < to && forced.orders(from, to);
    let mut reached = vec![first];
    let mut left: Vec<_> = others.to_vec();
    while let Some(from) = reached.pop() {
        if from != first && leads(from, then) {
            return true;
        }
        let (next, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(|(other, _)| leads(from, *other));
        reached.extend(next.into_iter().map(|(_, to)| to));
        left = rest;
    }
    false
}

#[cfg(test)]
mod tests {
    use bohrbug_trace::{Operation, TraceEvent};

    use super::*;

    #[test]
    fn an_order_that_follows_from_others_is_left_out() {
        // The steps of two tasks in turn: 0, 2, 4 of one and 1, 3, 5 of the other.
        let events: Vec<_> = (0..6)
            .map(|step| TraceEvent::new(["main", "main/b"][step % 2], Operation::Lock, "a.rs:1:1").on("m"))
            .collect();
        let forced = Forced::of(&events);
        let at_once = |step| step;
        assert_eq!(reduced(&[(0, 1), (0, 3), (1, 4)], &forced, at_once), [(0, 1), (1, 4)]);
        assert_eq!(reduced(&[(0, 1), (3, 4), (0, 5)], &forced, at_once), [(0, 1), (3, 4)]);
        assert_eq!(reduced(&[(2, 3), (0, 5)], &forced, at_once), [(2, 3)]);
        assert_eq!(reduced(&[], &forced, at_once), []);
        // What the first does before it gives its lock back comes first, too.
        assert_eq!(reduced(&[(0, 1), (2, 3)], &forced, |step| if step == 0 { 2 } else { step }), [(0, 1)]);
    }
}
