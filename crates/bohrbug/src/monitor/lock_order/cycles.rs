//! Cycles of edges that could be in the way of each other.

use bohrbug_sync::control::View;
use bohrbug_trace::{ObjectId, StepIdx};

use super::edges::{Edge, Gate};
use crate::happens_before::{Clock, HappensBefore};

/// Cycles of more tasks than this are not looked for.
const TASKS: usize = 4;

/// The cycles of a list of edges, the shortest first; each begins with its first edge in the list.
pub(super) fn cycles(edges: &[Edge]) -> Vec<Vec<&Edge>> {
    let mut cycles = Vec::new();
    for (place, first) in edges.iter().enumerate() {
        extend(&edges[place..], &mut vec![first], &mut cycles);
    }
    bohrbug_sorted::sort_by(&mut cycles, |one, other| one.len().cmp(&other.len()));
    cycles
}

/// Extends a chain of edges, each from where the one before leads, until it comes back.
fn extend<'a>(edges: &'a [Edge], chain: &mut Vec<&'a Edge>, cycles: &mut Vec<Vec<&'a Edge>>) {
    let last = chain[chain.len() - 1];
    if chain.len() > 1 && last.to == chain[0].from {
        if meet(last, chain[0]) {
            cycles.push(chain.clone());
        }
        return;
    }
    if chain.len() == TASKS {
        return;
    }
    for next in edges.iter().filter(|edge| edge.from == last.to) {
        if meet(last, next) && chain.iter().all(|edge| can_be_together(edge, next)) {
            chain.push(next);
            extend(edges, chain, cycles);
            chain.pop();
        }
    }
}

/// Whether the one has to wait for what the other has.
const fn meet(one: &Edge, other: &Edge) -> bool {
    !(one.to_shared && other.from_shared)
}

/// Whether two tasks can have come so far at the same time.
fn can_be_together(one: &Edge, other: &Edge) -> bool {
    let apart = |gate: &Gate| {
        let excludes = |other: &Gate| other.lock == gate.lock && !(other.shared && gate.shared);
        held(other).iter().any(excludes)
    };
    one.task != other.task && !held(one).iter().any(apart)
}

/// Everything that the task of an edge holds at its end.
fn held(edge: &Edge) -> Vec<Gate> {
    let own = Gate { lock: edge.from, shared: edge.from_shared };
    edge.gates.iter().copied().chain([own]).collect()
}

/// Whether no two edges of a cycle are ordered by anything but its own locks.
pub(super) fn nothing_else_orders(view: View<'_>, cycle: &[&Edge]) -> bool {
    let locks: Vec<ObjectId> = cycle.iter().map(|edge| edge.from).collect();
    let last = cycle.iter().map(|edge| edge.at).max().unwrap_or(0);
    let mut order = HappensBefore::default();
    let mut known: Vec<Clock> = vec![Clock::default(); cycle.len()];
    for (at, event) in view.events()[..=last].iter().enumerate() {
        order.step_without(view, event, &locks);
        for (edge, known) in cycle.iter().zip(&mut known).filter(|(edge, _)| edge.at == at) {
            known.become_like(order.clock(edge.task));
        }
    }
    let knows = |known: &Clock, edge: &&&Edge| known.get(edge.task.index()).has(StepIdx(edge.at as u32));
    known
        .iter()
        .enumerate()
        .all(|(own, known)| cycle.iter().enumerate().all(|(place, edge)| place == own || !knows(known, &edge)))
}
