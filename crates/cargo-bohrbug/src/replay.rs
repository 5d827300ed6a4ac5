//! `cargo bohrbug replay` and `explain`: a trace of a test, again.

use std::ffi::OsString;
use std::path::Path;

use bohrbug_plan::Mode;
use bohrbug_trace::{Explanation, Sources, Trace};

use crate::cargo::{Project, remove};
use crate::error::Error;
use crate::options::Options;
use crate::{debug, test};

/// The width of an explanation in a terminal.
const WIDTH: usize = 120;

/// Replays a trace in the test that it is of.
pub(crate) fn replay(options: &Options, path: &Path) -> Result<u8, Error> {
    if options.step.is_some() && !options.debug {
        return Err(Error::Usage("--step says where a debugger stops; it needs --debug".to_owned()));
    }
    let trace = read(path)?;
    let path = std::path::absolute(path).map_err(Error::file(path))?;
    let Some((package, target, name)) = parts(&trace.header.scenario) else {
        return Err(Error::Trace(format!(
            "{} is of `{}`, which is not a test that `cargo bohrbug test` explored; replay it where it comes from",
            path.display(),
            trace.header.scenario
        )));
    };
    let mut options = options.clone();
    options.cargo.extend(["-p", package].map(OsString::from));
    options.cargo.extend(match target {
        "lib" => vec![OsString::from("--lib")],
        other => {
            let (kind, name) = other.split_once(':').map_or(("--test", other), |(_, program)| ("--bin", program));
            [kind, name].map(OsString::from).to_vec()
        }
    });
    options.tests = [name, "--exact"].map(OsString::from).to_vec();
    let step = debug::step(&trace, options.step, &path)?;
    let project = Project::find(&options)?;
    let mut plan = test::plan(&options, &project, Mode::Replay, Some(path));
    plan.debug = options.debug.then_some(step);
    let (_, order) = test::explore(&options, &project, plan)?;
    let outcomes = order.outcomes();
    remove(&order.folder)?;
    let Some(outcome) = outcomes.first() else {
        return Err(Error::Trace(format!("the test `{name}` no longer exists, or did not end")));
    };
    println!("{}: {}, {} times", outcome.test, outcome.verdict, outcome.executions);
    Ok(match outcome.verdict.as_str() {
        "reproduced" => 10,
        "did not fail" => 12,
        _ => 11,
    })
}

/// Prints what a trace says of its failure.
pub(crate) fn explain(path: &Path) -> Result<u8, Error> {
    let trace = read(path)?;
    let sources = Sources::below(Path::new("."), &trace);
    if let Some(failure) = &sources.called(&trace).header.failure {
        println!("{}: {}: {}", trace.header.scenario, failure.kind, failure.message);
    }
    print!("{}", Explanation::new(trace, sources).human(WIDTH));
    Ok(0)
}

fn read(path: &Path) -> Result<Trace, Error> {
    Trace::read(path).map_err(|error| Error::Trace(error.to_string()))
}

/// The package, the target and the test.
fn parts(scenario: &str) -> Option<(&str, &str, &str)> {
    let (package, rest) = scenario.split_once('/')?;
    let (target, test) = rest.split_once('/')?;
    Some((package, target, test))
}
