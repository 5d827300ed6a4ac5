//! In the compiler's place: each crate of the user's graph gets our `std` and `core`.
//!
//! Cargo calls us with the compiler and its arguments. A unit of the host (a build script, a procedural macro, what they depend
//! on) has no `--target`, and is left alone, as are crates that were asked for by `--leave` and the questions that build scripts
//! ask the compiler.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use crate::every_access;
use crate::stand_ins::StandIns;

/// The variable with the path of a [`Wrap`].
pub(crate) const VARIABLE: &str = "BOHRBUG_TEST_WRAP";

/// What the wrapper has to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Wrap {
    pub(crate) stand_ins: StandIns,
    /// Crates that stay on the real std.
    pub(crate) leave: Vec<String>,
    /// Whether every access to memory is to be seen.
    pub(crate) every_access: bool,
    /// The wrapper that was there before us.
    pub(crate) before: Option<PathBuf>,
    /// A file with what the linker is given beside.
    pub(crate) link: PathBuf,
}

/// Whether Cargo calls us in the compiler's place.
pub(crate) fn is_meant() -> bool {
    std::env::var_os(VARIABLE).is_some() && std::env::var_os("RUSTC_WRAPPER").is_some()
        // To run a test, and for rustdoc, Cargo calls this program, too.
        && std::env::args_os()
            .nth(1)
            .is_some_and(|first| first != crate::runner::NAME && first != crate::rustdoc::NAME && first != "bohrbug")
}

/// Calls the compiler.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    let wrap = std::env::var_os(VARIABLE).and_then(|path| fs::read(path).ok());
    let Some(wrap) = wrap.and_then(|text| serde_json::from_slice::<Wrap>(&text).ok()) else {
        eprintln!("error: only `cargo bohrbug` sets {VARIABLE}; unset it");
        return ExitCode::from(2);
    };
    let Some((compiler, rest)) = arguments.split_first() else { return ExitCode::from(2) };
    let mut command = match &wrap.before {
        Some(before) => Command::new(before),
        None => Command::new(compiler),
    };
    if wrap.before.is_some() {
        command.arg(compiler);
    }
    command.args(rest);
    let unit = Unit(rest);
    if unit.is_wanted(&wrap) {
        unit.give(&wrap, &mut command);
    }
    match command.status() {
        Ok(status) => {
            if status.success() && unit.is_wanted(&wrap) && unit.has_harness() {
                unit.leave_mark();
            }
            ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(101))
        }
        Err(error) => {
            eprintln!("error: the compiler cannot be run: {error}");
            ExitCode::from(1)
        }
    }
}

/// One call of the compiler.
struct Unit<'a>(&'a [OsString]);

impl Unit<'_> {
    fn value(&self, name: &str) -> Option<&OsStr> {
        let place = self.0.iter().position(|argument| argument == name)?;
        self.0.get(place + 1).map(OsString::as_os_str)
    }

    fn has(&self, text: &str) -> bool {
        self.0.iter().any(|argument| argument == text)
    }

    fn has_harness(&self) -> bool {
        self.has("--test")
    }

    fn is_wanted(&self, wrap: &Wrap) -> bool {
        // Cargo asks for its errors in JSON; what a build script asks of the compiler it reads itself.
        let is_cargos = self.has("--error-format=json");
        let Some(name) = self.value("--crate-name").and_then(OsStr::to_str) else { return false };
        is_cargos && self.has("--target") && !wrap.leave.iter().any(|left| left == name)
    }

    fn give(&self, wrap: &Wrap, command: &mut Command) {
        let pair = |name: &str, path: &Path| {
            let mut text = OsString::from(name);
            text.push("=");
            text.push(path);
            text
        };
        command.arg("--extern").arg(pair("std", &wrap.stand_ins.std));
        command.arg("--extern").arg(pair("core", &wrap.stand_ins.core));
        for folder in &wrap.stand_ins.folders {
            command.arg("-L").arg(pair("dependency", folder));
        }
        command.args(["--cfg", "bohrbug", "--check-cfg", "cfg(bohrbug)"]);
        if wrap.every_access {
            every_access::switch_on(command, self.0);
        }
        if self.has_harness() || self.value("--crate-type").is_some_and(|kind| kind == "bin") {
            let mut text = OsString::from("link-arg=@");
            text.push(&wrap.link);
            command.arg("-C").arg(text);
        }
    }

    /// Says beside the binary that std's harness is in it.
    fn leave_mark(&self) {
        let Some(name) = self.value("--crate-name").and_then(OsStr::to_str) else { return };
        let extra = self.0.iter().filter_map(|argument| argument.to_str()?.strip_prefix("extra-filename=")).next();
        let Some(folder) = self.value("--out-dir") else { return };
        let file = Path::new(folder).join(format!("{name}{}", extra.unwrap_or_default()));
        // Without it the binary is taken for one without a harness, and is run as such.
        let _ = fs::write(mark_of(&file), self.target(name));
    }

    /// The target as Cargo's options name it: `lib`, or the name of a program or of an integration test.
    fn target(&self, name: &str) -> String {
        if let Ok(program) = std::env::var("CARGO_BIN_NAME") {
            return format!("bin:{program}");
        }
        if std::env::var_os("CARGO_TARGET_TMPDIR").is_none() {
            return "lib".to_owned();
        }
        let source = self.0.iter().find(|argument| Path::new(argument).extension().is_some_and(|end| end == "rs"));
        let stem = source.and_then(|source| Path::new(source).file_stem()?.to_str());
        stem.filter(|stem| stem.replace('-', "_") == name).unwrap_or(name).to_owned()
    }
}

/// The file that says so of a binary.
pub(crate) fn mark_of(binary: &Path) -> PathBuf {
    binary.with_extension("bohrbug-harness")
}
