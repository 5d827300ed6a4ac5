//! One shard of an exploration: its own executions, or its own subtrees, in this thread.
//!
//! It ends at its first failure, as the whole does; what the others find it does not know. What it cannot do: divide a search
//! whose subtrees tell each other what to try (`dpor`, `bounded`), or follow a foreign runtime's.

use std::cell::Cell;
use std::rc::Rc;

use bohrbug_sync::control::Runtime;

use super::jobs::watches_memory;
use super::tally::{Record, Recorder};
use super::worker::shares;
use super::{Exploration, Found, Progress};
use crate::runtime::{NativeRun, Program};
use crate::session::Session;
use crate::shard::{Findings, Part, Place, Sample, Shard, ShardError, Stored, Subtree, Work};
use crate::strategy::{Spot, Strategy, Subtrees};
use crate::unknown::refuse_unknown_monitors;
use crate::{determinism, hook};

/// How many executions pass between two words on progress.
const TOLD_EVERY: u64 = 1024;

/// How many subtrees a shard has, at least, where there are as many.
const SUBTREES: u64 = 16;

/// The most decisions above a subtree.
const DEEPEST: usize = 200;

/// How a strategy can be divided.
enum Division {
    /// By the numbers of executions, each of which it draws; the first so many are what it learns from.
    Drawn(Box<dyn Strategy>, u64),
    /// By subtrees of a depth-first search.
    Searched,
}

impl Exploration {
    /// Explores what is the shard's own; [`merge`](Self::merge) makes the report of all parts.
    ///
    /// ```
    /// use bohrbug::shard::Shard;
    /// use bohrbug::{Budget, Exploration, Program, Verdict};
    ///
    /// let nothing = Program::new(|| ());
    /// let exploration = Exploration::new("nothing", "random").budget(Budget::default().executions(10));
    /// let part = |number| exploration.run_shard(&nothing, Shard::new(number, 2)?, |_| ());
    /// let report = exploration.merge(&[part(2)?, part(1)?])?;
    /// assert_eq!((report.verdict, report.executions), (Verdict::Passed, 10));
    /// # Ok::<(), bohrbug::shard::ShardError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the strategy or the budget cannot be divided, or executions share something.
    pub fn run_shard(&self, program: &Program, shard: Shard, progress: impl Fn(Progress)) -> Result<Part, ShardError> {
        let (division, budget) = (self.division(program)?, self.budget_of_executions()?);
        let _guard = self.guard(program);
        let _quiet = hook::Quiet::begin();
        let work = Work::Drawn { end: 0 };
        let mut part = Part { shard, budget, nondeterminism: None, work, findings: Findings::default() };
        let sample = match determinism::check(self, program) {
            Ok(sample) => sample,
            Err(found) => {
                part.nondeterminism = Some(Stored(*found));
                return Ok(part);
            }
        };
        let runner = Runner { exploration: self, program, shard, budget, progress: &progress };
        let (work, findings) = match division {
            Division::Drawn(strategy, learning) => runner.draw(strategy, learning)?,
            Division::Searched => runner.search()?,
        };
        if let Some((Stored(found), _)) = &findings.failure
            && !determinism::comes_again(self, program, &found.failure, &found.trace)
        {
            return Err(ShardError::Shares(self.scenario.clone()));
        }
        // A proof is of one program: what it was at first, it has to be at the end.
        if findings.failure.is_none()
            && let Work::Searched { .. } = &work
        {
            part.nondeterminism = self.changed_since(program, [sample]).map(Stored);
        }
        Ok(Part { work, findings, ..part })
    }

    /// Looks whether this can be explored in shards at all.
    ///
    /// # Errors
    ///
    /// If the strategy or the budget cannot be divided.
    pub fn can_be_sharded(&self, program: &Program) -> Result<(), ShardError> {
        self.division(program)?;
        self.budget_of_executions().map(|_| ())
    }

    /// How it can be divided.
    ///
    /// # Errors
    ///
    /// If it cannot.
    fn division(&self, program: &Program) -> Result<Division, ShardError> {
        // What is unknown is said as everywhere.
        let searches = self.strategy.searches(self.seed, self.config.memory)?;
        let own: Vec<_> = program.monitors.make().map(|monitor| monitor.kind().name()).collect();
        refuse_unknown_monitors(self.on.iter().chain(&self.off), &own).map_err(crate::unknown::UnknownName::from)?;
        let refuse = |reason| Err(ShardError::Strategy { strategy: self.strategy.name().to_owned(), reason });
        if watches_memory(self) {
            return refuse("the allocator `Quarantine` looks for leaks over consecutive executions of one process");
        }
        if searches.runtime() != Runtime::Native {
            return refuse(FOREIGN);
        }
        match self.strategy.name() {
            "portfolio" => return refuse(PORTFOLIO),
            "dpor" => return refuse(DPOR),
            "dfs" => return Ok(Division::Searched),
            _ => {}
        }
        match self.strategy.make(self.seed, self.config.memory) {
            Some(strategy) if self.strategy.can_be_split() && !strategy.is_in_order(0) => {
                let learning = strategy.descriptor().learning;
                Ok(Division::Drawn(strategy, learning))
            }
            _ => refuse(SEARCHES),
        }
    }

    fn budget_of_executions(&self) -> Result<u64, ShardError> {
        match self.budget.executions {
            Some(executions) if self.budget.events.is_none() && self.budget.time.is_none() => Ok(executions.max(1)),
            _ => Err(ShardError::Budget),
        }
    }
}

const FOREIGN: &str =
    "a foreign runtime runs its executions in order; use random, pct, pos or surw, which draw on native";
const PORTFOLIO: &str =
    "a part of it is one exhaustive search; name a strategy that draws, random, pct, pos or surw, or dfs";
const DPOR: &str = "what one subtree shows has to be tried in others, which shards would miss; use random, pct, \
    pos or surw, or dfs for a proof";
const SEARCHES: &str = "it goes on from what it has seen; use random, pct, pos or surw, or dfs for a proof";

/// Runs the executions of one shard.
struct Runner<'a> {
    exploration: &'a Exploration,
    program: &'a Program,
    shard: Shard,
    budget: u64,
    progress: &'a dyn Fn(Progress),
}

impl<'a> Runner<'a> {
    fn native(&self, strategy: Box<dyn Strategy>) -> NativeRun<'a> {
        let Exploration { on, off, config, .. } = self.exploration;
        NativeRun::new(Session::new(strategy, self.program, on, off), config, self.program)
    }

    /// The shard's own numbers, and what the strategy learns from, which every shard runs.
    fn draw(&self, strategy: Box<dyn Strategy>, learning: u64) -> Result<(Work, Findings), ShardError> {
        let learning = learning.min(self.budget);
        let own = self.shard.first_from(learning).map_or(self.budget..self.budget, |first| first..self.budget);
        let step = usize::try_from(self.shard.of()).unwrap_or(usize::MAX);
        let mut run = self.native(strategy);
        let mut seen = Seen::new(self);
        for number in (0..learning).chain(own.step_by(step)) {
            // A strategy that comes to an end, or goes on from what it has seen, does not draw.
            let draws = !run.strategy().is_in_order(number);
            let Some(ended) = run.one(number).filter(|_| draws) else {
                let strategy = self.exploration.strategy.name().to_owned();
                return Err(ShardError::Strategy { strategy, reason: SEARCHES });
            };
            if shares(ended.execution.view()) {
                return Err(ShardError::Shares(self.exploration.scenario.clone()));
            }
            let record = seen.recorder.record(number, ended);
            if seen.see(Place(number, 0), record) {
                return Ok((Work::Drawn { end: number + 1 }, seen.findings));
            }
        }
        Ok((Work::Drawn { end: self.budget }, seen.findings))
    }

    /// The shard's own subtrees, and the first execution of each other one.
    fn search(&self) -> Result<(Work, Findings), ShardError> {
        let shard = self.shard;
        let (strategy, spot) = Subtrees::new(self.cut(), move |subtree| shard.owns(subtree));
        let mut run = self.native(Box::new(strategy));
        let mut seen = Seen::new(self);
        let mut subtrees = Vec::new();
        for number in 0.. {
            let Some(ended) = run.one(number) else {
                let of = Some(spot.get().subtree + 1);
                return Ok((Work::Searched { subtrees, of }, seen.findings));
            };
            if shares(ended.execution.view()) {
                return Err(ShardError::Shares(self.exploration.scenario.clone()));
            }
            let record = seen.recorder.record(number, ended);
            self.count(&mut subtrees, &spot);
            let Spot { subtree, number, .. } = spot.get();
            let failed = seen.see(Place(subtree, number), record);
            if failed || seen.executions >= self.budget {
                break;
            }
        }
        Ok((Work::Searched { subtrees, of: None }, seen.findings))
    }

    fn count(&self, subtrees: &mut Vec<Subtree>, spot: &Rc<Cell<Spot>>) {
        let Spot { subtree, number, .. } = spot.get();
        if self.shard.owns(subtree) {
            match subtrees.last_mut().filter(|last| last.0 == subtree) {
                Some(last) => last.1 = number + 1,
                None => subtrees.push(Subtree(subtree, number + 1)),
            }
        }
    }

    /// How many decisions lie above each subtree: so many that there are enough subtrees. It depends on the program and on the
    /// number of shards alone.
    fn cut(&self) -> usize {
        let is_enough = |cut: &usize| {
            let (subtrees, is_deep) = self.subtrees(*cut);
            subtrees >= SUBTREES * self.shard.of() || !is_deep
        };
        (1..DEEPEST).find(is_enough).unwrap_or(DEEPEST)
    }

    /// How many subtrees there are below so many decisions, and whether any execution comes so deep.
    fn subtrees(&self, cut: usize) -> (u64, bool) {
        let (strategy, spot) = Subtrees::new(cut, |_| false);
        let mut run = self.native(Box::new(strategy));
        let subtrees = (0..).take_while(|&number| run.one(number).is_some()).count() as u64;
        (subtrees, spot.get().is_deep)
    }
}

/// What a shard has seen.
struct Seen<'a> {
    runner: &'a Runner<'a>,
    recorder: Recorder,
    findings: Findings,
    /// How many executions of its own it has run.
    executions: u64,
}

impl<'a> Seen<'a> {
    fn new(runner: &'a Runner<'a>) -> Self {
        Self { runner, recorder: Recorder::new(runner.exploration), findings: Findings::default(), executions: 0 }
    }

    /// Notes what the execution at that place, which comes after all before, showed; says whether it failed.
    fn see(&mut self, place: Place, record: Record) -> bool {
        let failed = record.failure().is_some();
        if self.runner.shard.owns(place.0) {
            self.count(place, &record);
        }
        let findings = &mut self.findings;
        findings.proves |= record.search.is_some_and(|search| search.proves);
        findings.excepted.extend(record.excepted.into_iter().map(|exception| (exception, place)));
        for doubt in record.doubts {
            if findings.doubts.iter().all(|(known, _)| *known != doubt) {
                findings.doubts.push((doubt, place));
            }
        }
        findings.left_waiting = findings.left_waiting.take().or(record.left_waiting.map(|waiting| (waiting, place)));
        if let Some(guarantee) = record.guarantee
            && findings.guarantee.last().is_none_or(|(last, _)| *last != guarantee)
        {
            findings.guarantee.push((guarantee, place));
        }
        if let Some(failed) = record.failed
            && let Some(trace) = failed.trace
        {
            let place_of = if failed.failure.is_suspected() { &mut findings.suspicion } else { &mut findings.failure };
            place_of.get_or_insert((Stored(Found { failure: failed.failure, trace }), place));
        }
        failed
    }

    /// Counts an execution of the shard's own.
    fn count(&mut self, place: Place, record: &Record) {
        self.executions += 1;
        if record.is_cut() {
            self.findings.cut.push(place);
        }
        if let Some(behaviour) = record.behaviour {
            self.findings.behaviours.get_or_insert_with(Sample::default).add(behaviour, place.0);
        }
        if self.executions.is_multiple_of(TOLD_EVERY) {
            (self.runner.progress)(Progress { executions: self.executions, ..Progress::default() });
        }
    }
}
