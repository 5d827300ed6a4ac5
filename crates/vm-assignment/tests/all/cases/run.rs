//! What the data asks for, done on both ledgers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value as Json;
use vm_assignment::ledger::{Change, Ledger, Table, Tables};
use vm_assignment::records as r;
use vm_assignment::world::{self, World};
use vm_assignment::{Cloud, Error, Request, Revision, audit};

use crate::ledgers;

pub(super) const CASES: &str = include_str!("../../cases/vm-assignment.json");

/// What one run of a case came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) outcome: Result<(), Error>,
    pub(super) before: Tables,
    pub(super) after: Tables,
}

impl Run {
    /// The difference of state; gaps in a sequence of MAC addresses are no difference.
    pub(super) fn diff(&self) -> Vec<Change> {
        let mut diff = self.before.diff(&self.after);
        diff.retain(|change| change.table != Table::NetworkSequence || change.column.is_none());
        diff
    }

    pub(super) fn owner(&self) -> String {
        self.account(self.after.named::<r::Vm>("v1").unwrap().account_id)
    }

    pub(super) fn account(&self, id: i64) -> String {
        self.after.get::<r::Account>(id).unwrap().name
    }

    pub(super) fn live_cards(&self) -> Vec<r::Nic> {
        let vm = self.after.named::<r::Vm>("v1").unwrap();
        let all = self.after.all::<r::Nic>().into_iter();
        all.filter(|nic| nic.instance_id == vm.id && !nic.removed).collect()
    }

    pub(super) fn networks(&self) -> Vec<String> {
        let name = |nic: &r::Nic| self.after.get::<r::Network>(nic.network_id).unwrap().name;
        self.live_cards().iter().map(name).collect()
    }

    pub(super) fn audit(&self) -> Vec<String> {
        audit::of_everything(&self.after).unwrap().iter().map(ToString::to_string).collect()
    }

    pub(super) fn count(&self, account: &str, resource: r::Resource, tag: &str) -> i64 {
        let account = self.after.named::<r::Account>(account).unwrap().id;
        let all = self.after.all::<r::ResourceCount>();
        let row = all.iter().find(|row| row.account_id == Some(account) && row.resource == resource && row.tag == tag);
        row.map_or(0, |row| row.count)
    }

    /// What was billed, as `VM.CREATE(B):v1`.
    pub(super) fn usage(&self) -> Vec<String> {
        let events = self.after.all::<r::UsageEvent>().into_iter().skip(self.before.all::<r::UsageEvent>().len());
        events
            .map(|event| format!("{}({}):{}", event.kind, self.account(event.account_id), event.resource_name))
            .collect()
    }
}

pub(super) fn cases(group: &str) -> Vec<Json> {
    let all: Json = serde_json::from_str(CASES).unwrap();
    let cases = all["cases"].as_array().unwrap().clone();
    cases.into_iter().filter(|case| case["group"] == group).collect()
}

fn request(json: &Json) -> Request {
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    let list = |key: &str| {
        let names = json[key].as_array()?;
        Some(names.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    Request {
        caller: text("caller").unwrap(),
        vm: text("vm").unwrap(),
        account: text("account"),
        domain: text("domain"),
        project: text("project"),
        networks: list("networks").unwrap_or_default(),
        security_groups: list("securityGroups"),
        skip_network: json["skipNetwork"].as_bool().unwrap_or(false),
    }
}

/// The lines that the data has under this name.
pub(super) fn lines(json: &Json, name: &str) -> Vec<String> {
    let lines = json[name].as_array().cloned().unwrap_or_default();
    lines.iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// What the case begins with.
fn world(case: &Json) -> World {
    let mut world = world::standard();
    for line in lines(case, "world") {
        world.line(&line).unwrap_or_else(|what| panic!("case {}: `{line}`: {what}", case["id"]));
    }
    world
}

/// Fails the listed points the listed time: `network.allocate 1`.
fn injected(faults: &[String]) -> impl Fn(&'static str) -> bool + Sync {
    let seen: Mutex<BTreeMap<&'static str, usize>> = Mutex::new(BTreeMap::new());
    move |point| {
        let mut seen = seen.lock().unwrap();
        let times = seen.entry(point).or_default();
        *times += 1;
        faults.contains(&format!("{point} {times}"))
    }
}

/// Runs a case on both ledgers, once for all the tests of the binary.
pub(super) fn run(case: &Json, revision: Revision) -> Run {
    static RUNS: Mutex<BTreeMap<(i64, Revision), Run>> = Mutex::new(BTreeMap::new());
    let id = case["id"].as_i64().unwrap();
    let known = RUNS.lock().unwrap().get(&(id, revision)).cloned();
    known.unwrap_or_else(|| {
        let run = run_afresh(case, id, revision);
        RUNS.lock().unwrap().insert((id, revision), run.clone());
        run
    })
}

/// Runs a case on both ledgers, and makes sure that they agree.
fn run_afresh(case: &Json, id: i64, revision: Revision) -> Run {
    let contents = world(case).finish();
    let sound = audit::of_everything(&contents).unwrap().is_empty();
    assert_eq!(sound, case["unsound"].is_null(), "case {id}: the world is broken from the start, or is said to be");
    let faults = lines(case, "faults");
    let attempts = case["attempts"].as_u64().unwrap_or(1);
    let once = |ledger: &dyn Ledger| {
        let before = ledger.snapshot().unwrap();
        let faults = injected(&faults);
        let cloud = Cloud::new(ledger, revision).with_faults(&faults);
        let request = request(&case["request"]);
        for _ in 1..attempts {
            assert!(cloud.assign(&request).is_err(), "case {id}: all attempts but the last fail");
        }
        let outcome = cloud.assign(&request).map(drop);
        Run { outcome, before, after: ledger.snapshot().unwrap() }
    };
    let [memory, sqlite] = ledgers::on_both(&contents, once);
    assert_eq!(memory.outcome, sqlite.outcome, "case {id} on {revision}: the ledgers disagree");
    // A ledger that was rolled back gives its numbers away once more, or does not.
    if attempts == 1 {
        assert_eq!(memory.diff(), sqlite.diff(), "case {id} on {revision}: the ledgers disagree");
    }
    memory
}
