//! A crate outside the workspace: std's own types in `cargo build --release`, controlled ones in `cargo test`, no flag set;
//! and the life of a bug in it, from the failing test to the trace that guards the fix.
//!
//! The crate lies in `outside/`, with a manifest that Cargo does not take for one. It is copied into the target directory
//! and built there by a Cargo of its own, from the crates that the workspace has already downloaded. The target directory is
//! the workspace's, so that what Bohrbug depends on is not compiled once more.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The command line that a failure ends with comes after this.
const REPLAY: &str = "replay it with: ";

#[test]
fn a_crate_outside_the_workspace_is_plain_when_released_and_controlled_when_tested() {
    let tally = Outside::copy();
    tally.is_plain_when_released();
    tally.compiles_no_other_tool();
    tally.leaves_nothing_in_continuous_integration();
    let command = tally.fails_with_a_report();
    tally.fails_again_by_the_printed_command(&command);
    tally.holds_when_fixed();
    tally.fails_as_recorded_when_the_fix_is_lost();
}

#[test]
fn the_readme_tells_of_this_crate() {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside");
    let code = ["src/tally.rs", "tests/counting.rs"].map(|file| {
        let text = fs::read_to_string(template.join(file)).expect("the template's file");
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        lines.collect::<Vec<_>>().join("\n")
    });
    let blocks = blocks_of_the_readme("rust");
    assert!(blocks.len() > 1);
    for block in blocks {
        let code_of = |line: &str| line.split(" //").next().unwrap_or_default().trim().to_owned();
        for line in block.lines().map(code_of) {
            assert!(
                code.iter().any(|code| code.lines().any(|found| found == line)),
                "{line:?} is in no file of the crate"
            );
        }
    }
}

/// The copy of the crate.
struct Outside {
    directory: PathBuf,
    target: PathBuf,
}

/// What a command printed, and whether it succeeded.
struct Ran {
    succeeded: bool,
    /// Standard output alone: on standard error Cargo also says that it waits for another one.
    output: String,
    text: String,
}

impl Outside {
    fn copy() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let target = temporary.parent().expect("Cargo makes it inside the target directory").to_owned();
        let outside = Self { directory: temporary.join("outside/tally"), target };
        if outside.directory.exists() {
            fs::remove_dir_all(&outside.directory).expect("the last run's copy is ours");
        }
        let template = here.join("tests/outside");
        for file in ["src/lib.rs", "src/main.rs", "src/tally.rs", "tests/counting.rs", "tests/own.rs"] {
            outside.put(&template.join(file), file);
        }
        outside.put(&here.join("../../Cargo.lock"), "Cargo.lock");
        let manifest = fs::read_to_string(template.join("Cargo.toml.in")).expect("the template's manifest");
        let path = |crate_: &Path| crate_.to_str().expect("a path in Unicode").replace('\\', "/");
        let manifest = manifest.replace("@SYNC@", &path(&here.join("../sync"))).replace("@BOHRBUG@", &path(here));
        fs::write(outside.directory.join("Cargo.toml"), manifest).expect("a file of our own");
        outside
    }

    fn put(&self, from: &Path, to: &str) {
        let to = self.directory.join(to);
        fs::create_dir_all(to.parent().expect("a file is in a directory")).expect("a directory of our own");
        fs::copy(from, to).expect("the template's file");
    }

    /// A command in the crate's directory, without what this test's own environment would change about it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.directory).stdin(Stdio::null());
        let ours = |name: &str| name.starts_with("BOHRBUG_") || name.starts_with("CARGO_PKG_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(ours)) {
            command.env_remove(name);
        }
        for name in ["CI", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUST_TEST_THREADS"] {
            command.env_remove(name);
        }
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_NET_OFFLINE", "true");
        command
    }

    fn cargo(&self, arguments: &str) -> Ran {
        run(self.command(env!("CARGO")).args(arguments.split_whitespace()))
    }

    fn traces(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.directory.join("traces")) else { return Vec::new() };
        entries.map(|entry| entry.expect("an entry of a directory").path()).collect()
    }

    fn is_plain_when_released(&self) {
        self.cargo("build --release").succeeds();
        let program = self.target.join("release/tally");
        let said = run(&mut self.command(program.to_str().expect("a path in Unicode"))).succeeds();
        assert_eq!(said.output.trim(), "std's");
        assert_eq!(self.depends("normal"), ["tally", "bohrbug-sync"], "a release build depends on nothing else");
    }

    /// shuttle, loom and proptest are for those who ask for them.
    fn compiles_no_other_tool(&self) {
        let names = self.depends("all");
        assert!(names.iter().any(|name| name == "bohrbug"), "{names:?}");
        let others = ["generator", "loom", "proptest", "shuttle", "shuttle-engine"];
        let others: Vec<_> = names.iter().filter(|name| others.contains(&name.as_str())).collect();
        assert_eq!(others, [] as [&String; 0]);
    }

    /// What the crate depends on by such edges, itself first.
    fn depends(&self, edges: &str) -> Vec<String> {
        let ran = self.cargo(&format!("tree --prefix none --edges {edges}")).succeeds();
        ran.output.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect()
    }

    fn leaves_nothing_in_continuous_integration(&self) {
        let ran = run(self.command(env!("CARGO")).arg("test").env("CI", "true")).fails();
        ran.says("the trace was not saved: the variable CI is set");
        assert_eq!(self.traces(), [] as [PathBuf; 0]);
    }

    /// Returns the command that replays the failure.
    fn fails_with_a_report(&self) -> String {
        let ran = self.cargo("test").fails();
        ran.says("test tests_have_controlled_types ... ok");
        ran.says("`no_count_is_lost` failed at execution");
        ran.says("panic in main: assertion `left == right` failed");
        ran.says("   at tests/counting.rs:");
        ran.says(&blocks_of_the_readme("text")[0]);
        let [trace] = &self.traces()[..] else { panic!("one failure is one trace: {:?}", self.traces()) };
        let name = trace.file_name().and_then(|name| name.to_str()).expect("a name in Unicode");
        ran.says(&format!("traces/{name}"));
        let (_, command) = ran.text.split_once(REPLAY).unwrap_or_else(|| panic!("no command in {}", ran.text));
        command.lines().next().expect("a line").to_owned()
    }

    fn fails_again_by_the_printed_command(&self, command: &str) {
        let path = Path::new(env!("CARGO")).parent().expect("cargo is in a directory");
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::env::join_paths([path.to_owned()].into_iter().chain(std::env::split_paths(&paths)));
        let mut shell = self.command("sh");
        let ran = run(shell.args(["-c", command]).env("PATH", paths.expect("as it was"))).fails();
        ran.says("`no_count_is_lost` fails as recorded in traces/");
    }

    fn holds_when_fixed(&self) {
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside");
        self.put(&template.join("fixed/tally.rs"), "src/tally.rs");
        let ran = self.cargo("test").succeeds();
        ran.says("test a_strategy_and_a_monitor_of_ones_own_are_used_like_others ... ok");
        // The trace was replayed, and the fixed program does not follow it to its end.
        ran.says("no longer matches `no_count_is_lost`");
        ran.says("This is expected after a fix: keep the trace, which guards the fix as far as it still applies.");
        self.put(&template.join("src/tally.rs"), "src/tally.rs");
    }

    fn fails_as_recorded_when_the_fix_is_lost(&self) {
        self.cargo("test").fails().says("`no_count_is_lost` fails as recorded in traces/");
        assert_eq!(self.traces().len(), 1);
    }
}

/// The contents of the README's blocks of one language.
fn blocks_of_the_readme(language: &str) -> Vec<String> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).expect("the README");
    let begin = format!("```{language}\n");
    let blocks = readme.split(&begin).skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block.trim_end().to_owned()).collect()
}

fn run(command: &mut Command) -> Ran {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ran { succeeded: output.status.success(), text: stdout.clone() + &stderr, output: stdout }
}

impl Ran {
    #[track_caller]
    fn succeeds(self) -> Self {
        assert!(self.succeeded, "{}", self.text);
        self
    }

    #[track_caller]
    fn fails(self) -> Self {
        assert!(!self.succeeded, "{}", self.text);
        self
    }

    #[track_caller]
    fn says(&self, text: &str) {
        assert!(self.text.contains(text), "{text:?} is not in\n{}", self.text);
    }
}
