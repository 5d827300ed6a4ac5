//! The command line: our own options are taken out, and everything else is Cargo's.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

/// What `cargo bohrbug help` prints.
pub(crate) const HELP: &str = "\
Explores the tests of a repository, dependencies included, without changing a line.

Usage: cargo bohrbug test [OPTIONS] [cargo test's own options] [-- FILTERS AND OPTIONS OF THE TESTS]
       cargo bohrbug nextest run [OPTIONS] [cargo nextest run's own options] [-- FILTERS]
       cargo bohrbug replay TRACE [--times N | --debug [--step N]] [OPTIONS] [cargo test's own options]
       cargo bohrbug explain TRACE
       cargo bohrbug setup | clean [--manifest-path FILE] [--target-dir DIRECTORY]

Options:
  --executions N     maximum executions per test [10000]
  --events N         maximum events per test, over all its executions [5000000]
  --time SECONDS     maximum seconds per test [5]
  --strategy NAME    who runs next [portfolio]
  --seed N           the seed of random numbers [0]
  --leave CRATE      leave a crate on the real std; can be repeated
  --every-access     see every access to memory, and find data races; uses unstable compiler flags
  --format FORMAT    human, or json: one object per test on standard output [human]
  --shard M/N        only this part of each test: 3/7, or env/7 where an engine sets the number; see `bohrbug merge`
  --out DIRECTORY    where the results of that part go
  --times N          how often a trace is replayed [1]
  --debug            replay with tasks on OS threads, and print gdb's command to stop before a step
  --step N           the step that it stops before [the last]

A test that starts no thread runs once: sequential. Traces are saved in target/bohrbug/traces.
";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Test,
    Setup,
    Clean,
    Replay(PathBuf),
    Explain(PathBuf),
}

/// How the tests are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Human,
    Json,
}

/// The command line.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) command: Command,
    /// Whether the tests are run by cargo-nextest.
    pub(crate) nextest: bool,
    pub(crate) executions: u64,
    pub(crate) events: u64,
    pub(crate) time: Duration,
    pub(crate) strategy: String,
    pub(crate) seed: u64,
    pub(crate) leave: Vec<String>,
    /// Whether every access to memory is to be seen.
    pub(crate) every_access: bool,
    pub(crate) format: Format,
    pub(crate) times: u64,
    /// The part of each test that is explored, and where its results go.
    pub(crate) shard: Option<String>,
    pub(crate) out: Option<PathBuf>,
    /// Whether a budget was asked for that is not one of executions.
    pub(crate) is_bounded_otherwise: bool,
    pub(crate) debug: bool,
    pub(crate) step: Option<u64>,
    /// Cargo's options, before `--`.
    pub(crate) cargo: Vec<OsString>,
    /// The tests' options, after it.
    pub(crate) tests: Vec<OsString>,
}

impl Options {
    /// Reads the command line.
    pub(crate) fn read(arguments: Vec<OsString>) -> Result<Self, Error> {
        let mut arguments = arguments.into_iter();
        let command = arguments.next();
        let mut options = Self::usual(Command::Help);
        options.command = match command.as_deref().and_then(OsStr::to_str) {
            None | Some("help" | "--help" | "-h") => return Ok(options),
            Some("test") => Command::Test,
            Some("nextest") => match arguments.next() {
                Some(next) if next == "run" => {
                    options.nextest = true;
                    Command::Test
                }
                _ => return Err(Error::Usage("nextest has one command here: `cargo bohrbug nextest run`".to_owned())),
            },
            Some("setup") => Command::Setup,
            Some("clean") => Command::Clean,
            Some("replay") => Command::Replay(trace(&mut arguments)?),
            Some("explain") => Command::Explain(trace(&mut arguments)?),
            Some(other) => return Err(Error::Usage(format!("there is no command `{other}`"))),
        };
        while let Some(argument) = arguments.next() {
            if argument == "--" {
                options.tests = arguments.collect();
                break;
            }
            options.take(argument, &mut arguments)?;
        }
        Ok(options)
    }

    fn usual(command: Command) -> Self {
        Self {
            command,
            nextest: false,
            executions: 10_000,
            events: 5_000_000,
            time: Duration::from_secs(5),
            strategy: "portfolio".to_owned(),
            seed: 0,
            leave: Vec::new(),
            every_access: false,
            format: Format::Human,
            times: 1,
            shard: None,
            out: None,
            is_bounded_otherwise: false,
            debug: false,
            step: None,
            cargo: Vec::new(),
            tests: Vec::new(),
        }
    }

    /// Takes one of our options, or leaves it to Cargo.
    fn take(&mut self, argument: OsString, rest: &mut impl Iterator<Item = OsString>) -> Result<(), Error> {
        let text = argument.to_string_lossy().into_owned();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text.as_str(), None),
        };
        let value = || {
            let next = value.or_else(|| rest.next().map(|value| value.to_string_lossy().into_owned()));
            next.ok_or_else(|| Error::Usage(format!("{name} needs a value")))
        };
        match name {
            "--executions" => self.executions = number(name, &value()?)?.max(1),
            "--events" => {
                self.events = number(name, &value()?)?.max(1);
                self.is_bounded_otherwise = true;
            }
            "--time" => {
                self.time = seconds(name, &value()?)?;
                self.is_bounded_otherwise = true;
            }
            "--shard" => self.shard = Some(value()?),
            "--out" => self.out = Some(value()?.into()),
            "--debug" => self.debug = true,
            "--step" => self.step = Some(number(name, &value()?)?),
            "--strategy" => self.strategy = value()?,
            "--seed" => self.seed = number(name, &value()?)?,
            "--leave" => self.leave.push(value()?.replace('-', "_")),
            "--every-access" => self.every_access = true,
            "--times" => self.times = number(name, &value()?)?.max(1),
            "--format" => {
                self.format = match value()?.as_str() {
                    "human" => Format::Human,
                    "json" => Format::Json,
                    other => return Err(Error::Usage(format!("--format takes human or json, not `{other}`"))),
                }
            }
            _ => self.cargo.push(argument),
        }
        Ok(())
    }

    /// The value of one of Cargo's options.
    pub(crate) fn of_cargo(&self, name: &str) -> Option<&OsStr> {
        let mut arguments = self.cargo.iter();
        while let Some(argument) = arguments.next() {
            if argument == name {
                return arguments.next().map(OsString::as_os_str);
            }
            if let Some(value) = argument.to_str().and_then(|text| text.strip_prefix(name)?.strip_prefix('=')) {
                return Some(OsStr::new(value));
            }
        }
        None
    }
}

fn trace(arguments: &mut impl Iterator<Item = OsString>) -> Result<PathBuf, Error> {
    arguments.next().map(PathBuf::from).ok_or_else(|| Error::Usage("which trace?".to_owned()))
}

fn number(name: &str, value: &str) -> Result<u64, Error> {
    value.replace('_', "").parse().map_err(|_| Error::Usage(format!("{name} takes a whole number, not `{value}`")))
}

fn seconds(name: &str, value: &str) -> Result<Duration, Error> {
    let seconds = value.strip_suffix('s').unwrap_or(value).parse().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| Error::Usage(format!("{name} takes a number of seconds, not `{value}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        Options::read(line.split_whitespace().map(OsString::from).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn our_options_are_taken_and_the_others_are_cargos() {
        let options =
            read("test -p tally --executions=1_000 --release --time 0.5 --leave a-b --every-access -- --exact x")
                .unwrap();
        assert_eq!(options.command, Command::Test);
        assert_eq!((options.executions, options.time), (1000, Duration::from_millis(500)));
        assert_eq!(options.leave, ["a_b"]);
        assert!(options.every_access && !read("test").unwrap().every_access);
        assert_eq!(options.cargo, ["-p", "tally", "--release"]);
        assert_eq!(options.tests, ["--exact", "x"]);
        assert_eq!(options.of_cargo("-p"), Some(OsStr::new("tally")));
    }

    #[test]
    fn what_means_nothing_is_said() {
        for (line, expected) in [
            ("tset", "there is no command `tset`"),
            ("test --executions many", "--executions takes a whole number, not `many`"),
            ("test --time", "--time needs a value"),
            ("test --format xml", "--format takes human or json, not `xml`"),
            ("replay", "which trace?"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
