//! Fewer and smaller choices: each fault and each number as near to the usual as it can be.

use bohrbug_trace::Trace;

use super::State;

impl<F: FnMut(&Trace)> State<'_, F> {
    /// Sets each choice to 0, and where that will not do halves it, until nothing helps.
    pub(super) fn shrink_choices(&mut self) {
        while self.cost().choices > 0 && self.shrink_one_choice() && !self.is_out_of_time() {}
    }

    fn shrink_one_choice(&mut self) -> bool {
        let values = self.best.schedule.values.clone();
        let all = values
            .iter()
            .flat_map(|(task, values)| values.iter().enumerate().map(move |(nth, value)| (task, nth, *value)));
        for (task, nth, value) in all.filter(|(_, _, value)| *value > 0) {
            for smaller in [0, value / 2, value - 1] {
                if self.is_out_of_time() {
                    return false;
                }
                let mut schedule = self.best.schedule.clone();
                if let Some(place) = schedule.values.get_mut(task).and_then(|values| values.get_mut(nth)) {
                    *place = smaller;
                }
                if self.is_better(schedule) {
                    return true;
                }
            }
        }
        false
    }
}
