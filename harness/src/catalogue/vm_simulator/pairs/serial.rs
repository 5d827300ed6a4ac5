//! What the calls come to one after the other.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use vm_simulator::fault::{Fault, FaultKind};

use super::Faults;
use super::call::{Answer, Call};
use super::stage::{Stage, Target};
use crate::catalogue::generated::{aside, orders};

/// What is compared: the answers of the calls that change something, by place, and the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    answers: Vec<Option<Result<(), FaultKind>>>,
    inventory: String,
}

/// The outcome has to be that of some order.
#[track_caller]
pub(super) fn check(revision: &str, calls: &[Call], answers: &[Answer], stage: &Stage) {
    let counts = |at: &usize| calls[*at].changes_something() && !is_injected(&answers[*at].result);
    let those: Vec<usize> = (0..calls.len()).filter(counts).collect();
    let kinds: Vec<_> = those.iter().map(|at| kind(&answers[*at].result)).collect();
    let inventory = stage.inventory();
    let allowed: Vec<Outcome> = orders(those.len())
        .iter()
        .map(|order| in_order(revision, calls, answers, order.iter().map(|at| those[*at])))
        .collect();
    let same = |outcome: &Outcome| {
        let answered = those.iter().map(|at| outcome.answers[*at]);
        outcome.inventory == inventory && answered.eq(kinds.iter().map(|kind| Some(*kind)))
    };
    assert!(
        allowed.iter().any(same),
        "no order of the calls comes to this: {:?} answered {:?}, and there is\n{inventory}\nIn order it would be\n{}",
        calls,
        answers.iter().map(|answer| &answer.result).collect::<Vec<_>>(),
        allowed.iter().map(|outcome| format!("{:?}\n{}", outcome.answers, outcome.inventory)).collect::<String>()
    );
}

/// Whether the call failed because the scheduler had one of its steps fail: in this inventory there is a network, and the
/// host does what it is asked.
fn is_injected(result: &Result<(), Fault>) -> bool {
    let Err(fault) = result else { return false };
    fault.kind == FaultKind::HostCommunication || fault.message.starts_with("there is no network")
}

fn kind(result: &Result<(), Fault>) -> Result<(), FaultKind> {
    result.as_ref().copied().map_err(|fault| fault.kind)
}

/// The calls of these places, one after the other; each order is tried once in a process.
fn in_order(revision: &str, calls: &[Call], answers: &[Answer], places: impl Iterator<Item = usize>) -> Outcome {
    type Known = BTreeMap<(String, Vec<(usize, Call, Target)>), Outcome>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let order: Vec<(usize, Call, Target)> = places.map(|at| (at, calls[at], answers[at].target)).collect();
    let key = (revision.to_owned(), order.clone());
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    known.unwrap_or_else(|| {
        let outcome = aside(|| {
            let stage = Stage::new(revision, Faults::None);
            let mut answers = vec![None; calls.len()];
            for (at, call, target) in &order {
                answers[*at] = Some(kind(&call.make_on(&stage, *target, false).result));
            }
            Outcome { answers, inventory: stage.inventory() }
        });
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(key, outcome.clone());
        outcome
    })
}
