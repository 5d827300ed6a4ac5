//! The program `bohrbug` as it is.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::cli::main(&harness::catalogue::everything())
}
