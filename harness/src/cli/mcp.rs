//! `bohrbug mcp`: the program as a server for agents.

use std::path::PathBuf;

use super::error::CliError;
use crate::exit::Exit;
use crate::mcp;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The directory that commands run in, and that all paths are below
    #[arg(long, value_name = "DIR", default_value = ".")]
    workspace: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, CliError> {
    mcp::serve(&arguments.workspace).map_err(|error| CliError::NotServed(arguments.workspace.clone(), error))?;
    Ok(Exit::AsAsked)
}
