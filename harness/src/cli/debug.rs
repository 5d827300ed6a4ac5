//! `bohrbug replay --debug`: a replay whose tasks are OS threads, for a debugger to stop in.
//!
//! What the debugger does is its own: this says by which command it stops before a step, and writes the same for editors.

use std::fs;
use std::path::{Path, PathBuf};

use bohrbug::debugger::number_of_step;
use bohrbug::shell::quoted;
use bohrbug::trace::{Sources, Trace, TraceEvent};
use serde_json::{Value, json};

use super::replay::NotReplayed;

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// With tasks that are OS threads, for a debugger; says how to stop before a step
    #[arg(long, conflicts_with_all = ["times", "on", "around"])]
    pub(super) debug: bool,
    /// The step that --debug is to stop before; the last by default
    #[arg(long, value_name = "N", requires = "debug")]
    step: Option<usize>,
    /// Writes that for editors, as a launch.json
    #[arg(long, value_name = "FILE", requires = "debug")]
    launch_json: Option<PathBuf>,
}

/// Where a debugger is to stop, and in what.
pub(super) struct Stop {
    step: usize,
    event: Option<TraceEvent>,
    program: PathBuf,
    arguments: Vec<String>,
    /// Where that was written for editors.
    written: Option<PathBuf>,
}

impl Arguments {
    /// The step that is asked for, of a trace with so many.
    pub(super) fn step_of(&self, trace: &Trace) -> usize {
        self.step.unwrap_or_else(|| trace.events.len().saturating_sub(1))
    }

    /// Where to stop in a replay of the trace at that path, on that revision; writes it for editors, if that is asked for.
    pub(super) fn stop(&self, path: &Path, trace: &Trace, revision: Option<&str>) -> Result<Stop, NotReplayed> {
        let step = self.step_of(trace);
        let name = path.display().to_string();
        if self.step.is_some_and(|step| step >= trace.events.len()) {
            return Err(NotReplayed::NoStep { path: name, step, steps: trace.events.len() });
        }
        let revision = revision.map(|revision| format!("--revision={revision}"));
        let arguments = ["replay".to_owned(), name, "--debug".to_owned()].into_iter().chain(revision).collect();
        let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("bohrbug"));
        let stop = Stop {
            step,
            event: Sources::below(Path::new("."), trace).called(trace).events.into_iter().nth(step),
            program,
            arguments,
            written: self.launch_json.clone(),
        };
        if let Some(file) = &self.launch_json {
            let text = format!("{:#}\n", stop.launch_json());
            fs::write(file, text).map_err(|error| NotReplayed::NotWritten { path: file.clone(), error })?;
        }
        Ok(stop)
    }
}

impl Stop {
    /// gdb, which runs the program until then.
    pub(super) fn command(&self) -> String {
        let words = self.arguments.iter().map(|word| quoted_option(word));
        let program = quoted(&self.program.display().to_string());
        let words: Vec<String> = [program].into_iter().chain(words).collect();
        format!("gdb -ex {} -ex run --args {}", quoted(&breakpoint(self.step)), words.join(" "))
    }

    /// What to do, for people.
    pub(super) fn text(&self) -> String {
        let event = self.event.as_ref().map(|event| format!(", {event}")).unwrap_or_default();
        let written = self.written.as_ref().map(|file| format!("\nfor editors: {}", file.display()));
        format!(
            "to stop before step {}{event}:\n  {}\neach task is a thread of that name: info threads, thread apply all bt{}\n",
            self.step,
            self.command(),
            written.unwrap_or_default()
        )
    }

    /// Two ways to say it to an editor: by Microsoft's extension for C and C++, with gdb, and by CodeLLDB.
    fn launch_json(&self) -> Value {
        let program = self.program.display().to_string();
        let directory = std::env::current_dir().unwrap_or_default().display().to_string();
        let name = |by: &str| format!("bohrbug: before step {} ({by})", self.step);
        let [gdb, lldb] = ["gdb", "lldb"].map(name);
        json!({
            "version": "0.2.0",
            "configurations": [
                {
                    "name": gdb,
                    "type": "cppdbg",
                    "request": "launch",
                    "MIMode": "gdb",
                    "program": program,
                    "args": self.arguments,
                    "cwd": directory,
                    "setupCommands": [
                        { "text": "set breakpoint pending on" },
                        { "text": breakpoint(self.step) },
                    ],
                },
                {
                    "name": lldb,
                    "type": "lldb",
                    "request": "launch",
                    "program": program,
                    "args": self.arguments,
                    "cwd": directory,
                    "preRunCommands": [
                        format!("breakpoint set --name bohrbug_step --condition '$arg1 == {}'", self.step),
                    ],
                },
            ],
        })
    }
}

/// An option keeps its dashes.
fn quoted_option(word: &str) -> String {
    word.strip_prefix("--").map_or_else(|| quoted(word), |option| format!("--{}", quoted(option)))
}

fn breakpoint(step: usize) -> String {
    format!("break bohrbug_step if {} == {step}", number_of_step())
}
