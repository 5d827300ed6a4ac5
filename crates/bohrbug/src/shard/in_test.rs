//! A shard of one test: its part of the exploration, and the file that it leaves.
//!
//! Tests run in many processes, and none of them knows the others. So each test has a folder of its own in the directory of the
//! campaign, named after it, in which every shard leaves one file. What it cannot do: say that a test was not run in any shard.

use std::io;
use std::path::{Path, PathBuf};

use bohrbug_trace::{Trace, file_name};

use super::campaign::Campaign;
use super::results::{CameTo, Line, Results, checksum};
use super::{Part, Shard, ShardError};
use crate::budget::Stopwatch;
use crate::explore::Exploration;
use crate::runtime::Program;

/// A shard of one test.
#[derive(Clone, Debug)]
pub struct InShard {
    shard: Shard,
    out: PathBuf,
    place: String,
}

/// What a shard of a test came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Left {
    /// Its part.
    pub part: Part,
    /// The trace of the failure that ended it, as it goes into its results.
    pub trace: Option<Trace>,
    /// Where its results are.
    pub path: PathBuf,
}

/// Why a test leaves no results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeaveError {
    /// The test cannot be divided.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// Other results are there.
    #[error("{} is of another campaign: {difference}; give each campaign a directory of its own", file.display())]
    Mixed {
        /// Their file.
        file: PathBuf,
        /// What differs.
        difference: String,
    },
    /// They cannot be written.
    #[error("{}: cannot write the results: {_1}; free some space, or choose a writable directory", _0.display())]
    Unwritable(PathBuf, #[source] io::Error),
}

impl InShard {
    /// That shard of the test at that place, which tells it from others of its name, with its results below `out`.
    ///
    /// ```
    /// use bohrbug::shard::{InShard, Results};
    /// use bohrbug::{Budget, Exploration, Program};
    ///
    /// let out = tempfile::tempdir()?;
    /// let exploration = Exploration::new("nothing", "random").budget(Budget::default().executions(10));
    /// let test = InShard::new("2/3".parse()?, out.path(), "package/target");
    /// let left = test.explore(&exploration, &Program::new(|| ()), |left| left.trace.clone())?;
    /// assert_eq!(left.part.executions(), 3);
    /// assert_eq!(Results::read(&left.path)?.shard.to_string(), "2/3");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(shard: Shard, out: impl Into<PathBuf>, place: impl Into<String>) -> Self {
        Self { shard, out: out.into(), place: place.into() }
    }

    /// Which shard it is.
    pub const fn shard(&self) -> Shard {
        self.shard
    }

    /// Explores what is the shard's own, and leaves its results. `smaller` makes the trace of a failure smaller; it is shown what
    /// was left by then, which stays if it does not come back.
    ///
    /// # Errors
    ///
    /// If the test cannot be divided, or the results cannot be left.
    pub fn explore(
        &self,
        exploration: &Exploration,
        program: &Program,
        smaller: impl FnOnce(&Left) -> Option<Trace>,
    ) -> Result<Left, LeaveError> {
        exploration.can_be_sharded(program)?;
        let campaign = self.campaign(exploration)?;
        self.refuse_others(&campaign)?;
        let watch = Stopwatch::start();
        let part = match exploration.run_shard(program, self.shard, |_| ()) {
            Ok(part) => part,
            Err(error) => {
                self.leave(campaign, CameTo::Refused(error.to_string()), None, 0.0)?;
                return Err(error.into());
            }
        };
        let seconds = watch.elapsed().as_secs_f64();
        let path = self.leave(campaign.clone(), CameTo::Part(Box::new(part.clone())), None, seconds)?;
        let trace = part.trace().cloned();
        let left = Left { part, trace, path };
        if left.trace.is_none() {
            return Ok(left);
        }
        let trace = smaller(&left);
        let seconds = watch.elapsed().as_secs_f64();
        let path = self.leave(campaign, CameTo::Part(Box::new(left.part.clone())), trace.as_ref(), seconds)?;
        Ok(Left { trace, path, ..left })
    }

    /// Leaves as a result that an execution has ended the process: its trace, and that made smaller.
    ///
    /// # Errors
    ///
    /// If the results cannot be left.
    pub fn ended(&self, exploration: &Exploration, trace: &Trace, smaller: &Trace) -> Result<PathBuf, LeaveError> {
        self.leave(self.campaign(exploration)?, CameTo::Ended(trace.render()), Some(smaller), 0.0)
    }

    /// Leaves as a result what came of a test in which there is nothing to explore, in a word, and how often it was run.
    ///
    /// # Errors
    ///
    /// If the results cannot be left.
    pub fn ran(
        &self,
        exploration: &Exploration,
        verdict: &str,
        executions: u64,
        failed: bool,
    ) -> Result<PathBuf, LeaveError> {
        let campaign = self.campaign(exploration)?;
        self.refuse_others(&campaign)?;
        self.leave(campaign, CameTo::Ran { verdict: verdict.to_owned(), executions, failed }, None, 0.0)
    }

    fn campaign(&self, exploration: &Exploration) -> Result<Campaign, ShardError> {
        Campaign::of_test(exploration, &self.place).ok_or(ShardError::Budget)
    }

    /// The folder of the campaign's results of this test.
    fn folder(&self, scenario: &str) -> PathBuf {
        let mark = checksum(&format!("{scenario}\n{}", self.place));
        self.out.join(file_name(scenario, Some(&self.place), &mark).trim_end_matches(".jsonl"))
    }

    fn refuse_others(&self, campaign: &Campaign) -> Result<(), LeaveError> {
        let scenario = campaign.pairs.first().map_or("", |(scenario, _)| scenario);
        // A folder that is not there has none; whatever else is wrong with it comes out when it is written to.
        let Ok(entries) = self.folder(scenario).read_dir() else { return Ok(()) };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        bohrbug_sorted::sort(&mut files);
        for file in files {
            let Ok(there) = Results::read(&file) else { continue };
            if let Some(difference) = there.difference(self.shard, campaign) {
                return Err(LeaveError::Mixed { file, difference });
            }
        }
        Ok(())
    }

    fn leave(
        &self,
        campaign: Campaign,
        came_to: CameTo,
        smaller: Option<&Trace>,
        seconds: f64,
    ) -> Result<PathBuf, LeaveError> {
        let (scenario, revision) = campaign.pairs.first().cloned().unwrap_or_default();
        let folder = self.folder(&scenario);
        let line = Line { scenario, revision, seconds, smaller: smaller.map(Trace::render), came_to };
        let results = Results { shard: self.shard, campaign, lines: vec![line] };
        results.save(&folder).map_err(|error| LeaveError::Unwritable(folder, error))
    }
}

/// Where a test is: its package, and its program without Cargo's hash.
pub(crate) fn place(nth: u32) -> String {
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let program = std::env::current_exe().ok();
    let stem = program.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_default();
    let is_hash = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let target = stem.rsplit_once('-').filter(|(_, hash)| is_hash(hash)).map_or(stem.as_str(), |(name, _)| name);
    let nth = if nth > 1 { format!(" {nth}") } else { String::new() };
    format!("{package}/{target}{nth}")
}
