//! Calling the program as somebody at a shell does.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The program as it is.
pub(crate) const BOHRBUG: &str = env!("CARGO_BIN_EXE_bohrbug-under-test");
/// The program with a catalogue of toys.
pub(crate) const TOYS: &str = env!("CARGO_BIN_EXE_bohrbug-with-toys");

/// The program with a catalogue of toys that end their process.
pub(crate) const ENDS: &str = env!("CARGO_BIN_EXE_bohrbug-with-ends");

/// A directory of its own, in which a program is called again and again.
pub(crate) struct Shell {
    program: &'static str,
    variables: Vec<(String, String)>,
    directory: TempDir,
}

/// What came of one call.
#[derive(Debug)]
pub(crate) struct Called {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Shell {
    pub(crate) fn new(program: &'static str) -> Self {
        let directory = tempfile::tempdir().expect("a directory for the test");
        Self { program, variables: Vec::new(), directory }
    }

    /// With that environment variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file into the directory.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("the test's own file");
    }

    /// The command, with nothing of the caller's environment that the program reads.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(self.program);
        command.args(arguments).current_dir(self.directory.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let read = ["CARGO", "CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"];
            if name.to_string_lossy().starts_with("BOHRBUG_") || read.iter().any(|read| name == *read) {
                command.env_remove(name);
            }
        }
        command.envs(self.variables.iter().cloned());
        command
    }

    pub(crate) fn call<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Called {
        let output = self.command(arguments).output().expect("the program can be started");
        let text = |bytes| String::from_utf8(bytes).expect("the program writes text");
        Called { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Every file below a directory of the shell's, in order.
    pub(crate) fn files(&self, below: &str) -> Vec<PathBuf> {
        files(&self.path(below))
    }

    /// The one trace below a directory of the shell's.
    pub(crate) fn only_trace(&self, below: &str) -> PathBuf {
        let files = self.files(below);
        assert_eq!(files.len(), 1, "{files:?}");
        files.into_iter().next().expect("there is one")
    }
}

/// Every file below that directory, in order.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry of the directory").path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect();
    found.sort();
    found
}

impl Called {
    /// The exit code must be this one.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output must have this in it.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "{text:?} is not in {self:#?}");
        self
    }

    /// Standard error must have this in it.
    #[track_caller]
    pub(crate) fn complains(self, text: &str) -> Self {
        assert!(self.err.contains(text), "{text:?} is not in {self:#?}");
        self
    }

    /// Standard error must be empty.
    #[track_caller]
    pub(crate) fn complains_of_nothing(self) -> Self {
        assert_eq!(self.err, "", "{self:#?}");
        self
    }

    /// Standard output as JSON, an object a line.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?} of {self:#?}"));
        self.out.lines().map(parse).collect()
    }
}
