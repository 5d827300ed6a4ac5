//! The results of a campaign's shards, wherever they lie, and what is wrong with them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bohrbug::shard::Shard;

use super::Campaign;
use super::results::Results;
use crate::exit::Exit;

/// Why nothing can be merged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CampaignError {
    /// A directory cannot be read.
    #[error("{}: cannot read the directory: {_1}; name what was given to --out", _0.display())]
    Directory(PathBuf, io::Error),
    /// There is nothing.
    #[error("no results of a shard are in {0}; name what was given to --out")]
    Nothing(String),
    /// There are results of two campaigns.
    #[error("{one} and {other} are of two campaigns: {difference}; give each campaign a directory of its own")]
    Mixed {
        /// A file.
        one: String,
        /// Another file.
        other: String,
        /// What differs.
        difference: String,
    },
    /// It is of scenarios that this program does not have.
    #[error("{0}: the results are of {1}, which this program does not have; merge with the program that hunted")]
    Unknown(String, String),
    /// The results cannot be written.
    #[error("{}: cannot write the results: {_1}; free some space, or choose a writable directory", _0.display())]
    Unwritable(PathBuf, io::Error),
}

impl CampaignError {
    /// What the program ends with for it.
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Directory(..) => Exit::Unreadable,
            Self::Nothing(_) => Exit::NothingSelected,
            Self::Mixed { .. } | Self::Unknown(..) => Exit::Usage,
            Self::Unwritable(..) => Exit::OurFault,
        }
    }
}

/// The results of one campaign.
#[derive(Debug)]
pub struct Gathered {
    /// The file that was read first, for messages.
    pub file: String,
    /// Of what.
    pub campaign: Campaign,
    /// How many shards there are, results or not.
    pub of: u64,
    /// Each once, by its number.
    pub results: BTreeMap<u64, Results>,
    /// Files that were left out, each with the reason.
    pub left_out: Vec<String>,
    /// Files that were there twice, and said the same.
    pub repeated: Vec<String>,
}

impl Gathered {
    /// Finds the results of the one campaign in these directories and below.
    ///
    /// # Errors
    ///
    /// If there are none, or they are of several campaigns.
    pub fn from(directories: &[PathBuf]) -> Result<Self, CampaignError> {
        let mut all = Self::all(directories)?;
        match &all[..] {
            [_] => Ok(all.remove(0)),
            [one, other, ..] => Err(CampaignError::Mixed {
                one: one.file.clone(),
                other: other.file.clone(),
                difference: "other tests".to_owned(),
            }),
            [] => Err(nothing(directories, &[])),
        }
    }

    /// Finds the results in these directories and below: those of one hunt, or of each test of a campaign. What was left out
    /// is with the first.
    ///
    /// # Errors
    ///
    /// If there are none, or they are of several campaigns.
    pub fn all(directories: &[PathBuf]) -> Result<Vec<Self>, CampaignError> {
        let mut files = Vec::new();
        for directory in directories {
            find(directory, &mut files).map_err(|error| CampaignError::Directory(directory.clone(), error))?;
        }
        let mut left_out = Vec::new();
        let mut found: BTreeMap<_, Vec<(String, Results)>> = BTreeMap::new();
        for path in files {
            let name = path.display().to_string();
            match Results::read(&path) {
                Ok(results) => {
                    let test = results.campaign.test.as_ref().map(|_| results.campaign.pairs.clone());
                    found.entry(test).or_default().push((name, results));
                }
                Err(error) => left_out.push(format!("{name}: {error}")),
            }
        }
        let Some((first, results)) = found.values().find_map(|found| found.first()).cloned() else {
            return Err(nothing(directories, &left_out));
        };
        for found in found.values() {
            if let Some((name, other)) = found.first() {
                refuse_other_kind((&first, &results), (name, other))?;
            }
        }
        let mut all = found.into_values().map(Self::of).collect::<Result<Vec<_>, _>>()?;
        if let Some(first) = all.first_mut() {
            first.left_out.splice(0..0, left_out);
        }
        Ok(all)
    }

    /// The campaign of these results, of which there are some.
    fn of(found: Vec<(String, Results)>) -> Result<Self, CampaignError> {
        let (file, first) = &found[0];
        for (name, results) in &found {
            refuse_mixed((file, first), (name, results))?;
        }
        let (file, campaign, of) = (file.clone(), first.campaign.clone(), first.shard.of());
        let (results, left_out, repeated) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut gathered = Self { file, campaign, of, results, left_out, repeated };
        gathered.take(found);
        Ok(gathered)
    }

    /// Takes each shard once; where two of one shard differ there is no saying which is right.
    fn take(&mut self, found: Vec<(String, Results)>) {
        let mut disputed = Vec::new();
        for (name, results) in found {
            let number = results.shard.number();
            match self.results.get(&number) {
                None => _ = self.results.insert(number, results),
                Some(known) if known.is_same(&results) => {
                    self.repeated.push(format!("{name}: shard {number} is there twice, and counts once"));
                }
                Some(_) => {
                    let reason = "was run twice, with different results: the program is not deterministic, or not the same program";
                    self.left_out.push(format!("{name}: shard {number} {reason}"));
                    disputed.push(number);
                }
            }
        }
        for number in disputed {
            self.results.remove(&number);
        }
    }

    /// The numbers of the shards without results.
    pub fn missing(&self) -> Vec<u64> {
        (1..=self.of).filter(|number| !self.results.contains_key(number)).collect()
    }
}

/// Looks whether a directory that is to have the results of a shard has those of another campaign.
///
/// # Errors
///
/// If it has.
pub fn refuse_others(directory: &Path, campaign: &Campaign, shard: Shard) -> Result<(), CampaignError> {
    let mut files = Vec::new();
    // A directory that is not there has none; whatever else is wrong with it comes out when it is written to.
    let _ = find(directory, &mut files);
    let own = Results { shard, campaign: campaign.clone(), lines: Vec::new() };
    let name = format!("shard {shard}");
    for path in files {
        if let Ok(results) = Results::read(&path) {
            refuse_mixed((&name, &own), (&path.display().to_string(), &results))?;
        }
    }
    Ok(())
}

fn refuse_mixed(one: (&String, &Results), other: (&String, &Results)) -> Result<(), CampaignError> {
    match other.1.difference(one.1.shard, &one.1.campaign) {
        None => Ok(()),
        Some(difference) => Err(CampaignError::Mixed { one: one.0.clone(), other: other.0.clone(), difference }),
    }
}

/// Of two tests of a campaign the totals are the same, and a hunt is no test.
fn refuse_other_kind(one: (&String, &Results), other: (&String, &Results)) -> Result<(), CampaignError> {
    let is_test = |results: &Results| results.campaign.test.is_some();
    let totals = [one.1, other.1].map(|results| results.shard.of());
    let difference = if is_test(one.1) != is_test(other.1) {
        "a hunt and not a test".to_owned()
    } else if totals[0] != totals[1] {
        format!("{} shards and not {}", totals[0], totals[1])
    } else {
        return Ok(());
    };
    Err(CampaignError::Mixed { one: one.0.clone(), other: other.0.clone(), difference })
}

/// The files of results, in the order of their names.
fn find(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() && !entry.is_symlink() {
            find(&entry, files)?;
        } else if name.starts_with("shard-") && name.ends_with(".jsonl") {
            files.push(entry);
        }
    }
    Ok(())
}

fn nothing(directories: &[PathBuf], left_out: &[String]) -> CampaignError {
    let names: Vec<String> = directories.iter().map(|directory| directory.display().to_string()).collect();
    match left_out {
        [] => CampaignError::Nothing(names.join(", ")),
        reasons => CampaignError::Nothing(format!("{} ({})", names.join(", "), reasons.join("; "))),
    }
}
