//! `cargo bohrbug test --shard M/N --out DIRECTORY`: of each test one part of several.
//!
//! What is explored leaves its results itself, in the process of the test; this says which part is meant, and leaves what came
//! of tests in which there is nothing to explore.

use std::env;
use std::path::PathBuf;

use bohrbug::shard::{InShard, LeaveError, Shard};
use bohrbug::{Budget, Exploration, Program};
use bohrbug_plan::{Outcome, Plan};

use crate::error::Error;
use crate::options::Options;

/// The part of a plan that says which shard is meant, and where its results go.
pub(crate) fn asked(options: &Options) -> Result<Option<(String, PathBuf)>, Error> {
    let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let out = options.out.clone().or_else(|| set("BOHRBUG_SHARD_OUT").map(PathBuf::from));
    let Some(text) = options.shard.clone().or_else(|| set("BOHRBUG_SHARD")) else {
        return match options.out {
            Some(_) => usage("--out is where the results of a shard go; name it with --shard"),
            None => Ok(None),
        };
    };
    let shard = Shard::asked(&text, |name| env::var(name).ok()).map_err(|error| Error::Usage(error.to_string()))?;
    let Some(out) = out else {
        return usage("--shard needs --out DIRECTORY, the directory of its results, for `bohrbug merge`");
    };
    if options.is_bounded_otherwise {
        return usage("a shard has a budget of executions: with --events or --time each machine would end elsewhere");
    }
    let nothing = Exploration::new("", options.strategy.as_str()).budget(Budget::default().executions(1));
    nothing
        .can_be_sharded(&Program::new(|| ()))
        .map_err(|error| Error::Usage(format!("{error}; name it with --strategy")))?;
    let out = std::path::absolute(&out).map_err(Error::file(&out))?;
    Ok(Some((shard.to_string(), out)))
}

fn usage<T>(text: &str) -> Result<T, Error> {
    Err(Error::Usage(text.to_owned()))
}

/// Leaves what came of a test that was not explored, if this is a shard.
pub(crate) fn leave(plan: &Plan, outcome: &Outcome, failed: bool) -> Result<(), Error> {
    let Some(text) = &plan.shard else { return Ok(()) };
    let shard: Shard = text.parse().map_err(|error: bohrbug::shard::ShardError| Error::Usage(error.to_string()))?;
    let exploration = Exploration::new(outcome.test.clone(), plan.strategy.as_str())
        .seed(plan.seed)
        .budget(Budget::default().executions(plan.executions));
    let shard = InShard::new(shard, plan.out.clone(), plan.place());
    let left = shard.ran(&exploration, &outcome.verdict, outcome.executions, failed);
    left.map(drop).map_err(|error| match error {
        LeaveError::Unwritable(path, error) => Error::file(path)(error),
        other => Error::Usage(other.to_string()),
    })
}
