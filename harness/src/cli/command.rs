//! The commands that a reader copies to replay a trace.

use std::ffi::OsStr;

/// The command that replays the trace at that path, from the directory that the program was called in.
pub(super) fn replay(path: &str) -> String {
    format!("{} replay {}", program(std::env::var_os("CARGO").as_deref()), quoted(path))
}

/// The command that replays the trace of a test at that path, from the directory of the test's package.
pub(super) fn test(path: &str, name: &str) -> String {
    format!("BOHRBUG_REPLAY={} cargo test {}", quoted(path), quoted(name))
}

/// How the program was called: `cargo run` sets `CARGO` for what it runs.
const fn program(cargo: Option<&OsStr>) -> &'static str {
    match cargo {
        None => "bohrbug",
        Some(_) => "cargo run --release --",
    }
}

/// The text as one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%=:,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-') {
        return text.to_owned();
    }
    // A path that begins with a dash would be taken for an option.
    let dash = if text.starts_with('-') { "./" } else { "" };
    format!("'{dash}{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: &str) {
        assert_eq!(quoted(path), expected);
    }

    #[test]
    fn a_path_is_one_word_of_the_shell() {
        check("traces/a-b_1.jsonl", "traces/a-b_1.jsonl");
        check("my traces/a.jsonl", "'my traces/a.jsonl'");
        check("it's", r"'it'\''s'");
        check("-rf", "'./-rf'");
        check("", "''");
        check("$(x)", "'$(x)'");
    }

    #[test]
    fn a_test_is_named_whatever_its_name() {
        assert_eq!(test("a b.jsonl", "it::holds"), "BOHRBUG_REPLAY='a b.jsonl' cargo test it::holds");
        assert_eq!(test("t.jsonl", "two words"), "BOHRBUG_REPLAY=t.jsonl cargo test 'two words'");
    }

    #[test]
    fn whoever_came_by_cargo_goes_by_cargo() {
        assert_eq!(program(None), "bohrbug");
        assert_eq!(program(Some(OsStr::new("cargo"))), "cargo run --release --");
    }
}
