//! The environment variables of the settings: a builder's setting beats a variable, which beats the default. An empty
//! variable counts as not set.

use std::path::PathBuf;
use std::time::Duration;

use bohrbug_sync::control::{Carrier, MemoryModel};

use crate::unknown::{carrier, memory_model};

/// What the environment asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `BOHRBUG_STRATEGY`: the strategy's name. Default: several in turn.
    pub strategy: Option<String>,
    /// `BOHRBUG_SEED`: the seed of random numbers. Default: 0.
    pub seed: Option<u64>,
    /// `BOHRBUG_MEMORY`: the memory model's name, `sc` or `rc11`. Default: `sc`.
    pub memory: Option<MemoryModel>,
    /// `BOHRBUG_CARRIER`: what carries tasks on native, `coroutines` or `threads`. Default: `coroutines`; of a replay, what the
    /// trace says.
    pub carrier: Option<Carrier>,
    /// `BOHRBUG_EXECUTIONS`: how many executions. Default: 10,000.
    pub executions: Option<u64>,
    /// `BOHRBUG_TIME`: how long, in seconds, decimals allowed. Default: no bound.
    pub time: Option<Duration>,
    /// `BOHRBUG_LOOP_TIME`: the processor time in seconds that a task may use without an event. Default: 10.
    pub loop_time: Option<Duration>,
    /// `BOHRBUG_REPLAY`: a trace to replay before the saved ones.
    pub replay: Option<PathBuf>,
    /// `BOHRBUG_TRACES`: the directory of saved traces. Default: `traces`, beside the package's manifest.
    pub traces: Option<PathBuf>,
    /// `BOHRBUG_SHARD`: the part of the campaign that this process is, as `3/7` or `env/7`; see
    /// [`Shard`](crate::shard::Shard). A value that names no shard is an error where it is used: otherwise everything
    /// would be explored.
    pub shard: Option<String>,
    /// `BOHRBUG_SHARD_OUT`: the directory for the results of a shard.
    pub shard_out: Option<PathBuf>,
    /// `CI`: set by continuous integration; then nothing is written.
    pub ci: bool,
}

/// The variables that mean something.
const KNOWN: [&str; 11] = [
    "BOHRBUG_STRATEGY",
    "BOHRBUG_SEED",
    "BOHRBUG_MEMORY",
    "BOHRBUG_CARRIER",
    "BOHRBUG_EXECUTIONS",
    "BOHRBUG_TIME",
    "BOHRBUG_LOOP_TIME",
    "BOHRBUG_REPLAY",
    "BOHRBUG_TRACES",
    "BOHRBUG_SHARD",
    "BOHRBUG_SHARD_OUT",
];

/// What Bohrbug's own tests are told.
const OWN_TESTS: &str = "BOHRBUG_TEST_";

/// What a process is told that was started to run one execution.
pub(crate) const OWN_CHILDREN: &str = "BOHRBUG_CHILD";

impl Environment {
    /// Reads the environment, and returns warnings about it.
    pub fn read() -> (Self, Vec<String>) {
        Self::from_variables(std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            (name.starts_with("BOHRBUG_") && !name.starts_with(OWN_TESTS) && name != OWN_CHILDREN && name != Self::HUNT
                || name == "CI")
                .then(|| (name, value.to_string_lossy().into_owned()))
        }))
    }

    /// Reads the environment, and warns on standard error about what it cannot use.
    pub(crate) fn read_aloud() -> Self {
        let (environment, warnings) = Self::read();
        for warning in warnings {
            eprintln!("bohrbug: {warning}");
        }
        environment
    }

    /// The variable of a hunt that goes on after its process ended.
    pub const HUNT: &'static str = "BOHRBUG_HUNT";

    /// What such a hunt has done.
    pub fn hunt() -> Option<PathBuf> {
        std::env::var_os(Self::HUNT).map(PathBuf::from)
    }

    /// The task of a process that was started to run one execution.
    pub(crate) fn child() -> Option<PathBuf> {
        std::env::var_os(OWN_CHILDREN).map(PathBuf::from)
    }

    /// What a task may use of processor time without an event, where nobody but the variable says so.
    pub(crate) fn asked_loop_time() -> Option<Duration> {
        std::env::var("BOHRBUG_LOOP_TIME").ok().and_then(|value| seconds(&value).ok())
    }

    /// What those variables ask for.
    fn from_variables(variables: impl Iterator<Item = (String, String)>) -> (Self, Vec<String>) {
        let mut asked = Self::default();
        let mut warnings = Vec::new();
        for (name, value) in variables {
            if value.is_empty() && KNOWN.contains(&name.as_str()) {
                continue;
            }
            if let Err(reason) = asked.set(&name, &value) {
                warnings.push(format!("{name}={value} is ignored: {reason}"));
            }
        }
        bohrbug_sorted::sort(&mut warnings);
        (asked, warnings)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "BOHRBUG_STRATEGY" => self.strategy = Some(value.to_owned()),
            "BOHRBUG_SEED" => self.seed = Some(number(value)?),
            "BOHRBUG_MEMORY" => self.memory = Some(memory_model(value).map_err(|error| error.to_string())?),
            "BOHRBUG_CARRIER" => self.carrier = Some(carrier(value).map_err(|error| error.to_string())?),
            "BOHRBUG_EXECUTIONS" => self.executions = Some(at_least_one(value)?),
            "BOHRBUG_TIME" => self.time = Some(seconds(value)?),
            "BOHRBUG_LOOP_TIME" => self.loop_time = Some(seconds(value)?),
            "BOHRBUG_REPLAY" => self.replay = Some(PathBuf::from(value)),
            "BOHRBUG_TRACES" => self.traces = Some(PathBuf::from(value)),
            "BOHRBUG_SHARD" => self.shard = Some(value.to_owned()),
            "BOHRBUG_SHARD_OUT" => self.shard_out = Some(PathBuf::from(value)),
            "CI" => self.ci = !matches!(value, "" | "0" | "false"),
            _ => {
                let near = bohrbug_trace::nearest(name, KNOWN).map(|near| format!("did you mean {near}?"));
                let near = near.unwrap_or_else(|| format!("there are {}", KNOWN.join(", ")));
                return Err(format!("unknown variable; {near}"));
            }
        }
        Ok(())
    }
}

fn number(value: &str) -> Result<u64, String> {
    value.replace('_', "").parse().map_err(|_| "expected a whole number".to_owned())
}

fn at_least_one(value: &str) -> Result<u64, String> {
    match number(value)? {
        0 => Err("expected at least 1".to_owned()),
        number => Ok(number),
    }
}

fn seconds(value: &str) -> Result<Duration, String> {
    let seconds =
        value.strip_suffix('s').unwrap_or(value).parse().map_err(|_| "expected a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "expected a number of seconds".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], expected: &Environment, warnings: &[&str]) {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (asked, warned) = Environment::from_variables(variables);
        assert_eq!(&asked, expected);
        assert_eq!(warned, warnings);
    }

    #[test]
    fn variables_say_what_they_say() {
        check(&[], &Environment::default(), &[]);
        let asked = Environment { seed: Some(7), executions: Some(1_000_000), ..Environment::default() };
        check(&[("BOHRBUG_SEED", "7"), ("BOHRBUG_EXECUTIONS", "1_000_000")], &asked, &[]);
        let asked = Environment { time: Some(Duration::from_millis(1500)), ci: true, ..Environment::default() };
        check(&[("BOHRBUG_TIME", "1.5s"), ("CI", "true")], &asked, &[]);
    }

    #[test]
    fn a_variable_that_is_set_to_nothing_is_not_set() {
        let nothing = KNOWN.map(|name| (name, ""));
        check(&nothing, &Environment::default(), &[]);
    }

    #[test]
    fn what_means_nothing_is_ignored_with_a_word() {
        check(
            &[
                ("BOHRBUG_SEED", "seven"),
                ("BOHRBUG_TIME", "-1"),
                ("BOHRBUG_MEMORY", "rc"),
                ("BOHRBUG_CARRIER", "fibres"),
                ("BOHRBUG_STRATGY", "pct"),
                ("BOHRBUG_EXECUTIONS", "0"),
                ("BOHRBUG_CELL_POINTS", "1"),
            ],
            &Environment::default(),
            &[
                "BOHRBUG_CARRIER=fibres is ignored: no carrier is called `fibres`; there are coroutines, threads",
                "BOHRBUG_CELL_POINTS=1 is ignored: unknown variable; there are BOHRBUG_STRATEGY, BOHRBUG_SEED, \
                 BOHRBUG_MEMORY, BOHRBUG_CARRIER, BOHRBUG_EXECUTIONS, BOHRBUG_TIME, BOHRBUG_LOOP_TIME, BOHRBUG_REPLAY, \
                 BOHRBUG_TRACES, BOHRBUG_SHARD, BOHRBUG_SHARD_OUT",
                "BOHRBUG_EXECUTIONS=0 is ignored: expected at least 1",
                "BOHRBUG_MEMORY=rc is ignored: no memory model is called `rc`; did you mean sc?",
                "BOHRBUG_SEED=seven is ignored: expected a whole number",
                "BOHRBUG_STRATGY=pct is ignored: unknown variable; did you mean BOHRBUG_STRATEGY?",
                "BOHRBUG_TIME=-1 is ignored: expected a number of seconds",
            ],
        );
    }
}
