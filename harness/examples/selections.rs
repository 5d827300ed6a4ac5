//! Works through every selection of calls of a system, each as an exploration of its own, and says how large each is.
//!
//! `cargo run --release -p harness --example selections -- vm-simulator 2` explores every pair of calls on `strict` to a
//! proof; `3` every triple, which is for a night. With `--events` each is given up after so many, and with `--names` only
//! those are explored whose name has all of these words in it.

use std::process::ExitCode;

use bohrbug::{Budget, Exploration, Program, Report};
use clap::Parser;
use harness::catalogue::generated::Selection;
use harness::catalogue::{replica_manager, vm_assignment, vm_simulator};

#[derive(Parser)]
struct Options {
    /// The system: replica-manager, vm-simulator or vm-assignment.
    system: String,
    /// How many calls meet.
    number: usize,
    /// The revision.
    #[arg(long, default_value = "strict")]
    revision: String,
    /// The events that one selection may take.
    #[arg(long)]
    events: Option<u64>,
    /// Explores only selections whose name has each of these words in it.
    #[arg(long)]
    names: Vec<String>,
    /// Explores each nth selection only.
    #[arg(long, default_value_t = 1)]
    each: usize,
    /// The strategy.
    #[arg(long, default_value = "dpor")]
    strategy: String,
    /// In so many threads.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let selections = match options.system.as_str() {
        "replica-manager" => replica_manager::selections(options.number),
        "vm-simulator" => vm_simulator::pairs::selections(options.number),
        "vm-assignment" => vm_assignment::pairs::selections(options.number),
        other => {
            eprintln!("there is no system '{other}': replica-manager, vm-simulator and vm-assignment are the systems");
            return ExitCode::from(2);
        }
    };
    let wanted = |selection: &Selection| options.names.iter().all(|name| selection.name.contains(name));
    let reports: Vec<Report> = selections
        .into_iter()
        .filter(wanted)
        .step_by(options.each.max(1))
        .map(|selection| explored(selection, &options))
        .collect();
    let verified = reports.iter().filter(|report| report.verdict.name() == "verified").count();
    let failed = reports.iter().filter(|report| report.verdict.is_failed()).count();
    let executions: u64 = reports.iter().map(|report| report.executions).sum();
    println!("{} selections, {verified} verified, {failed} failed, {executions} executions", reports.len());
    ExitCode::from(u8::from(failed > 0))
}

fn explored(selection: Selection, options: &Options) -> Report {
    let (name, revision) = (selection.name.clone(), options.revision.clone());
    let exploration = Exploration::new(format!("{} {name}", options.system), options.strategy.as_str())
        .revision(Some(revision.clone()))
        .budget(Budget::default().events(options.events))
        .jobs(options.jobs)
        .figures(false);
    let program = Program::new(move || selection.run(&revision));
    let report = exploration.run(&program, |_| {}).unwrap_or_else(|error| panic!("{error}"));
    println!("{:>8} {:<9} {name}{}", report.executions, report.verdict.name(), said(&report));
    report
}

fn said(report: &Report) -> String {
    if let Some(failure) = report.failure() {
        return format!(": {}", failure.message);
    }
    let doubts = report.doubts.iter().map(|doubt| format!("; {doubt:?}"));
    let explored = report.explored.map(|share| format!("; about {:.3}% of it", share * 100.0));
    doubts.chain(explored).collect()
}
