//! The engines that start the same command many times, and tell each which one it is.
//!
//! The number comes from their variables, the total never does: an engine may tell that of this submission, which is another one
//! when a few parts are submitted again. Where an engine tells the total of the whole it is compared.

use super::ShardError;

/// An engine, and the variable by which it tells a process its number.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Engine {
    /// What it is called.
    pub name: &'static str,
    /// The variable that has the number.
    pub variable: &'static str,
    /// The first number that it gives.
    pub begins_at: u64,
    /// The variable that has the total of the whole, whatever was submitted; `None` if it tells none, or another one.
    pub total: Option<&'static str>,
    /// What to do if the number is below the first one.
    hint: &'static str,
}

const fn engine(name: &'static str, variable: &'static str, begins_at: u64, total: Option<&'static str>) -> Engine {
    Engine { name, variable, begins_at, total, hint: "" }
}

/// Every engine that is known.
pub const ENGINES: &[Engine] = &[
    Engine { hint: "; submit --array=1-N", ..engine("Slurm", "SLURM_ARRAY_TASK_ID", 1, None) },
    engine("Kubernetes", "JOB_COMPLETION_INDEX", 0, None),
    engine("GitLab", "CI_NODE_INDEX", 1, Some("CI_NODE_TOTAL")),
    engine("Bazel", "TEST_SHARD_INDEX", 0, Some("TEST_TOTAL_SHARDS")),
    engine("GNU parallel", "PARALLEL_SEQ", 1, None),
    engine("CircleCI", "CIRCLE_NODE_INDEX", 0, Some("CIRCLE_NODE_TOTAL")),
    engine("Buildkite", "BUILDKITE_PARALLEL_JOB", 0, Some("BUILDKITE_PARALLEL_JOB_COUNT")),
    engine("AWS Batch", "AWS_BATCH_JOB_ARRAY_INDEX", 0, None),
    engine("Google Cloud Batch", "BATCH_TASK_INDEX", 0, None),
    Engine { hint: "; submit -J 1-N", ..engine("PBS", "PBS_ARRAY_INDEX", 1, None) },
    Engine { hint: "; submit -t 1-N", ..engine("Grid Engine", "SGE_TASK_ID", 1, None) },
];

/// What the environment says of one engine.
struct Told {
    engine: &'static Engine,
    text: String,
    number: u64,
}

/// The number, from 1, of this process among so many, as an engine tells it.
pub(super) fn number(of: u64, variable: impl Fn(&str) -> Option<String>) -> Result<u64, ShardError> {
    // Grid Engine says `undefined` where there is no array.
    let set = |name: &str| variable(name).filter(|value| !value.is_empty() && value != "undefined");
    let mut told = Vec::new();
    for engine in ENGINES {
        if let Some(text) = set(engine.variable) {
            told.push(read(engine, text, of, &set)?);
        }
    }
    let Some(first) = told.first() else { return Err(ShardError::Environment(nobody())) };
    match told.iter().find(|other| other.number != first.number) {
        None => Ok(first.number),
        Some(other) => Err(ShardError::Environment(format!(
            "{} disagree; name the shard, as in --shard {}/{of}",
            [first, other].map(Told::said).join(" and "),
            first.number,
        ))),
    }
}

fn read(
    engine: &'static Engine,
    text: String,
    of: u64,
    set: &impl Fn(&str) -> Option<String>,
) -> Result<Told, ShardError> {
    let wrong = |reason: String| Err(ShardError::Environment(format!("{}={text}: {reason}", engine.variable)));
    let Ok(number) = text.parse::<u64>() else { return wrong("no number".to_owned()) };
    let Some(number) = number.checked_sub(engine.begins_at).and_then(|number| number.checked_add(1)) else {
        return wrong(format!("shards count from {} in {}{}", engine.begins_at, engine.name, engine.hint));
    };
    if number > of {
        return wrong(format!("that is shard {number}, and there are {of}"));
    }
    if let Some((name, total)) = engine.total.and_then(|name| Some((name, set(name)?)))
        && total.parse() != Ok(of)
    {
        return wrong(format!("{name}={total} is not the total of {of} that was asked for"));
    }
    Ok(Told { engine, text, number })
}

impl Told {
    fn said(&self) -> String {
        format!("{}={} (shard {} in {})", self.engine.variable, self.text, self.number, self.engine.name)
    }
}

fn nobody() -> String {
    let names: Vec<&str> = ENGINES.iter().map(|engine| engine.variable).collect();
    format!("no engine says which shard this is: none of {} is set; name it, as in --shard 3/7", names.join(", "))
}

#[cfg(test)]
mod tests {
    use crate::shard::Shard;

    /// What `env/7` comes to under those variables.
    fn check(variables: &[(&str, &str)], expected: Result<u64, &str>) {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let found = Shard::asked("env/7", variable);
        match (found, expected) {
            (Ok(shard), Ok(number)) => assert_eq!((shard.number(), shard.of()), (number, 7), "{variables:?}"),
            (Err(error), Err(said)) => {
                assert!(error.to_string().contains(said), "{variables:?}: {error}");
            }
            (found, _) => panic!("{variables:?}: {found:?}"),
        }
    }

    #[test]
    fn every_engine_counts_from_where_it_does() {
        check(&[("SLURM_ARRAY_TASK_ID", "3")], Ok(3));
        check(&[("SLURM_ARRAY_TASK_ID", "0")], Err("submit --array=1-N"));
        check(&[("SLURM_ARRAY_TASK_ID", "8")], Err("that is shard 8, and there are 7"));
        // The total of this submission says nothing.
        check(&[("SLURM_ARRAY_TASK_ID", "7"), ("SLURM_ARRAY_TASK_COUNT", "2")], Ok(7));
        check(&[("JOB_COMPLETION_INDEX", "0")], Ok(1));
        check(&[("JOB_COMPLETION_INDEX", "7")], Err("shard 8"));
        check(&[("CI_NODE_INDEX", "7"), ("CI_NODE_TOTAL", "7")], Ok(7));
        check(&[("CI_NODE_INDEX", "5"), ("CI_NODE_TOTAL", "8")], Err("CI_NODE_TOTAL=8 is not the total"));
        check(&[("TEST_SHARD_INDEX", "6"), ("TEST_TOTAL_SHARDS", "7")], Ok(7));
        check(&[("PARALLEL_SEQ", "1")], Ok(1));
        check(&[("CIRCLE_NODE_INDEX", "2")], Ok(3));
        check(&[("BUILDKITE_PARALLEL_JOB", "2")], Ok(3));
        check(&[("AWS_BATCH_JOB_ARRAY_INDEX", "2")], Ok(3));
        check(&[("SGE_TASK_ID", "undefined")], Err("no engine says"));
        check(&[("SLURM_ARRAY_TASK_ID", "three")], Err("no number"));
        check(&[("JOB_COMPLETION_INDEX", "18446744073709551615")], Err("JOB_COMPLETION_INDEX"));
    }

    #[test]
    fn two_engines_have_to_agree() {
        check(&[("SLURM_ARRAY_TASK_ID", "3"), ("PARALLEL_SEQ", "3")], Ok(3));
        check(&[("SLURM_ARRAY_TASK_ID", "3"), ("JOB_COMPLETION_INDEX", "2")], Ok(3));
        check(
            &[("SLURM_ARRAY_TASK_ID", "3"), ("PARALLEL_SEQ", "1")],
            Err("SLURM_ARRAY_TASK_ID=3 (shard 3 in Slurm) and PARALLEL_SEQ=1 (shard 1 in GNU parallel) disagree"),
        );
    }
}
