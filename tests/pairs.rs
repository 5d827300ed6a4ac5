//! The generated workloads find what they were written for, and what was mended by them holds.
//!
//! Each row is one defect that the workload found: two calls that meet in it, a revision that has it still, and what is
//! said of it. The strict revision is proved for the same calls; `bohrbug hunt pairs` explores all of them.

use bohrbug::{Budget, Exploration, Program, Report, Verdict};
use harness::catalogue::generated::Selection;
use harness::catalogue::replica_manager;
use harness::catalogue::vm_assignment::pairs as assignment;
use harness::catalogue::vm_simulator::pairs as simulator;

/// Every interleaving, until one fails.
fn explored(name: &str, revision: &'static str, run: impl Fn() + Send + Sync + 'static) -> Report {
    let exploration =
        Exploration::new(name, "dpor").revision(Some(revision.to_owned())).budget(Budget::default().events(3_000_000));
    exploration.run(&Program::new(run), |_| {}).unwrap_or_else(|error| panic!("{error}"))
}

fn on_assignment(revision: &'static str, place: assignment::Place, calls: &[assignment::Call]) -> Report {
    let calls = calls.to_vec();
    explored("vm-assignment/pairs", revision, move || assignment::at_once(revision, place, &calls))
}

fn on_simulator(revision: &'static str, calls: &[simulator::Call]) -> Report {
    let calls = calls.to_vec();
    explored("vm-simulator/pairs", revision, move || simulator::at_once(revision, simulator::Faults::None, &calls))
}

#[test]
fn what_the_pairs_of_the_assignment_found_is_found_where_it_is_left_and_strict_is_proved() {
    use assignment::{Call, Place};
    let found = [
        // One of two is locked: the machine, and not the volume.
        (Place::AllCount, [Call::AttachToOther, Call::Attach], "no order of the calls comes to this"),
        // What is locked is what was named, and here nobody was.
        (Place::AllCount, [Call::DisableCaller, Call::AssignToCaller], "I13"),
        // An invariant that the operation did not ask for.
        (Place::RunningCount, [Call::StartOther, Call::Start], "I7"),
    ];
    for (place, calls, said) in found {
        let report = on_assignment("reservations", place, &calls);
        let failure = report.failure().cloned().unwrap_or_else(|| panic!("{calls:?}: nothing is found"));
        assert!(failure.message.contains(said), "{calls:?}: {}", failure.message);
        let report = on_assignment("strict", place, &calls);
        assert_eq!(report.verdict, Verdict::Verified, "{calls:?}: {:?}", report.failure());
    }
}

#[test]
fn what_the_pairs_of_the_simulator_found_is_found_where_it_is_left_and_strict_is_proved() {
    use simulator::Call;
    let found = [
        // Told nothing: the machine is moved, a view is changed, a folder gets something, a filter comes late.
        ("reported", [Call::ReadFolder, Call::RelocateVm], "vm-1 parent"),
        ("upstream", [Call::ReadFolder, Call::EmptyListView], "listview-1: what a watcher was told of view"),
        ("upstream", [Call::ReadFolder, Call::CreateFolder], "group-1: what a watcher was told of childEntity"),
        ("upstream", [Call::CreateFilter, Call::ReadFolder], "never told that it is there"),
        ("upstream", [Call::ReadFolder, Call::Annotate], "what a watcher was told of config.annotation"),
        // Published before it is whole: the clone's cards are counted when everybody can see them.
        ("upstream", [Call::ReadFolder, Call::CloneVm], ""),
        ("upstream", [Call::AddCard, Call::CloneVm], ""),
    ];
    for (revision, calls, said) in found {
        let report = on_simulator(revision, &calls);
        let failure = report.failure().cloned().unwrap_or_else(|| panic!("{calls:?}: nothing is found"));
        assert!(failure.message.contains(said), "{calls:?}: {}", failure.message);
        let report = on_simulator("strict", &calls);
        assert_eq!(report.verdict, Verdict::Verified, "{calls:?}: {:?}", report.failure());
    }
}

/// A row of `docs/bugs/strict.md`.
struct Defect {
    system: &'static str,
    /// The selection's name.
    found_by: &'static str,
    revision: &'static str,
    said: &'static str,
}

fn defects() -> Vec<Defect> {
    let page = include_str!("../docs/bugs/strict.md");
    let mut system = "";
    let mut defects = Vec::new();
    for line in page.lines() {
        match line {
            "## The virtual machine simulator" => system = "vm-simulator",
            "## The VM assignment" => system = "vm-assignment",
            "## The replica manager" => system = "replica-manager",
            _ => {}
        }
        let code = |cell: &'static str| cell.trim().strip_prefix('`')?.strip_suffix('`');
        let cells: Vec<&str> = line.split(" | ").collect();
        if let [_, _, found_by, revision, said, _] = cells[..]
            && let (Some(found_by), Some(revision), Some(said)) = (code(found_by), code(revision), code(said))
        {
            defects.push(Defect { system, found_by, revision, said });
        }
    }
    defects
}

/// What a row's selection does once on a revision.
fn workload(defect: &Defect) -> impl Fn(&str) + Send + Sync + use<> {
    let of: fn(usize) -> Vec<Selection> = match defect.system {
        "replica-manager" if defect.found_by.ends_with(" fails") => |_| replica_manager::failures(),
        "replica-manager" => replica_manager::selections,
        "vm-assignment" => assignment::selections,
        _ => simulator::selections,
    };
    let number = defect.found_by.split(", ").count();
    let found = of(number).into_iter().find(|selection| selection.name == defect.found_by);
    let found = found.unwrap_or_else(|| panic!("no selection of {} is called {}", defect.system, defect.found_by));
    move |revision| found.run(revision)
}

#[test]
fn every_defect_that_strict_had_is_found_by_the_workload_where_it_is_left_and_strict_holds() {
    let defects = defects();
    assert_eq!(defects.len(), 18, "a row of docs/bugs/strict.md cannot be read");
    for defect in defects {
        let name = format!("{} {}", defect.system, defect.found_by);
        let budget = Budget::default().events(600_000);
        let explored = |revision: &'static str| {
            let run = workload(&defect);
            let exploration = Exploration::new(&name, "dpor").revision(Some(revision.to_owned())).budget(budget);
            let program = Program::new(move || run(revision));
            exploration.run(&program, |_| {}).unwrap_or_else(|error| panic!("{error}"))
        };
        let report = explored(defect.revision);
        let failure = report.failure().cloned().unwrap_or_else(|| panic!("{name}: nothing is found"));
        assert!(failure.message.contains(defect.said), "{name}: {}", failure.message);
        let report = explored("strict");
        assert!(!report.verdict.is_failed(), "{name}: {:?}", report.failure());
    }
}

/// Alone a call does what it does in any order, whatever its own tasks do meanwhile.
#[test]
fn every_call_alone_is_as_in_order_on_strict() {
    for call in simulator::Call::all() {
        let report = on_simulator("strict", &[call]);
        assert_eq!(report.verdict, Verdict::Verified, "{call:?}: {:?}", report.failure());
    }
    for place in assignment::Place::ALL {
        for call in place.calls() {
            let report = on_assignment("strict", place, &[call]);
            assert_eq!(report.verdict, Verdict::Verified, "{call:?}: {:?}", report.failure());
        }
    }
}
