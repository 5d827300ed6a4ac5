//! What the calls come to one after the other.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use vm_assignment::ledger::{Table, Tables};
use vm_assignment::{Error, ErrorKind};

use super::super::stage::{Stage, Verdict, told};
use super::call::{Call, Place};
use crate::catalogue::generated::{aside, orders};

/// What is compared: whether each call was done or why it was turned away, and the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    answers: Vec<Result<(), ErrorKind>>,
    ledger: Vec<String>,
}

/// The outcome has to be that of some order.
#[track_caller]
pub(super) fn check(revision: &str, place: Place, calls: &[Call], answers: &[Result<(), Error>], contents: &Tables) {
    let found = Outcome { answers: answers.iter().map(kind).collect(), ledger: rows(contents) };
    let allowed: Vec<Outcome> =
        orders(calls.len()).iter().map(|order| in_order(revision, place, calls, order)).collect();
    Verdict::new("no order of the calls comes to this")
        .require(allowed.contains(&found), || difference(calls, answers, &found, &allowed))
        .deliver();
}

fn difference(calls: &[Call], answers: &[Result<(), Error>], found: &Outcome, allowed: &[Outcome]) -> String {
    let mut text = format!("{calls:?} answered {}", told(answers));
    for outcome in allowed {
        text += &format!("\n  in an order of them {:?}", outcome.answers);
        let rest = |here: &[String], there: &[String]| -> Vec<String> {
            here.iter().filter(|row| !there.contains(row)).cloned().collect()
        };
        text += &format!(", with {:?}", rest(&outcome.ledger, &found.ledger));
        text += &format!(" in place of {:?}", rest(&found.ledger, &outcome.ledger));
    }
    text
}

fn kind(answer: &Result<(), Error>) -> Result<(), ErrorKind> {
    answer.as_ref().copied().map_err(|error| error.kind.clone())
}

/// The rows as text. Those to which nothing refers are told without their number, which says only who came first.
fn rows(contents: &Tables) -> Vec<String> {
    let named = |table: Table| !matches!(table, Table::Nic | Table::UsageEvent | Table::CleanupTask | Table::Snapshot);
    let row = |change: &vm_assignment::ledger::Change| match named(change.table) {
        true => format!("{}[{}] {}", change.table, change.id, change.after),
        false => format!("{} {}", change.table, change.after),
    };
    let mut rows: Vec<String> = Tables::new().diff(contents).iter().map(row).collect();
    rows.sort();
    rows
}

/// The calls one after the other; each order is tried once in a process.
fn in_order(revision: &str, place: Place, calls: &[Call], order: &[usize]) -> Outcome {
    type Known = BTreeMap<(String, Place, Vec<Call>, Vec<usize>), Outcome>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let key = (revision.to_owned(), place, calls.to_vec(), order.to_vec());
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    known.unwrap_or_else(|| {
        let outcome = aside(|| {
            let stage = Stage::new(revision, place.world());
            let mut answers = vec![Ok(()); calls.len()];
            for at in order {
                answers[*at] = kind(&calls[*at].make(&stage.cloud()));
            }
            Outcome { answers, ledger: rows(&stage.contents()) }
        });
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(key, outcome.clone());
        outcome
    })
}
