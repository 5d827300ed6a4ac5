//! What the generated workloads of the systems have in common: which calls, in which orders, and what comes of them one
//! after the other.

use bohrbug_sync::choice::choose;

/// One selection of calls, as an exploration of its own works through it.
pub struct Selection {
    /// The calls, and where they are made.
    pub name: String,
    run: Box<dyn Fn(&str) + Send + Sync>,
}

impl Selection {
    /// These calls.
    pub fn new(name: String, run: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { name, run: Box::new(run) }
    }

    /// Makes the calls once, on the named revision.
    pub fn run(&self, revision: &str) {
        (self.run)(revision);
    }
}

impl std::fmt::Debug for Selection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Selection").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Everything that [`draw`] can draw.
pub fn selections<T: Copy>(all: &[T], number: usize) -> Vec<Vec<T>> {
    if number == 0 {
        return vec![Vec::new()];
    }
    let of_first = |first: usize| {
        let rest = selections(&all[first..], number - 1);
        rest.into_iter().map(move |rest| [vec![all[first]], rest].concat())
    };
    (0..all.len()).flat_map(of_first).collect()
}

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
    fn what_is_drawn_is_one_of_the_selections_and_none_is_another_in_another_order() {
        for (number, count) in [(0, 1), (1, 3), (2, 6), (3, 10)] {
            let mut all = selections(&["a", "b", "c"], number);
            all.iter_mut().for_each(|selection| selection.sort_unstable());
            all.sort();
            all.dedup();
            assert_eq!(all.len(), count);
        }
    }

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
