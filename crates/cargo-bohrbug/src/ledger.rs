//! What a command tells the processes that it starts, and what they write down for it: files of one run.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use bohrbug_plan::{Outcome, Plan};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::options::Format;

/// The variable with the path of an [`Order`].
pub(crate) const VARIABLE: &str = "BOHRBUG_TEST_ORDER";

/// What the runners of test binaries are to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// As for every test, but for its name and the file of its outcome.
    pub(crate) plan: Plan,
    /// Where outcomes are written down, a line a test.
    pub(crate) ledger: PathBuf,
    /// The folder of the run's files.
    pub(crate) folder: PathBuf,
    /// Whether an outcome is also a line on standard output.
    pub(crate) json: bool,
}

impl Order {
    pub(crate) fn new(plan: Plan, folder: PathBuf, format: Format) -> Self {
        Self { plan, ledger: folder.join("outcomes.jsonl"), folder, json: format == Format::Json }
    }

    /// Writes it to its file, and returns the file's path.
    pub(crate) fn write(&self) -> Result<PathBuf, Error> {
        let path = self.folder.join("order.json");
        let text = serde_json::to_vec(self).unwrap_or_else(|error| unreachable!("an order is JSON: {error}"));
        fs::write(&path, text).map_err(Error::file(&path))?;
        Ok(path)
    }

    /// The one that this process was started under.
    pub(crate) fn read() -> Option<Self> {
        serde_json::from_slice(&fs::read(std::env::var_os(VARIABLE)?).ok()?).ok()
    }

    /// Writes an outcome down.
    pub(crate) fn note(&self, outcome: &Outcome) -> Result<(), Error> {
        if self.json {
            println!("{}", outcome.to_text());
        }
        let file = OpenOptions::new().create(true).append(true).open(&self.ledger);
        let line = format!("{}\n", outcome.to_text());
        file.and_then(|mut file| file.write_all(line.as_bytes())).map_err(Error::file(&self.ledger))
    }

    /// Every outcome that was written down.
    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        let text = fs::read_to_string(&self.ledger).unwrap_or_default();
        text.lines().filter_map(|line| Outcome::from_text(line).ok()).collect()
    }
}

/// A folder for the files of this run: its process's own.
pub(crate) fn folder(below: &Path) -> Result<PathBuf, Error> {
    let folder = below.join("runs").join(std::process::id().to_string());
    crate::cargo::remove(&folder)?;
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    Ok(folder)
}
