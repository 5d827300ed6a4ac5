//! `cargo bohrbug replay --debug`: how gdb stops in the process of a test.
//!
//! What the process is told is in a variable, so gdb is told it by a script, which is written beside the traces.

use std::fs;
use std::path::{Path, PathBuf};

use bohrbug::debugger::number_of_step;
use bohrbug::shell::quoted;
use bohrbug_plan::{Plan, VARIABLE};
use bohrbug_trace::Trace;

use crate::error::Error;
use crate::runner::arguments;

/// The step to stop before: the one that is asked for, or the last.
pub(crate) fn step(trace: &Trace, asked: Option<u64>, path: &Path) -> Result<u64, Error> {
    let steps = trace.events.len() as u64;
    match asked {
        Some(step) if step >= steps => {
            Err(Error::Usage(format!("{} has {steps} steps, counted from 0; there is no step {step}", path.display())))
        }
        Some(step) => Ok(step),
        None => Ok(steps.saturating_sub(1)),
    }
}

/// Writes gdb's script for the test of that name in the binary, and says what to do with it.
pub(crate) fn prepare(binary: &Path, name: &str, plan: &Plan, step: u64) -> Result<String, Error> {
    let folder = plan.traces.with_file_name("debug");
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let script = folder.join("replay.gdb");
    let plan = Plan { outcome: folder.join("outcome"), ..plan.clone() };
    let words: Vec<String> = arguments(name).map(|word| word.to_owned()).collect();
    let text = format!(
        "set environment {VARIABLE} {}\nset args {}\nset breakpoint pending on\nbreak bohrbug_step if {} == {step}\nrun\n",
        plan.to_text(),
        words.join(" "),
        number_of_step(),
    );
    fs::write(&script, text).map_err(Error::file(&script))?;
    let shown = |path: &PathBuf| quoted(&path.display().to_string());
    Ok(format!(
        "to stop before step {step}:\n  gdb -x {} {}\neach task is a thread of that name: info threads, thread apply all bt",
        shown(&script),
        shown(&binary.to_owned()),
    ))
}
