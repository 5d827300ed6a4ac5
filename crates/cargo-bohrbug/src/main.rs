//! `cargo bohrbug`: explores the tests of a repository that knows nothing of it.
//!
//! One program in three parts, as `cargo miri` is. Called by a person it builds the stand-ins (`stand_ins`) and calls Cargo.
//! Called by Cargo in the compiler's place it gives each crate its `std` and `core` (`wrapper`). Called by Cargo to run a test
//! binary it runs each of its tests in a process of its own (`runner`).
//!
//! Exit codes: 0 nothing failed; 1 our own fault; 2 usage; 3 not a project that can be explored; 4 the stand-ins cannot be
//! built; 10 a replay reproduced the failure; 11 it diverged or failed differently; 12 it did not fail; 20 a trace cannot be
//! read. Of `test`, everything else is Cargo's own: 101 where a test failed or something did not compile.

mod cargo;
mod config;
mod debug;
mod error;
mod every_access;
mod ledger;
mod options;
mod replay;
mod runner;
mod rustdoc;
mod shard;
mod stand_ins;
mod table;
mod test;
mod turns;
mod wrapper;

use std::ffi::OsString;
use std::process::ExitCode;

use error::Error;
use options::{Command, Options};

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if wrapper::is_meant() {
        return wrapper::run(&arguments);
    }
    // Cargo passes the name of the subcommand on.
    if arguments.first().is_some_and(|first| first == "bohrbug") {
        arguments.remove(0);
    }
    if arguments.first().is_some_and(|first| first == runner::NAME) {
        return told(runner::run(&arguments[1..]));
    }
    if arguments.first().is_some_and(|first| first == rustdoc::NAME) {
        return told(rustdoc::run(&arguments[1..]));
    }
    told(person(arguments))
}

fn person(arguments: Vec<OsString>) -> Result<u8, Error> {
    let options = Options::read(arguments)?;
    match &options.command {
        Command::Help => {
            print!("{}", options::HELP);
            Ok(0)
        }
        Command::Test => test::run(&options),
        Command::Setup => stand_ins::build(&cargo::Project::find(&options)?).map(|_| 0),
        Command::Clean => cargo::Project::find(&options)?.clean().map(|()| 0),
        Command::Replay(trace) => replay::replay(&options, trace),
        Command::Explain(trace) => replay::explain(trace),
    }
}

fn told(result: Result<u8, Error>) -> ExitCode {
    match result {
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code().into()
        }
    }
}
