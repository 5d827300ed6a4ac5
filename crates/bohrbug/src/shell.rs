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

/// The command that replays a trace in a test with gdb, which stops before that step; from the directory of the test's
/// package. Cargo has every test binary that it runs run by gdb: `--test NAME` or `--lib` takes one of several.
///
/// ```
/// let command = bohrbug::shell::debug_in_test("t.jsonl", Some("it::holds"), 12);
/// assert!(command.starts_with("BOHRBUG_REPLAY=t.jsonl BOHRBUG_CARRIER=threads cargo test --config "));
/// assert!(command.ends_with(" it::holds"));
/// ```
pub fn debug_in_test(path: &str, test: Option<&str>, step: usize) -> String {
    let filter = test.map(|test| format!(" {}", quoted(test))).unwrap_or_default();
    let stop = format!("break bohrbug_step if {} == {step}", crate::debugger::number_of_step());
    let runner = format!(r#"target."cfg(all())".runner=["gdb","-ex","{stop}","-ex","run","--args"]"#);
    let variables = format!("BOHRBUG_REPLAY={} BOHRBUG_CARRIER=threads", quoted(path));
    format!("{variables} cargo test --config {}{filter}", quoted(&runner))
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
