//! `bohrbug explain`: what had to happen in which order for a failure.

use std::path::{Path, PathBuf};

use bohrbug::explain::explain;
use bohrbug::minimize::MinimizeError;
use bohrbug::trace::{Explanation, Sources, Trace};
use clap::ValueEnum;

use super::command;
use super::console::Console;
use super::error::CliError;
use crate::catalogue::Catalogue;
use crate::exit::Exit;
use crate::recorded::{NotOpened, Recorded};

/// The width of the timeline: that of a terminal cannot be asked for, and the output should not depend on it.
const WIDTH: usize = 120;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The trace to explain
    #[arg(value_name = "TRACE")]
    trace: PathBuf,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// The file to write; standard output by default
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The directory that source paths are relative to; the current one by default
    #[arg(long, value_name = "DIR", default_value = ".")]
    sources: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Form {
    /// Text for a terminal
    #[default]
    Human,
    /// One page for a browser
    Html,
    /// A JSON object on a line
    Json,
    /// Chrome's trace format, for ui.perfetto.dev
    Chrome,
}

/// Why a trace is not explained.
#[derive(Debug, thiserror::Error)]
enum NotExplained {
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    #[error("{path}: {source}")]
    Impossible { path: String, source: MinimizeError },
}

impl NotExplained {
    const fn exit(&self) -> Exit {
        match self {
            Self::NotOpened(error) => error.exit(),
            Self::Impossible { .. } => Exit::Diverged,
        }
    }
}

pub(super) fn run(arguments: &Arguments, catalogue: &Catalogue, console: &mut Console) -> Result<Exit, CliError> {
    let explanation = match explained(&arguments.trace, &arguments.sources, catalogue) {
        Ok(Explained { explanation, warning }) => {
            warning.iter().for_each(|warning| console.warn(warning));
            explanation
        }
        Err(error) => {
            console.error(&error.to_string());
            return Ok(error.exit());
        }
    };
    let text = match arguments.format {
        Form::Human => explanation.human(WIDTH),
        Form::Html => explanation.html(),
        Form::Json => explanation.json(),
        Form::Chrome => explanation.chrome(),
    };
    match &arguments.out {
        Some(out) => std::fs::write(out, text).map_err(|error| CliError::Unwritable(out.clone(), error))?,
        None => console.say(text.trim_end()),
    }
    Ok(Exit::AsAsked)
}

struct Explained {
    explanation: Explanation,
    /// What is less than was asked for.
    warning: Option<String>,
}

/// The trace with its essence and the lines of today; a test's trace, which cannot be run here, as it was recorded.
fn explained(path: &Path, sources: &Path, catalogue: &Catalogue) -> Result<Explained, NotExplained> {
    let trace = Trace::read(path).map_err(NotOpened::from)?;
    if catalogue.find(&trace.header.scenario).is_none() {
        let (name, path) = (&trace.header.scenario, path.display().to_string());
        let command = command::test(&path, name);
        let warning = format!(
            "{path}: no scenario is called `{name}`, so nothing was run again and this is what was recorded, \
             beside the code of today; if it is of a test: {command}"
        );
        let sources = Sources::below(sources, &trace);
        return Ok(Explained { explanation: Explanation::new(trace, sources), warning: Some(warning) });
    }
    let recorded = Recorded::read_from(path, trace, catalogue)?;
    let explained = explain(&recorded.trace, &recorded.program());
    let explained =
        explained.map_err(|source| NotExplained::Impossible { path: path.display().to_string(), source })?;
    let sources = Sources::below(sources, &explained.trace);
    Ok(Explained { explanation: Explanation::new(explained.trace, sources), warning: None })
}
