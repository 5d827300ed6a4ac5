//! Every ```` ```console ```` block of the README and of `docs/` is run, and shows what it shows there.
//!
//! As in trycmd: a line that begins with `$ ` is a command, `? 10` below it is the exit code that it must end with (0
//! unless told), and what follows is what it prints, standard output before standard error. `...` on a line of its own
//! stands for any number of lines, `[..]` for any text within a line. A file's commands are run one after the other in one
//! directory, which has a copy of `traces/` and sees `crates/` and `harness/`.
//!
//! What it cannot do: run anything of cargo's but `cargo run --release --`, which is the program under test.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::program::{BOHRBUG, Called, Shell, files};

/// What stands in for cargo: it builds nothing, since the program has been built with the tests.
const CARGO: &str = "#!/bin/sh
if [ \"$1 $2 $3\" != 'run --release --' ]; then echo \"nobody runs cargo $* here\" >&2; exit 99; fi
shift 3
CARGO=cargo exec bohrbug \"$@\"
";

#[test]
fn every_console_block_shows_what_happens() {
    let pages = pages();
    let mut commands = 0;
    for page in &pages {
        let text = fs::read_to_string(page).expect("a page");
        let shell = shell();
        for command in blocks(&text).into_iter().flat_map(|block| commands_of(&block)) {
            commands += 1;
            command.check(page, &shell);
        }
    }
    assert!(commands > 5, "{commands} commands in {pages:?}");
}

#[test]
fn the_failing_session_of_the_readme_is_what_a_new_user_sees_byte_for_byte_but_for_a_duration() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    let (_, session) = readme.split_once("\n## A failing session\n").expect("a failing session");
    let hunt = &commands_of(&blocks(session)[0])[0];
    let shell = shell();
    let called = shell.call(&["-c", &hunt.command]);
    let (seen, shown) = (printed(&called), hunt.output.join("\n"));
    let differing: Vec<_> = seen.split('\n').zip(shown.split('\n')).filter(|(seen, shown)| seen != shown).collect();
    assert_eq!(seen.split('\n').count(), shown.split('\n').count(), "{seen}");
    let [(seen, shown)] = differing[..] else { panic!("{differing:#?}") };
    assert!(shown.contains("  [..] s  ") && line_matches(shown, seen), "{shown}\n{seen}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn pages() -> Vec<PathBuf> {
    let docs = files(&root().join("docs"));
    let pages = docs.into_iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
    pages.chain([root().join("README.md")]).filter(|path| path.is_file()).collect()
}

/// A directory with the committed traces, where `bohrbug` and `cargo` are the program under test.
fn shell() -> Shell {
    let shell = Shell::new("sh").with("LC_ALL", "C");
    let programs = shell.path(".programs");
    fs::create_dir(&programs).expect("a directory");
    symlink(BOHRBUG, programs.join("bohrbug")).expect("a link");
    shell.write(".programs/cargo", CARGO);
    fs::set_permissions(programs.join("cargo"), fs::Permissions::from_mode(0o755)).expect("a program");
    // What explains a failure quotes the code.
    for folder in ["crates", "harness"] {
        symlink(root().join(folder), shell.path(folder)).expect("a link");
    }
    for trace in files(&root().join("traces")) {
        let copy = shell.path("").join(trace.strip_prefix(root()).expect("it is below the root"));
        fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
        fs::copy(&trace, copy).expect("a copy");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    shell.with("PATH", &format!("{}:{path}", programs.display()))
}

/// A command of a page.
struct Documented {
    command: String,
    code: i32,
    output: Vec<String>,
}

impl Documented {
    fn check(&self, page: &Path, shell: &Shell) {
        let called = shell.call(&["-c", &self.command]);
        let page = page.file_name().unwrap_or_default().display();
        assert_eq!(called.code, Some(self.code), "{page}: $ {}\n{called:#?}", self.command);
        let printed = printed(&called);
        let (shown, found): (Vec<&str>, Vec<&str>) =
            (self.output.iter().map(String::as_str).collect(), printed.lines().collect());
        assert!(
            matches(&shown, &found),
            "{page}: $ {}\nprints\n{printed}\nand not\n{}",
            self.command,
            shown.join("\n")
        );
    }
}

/// What a command prints, but for the progress that a slow machine shows.
fn printed(called: &Called) -> String {
    let is_progress = |line: &&str| line.starts_with("bohrbug: ") && line.contains(" done after ");
    let said: Vec<&str> = called.err.lines().filter(|line| !is_progress(line)).collect();
    format!("{}{}", called.out, said.join("\n")).trim_end().to_owned()
}

/// The contents of the console blocks.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.trim_start() == "```console" {
            let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim_start() != "```").collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

fn commands_of(block: &str) -> Vec<Documented> {
    let mut commands: Vec<Documented> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => {
                commands.push(Documented { command: command.to_owned(), code: 0, output: Vec::new() });
            }
            (None, Some(command)) => match line.strip_prefix("? ") {
                Some(code) if command.output.is_empty() => command.code = code.parse().expect("an exit code"),
                _ => command.output.push(line.to_owned()),
            },
            (None, None) => panic!("a console block begins with a command, not with {line:?}"),
        }
    }
    for command in &mut commands {
        while command.output.last().is_some_and(|line| line.trim().is_empty()) {
            command.output.pop();
        }
    }
    commands
}

/// Whether the lines are those that are shown.
fn matches(shown: &[&str], found: &[&str]) -> bool {
    match shown.split_first() {
        None => found.is_empty(),
        Some((&"...", rest)) => (0..=found.len()).any(|skipped| matches(rest, &found[skipped..])),
        Some((line, rest)) => {
            found.split_first().is_some_and(|(first, found)| line_matches(line, first) && matches(rest, found))
        }
    }
}

fn line_matches(shown: &str, found: &str) -> bool {
    match shown.split_once("[..]") {
        None => shown.trim_end() == found.trim_end(),
        Some((before, after)) => found.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| line_matches(after, &rest[at..]))
        }),
    }
}

#[test]
fn a_block_is_read_as_commands_with_their_codes_and_outputs() {
    let block = blocks("text\n```console\n$ a b\n? 10\none\n\n$ c\n```\n```sh\n$ d\n```\n");
    let commands = commands_of(&block[0]);
    let read: Vec<_> = commands.iter().map(|c| (c.command.as_str(), c.code, c.output.join("|"))).collect();
    assert_eq!((block.len(), read), (1, vec![("a b", 10, "one".to_owned()), ("c", 0, String::new())]));
}

#[test]
fn what_is_left_out_matches_and_what_differs_does_not() {
    let found = ["one 1.5 s", "two", "three"];
    assert!(matches(&["one [..] s", "...", "three"], &found));
    assert!(matches(&["..."], &found) && matches(&["one[..]", "two", "[..]"], &found));
    assert!(!matches(&["one [..] m", "..."], &found));
    assert!(!matches(&["one [..]", "two"], &found) && !matches(&["...", "two"], &found));
    assert!(!matches(&[], &found) && matches(&[], &[]));
}
