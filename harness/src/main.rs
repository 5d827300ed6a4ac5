//! The program `bohrbug`.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::cli::main(&harness::catalogue::everything())
}
