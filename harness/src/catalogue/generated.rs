//! What the generated workloads of the systems have in common: which calls, in which orders, and what comes of them one
//! after the other.

use bohrbug_sync::choice::choose;

/// Draws so many of these calls. Threads are alike, so each selection is drawn in one order only.
pub fn draw<T: Copy>(all: &[T], number: usize) -> Vec<T> {
    let mut last = all.len();
    let mut drawn = Vec::with_capacity(number);
    for _ in 0..number {
        let place = choose(last);
        drawn.push(all[place]);
        last = place + 1;
    }
    drawn
}

/// Every order of the numbers below `number`.
pub fn orders(number: usize) -> Vec<Vec<usize>> {
    if number == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(number - 1);
    let with_last = |order: &Vec<usize>, at: usize| {
        let mut longer = order.clone();
        longer.insert(at, number - 1);
        longer
    };
    shorter.iter().flat_map(|order| (0..number).rev().map(move |at| with_last(order, at))).collect()
}

/// Runs `work` outside of the execution, on a thread that no scheduler knows: no step of it is in a trace, nothing of it
/// varies, and no fault is injected. What it comes to has to follow from the arguments alone.
///
/// # Panics
///
/// If `work` does, or if there is no thread to be had.
pub fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_orders_as_permutations_and_the_first_is_the_natural_one() {
        for (number, count) in [(0, 1), (1, 1), (2, 2), (3, 6), (4, 24)] {
            let mut all = orders(number);
            assert_eq!(all[0], (0..number).collect::<Vec<_>>());
            all.sort();
            all.dedup();
            assert_eq!(all.len(), count);
        }
    }
}
