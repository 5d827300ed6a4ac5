//! The numbers of a cell.

use super::cell::{Cell, Trial};

/// How often and how soon a bug was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// In how many trials it was found.
    pub found: usize,
    /// Of how many.
    pub trials: usize,
    /// The mean number of executions to the first failure, over the trials that found it.
    pub mean: Option<f64>,
    /// The median of the same.
    pub median: Option<f64>,
    /// Whether a bound on time kept some trial from its executions.
    pub is_cut: bool,
}

/// Below so many executions their number a second says more of the clock than of the strategy.
const ENOUGH: u64 = 1_000;

impl Figure {
    /// That of a cell; `None` if the runtime could not follow the program.
    pub fn of(cell: &Cell) -> Option<Self> {
        let Cell::Measured { seeds, trials } = cell else { return None };
        let mut found: Vec<u64> = trials.iter().filter_map(|trial| trial.found).collect();
        found.sort_unstable();
        Some(Self {
            found: found.len(),
            trials: trials.len(),
            mean: mean(&found),
            median: median(&found),
            is_cut: (trials.len() as u64) < *seeds || trials.iter().any(|trial| trial.is_cut),
        })
    }

    /// Whether every trial found it.
    pub const fn is_certain(&self) -> bool {
        self.found == self.trials
    }
}

fn mean(sorted: &[u64]) -> Option<f64> {
    (!sorted.is_empty()).then(|| sorted.iter().sum::<u64>() as f64 / sorted.len() as f64)
}

fn median(sorted: &[u64]) -> Option<f64> {
    let at = |place: usize| sorted.get(place).map(|number| *number as f64);
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { at(half) } else { Some((at(half.checked_sub(1)?)? + at(half)?) / 2.0) }
}

/// Executions a second over all trials of a cell; `None` where too few ran to say.
pub fn rate(cell: &Cell) -> Option<f64> {
    let Cell::Measured { trials, .. } = cell else { return None };
    let sum = |of: fn(&Trial) -> f64| trials.iter().map(of).sum::<f64>();
    let executions: u64 = trials.iter().map(|trial| trial.executions).sum();
    let seconds = sum(|trial| trial.elapsed.as_secs_f64());
    (executions >= ENOUGH && seconds > 0.0).then(|| executions as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn check(found: &[Option<u64>], seeds: u64, expected: Figure) {
        let trial = |found: &Option<u64>| Trial {
            found: *found,
            executions: found.unwrap_or(10_000),
            elapsed: Duration::from_millis(1),
            is_cut: false,
        };
        let cell = Cell::Measured { seeds, trials: found.iter().map(trial).collect() };
        assert_eq!(Figure::of(&cell), Some(expected));
    }

    #[test]
    fn the_mean_and_the_median_are_those_of_the_trials_that_found_it() {
        let figure = |found, trials, mean, median| Figure { found, trials, mean, median, is_cut: false };
        check(&[Some(9), Some(1), None, Some(2)], 4, figure(3, 4, Some(4.0), Some(2.0)));
        check(&[Some(4), Some(1)], 2, figure(2, 2, Some(2.5), Some(2.5)));
        check(&[None, None], 2, figure(0, 2, None, None));
        check(&[Some(7)], 1, figure(1, 1, Some(7.0), Some(7.0)));
    }

    #[test]
    fn a_cell_with_fewer_trials_than_seeds_was_cut() {
        let figure = Figure { found: 2, trials: 2, mean: Some(3.0), median: Some(3.0), is_cut: true };
        check(&[Some(3), Some(3)], 20, figure);
    }

    #[test]
    fn a_rate_takes_a_thousand_executions() {
        let cell = |executions| {
            let elapsed = Duration::from_millis(500);
            let trial = Trial { found: None, executions, elapsed, is_cut: false };
            Cell::Measured { seeds: 2, trials: vec![trial; 2] }
        };
        assert_eq!(rate(&cell(499)), None);
        assert_eq!(rate(&cell(500)), Some(1_000.0));
        assert_eq!(rate(&Cell::BeyondTheRuntime), None);
    }
}
