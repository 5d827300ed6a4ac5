//! Locks taken in opposite orders: a deadlock that did not happen, in an execution that passed.
//!
//! Each acquisition of a lock while others are held is an edge from those to it. A cycle of edges of different tasks is a
//! deadlock in waiting (Goodlock: Havelund, SPIN 2000; generalised by Agarwal, Wang and Stoller, HVC 2005) unless
//!
//! 1. a lock that is held around two of them keeps them apart, or two of them only read the lock they meet at; or
//! 2. something but the locks of the cycle orders two of them in this execution: a spawn, a join, a message, another lock.
//!
//! It is a suspicion. The cycle's own locks may guard data that decides who takes them in which order, and then it can
//! never close. So it counts only where an exploration ends without a proof: where every schedule was run, none of them
//! deadlocked, and the suspicion is dropped; see [`Certainty::Suspected`](bohrbug_trace::Certainty::Suspected). Locks that are only tried for
//! are no edges, since nobody waits for them.

mod cycles;
mod edges;

use bohrbug_sync::control::View;
use bohrbug_trace::{FailureKind, ObjectId, ObjectKind};

use super::Monitor;
use crate::failure::Failure;
use crate::names::{Names, site};
use cycles::{cycles, nothing_else_orders};
use edges::{Edge, Holdings, are_nested, edges, may_have_cycles};

/// Finds locks taken in opposite orders.
#[derive(Clone, Debug, Default)]
pub struct LockOrder {
    depths: Vec<u32>,
    holdings: Holdings,
    pairs: Vec<(ObjectId, ObjectId)>,
}

impl Monitor for LockOrder {
    fn kind(&self) -> FailureKind {
        FailureKind::LockOrder
    }

    fn end(&mut self, view: View<'_>) -> Option<Failure> {
        let events = view.events();
        if !has_two_locks(view) {
            return None;
        }
        if !are_nested(events, &mut self.depths) || !may_have_cycles(events, &mut self.holdings, &mut self.pairs) {
            return None;
        }
        let edges = edges(events, &mut self.holdings);
        let cycle = cycles(&edges).into_iter().find(|cycle| nothing_else_orders(view, cycle))?;
        Some(self.failure(view, &cycle))
    }
}

/// Whether there are two locks at all: one has no order.
fn has_two_locks(view: View<'_>) -> bool {
    let is_lock = |object: &ObjectId| matches!(view.origin(*object).kind, ObjectKind::Mutex | ObjectKind::RwLock);
    (0..view.object_count() as u32).map(ObjectId).filter(is_lock).nth(1).is_some()
}

impl LockOrder {
    fn failure(&self, view: View<'_>, cycle: &[&Edge]) -> Failure {
        let names = Names::of(view);
        let place = |step: usize| site(view.events()[step].site);
        let told: Vec<String> = cycle
            .iter()
            .map(|edge| {
                format!(
                    "{} acquires {} ({}) while holding {} ({})",
                    names.task(edge.task),
                    names.object(edge.to),
                    place(edge.at),
                    names.object(edge.from),
                    place(edge.since),
                )
            })
            .collect();
        let message = format!("a potential deadlock: {}", told.join(", and "));
        let involved = cycle.iter().map(|edge| {
            (view.events()[edge.at].operation, format!("{} {}", names.object(edge.from), names.object(edge.to)))
        });
        Failure::new(self.kind(), message)
            .in_task(names.task(cycle[0].task).to_owned())
            .at(Some(place(cycle[0].at)))
            .of(involved.collect())
    }
}
