//! Checks with an input: proptest generates inputs, each is explored, and one that fails is shrunk.
//!
//! The input that failed is in the header of the trace, as JSON, so that a replay has it again whatever the strategy for
//! inputs makes of its seed by then. Everything is drawn from the check's seed, and shrinking runs the same exploration
//! that failed, so the same check comes to the same input and the same trace.

use std::collections::BTreeSet;
use std::fmt::Debug;

use bohrbug_trace::Trace;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::check::{Check, or_panic};
use crate::environment::Environment;
use crate::explore::{Exploration, Found, Report, Verdict};
use crate::runtime::Program;
use crate::survive;

/// The default number of inputs.
pub(crate) const INPUTS: u32 = 32;

/// How many inputs are tried in search of a smaller failing one.
const SHRINKS: u32 = 500;

/// What an input must be: made by proptest, shown in reports, and written into traces.
pub trait Input: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static> Input for T {}

impl Check {
    /// How many inputs [`Check::run_with`] makes; they share the executions.
    pub const fn inputs(mut self, inputs: u32) -> Self {
        self.inputs = inputs;
        self
    }

    /// Replays the saved traces of this name with the inputs that are in them, then explores `f` with inputs that
    /// `strategy` makes.
    ///
    /// A failing input is shrunk as long as a smaller one fails with the same fingerprint. The verdict is at most
    /// *passed*, since other inputs may fail.
    ///
    /// ```
    /// use bohrbug::Check;
    /// use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
    /// use bohrbug_sync::thread;
    /// use proptest::collection::vec;
    ///
    /// Check::named("adders").inputs(4).executions(100).run_with(vec(0..10_u32, 0..3), |numbers| {
    ///     let total = AtomicU32::new(0);
    ///     thread::scope(|scope| {
    ///         for number in &numbers {
    ///             scope.spawn(|| total.fetch_add(*number, SeqCst));
    ///         }
    ///     });
    ///     assert_eq!(total.into_inner(), numbers.iter().sum::<u32>());
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// As [`Check::run`]; and if the input of a saved trace is none for this check.
    #[track_caller]
    pub fn run_with<S>(self, strategy: S, f: impl Fn(S::Value) + Clone + Send + Sync + 'static) -> Report
    where
        S: Strategy,
        S::Value: Input,
    {
        let environment = Environment { shard: None, ..undivided(Environment::read_aloud()) };
        let Program { monitors, again, .. } = self.watched(Program::new(|| ()));
        let program = move |input: S::Value| {
            let f = f.clone();
            Program { monitors: monitors.clone(), again: again.clone(), ..Program::new(move || f(input.clone())) }
        };
        let exploration = self.share(&environment);
        let _guard = self.guarded(survive::next_check(), &environment, &exploration, &|trace| program(recorded(trace)));
        self.replay_saved(&environment, &|trace| program(recorded(trace)));
        let mut runner = runner(exploration.seed);
        let mut executions = 0;
        let mut last = None;
        let inputs = self.inputs.max(1);
        let mut doubts = BTreeSet::new();
        for _ in 0..inputs {
            let mut tree = strategy.new_tree(&mut runner).unwrap_or_else(|reason| panic!("no input: {reason}"));
            let input = tree.current();
            let report = explored(&exploration, &program, &input);
            executions += report.executions;
            doubts.extend(report.doubts.iter().cloned());
            last = Some(match report.verdict {
                Verdict::Failed(found) => {
                    let Found { trace, .. } = shrunk(&exploration, &program, &mut tree, *found);
                    let input = recorded(&trace);
                    self.fail(&environment, &report.strategy, executions, trace, &program(input));
                }
                Verdict::Verified | Verdict::Exhausted | Verdict::Passed => report,
            });
        }
        let last = last.unwrap_or_else(|| unreachable!("a bug in bohrbug: a check without an input"));
        let report = Report { verdict: Verdict::Passed, excepted: BTreeSet::new(), executions, inputs, doubts, ..last };
        self.tell(&report);
        report
    }

    /// What each input may cost.
    fn share(&self, environment: &Environment) -> Exploration {
        let inputs = self.inputs.max(1);
        let mut exploration = self.exploration(environment);
        let budget = &mut exploration.budget;
        budget.executions = budget.executions.map(|executions| (executions / u64::from(inputs)).max(1));
        budget.time = budget.time.map(|time| time / inputs);
        exploration
    }
}

/// Says that a check with inputs is no campaign.
fn undivided(environment: Environment) -> Environment {
    if let Some(shard) = &environment.shard {
        eprintln!(
            "bohrbug: BOHRBUG_SHARD={shard} is ignored: a check with inputs is not divided, and explores everything"
        );
    }
    environment
}

/// The runner that makes inputs from a seed, and from nothing else.
fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// The input of a recorded execution.
#[track_caller]
fn recorded<T: Input>(trace: &Trace) -> T {
    let workload = trace.header.workload.clone().unwrap_or_default();
    serde_json::from_value(workload).unwrap_or_else(|error| {
        panic!("the workload in a trace of {} is not an input of this check: {error}", trace.header.scenario)
    })
}

#[track_caller]
fn explored<T: Input>(exploration: &Exploration, program: &impl Fn(T) -> Program, input: &T) -> Report {
    survive::tell(|about| about.workload = serde_json::to_value(input).ok());
    let mut report = or_panic(exploration.run(&program(input.clone()), |_| ()));
    if let Verdict::Failed(found) = &mut report.verdict {
        let workload = serde_json::to_value(input);
        found.trace.header.workload =
            Some(workload.unwrap_or_else(|error| panic!("an input that cannot be written as JSON: {error}")));
    }
    report
}

/// The failure of the smallest input that proptest comes to and that fails in the same way.
fn shrunk<T: Input>(
    exploration: &Exploration,
    program: &impl Fn(T) -> Program,
    tree: &mut impl ValueTree<Value = T>,
    found: Found,
) -> Found {
    let wanted = found.failure.fingerprint();
    let mut smallest = found;
    let mut goes_on = tree.simplify();
    for _ in 0..SHRINKS {
        if !goes_on {
            break;
        }
        let report = explored(exploration, program, &tree.current());
        let same = report.into_found().filter(|found| found.failure.has_fingerprint(&wanted));
        goes_on = match same {
            Some(found) => {
                smallest = found;
                tree.simplify()
            }
            None => tree.complicate(),
        };
    }
    smallest
}
