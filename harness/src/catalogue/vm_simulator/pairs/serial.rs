//! What the calls come to one after the other.
//!
//! A call is about one machine, which it has found before: the first, or one that another of the calls made. So an order in
//! which that other call comes later is none.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bohrbug_sync::Arc;
use vm_simulator::fault::{Fault, FaultKind};
use vm_simulator::inventory::VirtualMachine;

use super::Faults;
use super::call::{Answer, Call};
use super::stage::Stage;
use crate::catalogue::generated::{aside, orders};

/// What is compared: the answers of the calls that change something, by place, and the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    answers: Vec<Option<Result<(), FaultKind>>>,
    inventory: String,
}

/// Which machine a call is about: the same whatever numbers machines get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    First,
    MadeBy(usize),
}

/// A call, its place, and what it is about.
type Step = (usize, Call, About);

/// The outcome has to be that of some order.
#[track_caller]
pub(super) fn check(revision: &str, calls: &[Call], answers: &[Answer], stage: &Stage) {
    let counts = |at: &usize| calls[*at].changes_something() && !is_injected(&answers[*at].result);
    let those: Vec<usize> = (0..calls.len()).filter(counts).collect();
    let kinds: Vec<_> = those.iter().map(|at| kind(&answers[*at].result)).collect();
    let steps: Vec<Step> = those.iter().map(|at| (*at, calls[*at], about(*at, answers, stage))).collect();
    let inventory = stage.inventory();
    let allowed: Vec<Outcome> = orders(steps.len())
        .iter()
        .filter_map(|order| in_order(revision, calls.len(), order.iter().map(|at| steps[*at]).collect()))
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

/// Which machine the call of this place was about.
#[track_caller]
fn about(at: usize, answers: &[Answer], stage: &Stage) -> About {
    let Some(machine) = answers[at].about.filter(|machine| *machine != stage.machine.reference()) else {
        return About::First;
    };
    let maker = answers.iter().position(|answer| answer.made == Some(machine));
    About::MadeBy(maker.unwrap_or_else(|| panic!("{machine} was found, and nobody made it")))
}

/// These calls one after the other, where that is possible; each order is tried once in a process.
fn in_order(revision: &str, number: usize, steps: Vec<Step>) -> Option<Outcome> {
    type Known = BTreeMap<(String, usize, Vec<Step>), Option<Outcome>>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let key = (revision.to_owned(), number, steps);
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    known.unwrap_or_else(|| {
        let outcome = aside(|| made_in_order(revision, number, &key.2));
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(key, outcome.clone());
        outcome
    })
}

fn made_in_order(revision: &str, number: usize, steps: &[Step]) -> Option<Outcome> {
    let stage = Stage::new(revision, Faults::None);
    let mut answers = vec![None; number];
    let mut made: BTreeMap<usize, Arc<VirtualMachine>> = BTreeMap::new();
    for (at, call, about) in steps {
        let machine = match about {
            About::First => &stage.machine,
            About::MadeBy(maker) => made.get(maker)?,
        };
        let answer = call.make_on(&stage, machine, false);
        answers[*at] = Some(kind(&answer.result));
        let machine = answer.made.and_then(|machine| stage.simulator.machine(machine).ok());
        made.extend(machine.map(|machine| (*at, machine)));
    }
    Some(Outcome { answers, inventory: stage.inventory() })
}
