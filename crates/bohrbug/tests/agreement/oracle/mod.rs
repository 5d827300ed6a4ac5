//! What programs can come to, by a plain interpreter over all states: no reduction, and nothing of Bohrbug's but the
//! programs.
//!
//! A state is what every task has done: for each of its steps, the earlier steps that it does not commute with, and what
//! it chose. Everything else follows from that, and two orders of steps lead to the same state if and only if they differ
//! in nothing but the order of steps that commute. So the different ends are the behaviours. What commutes is said
//! in `commute`, by itself.

mod code;
mod commute;
mod machine;
mod state;

use std::collections::{BTreeMap, BTreeSet};

use crate::conditional::{Final, Program};
use code::compile;
use machine::Machine;
use state::State;

/// What a program can come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    /// How many behaviours end so.
    pub(crate) finals: BTreeMap<Final, u64>,
    pub(crate) behaviours: u64,
}

/// Every state of a program; `None` if there are more than `most`.
pub(crate) fn ends(program: &Program, most: usize) -> Option<Ends> {
    let machine = Machine {
        capacity: program.capacity,
        code: (0..program.tasks.len()).map(|task| compile(program, task)).collect(),
    };
    let (mut met, mut over) = (BTreeSet::new(), BTreeSet::new());
    let mut ends = Ends::default();
    let mut left = vec![machine.first(program)];
    while let Some(state) = left.pop() {
        if !met.insert((state.marks.clone(), state.waited.clone())) {
            continue;
        }
        if met.len() > most {
            return None;
        }
        let next: Vec<State> = (0..machine.code.len()).flat_map(|task| machine.steps(&state, task)).collect();
        if next.is_empty()
            && let Some(state) = machine.let_in(&state)
        {
            left.push(state);
            continue;
        }
        if next.is_empty() && over.insert(state.marks.clone()) {
            let is_over = (0..machine.code.len()).all(|task| machine.next(&state, task).is_none());
            *ends.finals.entry(Final { seen: state.seen, words: is_over.then_some(state.words) }).or_default() += 1;
            ends.behaviours += 1;
        }
        left.extend(next);
    }
    Some(ends)
}
