//! The results of a shard: one file, JSON lines. First what it is of, then a line for each pair, last how many these are and a
//! checksum of all before.
//!
//! It is written under another name and renamed when all of it is on the disk, so that a shard that is ended on the way leaves
//! no results; one that is begun again replaces them. A file that was cut off or changed is found out by its last line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bohrbug_trace::{Trace, replace_file};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_128;

use super::{Campaign, Part, Shard};

/// The version of the format.
const FORMAT: u64 = 1;

/// Another version explores otherwise under the same name, so its results are of another campaign.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How a file of results begins.
const BEGINNING: &str = "{\"results\":";

/// What a shard came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// Which shard.
    pub shard: Shard,
    /// Of what.
    pub campaign: Campaign,
    /// For each pair of the campaign, in their order.
    pub lines: Vec<Line>,
}

/// What a shard came to in one pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The scenario.
    pub scenario: String,
    /// The revision.
    pub revision: String,
    /// How long it took. Shown, never compared.
    pub seconds: f64,
    /// In a test: the text of the failure's trace, made smaller, since whoever merges cannot run the test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smaller: Option<String>,
    /// What came of it.
    #[serde(flatten)]
    pub came_to: CameTo,
}

/// What came of a pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CameTo {
    /// Its part of the exploration.
    Part(Box<Part>),
    /// The program cannot be explored in shards, for that reason.
    Refused(String),
    /// The program ended the shard's process: the text of the trace.
    Ended(String),
    /// A bug of ours.
    Fault(String),
    /// There is nothing to explore: what came of running it.
    Ran {
        /// In a word.
        verdict: String,
        /// How often it was run.
        executions: u64,
        /// Whether that is a failure.
        failed: bool,
    },
}

impl Line {
    /// The failure's trace, made smaller, if there is one.
    pub fn smaller(&self) -> Option<Trace> {
        Trace::parse(Path::new("the results"), self.smaller.as_ref()?.as_bytes()).ok()
    }
}

impl CameTo {
    /// The trace of what ended the process, if something did.
    pub fn ended(&self) -> Option<Trace> {
        let Self::Ended(text) = self else { return None };
        Trace::parse(Path::new("the results"), text.as_bytes()).ok().filter(|trace| trace.header.failure.is_some())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    results: u64,
    bohrbug: String,
    shard: Shard,
    campaign: Campaign,
}

/// What is looked at before anything else.
#[derive(Deserialize)]
struct Probe {
    results: u64,
    #[serde(default)]
    bohrbug: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    lines: usize,
    checksum: String,
}

/// Why a file is not the results of a shard.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotResults {
    /// It cannot be read.
    #[error("cannot read the file: {0}")]
    Unreadable(#[from] io::Error),
    /// It is something else.
    #[error("these are no results of a shard")]
    Other,
    /// It ends too early.
    #[error("the file was cut off; run the shard again")]
    CutOff,
    /// It is of another format.
    #[error(
        "the results have format {0} and this version reads format {FORMAT}; run the shard again with this version"
    )]
    Format(u64),
    /// It is of another version.
    #[error(
        "bohrbug {0} wrote these results, and this is {VERSION}; versions explore differently: run the shard again with this one"
    )]
    Version(String),
    /// Its contents were changed.
    #[error("the file is damaged: {0}; run the shard again")]
    Damaged(String),
}

impl Results {
    /// The name of the file.
    pub fn file_name(shard: Shard) -> String {
        format!("shard-{}-of-{}.jsonl", shard.number(), shard.of())
    }

    /// The text of the file.
    pub fn render(&self) -> String {
        let first =
            First { results: FORMAT, bohrbug: VERSION.to_owned(), shard: self.shard, campaign: self.campaign.clone() };
        let mut text = json(&first) + "\n";
        for line in &self.lines {
            text += &json(line);
            text.push('\n');
        }
        let last = Last { lines: self.lines.len(), checksum: checksum(&text) };
        text + &json(&last) + "\n"
    }

    /// Writes the file into that directory, which is made if need be; its path.
    ///
    /// # Errors
    ///
    /// If it cannot be written; what was there is still there.
    pub fn save(&self, directory: &Path) -> io::Result<PathBuf> {
        let path = directory.join(Self::file_name(self.shard));
        replace_file(&path, &self.render())?;
        Ok(path)
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// If it is not a whole and sound one of this version.
    pub fn read(path: &Path) -> Result<Self, NotResults> {
        Self::parse(&fs::read(path)?)
    }

    /// Reads what a file contains.
    ///
    /// # Errors
    ///
    /// If it is not a whole and sound one of this version.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotResults> {
        let (text, is_whole) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, true),
            Err(error) => (std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(), false),
        };
        probe(text.lines().next().unwrap_or_default())?;
        if !is_whole {
            return Err(NotResults::Damaged("it is not UTF-8".to_owned()));
        }
        let lines = text.strip_suffix('\n').ok_or(NotResults::CutOff)?;
        let (before, last) = lines.rsplit_once('\n').ok_or(NotResults::CutOff)?;
        let last: Last = serde_json::from_str(last).map_err(|_| NotResults::CutOff)?;
        let before = &text[..=before.len()];
        if last.checksum != checksum(before) {
            return Err(NotResults::Damaged("its checksum does not match".to_owned()));
        }
        contents(before, last.lines).map_err(NotResults::Damaged)
    }

    /// What makes it one of another campaign than that shard of that one, in words.
    pub fn difference(&self, shard: Shard, campaign: &Campaign) -> Option<String> {
        let (total, other) = (shard.of(), self.shard.of());
        let totals = || (total != other).then(|| format!("{total} shards and not {other}"));
        campaign.difference(&self.campaign).or_else(totals)
    }

    /// Whether both say the same, however long it took.
    pub fn is_same(&self, other: &Self) -> bool {
        let untimed = |results: &Self| {
            let lines = results.lines.iter().map(|line| Line { seconds: 0.0, ..line.clone() }).collect();
            Self { lines, ..results.clone() }
        };
        untimed(self) == untimed(other)
    }
}

/// Looks whether the first line is that of results of this version.
fn probe(line: &str) -> Result<(), NotResults> {
    let begins = line.starts_with(BEGINNING);
    let probe: Probe = serde_json::from_str(line).ok().filter(|_| begins).ok_or_else(|| {
        let is_beginning = begins || (!line.is_empty() && BEGINNING.starts_with(line));
        if is_beginning { NotResults::CutOff } else { NotResults::Other }
    })?;
    if probe.results != FORMAT {
        return Err(NotResults::Format(probe.results));
    }
    if probe.bohrbug != VERSION {
        return Err(NotResults::Version(probe.bohrbug.chars().filter(|c| !c.is_control()).take(40).collect()));
    }
    Ok(())
}

fn contents(text: &str, expected: usize) -> Result<Results, String> {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let First { shard, campaign, .. } = serde_json::from_str(first).map_err(|error| format!("line 1: {error}"))?;
    let read = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 2))
    };
    let lines: Vec<Line> = lines.enumerate().map(read).collect::<Result<_, _>>()?;
    if lines.len() != expected || lines.len() != campaign.pairs.len() {
        return Err("it does not have a line for each pair".to_owned());
    }
    let results = Results { shard, campaign, lines };
    for (line, pair) in results.lines.iter().zip(&results.campaign.pairs) {
        check(&results, line, pair)?;
    }
    Ok(results)
}

fn check(results: &Results, line: &Line, (scenario, revision): &(String, String)) -> Result<(), String> {
    let of = || format!("{scenario} {revision}");
    if (&line.scenario, &line.revision) != (scenario, revision) {
        return Err(format!("a line is not of {}", of()));
    }
    if !(line.seconds.is_finite() && (0.0..1e12).contains(&line.seconds)) {
        return Err(format!("{}: {} s is no duration", of(), line.seconds));
    }
    let is_test = results.campaign.test.is_some();
    let is_its_own = |trace: &Trace| {
        &trace.header.scenario == scenario && (is_test || trace.header.revision.as_ref() == Some(revision))
    };
    if matches!(line.came_to, CameTo::Ended(_)) {
        let trace = line
            .came_to
            .ended()
            .ok_or_else(|| format!("{}: the trace of what ended its process is not valid", of()))?;
        if !is_its_own(&trace) {
            return Err(format!("{}: the trace of what ended its process belongs to another program", of()));
        }
    }
    if line.smaller.is_some() && !line.smaller().is_some_and(|trace| is_its_own(&trace)) {
        return Err(format!("{}: the minimised trace belongs to another program", of()));
    }
    let CameTo::Part(part) = &line.came_to else { return Ok(()) };
    if (part.shard(), part.budget()) != (results.shard, results.campaign.executions) {
        return Err(format!("{}: the part belongs to another shard", of()));
    }
    part.check().map_err(|fault| format!("{}: {fault}", of()))
}

fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("a bug in bohrbug: every key is text, so that JSON can always be written")
}

/// The checksum of a text.
pub fn checksum(text: &str) -> String {
    format!("{:032x}", XxHash3_128::oneshot(text.as_bytes()))
}
