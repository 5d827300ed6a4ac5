//! Commands that a reader copies into a shell.

/// The command that replays a trace in a test, from the directory of the test's package; in every test of the package if
/// none is named.
///
/// ```
/// use bohrbug::shell::replay_in_test;
///
/// assert_eq!(replay_in_test("t.jsonl", Some("it::holds")), "BOHRBUG_REPLAY=t.jsonl cargo test it::holds");
/// assert_eq!(replay_in_test("a b.jsonl", None), "BOHRBUG_REPLAY='a b.jsonl' cargo test");
/// ```
pub fn replay_in_test(path: &str, test: Option<&str>) -> String {
    let filter = test.map(|test| format!(" {}", quoted(test))).unwrap_or_default();
    format!("BOHRBUG_REPLAY={} cargo test{filter}", quoted(path))
}

/// The text as one word of a shell. One that begins with a dash, which would be taken for an option, is a path.
pub fn quoted(text: &str) -> String {
    let dash = if text.starts_with('-') { "./" } else { "" };
    let path = format!("{dash}{text}");
    // Nothing can be named with a NUL.
    shlex::try_quote(&path).map_or_else(|_| path.replace('\0', ""), |quoted| quoted.into_owned())
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
        check("it's", r#""it's""#);
        check("-rf", "./-rf");
        check("", "''");
        check("$(x)", "'$(x)'");
    }

    #[test]
    fn a_test_is_named_whatever_its_name() {
        assert_eq!(replay_in_test("t.jsonl", Some("two words")), "BOHRBUG_REPLAY=t.jsonl cargo test 'two words'");
    }
}
